// SPDX-License-Identifier: MIT
/*
 * request/start.c - start the page allocator, lowest room first
 *
 * Locking	none: once, at the start
 * Tests	each test of the rooms from zone on: unit.zone.zones
 * Source	Linux v6.12 mm/mm_init.c, mm_core_init()
 */
#include "compaction/compaction.h"
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "zone/page_debug.h"
#include "zone/watermark.h"

int page_alloc_init(unsigned int flags)
{
	struct zone *zone;
	int ret;

	nr_cpu_ids = min(os_nr_cpus(), (unsigned int)NR_CPUS);
	page_debug_init();
	numa_init();
	ret = zones_init(flags);
	if (ret)
		return ret;
	for_each_zone(zone)
		compaction_init(zone);
	build_all_zonelists();
	setup_per_zone_wmarks();
	kcompactd_init();
	page_reporting_init();
	shrinker_init();
	kswapd_init();
	return 0;
}
