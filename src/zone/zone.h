// SPDX-License-Identifier: MIT
/*
 * zone/zone.h - the room of the page allocator's nouns
 *
 *	mmzone.h	nodes, zones, migratetypes
 *	gfp.h		what the bits of a request say
 *	zonelist.h	in which order zones are asked
 *	watermark.h	how much must stay free
 *	pageblock.h	migratetypes of pageblocks
 *	pageset.h	limits of the per-CPU lists
 *	numa.h		nodes, CPUs, distances
 *	memcg.h		groups that pay
 *	wait.h		waiting until memory is freed
 *	badpage.h, page_debug.h	pages that are wrong; looking for them
 *	vmstat.h, show.h	counters; texts and Mem-Info
 *	sysctl.h	knobs
 *
 * and here the start, and what is a function or two.
 */
#ifndef KM_ZONE_ZONE_H
#define KM_ZONE_ZONE_H

#include <kmalloc/gfp.h>

#include "core/task.h"
#include "zone/mmzone.h"

/* ---- zones.c ------------------------------------------------------------- */

/*
 * page_alloc_init(): the zones of a PC, DMA to HighMem, unless a boot parameter
 * sets their sizes.
 */
#define ZONES_KERNEL 1
/*
 * A zone's first page is one of its first pageblock, chosen at random. Those
 * before it are not mapped.
 */
#define ZONES_RANDOM 2
/*
 * Cuts the arena into nodes and zones. flags: as for page_alloc_init(). Returns
 * 0 or -ENOMEM.
 */
int zones_init(unsigned int flags);

/* Returns the flags that arena_online() needs for frames of the zone. */
static inline unsigned int zone_arena_flags(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_HIGHMEM ? ARENA_HIGHMEM : 0;
}

/* ---- scope.c ------------------------------------------------------------- */

/* Returns true if that node may serve a request of this thread. */
static inline bool cpuset_node_allowed(unsigned int nid, gfp_t gfp)
{
	return !(current->mems_denied >> nid & 1) || !(gfp & __GFP_HARDWALL);
}

/* ---- dirty.c ------------------------------------------------------------- */

bool zone_dirty_ok(const struct zone *zone);
/* Returns how many dirty pages all zones together should hold at most. */
unsigned long global_dirty_limit(void);
/* km_account_page_cleaned() for a block that is being freed. */
int folio_account_cleaned(struct page *page, unsigned int order);

/* ---- address.c ----------------------------------------------------------- */

/*
 * What maps frames elsewhere than at their own address: docs/hooks.md. Locks
 * below LOCK_FRAMES may be held.
 */
struct frame_mapper {
	/* Returns where a HighMem page is mapped now, or NULL. */
	void *(*address)(const struct page *page);
	/*
	 * A block of nr pages with PG_SHARED is freed. Returns 0 if it may
	 * become free, or -errno: the mapper keeps the block and frees it
	 * later.
	 */
	int (*freed)(struct page *page, unsigned long nr);
};
/* Before any page has PG_SHARED. NULL: no HighMem page has an address. */
void frame_mapper_register(const struct frame_mapper *mapper);
/* Calls freed(). The block has PG_SHARED. */
int page_shared_freed(struct page *page, unsigned long nr);

#endif
