// SPDX-License-Identifier: MIT
/*
 * zone/watermark.c - how much memory must stay free, and for whom
 *
 *	free pages
 *	  |  high   kswapd stops
 *	  |  low    above this requests are served at once; below it the zone
 *	  |         grows, then kswapd starts
 *	  |  min    the slow path goes down to here
 *	  |  min/2  for __GFP_HIGH; 3/8 if it cannot block either
 *	  0         for __GFP_MEMALLOC
 *
 *	low = min + delta, high = min + 2 delta, promo = min + 3 delta
 *	delta = the larger of min/4 and managed * scale_factor / 10000
 *
 * A request that may be served from a higher zone leaves lowmem_reserve pages
 * of a lower zone free. So requests that only the lower zone can serve find
 * pages there.
 *
 * Locking	none: marks are words that are written at growth and by sysctl,
 *		under wmark_lock, and read relaxed
 * Invariants	WMARK1  lowmem_reserve[j] never falls as j rises
 *		WMARK2  min <= low <= high <= promo
 *						(zone_check() checks both)
 * Source	Linux v6.12 mm/page_alloc.c (docs/kernel.md W1-W7); W8 is
 *		buddy/highatomic.c, W9 boost.c, W10 drift.c
 */
#include <errno.h>
#include <limits.h>

#include "zone/pageset.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

#define MIN_FREE_KBYTES_LEAST 128UL
#define MIN_FREE_KBYTES_MOST 262144UL

spinlock_t wmark_lock = SPIN_LOCK_INIT(LOCK_WMARK);

unsigned long min_free_kbytes = 1024;
unsigned long user_min_free_kbytes = ULONG_MAX; /* not set */
unsigned long watermark_scale_factor = 10;
unsigned long sysctl_lowmem_reserve_ratio[MAX_NR_ZONES] = {
	[ZONE_DMA] = 256,
	[ZONE_DMA32] = 256,
	[ZONE_NORMAL] = 32,
};
unsigned long totalreserve_pages;

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (int bit = (x ? (int)ilog2(x) : 0) & ~1; bit >= 0; bit -= 2) {
		unsigned long step = 1UL << bit;

		if (x >= root + step) {
			x -= root + step;
			root = (root >> 1) + step;
		} else {
			root >>= 1;
		}
	}
	return root;
}

/*
 * Returns the square root of 16 times lowmem_kbytes, the kB that kernel data
 * may use, within limits (docs/kernel.md W1).
 */
unsigned long calculate_min_free_kbytes(unsigned long lowmem_kbytes)
{
	return clamp(int_sqrt(lowmem_kbytes * 16), MIN_FREE_KBYTES_LEAST,
		     MIN_FREE_KBYTES_MOST);
}

static bool is_lowmem(const struct zone *zone)
{
	return zone_idx(zone) != ZONE_HIGHMEM && zone_idx(zone) != ZONE_MOVABLE;
}

/* Returns the pages above the high marks of the zones that GFP_USER may use. */
static unsigned long nr_free_buffer_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone) {
		unsigned long managed = zone_managed_pages(zone);
		unsigned long high = high_wmark_pages(zone);

		if (is_lowmem(zone) && managed > high)
			sum += managed - high;
	}
	return sum;
}

static unsigned long lowmem_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		if (is_lowmem(zone))
			sum += zone_managed_pages(zone);
	return sum;
}

/*
 * Sets the marks of one zone, whose share of pages_min is by size
 * (docs/kernel.md W2, W3).
 */
static void set_marks(struct zone *zone, unsigned long pages_min,
		      unsigned long lowmem)
{
	unsigned long managed = zone_managed_pages(zone);
	unsigned long share = 0, low, delta;

	if (lowmem)
		share = (unsigned long)((unsigned __int128)pages_min * managed /
					lowmem);
	low = share;
	if (!is_lowmem(zone))
		low = clamp(managed / 1024, 32UL, 128UL);
	delta = max(share / 4, managed * watermark_scale_factor / 10000);
	WRITE_ONCE(zone->_watermark[WMARK_MIN], low);
	WRITE_ONCE(zone->_watermark[WMARK_LOW], low + delta);
	WRITE_ONCE(zone->_watermark[WMARK_HIGH], low + 2 * delta);
	WRITE_ONCE(zone->_watermark[WMARK_PROMO], low + 3 * delta);
}

