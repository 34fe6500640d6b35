/* SPDX-License-Identifier: MIT */
/*
 * tests/support/start.h - start the arena and the page allocator, once a child
 *
 * Tests of these rooms and those above run on an arena of 64 MiB, pinned to
 * one CPU, so that which per-CPU lists they meet is known.
 */
#ifndef TEST_START_H
#define TEST_START_H

#include <limits.h>

#include "buddy/freelist.h"
#include "core/tick.h"
#include "diag/param.h"
#include "request/request.h"
#include "support/child.h"
#include "support/cpu.h"
#include "sys/os.h"

#define TEST_ARENA "arena=64M"
#define TEST_FRAMES (64UL << 20 >> PAGE_SHIFT)
#define TEST_BLOCKS (TEST_FRAMES / MAX_ORDER_NR_PAGES)
/* Down to the last page: what is tested is not the watermarks. */
#define QUIET (GFP_KERNEL | __GFP_NOWARN | __GFP_MEMALLOC)

static inline struct zone *start_zone(const char *cmdline)
{
	parse_args(TEST_ARENA " thp=never"); /* as all machines do */
	parse_args(cmdline);
	REQUIRE(!arena_init());
	REQUIRE(!page_alloc_init(0));
	tick_last_ms = LONG_MAX / 2; /* no clock is there: no poll runs one */
	return &node_data[0].node_zones[ZONE_NORMAL];
}

/* From now on the next poll runs a tick, and the one after it does not. */
static inline void let_tick_be_due(void)
{
	tick_interval_ms = 3600000;
	tick_last_ms = os_now_ms() - tick_interval_ms;
}

static inline struct per_cpu_pages *test_pageset(struct zone *zone)
{
	return &zone->pageset[smp_cpu()];
}

/* Let a zone grow until it manages so many frames. */
static inline void grow_zone_to(struct zone *zone, unsigned long frames)
{
	while (zone->managed_pages < frames)
		REQUIRE(!deferred_grow_zone(zone, zone->managed_pages));
}

/*
 * A zone whose frames all belong to the test, in `heads`: the free lists are
 * empty, and what goes on them is what the test puts there.
 */
static inline struct zone *start_owned_zone(const char *cmdline,
					    struct page **heads)
{
	struct zone *zone;

	pin_to_one_cpu();
	zone = start_zone(cmdline);
	for (unsigned int i = 0; i < TEST_BLOCKS; i++) {
		heads[i] = alloc_pages(QUIET | __GFP_MOVABLE, MAX_PAGE_ORDER);
		REQUIRE(heads[i]);
		page_clean(heads[i]); /* frames, rather than blocks in use */
	}
	REQUIRE(!alloc_pages(QUIET & ~__GFP_DIRECT_RECLAIM, 0));
	REQUIRE(!zone->free_pages);
	return zone;
}

/* Free a whole block of an owned zone, as its owner would. */
static inline void free_head(struct page *head)
{
	head->_refcount = 1;
	__free_pages(head, MAX_PAGE_ORDER);
}

/* Put frames of an owned zone on the free lists. */
static inline void give_frames(struct zone *zone, unsigned long pfn,
			       unsigned long nr)
{
	spin_lock(&zone->lock);
	__free_range(zone, pfn, pfn + nr, 0);
	spin_unlock(&zone->lock);
}

/* managed = free + pcp + `allocated`, after a check of all the lists. */
static inline void check_conservation(struct zone *zone,
				      unsigned long allocated)
{
	struct zone_stat stat;

	zone_check(zone);
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == stat.free + stat.pcp + allocated);
}

#endif
