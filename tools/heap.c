// SPDX-License-Identifier: MIT
/*
 * heap.c - reads a heap: zones, areas, and what the other files read
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heap.h"

/* ---- zones --------------------------------------------------------------- */

/* Adds up what the CPUs have on their lists. */
static int add_pagesets(struct library *lib, const struct object *zone,
			struct heap_zone *row)
{
	uint64_t at = object_get(zone, "pageset");
	uint64_t cpus = library_value(lib, "nr_cpu_ids");
	size_t size = library_size(lib, "per_cpu_pages");
	struct object pcp;

	for (uint64_t cpu = 0; at && cpu < cpus && cpu < 4096; cpu++) {
		if (object_load(lib, &pcp, "per_cpu_pages", at + cpu * size))
			return -1;
		row->pcp += (uint32_t)object_get(&pcp, "count");
	}
	return 0;
}

static int add_free_blocks(struct library *lib, const struct object *zone,
			   unsigned int orders, struct heap_zone *row)
{
	size_t size = library_size(lib, "free_area");
	uint64_t at = object_member(zone, "free_area");
	uint64_t into = library_offset(lib, "free_area.nr_free");

	for (unsigned int order = 0; order < orders; order++)
		if (target_word(lib->target, at + order * size + into,
				&row->nr_free[order]))
			return -1;
	return 0;
}

static int add_zone(struct library *lib, struct heap *heap, unsigned int node,
		    uint64_t at)
{
	struct heap_zone *row = &heap->zones[heap->nr_zones];
	uint64_t turnover, marks[2];
	struct object zone;

	memset(row, 0, sizeof(*row));
	if (object_load(lib, &zone, "zone", at))
		return -1;
	row->managed = object_get(&zone, "managed_pages");
	if (!row->managed)
		return 0;
	row->node = node;
	row->start = object_get(&zone, "zone_start_pfn");
	row->spanned = object_get(&zone, "spanned_pages");
	row->present = object_get(&zone, "present_pages");
	row->epoch = (uint16_t)object_get(&zone, "epoch");
	row->deferred = object_get(&zone, "deferred_pfn");
	row->deferred_end = object_get(&zone, "deferred_end");
	row->free = object_get(&zone, "free_pages");
	row->dirty = object_get(&zone, "unreported");
	turnover = object_member(&zone, "turnover");
	if (target_text(lib->target, object_get(&zone, "name"), row->name,
			sizeof(row->name)) ||
	    lib->target->read(lib->target, object_member(&zone, "_watermark"),
			      marks, sizeof(marks)) ||
	    target_word(lib->target,
			turnover + library_offset(lib, "turnover.returned"),
			&row->returned) ||
	    add_pagesets(lib, &zone, row) ||
	    add_free_blocks(lib, &zone, heap->orders, row))
		return -1;
	row->low = marks[1]; /* WMARK_LOW */
	heap->nr_zones++;
	return 0;
}

static int zones_read(struct library *lib, struct heap *heap)
{
	uint64_t nodes = library_value(lib, "nr_online_nodes");
	uint64_t each = library_number(lib, "MAX_NR_ZONES");
	uint64_t at = library_symbol(lib, "node_data");

	if (nodes > 64 || each > 16)
		return -1;
	free(heap->zones);
	heap->zones = calloc(nodes * each + 1, sizeof(*heap->zones));
	heap->nr_zones = 0;
	if (!heap->zones)
		return -1;
	at += library_offset(lib, "pglist_data.node_zones");
	for (uint64_t i = 0; i < nodes * each; i++) {
		uint64_t zone = at +
				i / each * library_size(lib, "pglist_data") +
				i % each * library_size(lib, "zone");

		if (add_zone(lib, heap, (unsigned int)(i / each), zone))
			return -1;
	}
	return 0;
}

/* ---- what is no slab ----------------------------------------------------- */

