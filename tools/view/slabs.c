// SPDX-License-Identifier: MIT
/*
 * slabs.c - what the objects of a slab are: in use, in an array, free
 *
 *	SLUB	freelist -> obj -> obj -> NULL	words, mixed with a key and
 *						their own addresses
 *		carved				objects from here on: never
 *		a CPU's slab: what it took off the list, and has not given
 *	SLAB	free_map			a bit an object, up to 64
 *		freelist			else a byte an object
 *
 * A list that leads to no object, or in a circle, was torn: then nothing is
 * said of single objects, and the counter tells how many are in use.
 */
#include <stdlib.h>
#include <string.h>

#include "view/map.h"

#define MOST_CPUS 4096U
#define MOST_MEMORY (4UL << 20) /* of a slab */
#define PIECE_SHIFT 12 /* of what SLUB gives back of a slab, up to 8 pages */
#define STORED 254U /* bytes of SLAB's freelist from here on are no number */

/* ---- caches -------------------------------------------------------------- */

/* Returns the number that a cache has in all looks. */
static unsigned int id_of(struct map *m, uint64_t cache)
{
	uint64_t *longer;

	for (size_t i = 0; i < m->nr_known; i++)
		if (m->known[i] == cache)
			return (unsigned int)i;
	longer = realloc(m->known, (m->nr_known + 1) * sizeof(*longer));
	if (!longer)
		return 0;
	m->known = longer;
	m->known[m->nr_known] = cache;
	return (unsigned int)m->nr_known++;
}

static void add_held(struct map *m, struct map_cache *c,
		     const struct object *cpu)
{
	struct cpu_slab *held = &c->held[c->nr_held];

	held->page = object_get(cpu, "slab");
	held->freelist = object_get(cpu, "freelist");
	held->fresh = object_get(cpu, "fresh");
	held->nr_fresh = (uint32_t)object_get(cpu, "nr_fresh");
	c->nr_held += held->page >= m->vmemmap;
}

static void find_held(struct map *m, struct map_cache *c, uint64_t at)
{
	uint64_t cpus = library_value(m->lib, "nr_cpu_ids");
	struct object cpu;
	size_t size;

	if (!at || cpus > MOST_CPUS ||
	    !library_has(m->lib, "struct kmem_cache_cpu"))
		return;
	size = library_size(m->lib, "kmem_cache_cpu");
	c->held = calloc(cpus, sizeof(*c->held));
	for (uint64_t i = 0; c->held && i < cpus; i++)
		if (!object_load(m->lib, &cpu, "kmem_cache_cpu", at + i * size))
			add_held(m, c, &cpu);
}

int slabs_prepare(struct map *m)
{
	size_t nr = m->heap.nr_caches;

	m->caches = calloc(nr + 1, sizeof(*m->caches));
	if (!m->memory)
		m->memory = malloc(MOST_MEMORY);
	if (!m->caches || !m->memory)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		struct map_cache *c = &m->caches[i];
		struct object cache;

		c->row = &m->heap.caches[i];
		c->id = id_of(m, c->row->at);
		if (object_load(m->lib, &cache, "kmem_cache", c->row->at))
			continue;
		c->num = (uint32_t)object_get(&cache, "oo_objects");
		c->offset = object_get(&cache, "offset");
		c->random = object_get(&cache, "random");
		c->pad = object_get(&cache, "red_left_pad");
		if (!c->row->on_slab)
			find_held(m, c, object_get(&cache, "cpu_slab"));
	}
	return 0;
}

void slabs_free(struct map *m)
{
	for (size_t i = 0; m->caches && i < m->heap.nr_caches; i++)
		free(m->caches[i].held);
	free(m->caches);
	m->caches = NULL;
}

static const struct map_cache *cache_of(const struct map *m, uint64_t at)
{
	for (size_t i = 0; i < m->heap.nr_caches; i++)
		if (m->caches[i].row->at == at)
			return &m->caches[i];
	return NULL;
}

/* ---- SLUB ---------------------------------------------------------------- */

