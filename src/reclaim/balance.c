// SPDX-License-Identifier: MIT
/*
 * reclaim/balance.c - has a node enough free memory?
 *
 * A node is balanced if one of the zones that the request may use is above its
 * high mark, or can still grow: growing comes before reclaim here.
 *
 * Locking	none: all is read relaxed
 * Source	Linux v6.12 mm/vmscan.c, pgdat_balanced(),
 *		pgdat_watermark_boosted() (docs/kernel.md K1)
 */
#include "buddy/buddy.h"
#include "reclaim/internal.h"
#include "zone/watermark.h"

bool pgdat_balanced(pg_data_t *pgdat, unsigned int order, enum zone_type idx)
{
	bool managed = false;
	struct zone *zone;

	for_each_zone_below(zone, pgdat, idx)
	{
		if (!zone->spanned_pages)
			continue;
		if (zone_can_grow(zone))
			return true;
		if (!zone_managed_pages(zone))
			continue;
		managed = true;
		if (zone_watermark_ok(zone, order, high_wmark_pages(zone), idx,
				      0))
			return true;
	}
	return !managed;
}

unsigned long pgdat_boost(pg_data_t *pgdat, enum zone_type idx,
			  unsigned long boosts[MAX_NR_ZONES])
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone_below(zone, pgdat, idx)
	{
		unsigned long boost = READ_ONCE(zone->watermark_boost);

		boosts[zone_idx(zone)] = boost;
		sum += boost;
	}
	return sum;
}
