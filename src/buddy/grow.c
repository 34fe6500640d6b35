// SPDX-License-Identifier: MIT
/*
 * buddy/grow.c - zones get frames as they need them
 *
 * A section that came online is not put on the free lists at once: its
 * frames are handed over one largest block (4 MiB) at a time, when nothing
 * else serves a request. So a small program touches one struct page.
 *
 *	zone_start_pfn      deferred_pfn    deferred_end   grow_pfn     end
 *	   |==== managed ======|~~~ deferred ~~~|             |...........|
 *
 * Sections that were taken offline, or that somebody else has in the way, are
 * holes between; growth looks for the next place behind the last one first, and
 * takes what was offlined when there is nothing else.
 *
 * Locking	arena_lock for growth; zone->lock for the lists
 * Invariants	W1  deferred frames are online, zero, and on no list
 * Source	Linux mm/mm_init.c, deferred_grow_zone() and
 *		mm/memory_hotplug.c as a model
 */
#include <errno.h>

#include "buddy/internal.h"
#include "sys/os.h"

static unsigned int arena_flags(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_HIGHMEM ? ARENA_HIGHMEM : 0;
}

/* Frames of the next section at pfn: what fits, or less where mem= is near. */
static unsigned long section_size(const struct zone *zone, unsigned long pfn)
{
	unsigned long nr = min(zone_end_pfn(zone) - pfn, arena.section_frames);

	for (unsigned long n = 0; n < nr; n += MAX_ORDER_NR_PAGES)
		if (pfn_online(pfn + n))
			nr = n; /* a hole that is no whole section */
	return min(nr, ALIGN_DOWN(arena_room(), MAX_ORDER_NR_PAGES));
}

/* The first section that can be had in [pfn, end): 0, -ENOMEM. */
static int online_section_in(struct zone *zone, unsigned long pfn,
			     unsigned long end)
{
	while (pfn < end) {
		unsigned long nr;
		int ret;

		if (pfn_online(pfn)) {
			pfn += MAX_ORDER_NR_PAGES;
			continue;
		}
		nr = section_size(zone, pfn);
		if (!nr)
			return -ENOMEM;
		ret = arena_online(pfn, nr, arena_flags(zone));
		if (ret == -EEXIST) {
			pfn += nr;
			continue;
		}
		if (ret)
			return ret;
		if (nr_online_nodes > 1 && !arena_flags(zone))
			numa_bind_frames(zone, pfn, nr);
		WRITE_ONCE(zone->deferred_pfn, pfn);
		WRITE_ONCE(zone->deferred_end, pfn + nr);
		WRITE_ONCE(zone->grow_pfn, max(zone->grow_pfn, pfn + nr));
		WRITE_ONCE(zone->present_pages, zone->present_pages + nr);
		WRITE_ONCE(zone->populated_end,
			   max(zone->populated_end, pfn + nr));
		return 0;
	}
	return -ENOMEM;
}

/* Bring one section of the zone online: 0, -ENOMEM. arena_lock is held. */
static int online_section(struct zone *zone)
{
	unsigned long start = zone->zone_start_pfn;
	int ret = online_section_in(zone, zone->grow_pfn, zone_end_pfn(zone));

	if (!ret || !zone->offlined_pages)
		return ret;
	ret = online_section_in(zone, start, zone->grow_pfn);
	if (!ret)
		zone->offlined_pages -= min(zone->offlined_pages,
					    zone->deferred_end -
						    zone->deferred_pfn);
	return ret;
}

/* Hand over one largest block of what is deferred. arena_lock is held. */
void release_deferred(struct zone *zone)
{
	struct page *page = pfn_to_page(zone->deferred_pfn);

	WRITE_ONCE(zone->deferred_pfn, zone->deferred_pfn + MAX_ORDER_NR_PAGES);
	WRITE_ONCE(page->flags, PG_REPORTED);
	set_page_links(page, zone);
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->managed_pages,
		   zone->managed_pages + MAX_ORDER_NR_PAGES);
	__free_one_page(zone, page, MAX_PAGE_ORDER);
	spin_unlock(&zone->lock);
	zone_clear_flag(zone, ZONE_BELOW_HIGH); /* the next request looks */
	init_per_zone_wmark_min();
}

bool zone_can_grow(const struct zone *zone)
{
	return READ_ONCE(zone->deferred_pfn) != READ_ONCE(zone->deferred_end) ||
	       (READ_ONCE(zone->grow_pfn) < zone_end_pfn(zone) &&
		arena_room() >= MAX_ORDER_NR_PAGES);
}

int deferred_grow_zone(struct zone *zone, unsigned long seen)
{
	int ret = 0;

	spin_lock(&arena_lock);
	if (zone->managed_pages != seen)
		goto unlock;
	if (zone->deferred_pfn == zone->deferred_end)
		ret = online_section(zone);
	if (!ret)
		release_deferred(zone);
unlock:
	spin_unlock(&arena_lock);
	return ret;
}

void page_alloc_fork_take(void)
{
	struct zone *zone;

	shrinker_fork_take();
	lock_fork_take(&arena_lock);
	wmark_fork_take();
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
	wmark_fork_release();
	lock_fork_release(&arena_lock);
	shrinker_fork_release();
}

void page_alloc_fork_child(void)
{
	shrinker_fork_child();
	memory_waiters = 0;
	oom_fork_child();
	kswapd_fork_child();
}