/* What is looked at. */
struct slub_walk {
	struct map *m;
	const struct map_cache *c;
	struct block *b;
	uint64_t key;
	bool read; /* memory has the slab */
	bool torn;
};

/* Reads the slab, the first time. Returns false if it cannot be read. */
static bool has_memory(struct slub_walk *w)
{
	uint64_t from = w->m->base + w->b->pfn * w->m->page_size;
	size_t size = w->b->pages * w->m->page_size;

	if (!w->read)
		w->read = size <= MOST_MEMORY &&
			  !w->m->lib->target->read(w->m->lib->target, from,
						   w->m->memory, size);
	return w->read;
}

/* Marks the objects of a list as free. */
static void mark_list(struct slub_walk *w, uint64_t obj)
{
	uint64_t from = w->m->base + w->b->pfn * w->m->page_size;
	uint64_t size = w->c->row->size, word;

	while (obj && !w->torn) {
		uint64_t nr = (obj - w->b->start) / size;
		uint64_t place = obj + w->c->offset;

		w->torn = obj < w->b->start || nr >= w->b->objects ||
			  w->b->start + nr * size != obj || !has_memory(w) ||
			  w->m->states[nr] != OBJECT_USED || place < from ||
			  place + 8 > from + w->b->pages * w->m->page_size;
		if (w->torn)
			return;
		w->m->states[nr] = OBJECT_FREE;
		memcpy(&word, w->m->memory + (place - from), sizeof(word));
		obj = w->key ? word ^ w->key ^ __builtin_bswap64(place) : word;
	}
}

/* Marks objects that touch pieces of the slab that the OS has. */
static void mark_away(struct slub_walk *w, unsigned int away)
{
	unsigned int shift = PIECE_SHIFT;

	if (w->b->order > 3)
		shift += w->b->order - 3;
	for (uint32_t i = 0; away && i < w->b->objects; i++) {
		uint64_t start = i * w->c->row->size;
		uint64_t last = (start + w->c->row->size - 1) >> shift;

		for (uint64_t p = start >> shift; p <= last && p < 8; p++)
			if (away >> p & 1)
				w->m->states[i] = OBJECT_AWAY;
	}
}

static const struct cpu_slab *holder_of(const struct map_cache *c,
					uint64_t page)
{
	for (size_t i = 0; i < c->nr_held; i++)
		if (c->held[i].page == page)
			return &c->held[i];
	return NULL;
}

static void mark_slub(struct slub_walk *w, const unsigned char *page,
		      const struct cpu_slab *held)
{
	const struct map_places *at = &w->m->at;
	size_t room = w->m->page_struct;
	uint64_t carved = place_get(at->carved, page, room);
	char *states = w->m->states;

	memset(states, OBJECT_USED, w->b->objects);
	if (carved < w->b->objects)
		memset(states + carved, OBJECT_NEVER, w->b->objects - carved);
	if (held && held->nr_fresh && held->fresh >= w->b->start) {
		uint64_t nr = (held->fresh - w->b->start) / w->c->row->size;

		if (nr + held->nr_fresh <= w->b->objects)
			memset(states + nr, OBJECT_NEVER, held->nr_fresh);
	}
	mark_away(w, (unsigned int)place_get(at->away, page, room));
	mark_list(w, place_get(at->freelist, page, room));
	if (held)
		mark_list(w, held->freelist);
}

/* Returns true if states are known. */
static bool look_at_slub(struct map *m, const unsigned char *page,
			 struct block *b)
{
	const struct map_cache *c = b->cache;
	const struct cpu_slab *held = holder_of(
		c, m->vmemmap + b->pfn * m->page_struct);
	struct slub_walk w = { m, c, b, 0, false, false };
	uint64_t salt = place_get(m->at.salt, page, m->page_struct);

