// SPDX-License-Identifier: MIT
/*
 * zone/drift.c - how far per-CPU counters may be from the truth
 *
 * The kernel counts free pages per CPU and adds up now and then. Near a mark,
 * the parts not yet added could hide that the mark was passed. So below
 * percpu_drift_mark each check adds up the counters of all CPUs.
 *
 *	free pages
 *	  |   the sum is good enough
 *	  |-- percpu_drift_mark = high + CPUs * threshold
 *	  |   add up every CPU's part
 *	  |-- high, low, min
 *
 * In libkmalloc zone->free_pages changes under zone->lock only and is exact, so
 * zone_page_state_snapshot() has nothing to add. The thresholds are computed as
 * in the kernel; zoneinfo shows them.
 *
 * Locking	none: numbers
 * Tests	unit.zone.watermark, unit.zone.zoneinfo
 * Source	Linux v6.12 mm/vmstat.c (docs/kernel.md W10)
 */
#include "zone/watermark.h"

#define THRESHOLD_MOST 125UL
#define UNIT_SHIFT (27 - PAGE_SHIFT) /* 128 MiB, in pages */

static unsigned long fls_long(unsigned long x)
{
	return x ? ilog2(x) + 1UL : 0;
}

unsigned int calculate_normal_threshold(const struct zone *zone)
{
	unsigned long units = zone_managed_pages(zone) >> UNIT_SHIFT;
	unsigned long threshold = 2 * fls_long(nr_cpu_ids) *
				  (1 + fls_long(units));

	return (unsigned int)min(threshold, THRESHOLD_MOST);
}

unsigned int calculate_pressure_threshold(const struct zone *zone)
{
	unsigned long gap = low_wmark_pages(zone) - min_wmark_pages(zone);

	return (unsigned int)clamp(gap / nr_cpu_ids, 1UL, THRESHOLD_MOST);
}

void refresh_zone_stat_thresholds(struct zone *zone)
{
	unsigned long gap = low_wmark_pages(zone) - min_wmark_pages(zone);
	unsigned long drift = nr_cpu_ids * calculate_normal_threshold(zone);

	WRITE_ONCE(zone->percpu_drift_mark,
		   drift > gap ? high_wmark_pages(zone) + drift : 0);
}