/*
 * A zone keeps a part of the memory of the zones above it from requests that
 * these may serve (docs/kernel.md W4).
 */
static void set_lowmem_reserve(pg_data_t *pgdat)
{
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &pgdat->node_zones[z];
		unsigned long ratio = sysctl_lowmem_reserve_ratio[z];
		unsigned long above = 0;

		for (unsigned int j = z + 1; j < MAX_NR_ZONES; j++) {
			above += zone_managed_pages(&pgdat->node_zones[j]);
			WRITE_ONCE(zone->lowmem_reserve[j],
				   ratio && zone_managed_pages(zone) ?
					   above / ratio :
					   0);
		}
	}
}

/* Sums up the pages that requests never get (docs/kernel.md W5). */
static void set_totalreserve(void)
{
	unsigned long total = 0;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		unsigned long sum = 0;

		for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &pgdat->node_zones[z];
			unsigned long most = 0;

			for (unsigned int j = z; j < MAX_NR_ZONES; j++)
				most = max(most, zone->lowmem_reserve[j]);
			most += zone->_watermark[WMARK_HIGH];
			sum += min(most, zone_managed_pages(zone));
		}
		WRITE_ONCE(pgdat->totalreserve_pages, sum);
		total += sum;
	}
	WRITE_ONCE(totalreserve_pages, total);
}

static void choose_min_free_kbytes(void)
{
	unsigned long kbytes;

	kbytes = calculate_min_free_kbytes(PAGES_KB(nr_free_buffer_pages()));
	if (user_min_free_kbytes == ULONG_MAX || kbytes > user_min_free_kbytes)
		min_free_kbytes = kbytes;
}

static void set_all_marks(void)
{
	unsigned long pages_min = min_free_kbytes >> (PAGE_SHIFT - 10);
	unsigned long lowmem = lowmem_pages();
	struct zone *zone;

	for_each_zone(zone)
		if (zone_managed_pages(zone))
			set_marks(zone, pages_min, lowmem);
	for_each_online_node(nid)
		set_lowmem_reserve(NODE_DATA(nid));
	set_totalreserve();
	for_each_zone(zone) {
		zone_pcp_update(zone);
		refresh_zone_stat_thresholds(zone);
	}
}

void setup_per_zone_wmarks(void)
{
	spin_lock(&wmark_lock);
	set_all_marks();
	spin_unlock(&wmark_lock);
}

void init_per_zone_wmark_min(void)
{
	spin_lock(&wmark_lock);
	choose_min_free_kbytes();
	set_all_marks();
	spin_unlock(&wmark_lock);
}

/* ---- the knobs ----------------------------------------------------------- */

static int set_min_free(const unsigned long *values, unsigned int nr)
{
	(void)nr;
	WRITE_ONCE(min_free_kbytes, values[0]);
	WRITE_ONCE(user_min_free_kbytes, values[0]);
	return 0;
}

static const struct ctl_table min_free_kbytes_ctl __sysctl = {
	.procname = "vm.min_free_kbytes",
	.data = &min_free_kbytes,
	.nr = 1,
	.hi = INT_MAX,
	.outside = true,
	.set = set_min_free,
	.changed = setup_per_zone_wmarks,
};

static const struct ctl_table watermark_scale_factor_ctl __sysctl = {
	.procname = "vm.watermark_scale_factor",
	.data = &watermark_scale_factor,
	.nr = 1,
	.lo = 1,
	.hi = 3000,
	.outside = true,
	.changed = setup_per_zone_wmarks,
};

