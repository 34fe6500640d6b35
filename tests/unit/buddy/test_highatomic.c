// SPDX-License-Identifier: MIT
/*
 * test_highatomic.c - pageblocks kept for requests that cannot wait (W8)
 */
#include "support/start.h"
#include "zone/pageblock.h"

#define ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

static struct page *heads[TEST_BLOCKS];

/* A zone of 64 MiB that says it manages more, so that there is a reserve. */
static struct zone *start_large_zone(void)
{
	struct zone *zone = start_owned_zone("", heads);

	zone->managed_pages = 400 * PAGEBLOCK_PAGES; /* so four are the most */
	zone->present_pages = zone->managed_pages;
	return zone;
}

static unsigned long free_of(struct zone *zone, unsigned int mt)
{
	unsigned long pages = 0;

	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct page *page;

		list_for_each_entry(page, &zone->free_area[order].free_list[mt],
				    lru)
			pages += 1UL << order;
	}
	return pages;
}

/* A request of order 2 that may not wait, when the zone is below its low mark.
 * Expect its pageblock to be HighAtomic, with all that is free in it; later
 * ones to be served from there, and others not. */
static void child_reserve(void *arg)
{
	struct zone *zone = start_large_zone();
	unsigned long pfn = page_to_pfn(heads[3]);
	struct page *page, *other;

	(void)arg;
	set_pageblock_migratetype(pfn, MIGRATE_UNMOVABLE);
	give_frames(zone, pfn, 256);
	zone->_watermark[WMARK_MIN] = 100;
	for (unsigned int mark = WMARK_LOW; mark < NR_WMARK; mark++)
		zone->_watermark[mark] = 10000;
	page = alloc_pages(ATOMIC, 2);
	REQUIRE(page && page_to_pfn(page) - pfn < 256);
	REQUIRE(get_pageblock_migratetype(pfn) == MIGRATE_HIGHATOMIC);
	REQUIRE(zone->nr_reserved_highatomic == PAGEBLOCK_PAGES);
	drain_all_pages(zone);
	REQUIRE(zone->nr_free_highatomic == zone->free_pages);
	REQUIRE(free_of(zone, MIGRATE_HIGHATOMIC) == zone->free_pages);
	zone_check(zone);
	REQUIRE(!alloc_pages(QUIET & ~__GFP_MEMALLOC, 2));
	zone->_watermark[WMARK_MIN] = 0;
	other = alloc_pages(ATOMIC, 4);
	REQUIRE(other && page_to_pfn(other) - pfn < 256);
	REQUIRE(!alloc_pages(ATOMIC, 0)); /* a single page is easy to find */
	REQUIRE(!alloc_pages(ATOMIC & ~__GFP_HIGH & ~__GFP_KSWAPD_RECLAIM, 2));
	zone_check(zone);
}

/* Blocks of every kind offered to the reserve. Expect a hundredth of the zone
 * in whole pageblocks, nothing from a zone that is too small, and no block that
 * is in the reserve already. */
static void child_limit(void *arg)
{
	struct zone *zone = start_large_zone();

	(void)arg;
	zone->managed_pages = 100 * PAGEBLOCK_PAGES - 1;
	reserve_highatomic_pageblock(zone, heads[0], 2);
	REQUIRE(!zone->nr_reserved_highatomic);
	zone->managed_pages = 250 * PAGEBLOCK_PAGES; /* 2.5: three */
	reserve_highatomic_pageblock(zone, heads[0], 2);
	reserve_highatomic_pageblock(zone, heads[0] + 8, 2);
	REQUIRE(zone->nr_reserved_highatomic == PAGEBLOCK_PAGES);
	reserve_highatomic_pageblock(zone, heads[1], MAX_PAGE_ORDER);
	REQUIRE(zone->nr_reserved_highatomic == 3 * PAGEBLOCK_PAGES);
	reserve_highatomic_pageblock(zone, heads[2], 2);
	REQUIRE(zone->nr_reserved_highatomic == 3 * PAGEBLOCK_PAGES);
	REQUIRE(get_pageblock_migratetype(page_to_pfn(heads[2])) ==
		MIGRATE_MOVABLE);
	REQUIRE(get_pageblock_migratetype(page_to_pfn(heads[1]) + 512) ==
		MIGRATE_HIGHATOMIC);
}

/* The reserve given back. Expect one block a time, of the type of the
 * request, none that is all in use, and the last one only by force. */
static void child_unreserve(void *arg)
{
	struct zone *zone = start_large_zone();
	struct alloc_context ac = {
		.zonelist = &node_data[0].node_zonelists[ZONELIST_FALLBACK],
		.migratetype = MIGRATE_RECLAIMABLE,
		.highest_zoneidx = ZONE_NORMAL,
	};

	(void)arg;
	for (int i = 0; i < 3; i++)
		reserve_highatomic_pageblock(zone, heads[i], 0);
	REQUIRE(zone->nr_reserved_highatomic == 3 * PAGEBLOCK_PAGES);
	REQUIRE(!unreserve_highatomic_pageblock(&ac, 0)); /* all in use */
	give_frames(zone, page_to_pfn(heads[1]), 64);
	REQUIRE(zone->nr_free_highatomic == 64);
	REQUIRE(unreserve_highatomic_pageblock(&ac, 0));
	REQUIRE(zone->nr_reserved_highatomic == 2 * PAGEBLOCK_PAGES);
	REQUIRE(zone->nr_free_highatomic == 0);
	REQUIRE(free_of(zone, MIGRATE_RECLAIMABLE) == 64);
	give_frames(zone, page_to_pfn(heads[0]), 8);
	give_frames(zone, page_to_pfn(heads[2]), 8);
	REQUIRE(unreserve_highatomic_pageblock(&ac, 0));
	REQUIRE(zone->nr_reserved_highatomic == PAGEBLOCK_PAGES);
	REQUIRE(!unreserve_highatomic_pageblock(&ac, 0));
	REQUIRE(unreserve_highatomic_pageblock(&ac, 1));
	REQUIRE(!zone->nr_reserved_highatomic && !zone->nr_free_highatomic);
	zone_check(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_reserve),
		child_test(child_limit),
		child_test(child_unreserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
