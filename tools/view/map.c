// SPDX-License-Identifier: MIT
/*
 * map.c - walks the frames of a heap from block to block
 *
 *	pageblock   0               1               2
 *		    |F |S|S|R      |A|F            :        |
 *	head pages   ^  ^ ^ ^       ^ ^            `- the rest of a block of
 *						      1024 frames
 *
 * Only the head page of a block says something: behind it are old contents. A
 * head that changed while the walk passed leads to a frame that is no head:
 * that one is BLOCK_NONE, and the next pageblock begins anew.
 */
#include <stdlib.h>
#include <string.h>

#include "view/map.h"

#define MOST_PAGEBLOCKS (1UL << 22) /* 8 TiB */

static void find_places(struct map *m)
{
	const struct {
		struct place *place;
		const char *name;
	} wanted[] = {
		{ &m->at.type, "page.type" },
		{ &m->at.order, "page.order" },
		{ &m->at.flags, "page.flags" },
		{ &m->at.migratetype, "page.migratetype" },
		{ &m->at.epoch, "page.epoch" },
		{ &m->at.nr_pages, "page.nr_pages" },
		{ &m->at.cache, "page.slab_cache" },
		{ &m->at.freelist, "slab.freelist" },
		{ &m->at.inuse, "slab.inuse" },
		{ &m->at.objects, "slab.objects" },
		{ &m->at.frozen, "slab.frozen" },
		{ &m->at.carved, "slab.carved" },
		{ &m->at.salt, "slab.salt" },
		{ &m->at.away, "slab.away" },
		{ &m->at.active, "slab_desc.active" },
		{ &m->at.s_mem, "slab_desc.s_mem" },
		{ &m->at.numbers, "slab_desc.freelist" },
		{ &m->at.free_map, "slab_desc.free_map" },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		*wanted[i].place = library_place(m->lib, wanted[i].name);
}

static void find_numbers(struct map *m)
{
	struct library *lib = m->lib;

	m->at.buddy = library_number(lib, "PAGE_BUDDY");
	m->at.pcp = library_number(lib, "PAGE_PCP");
	m->at.isolated = library_number(lib, "PAGE_ISOLATED");
	m->at.allocated = library_number(lib, "PAGE_ALLOCATED");
	m->at.slab = library_number(lib, "PAGE_SLAB");
	m->at.run = library_number(lib, "PAGE_RUN");
	m->at.online = library_number(lib, "PB_ONLINE");
	m->at.pb_isolated = library_number(lib, "PB_ISOLATED");
	m->at.huge = library_number(lib, "PB_HUGE");
	m->at.pb_type = library_number(lib, "PB_TYPE");
	m->at.movable = library_number(lib, "MIGRATE_MOVABLE");
	m->at.reported = library_number(lib, "PG_REPORTED");
	m->page_size = library_number(lib, "PAGE_SIZE");
	m->block_order = (unsigned int)library_number(lib, "PAGEBLOCK_ORDER");
	m->page_struct = library_size(lib, "page");
}

struct map *map_new(struct library *lib, struct why *why)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m) {
		because(why, "there is no memory");
		return NULL;
	}
	m->lib = lib;
	find_places(m);
	find_numbers(m);
	if (!lib->missing[0] && m->page_struct >= 16 &&
	    m->page_struct <= sizeof(m->pages) && m->block_order < 16 &&
	    m->page_size)
		return m;
	because(why,
		"its libkmalloc %s is too old for a map: it does not say "
		"where %s is",
		lib->release, lib->missing);
	free(m);
	return NULL;
}

void map_free(struct map *m)
{
	slabs_free(m);
	heap_free(&m->heap);
	free(m->stored);
	free(m->memory);
	free(m->known);
	free(m);
}

int map_look(struct map *m, struct why *why)
{
	uint64_t arena = library_symbol(m->lib, "arena");

	slabs_free(m);
	heap_free(&m->heap);
	m->window = 0;
	if (heap_read(m->lib, &m->heap, why))
		return -1;
	m->base = library_value(m->lib, "arena_base");
	m->nr_frames = library_value(m->lib, "arena_nr_frames");
	m->vmemmap = 0;
	target_word(m->lib->target,
		    arena + library_offset(m->lib, "arena.vmemmap"),
		    &m->vmemmap);
	if (slabs_prepare(m) || arrays_look(m))
		return because(why, "there is no memory");
	return 0;
}

/* ---- struct pages -------------------------------------------------------- */

/* Returns the struct page of a frame, or NULL: it cannot be read. */
static const unsigned char *page_of(struct map *m, uint64_t pfn)
{
	uint64_t at = m->vmemmap + pfn * m->page_struct;
	uint64_t window = at & ~(uint64_t)(sizeof(m->pages) - 1);

	if (at + m->page_struct > window + sizeof(m->pages))
		return NULL;
	if (m->window != window &&
	    m->lib->target->read(m->lib->target, window, m->pages,
				 sizeof(m->pages))) {
		m->window = 0;
		return NULL;
	}
	m->window = window;
	return m->pages + (at - window);
}

static uint64_t value_of(const struct map *m, struct place place,
			 const unsigned char *page)
{
	return place_get(place, page, m->page_struct);
}

