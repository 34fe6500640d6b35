// SPDX-License-Identifier: MIT
/*
 * zone/watermark.h - how much must stay free, and who may go how far below
 *
 *	watermark.c	the marks, and the check at each request
 *	boost.c		marks raised for a while when types begin to mix
 *	drift.c		how far the kernel's per-CPU counters may be off
 *
 * Locking	wmark_lock to set the marks, zone->lock for a boost; all is read
 *		relaxed
 * Source	Linux v6.12 mm/internal.h, mm/page_alloc.c (docs/kernel.md
 *		W1-W10)
 */
#ifndef KM_ZONE_WATERMARK_H
#define KM_ZONE_WATERMARK_H

#include <kmalloc/gfp.h>

#include "core/lock.h"
#include "zone/mmzone.h"

/* ---- how hard a request tries: ALLOC_ flags (docs/kernel.md W7) ---------- */

#define ALLOC_WMARK_MASK 0x3u /* enum zone_watermarks */
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM 0x8u /* for a thread that frees memory */
#define ALLOC_NON_BLOCK 0x10u
#define ALLOC_MIN_RESERVE __GFP_HIGH /* 0x20 */
#define ALLOC_CPUSET 0x40u /* only nodes that this thread may use */
#define ALLOC_NOFRAGMENT 0x100u /* another zone rather than mixed types */
#define ALLOC_HIGHATOMIC 0x200u
#define ALLOC_KSWAPD __GFP_KSWAPD_RECLAIM /* 0x800 */
#define ALLOC_COLD 0x1000u /* not the kernel's: cold end of the list */
#define ALLOC_TICK 0x2000u /* not the kernel's: ticks may run */

_Static_assert(ALLOC_MIN_RESERVE == 0x20, "the bit of __GFP_HIGH");
_Static_assert(ALLOC_KSWAPD == 0x800, "the bit of __GFP_KSWAPD_RECLAIM");

/* ---- watermark.c --------------------------------------------------------- */

extern unsigned long min_free_kbytes, user_min_free_kbytes;
extern unsigned long watermark_scale_factor; /* of 10000 */
extern unsigned long sysctl_lowmem_reserve_ratio[MAX_NR_ZONES];
extern unsigned long totalreserve_pages;

unsigned long calculate_min_free_kbytes(unsigned long lowmem_kbytes);
void setup_per_zone_wmarks(void); /* after a sysctl changed */
void init_per_zone_wmark_min(void); /* after the zones changed */
bool __zone_watermark_ok(struct zone *zone, unsigned int order,
			 unsigned long mark, enum zone_type highest_zoneidx,
			 unsigned int alloc_flags, long free);
bool zone_watermark_ok(struct zone *zone, unsigned int order,
		       unsigned long mark, enum zone_type highest_zoneidx,
		       unsigned int alloc_flags);
bool zone_watermark_closer(struct zone *zone, unsigned int order,
			   unsigned long mark, enum zone_type highest_zoneidx,
			   unsigned int alloc_flags);

extern spinlock_t wmark_lock;

void wmark_fork_take(void);
void wmark_fork_release(void);

/* Returns the pages that are free and not isolated. Read without the lock. */
static inline long zone_free_pages(const struct zone *zone)
{
	return (long)(READ_ONCE(zone->free_pages) -
		      READ_ONCE(zone->nr_isolated));
}

/*
 * Returns true if this request may use the pages reserved for atomic requests.
 */
static inline bool may_use_reserves(unsigned int alloc_flags)
{
	return alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM);
}

static inline bool has_largest_block(const struct zone *zone)
{
	const struct list_head *lists =
		zone->free_area[MAX_PAGE_ORDER].free_list;

	return !list_empty(&lists[MIGRATE_MOVABLE]) ||
	       !list_empty(&lists[MIGRATE_UNMOVABLE]) ||
	       !list_empty(&lists[MIGRATE_RECLAIMABLE]);
}

/*
 * Returns true if the zone is above the mark for this request. Far above the
 * mark, with a block of the largest order, there is no closer check.
 */
static inline bool zone_watermark_fast(struct zone *zone, unsigned int order,
				       unsigned long mark,
				       enum zone_type highest_zoneidx,
				       unsigned int alloc_flags)
{
	long usable = zone_free_pages(zone) - ((1L << order) - 1);
	long least = (long)(mark +
			    READ_ONCE(zone->lowmem_reserve[highest_zoneidx]));

	if (!may_use_reserves(alloc_flags))
		usable -= (long)READ_ONCE(zone->nr_free_highatomic);
	if (likely(usable > least) && (!order || has_largest_block(zone)))
		return true;
	return zone_watermark_closer(zone, order, mark, highest_zoneidx,
				     alloc_flags);
}

/* ---- boost.c ------------------------------------------------------------- */

/* zone->lock is held. Returns false if such a zone is never boosted. */
bool boost_watermark(struct zone *zone);
/*
 * Lowers the boost by pages that kswapd has reclaimed for it. No lock is held.
 */
void clear_watermark_boost(struct zone *zone, unsigned long pages);

/* ---- drift.c ------------------------------------------------------------- */

unsigned int calculate_normal_threshold(const struct zone *zone);
unsigned int calculate_pressure_threshold(const struct zone *zone);
void refresh_zone_stat_thresholds(struct zone *zone); /* after its marks */

/*
 * Returns the free pages, which are exact at any time. The kernel has to add
 * the parts of the CPUs.
 */
static inline long zone_page_state_snapshot(const struct zone *zone)
{
	return (long)READ_ONCE(zone->free_pages);
}

#endif
