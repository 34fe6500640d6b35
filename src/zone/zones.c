// SPDX-License-Identifier: MIT
/*
 * zone/zones.c - cut the arena into nodes and these into zones
 *
 *	|        node 0            |        node 1             |
 *	|DMA| DMA32 |Normal|Mov|Hig|   Normal      |Mov|Hig    |
 *	0  16M      4G                       frame numbers ->
 *
 * Each node has an equal part of the span. DMA and DMA32 are the frames below
 * their limits, as on a PC. Movable and HighMem are the end of each node; boot
 * parameters set their sizes for all nodes together. Sizes are rounded down to
 * the largest block. The preload libraries have Normal only, unless a parameter
 * asks for other zones.
 *
 * Locking	none: once, at the start
 * Invariants	ZONE1  zones are disjoint, cover the span, and begin and end at
 *		       a largest block	(unit.zone.zones checks it)
 * Source	Linux v6.12 mm/mm_init.c as a model (docs/kernel.md Z1)
 */
#include <errno.h>
#include <limits.h>

#include "diag/param.h"
#include "sys/os.h"
#include "zone/pageset.h"
#include "zone/zone.h"

#define UNSET ULONG_MAX

static const char *const zone_names[MAX_NR_ZONES] = {
	[ZONE_DMA] = "DMA",	    [ZONE_DMA32] = "DMA32",
	[ZONE_NORMAL] = "Normal",   [ZONE_HIGHMEM] = "HighMem",
	[ZONE_MOVABLE] = "Movable",
};

/* bytes; UNSET: as zones_init() is told */
static unsigned long dma_size = UNSET, dma32_end = UNSET;
static unsigned long highmem_size = UNSET, movable_size = UNSET;

static int set_dma(const char *value)
{
	return param_number(value, 0, 1 * GIB, &dma_size);
}
boot_param("dma", set_dma, "bytes, such as 16M");

static int set_dma32(const char *value)
{
	return param_number(value, 0, 64 * GIB, &dma32_end);
}
boot_param("dma32", set_dma32, "bytes, such as 4G");

static int set_highmem(const char *value)
{
	return param_number(value, 0, 64UL << 40, &highmem_size);
}
boot_param("highmem", set_highmem, "bytes, such as 4G");

static int set_movable(const char *value)
{
	return param_number(value, 0, 64UL << 40, &movable_size);
}
boot_param("movablecore", set_movable, "bytes, such as 4G");

/* Sets the sizes that no boot parameter has set. */
static void choose_sizes(unsigned int flags)
{
	size_t span = arena.span_frames << PAGE_SHIFT;
	bool kernel = flags & ZONES_KERNEL;

	if (dma_size == UNSET)
		dma_size = kernel ? 16 * MIB : 0;
	if (dma32_end == UNSET)
		dma32_end = kernel ? 4 * GIB : 0;
	if (highmem_size == UNSET)
		highmem_size = kernel && span >= 16 * GIB ? span / 4 : 0;
	if (movable_size == UNSET)
		movable_size = 0;
}

static unsigned long whole_blocks(size_t bytes)
{
	return ALIGN_DOWN(bytes >> PAGE_SHIFT, MAX_ORDER_NR_PAGES);
}

/* ---- one zone ------------------------------------------------------------ */

/*
 * Pagesets and what is noted of holes. They are needed before there are pages,
 * so they come from the OS.
 */
static int alloc_pagesets(struct zone *zone)
{
	size_t size = OS_PAGE_ALIGN(nr_cpu_ids * sizeof(struct per_cpu_pages) +
				    sizeof(struct holes));

	if (!zone->pageset) /* it may be there from a start that failed */
		zone->pageset = os_map(size);
	if (!zone->pageset)
		return -ENOMEM;
	zone->holes = (void *)(zone->pageset + nr_cpu_ids);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		setup_pageset(&zone->pageset[cpu]);
	zone_pcp_update(zone);
	return 0;
}

static int zone_init(unsigned int nid, enum zone_type type, unsigned long start,
		     unsigned long end)
{
	struct zone *zone = &NODE_DATA(nid)->node_zones[type];

	if (start >= end)
		return 0;
	spin_lock_init(&zone->lock, LOCK_ZONE);
	zone->zone_pgdat = NODE_DATA(nid);
	zone->zone_start_pfn = start;
	zone->spanned_pages = end - start;
	zone->grow_pfn = zone->deferred_pfn = zone->deferred_end = start;
	zone->populated_end = start;
	zone->epoch = 2;
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[mt]);
	return alloc_pagesets(zone);
}

/* ---- a node -------------------------------------------------------------- */

static int node_init(unsigned int nid, unsigned long start, unsigned long end)
{
	unsigned long nodes = nr_online_nodes, size = end - start;
	unsigned long high = min(whole_blocks(highmem_size / nodes), size);
	unsigned long low = end - high;
	unsigned long movable = min(whole_blocks(movable_size / nodes),
				    low - start);
	unsigned long dma = whole_blocks(dma_size);
	unsigned long dma32 = max(whole_blocks(dma32_end), dma);
	int ret;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[type];

		zone->zone_id = (u8)type;
		zone->node_id = (u8)nid;
		zone->name = zone_names[type];
	}
	NODE_DATA(nid)->node_id = (int)nid;
	low -= movable;
	ret = zone_init(nid, ZONE_DMA, start, min(dma, low));
	if (!ret)
		ret = zone_init(nid, ZONE_DMA32, max(start, dma),
				min(dma32, low));
	if (!ret)
		ret = zone_init(nid, ZONE_NORMAL, max(start, dma32), low);
	if (!ret)
		ret = zone_init(nid, ZONE_MOVABLE, low, low + movable);
	if (!ret)
		ret = zone_init(nid, ZONE_HIGHMEM, low + movable, end);
	return ret;
}

/*
 * Frames that are skipped cost nothing, so mem= does not count them. Zones for
 * movable pages stay whole for contiguous requests.
 */
static void choose_first_frames(void)
{
	for_each_online_node(nid)
		for (unsigned int type = 0; type < ZONE_HIGHMEM; type++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[type];

			if (!zone->spanned_pages)
				continue;
			zone->first_frame = os_random() % PAGEBLOCK_PAGES;
			if (arena.limit_frames)
				arena.limit_frames += ALIGN(zone->first_frame,
							    ARENA_STEP);
		}
}

/* The parts are equal, in whole sections; the last node has what is left. */
int zones_init(unsigned int flags)
{
	unsigned long part = ALIGN_DOWN(arena.span_frames / nr_online_nodes,
					MAX_ORDER_NR_PAGES);

	choose_sizes(flags);
	if (!part)
		return -ENOMEM;
	for_each_online_node(nid) {
		bool last = nid + 1 == nr_online_nodes;
		int ret = node_init(nid, nid * part,
				    last ? arena.span_frames :
					   (nid + 1) * part);

		if (ret)
			return ret;
	}
	if (flags & ZONES_RANDOM)
		choose_first_frames();
	return 0;
}