static const struct heap_zone *zone_of(const struct map *m, uint64_t pfn)
{
	for (size_t i = 0; i < m->heap.nr_zones; i++)
		if (pfn - m->heap.zones[i].start < m->heap.zones[i].spanned)
			return &m->heap.zones[i];
	return NULL;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- blocks -------------------------------------------------------------- */

static enum block_kind kind_of(const struct map *m, uint64_t type)
{
	const struct {
		uint64_t type;
		enum block_kind kind;
	} kinds[] = {
		{ m->at.buddy, BLOCK_FREE },
		{ m->at.pcp, BLOCK_PCP },
		{ m->at.slab, BLOCK_SLAB },
		{ m->at.run, BLOCK_RUN },
		{ m->at.allocated, BLOCK_PAGES },
		{ m->at.isolated, BLOCK_ISOLATED },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	return BLOCK_NONE;
}

/* Returns the frames of a block, or 0: its head makes no sense. */
static uint64_t pages_of(const struct map *m, const struct block *b,
			 const unsigned char *page)
{
	uint64_t nr;

	if (b->kind == BLOCK_RUN) {
		nr = value_of(m, m->at.nr_pages, page);
		return nr <= 1UL << m->heap.orders ? nr : 0;
	}
	if (b->order >= m->heap.orders || b->pfn & ((1UL << b->order) - 1))
		return 0;
	return 1UL << b->order;
}

static void look_at_free(const struct map *m, const unsigned char *page,
			 struct block *b)
{
	const struct heap_zone *zone = zone_of(m, b->pfn);
	uint64_t epoch = value_of(m, m->at.epoch, page);

	b->returned = value_of(m, m->at.flags, page) & m->at.reported;
	b->age = zone ? (uint16_t)(zone->epoch - epoch) : 0;
}

/* Describes the block that begins at a frame. */
static void look_at(struct map *m, uint64_t pfn, struct block *b)
{
	const struct heap_zone *zone = zone_of(m, pfn);
	uint64_t part = (1UL << m->block_order) - 1;
	const unsigned char *page;

	*b = (struct block){ .kind = BLOCK_NONE, .pfn = pfn, .pages = 1 };
	if (zone && pfn >= zone->deferred && pfn < zone->deferred_end) {
		b->kind = BLOCK_FRESH; /* up to the end of the pageblock */
		b->pages = least(zone->deferred_end, (pfn | part) + 1) - pfn;
		return;
	}
	page = page_of(m, pfn);
	if (!page)
		return;
	b->kind = kind_of(m, value_of(m, m->at.type, page));
	b->order = (unsigned int)value_of(m, m->at.order, page);
	b->migratetype = (unsigned int)value_of(m, m->at.migratetype, page);
	b->pages = b->kind == BLOCK_NONE ? 1 : pages_of(m, b, page);
	if (!b->pages) {
		b->kind = BLOCK_NONE;
		b->pages = 1;
	}
	if (b->kind == BLOCK_FREE)
		look_at_free(m, page, b);
	else if (b->kind == BLOCK_SLAB)
		slab_look(m, page, b);
}

/* ---- pageblocks ---------------------------------------------------------- */

/* Frames in a row that are nothing make one block. */
static void tell(struct map_visitor *v, struct block *none, struct block *b)
{
	if (b && b->kind == BLOCK_NONE && none->pages) {
		none->pages += b->pages;
		return;
	}
	if (none->pages)
		v->block(v, none);
	none->pages = 0;
	if (b && b->kind == BLOCK_NONE)
		*none = *b;
	else if (b)
		v->block(v, b);
}

/*
 * Tells of the blocks of a pageblock. `next` is the end of the last block so
 * far. Returns the end of the last one here, which may lie behind the
 * pageblock.
 */
static uint64_t walk_pageblock(struct map *m, struct map_visitor *v,
			       uint64_t start, uint64_t next)
{
	uint64_t end = start + (1UL << m->block_order);
	struct block none = { .kind = BLOCK_NONE }, b;

	if (next > start) {
		b = (struct block){ .kind = BLOCK_REST,
				    .pfn = start,
				    .pages = least(next, end) - start };
		v->block(v, &b);
	} else {
		next = start;
	}
	while (next < end) {
		look_at(m, next, &b);
		next += b.pages;
		b.pages = least(b.pages, end - b.pfn);
		tell(v, &none, &b);
	}
	tell(v, &none, NULL);
	return next;
}

static unsigned int bits_of(const struct map *m, unsigned int byte)
{
	unsigned int bits = (byte & (unsigned int)m->at.pb_type) ^
			    (unsigned int)m->at.movable;

	if (byte & m->at.huge)
		bits |= MAP_HUGE;
	if (byte & m->at.pb_isolated)
		bits |= MAP_ISOLATED;
	return bits;
}

int map_walk(struct map *m, struct map_visitor *v)
{
	uint64_t part = (1UL << m->block_order) - 1; /* the last one may be */
	uint64_t nr = (m->nr_frames + part) >> m->block_order;
	uint64_t next = 0, table = 0;
	unsigned char bytes[512];

	if (nr > MOST_PAGEBLOCKS)
		nr = MOST_PAGEBLOCKS;
	target_word(m->lib->target,
		    library_symbol(m->lib, "arena") +
			    library_offset(m->lib, "arena.pageblocks"),
		    &table);
	for (uint64_t i = 0; i < nr; i++) {
		size_t at = i % sizeof(bytes);

		if (!at &&
		    m->lib->target->read(m->lib->target, table + i, bytes,
					 least(sizeof(bytes), nr - i)))
			return -1;
		if (!(bytes[at] & m->at.online))
			continue;
		v->begin(v, i, bits_of(m, bytes[at]));
		next = walk_pageblock(m, v, i << m->block_order, next);
		v->end(v);
	}
	return 0;
}