static uint64_t value_in(struct library *lib, const char *symbol,
			 const char *member)
{
	uint64_t value = 0;

	target_word(lib->target,
		    library_symbol(lib, symbol) + library_offset(lib, member),
		    &value);
	return value;
}

static void large_read(struct library *lib, struct heap *heap)
{
	heap->has_runs = library_has(lib, "large_stat");
	if (heap->has_runs) {
		heap->runs = value_in(lib, "large_stat", "large_stat.runs");
		heap->run_pages = value_in(lib, "large_stat",
					   "large_stat.run_pages");
	}
	heap->areas = value_in(lib, "vm_space", "vmap_space.areas");
	heap->area_bytes = value_in(lib, "vm_space", "vmap_space.busy_bytes");
	heap->lazy_bytes = value_in(lib, "vm_space", "vmap_space.lazy_bytes");
}

/* ---- sums ---------------------------------------------------------------- */

/* a - b, or 0 if that were less: the two were read at two times. */
static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void sum_heap(struct heap *heap)
{
	uint64_t objects = 0, slab_pages = 0, used = 0, dirty = 0;

	heap->cached = 0;
	for (size_t i = 0; i < heap->nr_caches; i++) {
		const struct heap_cache *c = &heap->caches[i];

		objects += cache_live(c) * c->size;
		heap->cached += c->cached * c->size;
		slab_pages += c->pages;
	}
	for (size_t i = 0; i < heap->nr_zones; i++) {
		const struct heap_zone *z = &heap->zones[i];

		used += less(z->managed, z->free + z->pcp);
		dirty += z->dirty + z->pcp;
	}
	heap->slab_bytes = slab_pages * heap->page_size;
	heap->page_bytes = less(used, slab_pages) * heap->page_size;
	heap->in_use = objects + heap->page_bytes + heap->area_bytes;
	heap->dirty = dirty * heap->page_size + heap->lazy_bytes;
}

/* ---- all ----------------------------------------------------------------- */

static int try_read(struct library *lib, struct heap *heap)
{
	if (zones_read(lib, heap) || caches_read(lib, heap) ||
	    owners_read(lib, heap))
		return -1;
	large_read(lib, heap);
	sum_heap(heap);
	return 0;
}

void heap_free(struct heap *heap)
{
	free(heap->caches);
	free(heap->zones);
	free(heap->owners);
	free(heap->arrays);
	memset(heap, 0, sizeof(*heap));
}

static void rest_briefly(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/* Says why no look succeeded. Returns -1. */
static int why_not(struct library *lib, struct why *why)
{
	uint64_t word;

	if (lib->missing[0])
		return because(why,
			       "its libkmalloc %s does not say where %s "
			       "is: it is of another time than this tool",
			       lib->release, lib->missing);
	if (!lib->target->live)
		return because(why, "a part of its memory is missing, or it "
				    "was amid a change");
	if (target_word(lib->target, lib->image, &word))
		return because(why, "it has ended, or runs another program");
	return because(why, "its lists changed in each of %d looks",
		       HEAP_TRIES);
}

/* The engine may not have started yet: then there are no caches. */
int heap_read(struct library *lib, struct heap *heap, struct why *why)
{
	uint64_t word;

	memset(heap, 0, sizeof(*heap));
	snprintf(heap->release, sizeof(heap->release), "%s", lib->release);
	heap->page_size = library_number(lib, "PAGE_SIZE");
	heap->orders = (unsigned int)library_number(lib, "NR_PAGE_ORDERS");
	if (heap->orders > HEAP_ORDERS)
		return because(why,
			       "its libkmalloc %s has %u orders, this "
			       "tool knows %u",
			       lib->release, heap->orders, HEAP_ORDERS);
	for (int i = 0; i < HEAP_TRIES; i++) {
		int ret = try_read(lib, heap);

		if (lib->missing[0])
			break;
		if (!ret)
			return 0;
		if (!lib->target->live ||
		    target_word(lib->target, lib->image, &word))
			break;
		rest_briefly();
	}
	heap_free(heap);
	return why_not(lib, why);
}