/* A ratio of 0 reserves nothing. */
static const struct ctl_table lowmem_reserve_ratio_ctl __sysctl = {
	.procname = "vm.lowmem_reserve_ratio",
	.data = sysctl_lowmem_reserve_ratio,
	.nr = MAX_NR_ZONES,
	.hi = INT_MAX,
	.changed = setup_per_zone_wmarks,
};

static int set_high_fraction(const unsigned long *values, unsigned int nr)
{
	(void)nr;
	if (values[0] && values[0] < MIN_HIGH_FRACTION)
		return -EINVAL;
	WRITE_ONCE(percpu_pagelist_high_fraction, values[0]);
	return 0;
}

static const struct ctl_table high_fraction_ctl __sysctl = {
	.procname = "vm.percpu_pagelist_high_fraction",
	.data = &percpu_pagelist_high_fraction,
	.nr = 1,
	.hi = INT_MAX,
	.outside = true,
	.set = set_high_fraction,
	.changed = setup_per_zone_wmarks,
};

/* The name of the knob until 5.14. */
static const struct ctl_table fraction_ctl __sysctl = {
	.procname = "vm.percpu_pagelist_fraction",
	.data = &percpu_pagelist_high_fraction,
	.nr = 1,
	.hi = INT_MAX,
	.outside = true,
	.set = set_high_fraction,
	.changed = setup_per_zone_wmarks,
};

void wmark_fork_take(void)
{
	lock_fork_take(&wmark_lock);
}

void wmark_fork_release(void)
{
	lock_fork_release(&wmark_lock);
}

/* ---- the check at each allocation ---------------------------------------- */

/*
 * Returns the watermark lowered for requests that may use reserves
 * (docs/kernel.md W6).
 */
static long min_for(unsigned long mark, unsigned int alloc_flags)
{
	long min = (long)mark;

	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	return min;
}

/*
 * Returns true if a free block of this order or larger is on a list that the
 * request may use. The largest orders come first, because one of them usually
 * has a block.
 */
static bool has_block(const struct zone *zone, unsigned int order,
		      unsigned int alloc_flags)
{
	for (int o = MAX_PAGE_ORDER; o >= (int)order; o--) {
		const struct free_area *area = &zone->free_area[o];

		if (!READ_ONCE(area->nr_free))
			continue;
		for (unsigned int mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (!list_empty(&area->free_list[mt]))
				return true;
		if (may_use_reserves(alloc_flags) &&
		    !list_empty(&area->free_list[MIGRATE_HIGHATOMIC]))
			return true;
	}
	return false;
}

bool __zone_watermark_ok(struct zone *zone, unsigned int order,
			 unsigned long mark, enum zone_type highest_zoneidx,
			 unsigned int alloc_flags, long free)
{
	free -= (1L << order) - 1;
	if (!may_use_reserves(alloc_flags))
		free -= (long)READ_ONCE(zone->nr_free_highatomic);
	if (free <=
	    min_for(mark, alloc_flags) +
		    (long)READ_ONCE(zone->lowmem_reserve[highest_zoneidx]))
		return false;
	return !order || has_block(zone, order, alloc_flags);
}

bool zone_watermark_ok(struct zone *zone, unsigned int order,
		       unsigned long mark, enum zone_type highest_zoneidx,
		       unsigned int alloc_flags)
{
	return __zone_watermark_ok(zone, order, mark, highest_zoneidx,
				   alloc_flags, zone_free_pages(zone));
}

/* A request that may use a part of the reserve is checked without the boost. */
bool zone_watermark_closer(struct zone *zone, unsigned int order,
			   unsigned long mark, enum zone_type highest_zoneidx,
			   unsigned int alloc_flags)
{
	long free = zone_free_pages(zone);

	if (__zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags,
				free))
		return true;
	if (!order && (alloc_flags & ALLOC_MIN_RESERVE) &&
	    READ_ONCE(zone->watermark_boost) &&
	    (alloc_flags & ALLOC_WMARK_MASK) == WMARK_MIN)
		return __zone_watermark_ok(zone, order,
					   zone->_watermark[WMARK_MIN],
					   highest_zoneidx, alloc_flags, free);
	return false;
}
