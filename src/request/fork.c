// SPDX-License-Identifier: MIT
/*
 * request/fork.c - the page allocator while the program forks
 *
 * Locking	all locks of the rooms from here to zone, in the order of their
 *		ranks; the child undoes what other threads had begun
 * Source	no counterpart
 */
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "zone/watermark.h"

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
	reclaim_fork_child();
	oom_fork_child();
	kswapd_fork_child();
}
