// SPDX-License-Identifier: MIT
/*
 * test_freelist.c - merging, and the order on a free list
 */
#include "buddy/internal.h"
#include "support/start.h"
#include "zone/pageblock.h"

static struct page *heads[TEST_BLOCKS];

/* Blocks on one free list. */
static unsigned long listed(struct zone *zone, unsigned int order,
			    unsigned int mt)
{
	unsigned long nr = 0;
	struct page *page;

	list_for_each_entry(page, &zone->free_area[order].free_list[mt], lru)
		nr++;
	return nr;
}

/* The drawing at the top of freelist.c: 3 comes back, 0 in use. Expect 2..3 to
 * become one block of order 1 and to stop there. */
static void child_drawing(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[4]);

	(void)arg;
	give_frames(zone, pfn + 2, 1);
	give_frames(zone, pfn + 4, 4);
	REQUIRE(zone->free_area[0].nr_free == 1);
	give_frames(zone, pfn + 3, 1);
	zone_check(zone);
	REQUIRE(zone->free_area[0].nr_free == 0);
	REQUIRE(zone->free_area[1].nr_free == 1);
	REQUIRE(zone->free_area[2].nr_free == 1);
	REQUIRE(PageBuddy(pfn_to_page(pfn + 2)));
	give_frames(zone, pfn, 2); /* 0..3, then 0..7 */
	zone_check(zone);
	REQUIRE(zone->free_area[3].nr_free == 1);
	REQUIRE(PageBuddy(pfn_to_page(pfn)) && pfn_to_page(pfn)->order == 3);
	REQUIRE(zone->free_pages == 8);
}

/* The frames of one largest block given back one by one in a shuffled order.
 * Expect the invariants after each, and one block in the end. */
static void child_merge_all(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[2]), n;

	(void)arg;
	for (n = 0; n < MAX_ORDER_NR_PAGES; n++) {
		give_frames(zone, pfn + (n * 389 + 17) % MAX_ORDER_NR_PAGES, 1);
		REQUIRE(zone->free_pages == n + 1);
		zone_check(zone);
	}
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == 1);
	REQUIRE(PageBuddy(heads[2]) && heads[2]->order == MAX_PAGE_ORDER);
}

/* Neighbours that are no buddies: frames 1 and 2, blocks 2..3 and 4..5, two
 * largest blocks. Expect them to stay apart. */
static void child_no_buddies(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[1]);

	(void)arg;
	give_frames(zone, pfn + 1, 1);
	give_frames(zone, pfn + 2, 1);
	REQUIRE(zone->free_area[0].nr_free == 2);
	give_frames(zone, pfn + 10, 2);
	give_frames(zone, pfn + 12, 2);
	REQUIRE(zone->free_area[1].nr_free == 2);
	give_frames(zone, page_to_pfn(heads[6]), MAX_ORDER_NR_PAGES);
	give_frames(zone, page_to_pfn(heads[7]), MAX_ORDER_NR_PAGES);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == 2);
	zone_check(zone);
}

/* Two pageblocks of different types that merge, in both orders. Expect both
 * to have the type of the one that came last, and BUDDY4 to hold. */
static void child_merge_pageblocks(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (unsigned int last = 0; last < 2; last++) {
		unsigned long pfn = page_to_pfn(heads[last]);
		unsigned long upper = pfn + PAGEBLOCK_PAGES;
		unsigned int mt = last ? MIGRATE_RECLAIMABLE :
					 MIGRATE_UNMOVABLE;

		set_pageblock_migratetype(pfn, MIGRATE_UNMOVABLE);
		set_pageblock_migratetype(upper, MIGRATE_RECLAIMABLE);
		give_frames(zone, last ? pfn : upper, PAGEBLOCK_PAGES);
		give_frames(zone, last ? upper : pfn, PAGEBLOCK_PAGES);
		zone_check(zone);
		REQUIRE(get_pageblock_migratetype(pfn) == mt);
		REQUIRE(get_pageblock_migratetype(upper) == mt);
		REQUIRE(listed(zone, MAX_PAGE_ORDER, mt) == 1);
	}
}

/* Frames freed into pageblocks of each type (M2). Expect the list of the
 * pageblock's type, whatever they were allocated as. */
static void child_list_by_pageblock(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (unsigned int mt = 0; mt < MIGRATE_ISOLATE; mt++) {
		unsigned long pfn = page_to_pfn(heads[mt]);

		REQUIRE(heads[mt]->migratetype == MIGRATE_MOVABLE);
		set_pageblock_migratetype(pfn, mt);
		give_frames(zone, pfn + 4, 4);
		zone_check(zone);
		REQUIRE(listed(zone, 2, mt) == 1);
		REQUIRE(pfn_to_page(pfn + 4)->migratetype == mt);
	}
}

/* Ranges of every length at every offset. Expect the fewest aligned blocks,
 * each as large as its place allows. */
static void child_ranges(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[3]);

	(void)arg;
	for (unsigned long start = 0; start < 40; start += 3) {
		for (unsigned long nr = 1; nr < 100; nr += 7) {
			give_frames(zone, pfn + start, nr);
			zone_check(zone);
			REQUIRE(zone->free_pages == nr);
			for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
				REQUIRE(zone->free_area[o].nr_free <= 2);
			spin_lock(&zone->lock);
			for (unsigned long n = 0; n < nr; n++) {
				struct page *p = pfn_to_page(pfn + start + n);

				if (PageBuddy(p))
					del_page_from_free_list(zone, p,
								p->order);
			}
			spin_unlock(&zone->lock);
			REQUIRE(!zone->free_pages);
		}
	}
}

/* A block that the OS has and one that was touched merge. Expect the whole to
 * count as touched; two that the OS has to stay known as zero. */
static void child_reported_merge(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[0]);

	(void)arg;
	spin_lock(&zone->lock);
	__free_range(zone, pfn, pfn + 8, PG_REPORTED);
	REQUIRE(zone->unreported == 0);
	__free_range(zone, pfn + 8, pfn + 16, PG_REPORTED);
	REQUIRE(zone->unreported == 0);
	REQUIRE(PageReported(pfn_to_page(pfn)));
	__free_range(zone, pfn + 16, pfn + 32, 0);
	spin_unlock(&zone->lock);
	REQUIRE(zone->unreported == 32);
	REQUIRE(!PageReported(pfn_to_page(pfn)));
	zone_check(zone);
}

/* Free blocks of one order, touched and not. Expect the touched one to be
 * handed out first. */
static void child_touched_first(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[0]);
	struct page *page;

	(void)arg;
	spin_lock(&zone->lock);
	__free_range(zone, pfn, pfn + 16, PG_REPORTED);
	__free_range(zone, pfn + 32, pfn + 48, 0);
	__free_range(zone, pfn + 64, pfn + 80, PG_REPORTED);
	page = __rmqueue(zone, 4, MIGRATE_MOVABLE, 0);
	spin_unlock(&zone->lock);
	REQUIRE(page == pfn_to_page(pfn + 32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_drawing),
		child_test(child_merge_all),
		child_test(child_no_buddies),
		child_test(child_merge_pageblocks),
		child_test(child_list_by_pageblock),
		child_test(child_ranges),
		child_test(child_reported_merge),
		child_test(child_touched_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
