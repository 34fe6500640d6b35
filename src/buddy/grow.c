// SPDX-License-Identifier: MIT
/*
 * buddy/grow.c - nodes, zones, and the frames that they get as they grow
 *
 * A section that came online is not put on the free lists at once: its
 * frames are handed over one largest block (4 MiB) at a time, when nothing
 * else serves a request. So a small program touches one struct page.
 *
 *	zone_start_pfn      deferred_pfn    deferred_end = online_end
 *	   |==== managed ======|~~~ deferred ~~~|          span end
 *
 * Locking	arena_lock for the deferred range; zone->lock for the lists
 * Invariants	W1  deferred frames are online, zero, and on no list
 * Source	Linux mm/mm_init.c, deferred_grow_zone() and
 *		mm/memory_hotplug.c as a model
 */
#include <errno.h>

#include "buddy/internal.h"
#include "sys/os.h"

pg_data_t node_data[MAX_NUMNODES];
unsigned int nr_cpu_ids = 1;

/* Pagesets come before any page can, so straight from the OS. */
static int alloc_pagesets(struct zone *zone)
{
	size_t size = PAGE_ALIGN(nr_cpu_ids * sizeof(struct per_cpu_pages));

	zone->pageset = os_map(size);
	if (!zone->pageset)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		setup_pageset(zone, &zone->pageset[cpu]);
	return 0;
}

static int zone_init(struct zone *zone, const char *name)
{
	spin_lock_init(&zone->lock, LOCK_ZONE);
	zone->name = name;
	zone->zone_start_pfn = 0;
	zone->spanned_pages = arena_nr_frames;
	zone->epoch = 2;
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[mt]);
	return alloc_pagesets(zone);
}

int page_alloc_init(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];

	nr_cpu_ids = min(os_nr_cpus(), (unsigned int)NR_CPUS);
	page_reporting_init();
	return zone_init(zone, "Normal");
}

int deferred_grow_zone(struct zone *zone)
{
	struct page *page;
	int ret = 0;

	spin_lock(&arena_lock);
	/* Somebody may have grown the zone while we waited. */
	if (READ_ONCE(zone->free_area[MAX_PAGE_ORDER].nr_free))
		goto unlock;
	if (zone->deferred_pfn == zone->deferred_end) {
		unsigned long nr = 0;
		long pfn = arena_online_section(&nr);

		if (pfn < 0) {
			ret = -ENOMEM;
			goto unlock;
		}
		zone->deferred_pfn = (unsigned long)pfn;
		zone->deferred_end = (unsigned long)pfn + nr;
	}
	page = pfn_to_page(zone->deferred_pfn);
	zone->deferred_pfn += MAX_ORDER_NR_PAGES;
	page->flags = PG_REPORTED;
	page->zone_id = zone->zone_id;
	page->node_id = zone->node_id;
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->managed_pages,
		   zone->managed_pages + MAX_ORDER_NR_PAGES);
	__free_one_page(zone, page, MAX_PAGE_ORDER);
	spin_unlock(&zone->lock);
unlock:
	spin_unlock(&arena_lock);
	return ret;
}

void page_alloc_fork_take(void)
{
	struct zone *zone;

	lock_fork_take(&arena_lock);
	for_each_zone(zone) {
		for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
			lock_fork_take(&zone->pageset[cpu].lock);
		lock_fork_take(&zone->lock);
	}
}

void page_alloc_fork_release(void)
{
	struct zone *zone;

	for_each_zone(zone) {
		lock_fork_release(&zone->lock);
		for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
			lock_fork_release(&zone->pageset[cpu].lock);
	}
	lock_fork_release(&arena_lock);
}
