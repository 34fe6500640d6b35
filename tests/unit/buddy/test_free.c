// SPDX-License-Identifier: MIT
/*
 * test_free.c - merging, and what is said of pages that cannot be freed
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

/* The drawing at the top of free.c: 3 comes back, 0 in use. Expect 2..3 to
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

struct bad_free {
	struct page *page;
	unsigned int order;
};

static void free_it(void *arg)
{
	const struct bad_free *bad = arg;

	__free_pages(bad->page, bad->order);
}

static void expect_named(struct zone *zone, struct page *page,
			 unsigned int order)
{
	struct bad_free bad = { page, order };
	unsigned long before = zone->free_pages;
	char text[1024], want[64];

	capture_stderr(free_it, &bad, text, sizeof(text));
	snprintf(want, sizeof(want), "pfn:%05lx", page_to_pfn(page));
	REQUIRE(count_phrase(text, "BUG: Bad page state in process ") == 1);
	REQUIRE(strstr(text, want));
	zone_check(zone);
	REQUIRE(zone->free_pages == before);
}

/* Wrong orders, a tail page, a page that is free, on a per-CPU list, a slab
 * or a run. Expect each named, and no frame lost or freed twice. */
static void child_bad_frees(void *arg)
{
	struct page *page, *small;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 4);
	small = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(page && small);
	expect_named(zone, page, 3);
	expect_named(zone, page, 5);
	expect_named(zone, page + 1, 0);
	page->type = PAGE_SLAB;
	expect_named(zone, page, 4);
	page->type = PAGE_RUN;
	expect_named(zone, page, 4);
	page->type = PAGE_ALLOCATED;
	check_conservation(zone, 17);
	__free_pages(page, 4);
	expect_named(zone, page, 4); /* twice */
	__free_pages(small, 0);
	REQUIRE(small->type == PAGE_PCP);
	expect_named(zone, small, 0);
	__free_pages(NULL, 0);
	check_conservation(zone, 0);
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

/* References to tail pages of a __GFP_COMP block, taken and given up, and to a
 * page of a block that is no compound one. Expect them to count for the head:
 * the block stays until the last is given up, whichever page names it, and goes
 * whole; without __GFP_COMP a tail is reported as not in use. */
static void child_tail_references(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	free_head(heads[0]);
	page = alloc_pages(QUIET | __GFP_COMP, 3);
	REQUIRE(compound_head(page + 5) == page);
	get_page(page + 5);
	get_page(page + 7);
	REQUIRE(page->_refcount == 3 && !page[5]._refcount);
	__free_pages(page, 3);
	REQUIRE(page_type(page) == PAGE_ALLOCATED && page->_refcount == 2);
	put_page(page + 1);
	REQUIRE(page_type(page) == PAGE_ALLOCATED && page->_refcount == 1);
	put_page(page + 7);
	REQUIRE(page_type(page) != PAGE_ALLOCATED && !page->_refcount);
	check_conservation(zone, MAX_ORDER_NR_PAGES * (TEST_BLOCKS - 1));
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
		child_test(child_bad_frees),
		child_test(child_reported_merge),
		child_test(child_touched_first),
		child_test(child_tail_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
