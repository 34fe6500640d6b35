// SPDX-License-Identifier: MIT
/*
 * zone/boost.c - watermarks raised for a while when types begin to mix
 *
 * When a request has to claim a pageblock of another type, its own type has too
 * little free memory. All marks of the zone are then raised. So kswapd makes
 * room early, and the next request finds a block of its own type.
 *
 *	high ----.   +---+       each claim: one pageblock, up to
 *	low  ----.   |   |       high * watermark_boost_factor / 10000
 *	min  ----+---'   '---    kswapd has made room: no boost
 *
 * Locking	zone->lock for watermark_boost, which is read relaxed
 * Source	Linux v6.12 mm/page_alloc.c, boost_watermark()
 *		(docs/kernel.md W9); rmqueue() wakes kswapd, not this file
 */
#include <limits.h>

#include "zone/sysctl.h"
#include "zone/watermark.h"

static unsigned long watermark_boost_factor = 15000; /* of 10000; 0: off */

bool boost_watermark(struct zone *zone)
{
	unsigned long factor = READ_ONCE(watermark_boost_factor);
	unsigned long high = READ_ONCE(zone->_watermark[WMARK_HIGH]), most;

	lock_assert_held(&zone->lock);
	if (!factor || !high || zone_managed_pages(zone) < 4 * PAGEBLOCK_PAGES)
		return false;
	most = (unsigned long)((unsigned __int128)high * factor / 10000);
	most = max(most, PAGEBLOCK_PAGES);
	WRITE_ONCE(zone->watermark_boost,
		   min(zone->watermark_boost + PAGEBLOCK_PAGES, most));
	return true;
}

void clear_watermark_boost(struct zone *zone, unsigned long pages)
{
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->watermark_boost,
		   zone->watermark_boost - min(zone->watermark_boost, pages));
	spin_unlock(&zone->lock);
}

static const struct ctl_table watermark_boost_factor_ctl __sysctl = {
	.procname = "vm.watermark_boost_factor",
	.data = &watermark_boost_factor,
	.nr = 1,
	.hi = INT_MAX,
	.outside = true,
};