	w.key = c->random * salt;
	b->start = m->base + b->pfn * m->page_size + c->pad;
	b->objects = (uint32_t)place_get(m->at.objects, page, m->page_struct);
	b->used = (uint32_t)place_get(m->at.inuse, page, m->page_struct);
	b->list = held ? LIST_CPU :
		  place_get(m->at.frozen, page, m->page_struct) ?
			 LIST_CPU_PARTIAL :
		  b->used < b->objects ? LIST_PARTIAL :
					 LIST_FULL;
	if (b->objects > MOST_OBJECTS || !c->row->size ||
	    b->objects * c->row->size > b->pages * m->page_size) {
		b->objects = b->used = 0;
		return false;
	}
	if (!m->want_states && !held)
		return false;
	mark_slub(&w, page, held);
	return !w.torn;
}

/* ---- SLAB ---------------------------------------------------------------- */

/* Up to 64 objects: a bit of each that is free, or waits in a shared array. */
static void mark_bits(struct map *m, const struct block *b, uint64_t map)
{
	for (uint32_t i = 0; i < b->objects; i++)
		m->states[i] = map >> i & 1 ? OBJECT_FREE : OBJECT_USED;
}

/* More: a byte of each. */
static bool mark_bytes(struct map *m, const struct block *b, uint64_t list)
{
	unsigned char bytes[256];

	if (b->objects > sizeof(bytes) ||
	    m->lib->target->read(m->lib->target, list, bytes, b->objects))
		return false;
	for (uint32_t i = 0; i < b->objects; i++)
		m->states[i] = bytes[i] < STORED ? OBJECT_FREE : OBJECT_USED;
	return true;
}

static bool look_at_slab(struct map *m, const unsigned char *page,
			 struct block *b)
{
	uint64_t list = place_get(m->at.numbers, page, m->page_struct);

	b->start = place_get(m->at.s_mem, page, m->page_struct);
	b->objects = b->cache->num;
	b->used = (uint32_t)place_get(m->at.active, page, m->page_struct);
	b->list = !b->used	       ? LIST_FREE :
		  b->used < b->objects ? LIST_PARTIAL :
					 LIST_FULL;
	if (!m->want_states || b->objects > MOST_OBJECTS)
		return false;
	memset(m->states, b->used ? OBJECT_USED : OBJECT_FREE, b->objects);
	if (b->list != LIST_PARTIAL)
		return true;
	if (!library_has(m->lib, "FREE_MAP_BITS"))
		return false; /* it has no SLAB: this was torn */
	if (b->objects > library_number(m->lib, "FREE_MAP_BITS"))
		return mark_bytes(m, b, list);
	mark_bits(m, b, place_get(m->at.free_map, page, m->page_struct));
	return true;
}

/* ---- both ---------------------------------------------------------------- */

static uint32_t count_states(const struct map *m, const struct block *b,
			     char state)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < b->objects; i++)
		nr += m->states[i] == state;
	return nr;
}

/* Marks the objects that wait in arrays. */
static void mark_stored(struct map *m, const struct block *b,
			const uint64_t *stored, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t at = (stored[i] - b->start) / b->cache->row->size;

		if (at < b->objects)
			m->states[at] = OBJECT_ARRAY;
	}
}

void slab_look(struct map *m, const unsigned char *page, struct block *b)
{
	uint64_t at = place_get(m->at.cache, page, m->page_struct);
	const uint64_t *stored;
	bool known;
	size_t nr;

	b->cache = cache_of(m, at);
	if (!b->cache)
		return;
	if (!b->cache->row->size) { /* it is being made */
		b->cache = NULL;
		return;
	}
	known = b->cache->row->on_slab ? look_at_slab(m, page, b) :
					 look_at_slub(m, page, b);
	nr = arrays_in(m, b->start, b->start + b->objects * b->cache->row->size,
		       &stored);
	if (known) {
		mark_stored(m, b, stored, nr);
		b->used = count_states(m, b, OBJECT_USED);
		b->in_arrays = count_states(m, b, OBJECT_ARRAY);
		b->states = m->want_states ? m->states : NULL;
	} else {
		b->in_arrays = nr < b->used ? (uint32_t)nr : b->used;
		b->used -= b->in_arrays;
	}
}
