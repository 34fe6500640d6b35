// SPDX-License-Identifier: MIT
/*
 * test_fit_run.c - runs that begin at any frame
 */
#include "request/holes.h"
#include "support/random.h"
#include "support/start.h"
#include "zone/pageblock.h"
#include "zone/watermark.h"

#define MOVABLE (QUIET | __GFP_MOVABLE)

static struct zone *zone;
static struct page *heads[TEST_BLOCKS];
static unsigned long base;

static void start_owned(void)
{
	zone = start_owned_zone("", heads);
	base = zone->zone_start_pfn;
}

static struct page *take(unsigned long nr)
{
	struct page *page = alloc_fit_run(MOVABLE, nr);

	REQUIRE(page);
	REQUIRE(page_type(page) == PAGE_ALLOCATED);
	REQUIRE(page_block_pages(page) == nr);
	REQUIRE(page->_refcount == 1);
	zone_check(zone);
	return page;
}

/* 4 MiB, in runs of 65 pages. Expect 15 of them, one behind the other, and when
 * all are free one block again. */
static void child_packed(void *arg)
{
	struct page *page[15];

	(void)arg;
	start_owned();
	give_frames(zone, base + 1024, 1024);
	for (unsigned long n = 0; n < 15; n++) {
		page[n] = take(65);
		REQUIRE(page_to_pfn(page[n]) == base + 1024 + n * 65);
		memset(page_address(page[n]), 1, 65 << PAGE_SHIFT);
	}
	REQUIRE(!alloc_fit_run(MOVABLE & ~__GFP_DIRECT_RECLAIM, 65));
	REQUIRE(zone->free_pages == 1024 - 15 * 65);
	for (unsigned long n = 0; n < 15; n++)
		free_page_run(page[n * 7 % 15], 65);
	zone_check(zone);
	REQUIRE(pfn_to_page(base + 1024)->order == MAX_PAGE_ORDER);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == 1);
}

/* 8 MiB, in runs of 537 pages. Expect three: one lies in both halves. */
static void child_across(void *arg)
{
	(void)arg;
	start_owned();
	give_frames(zone, base + 1024, 2048);
	REQUIRE(page_to_pfn(take(537)) == base + 1024);
	REQUIRE(page_to_pfn(take(537)) == base + 1024 + 537);
	REQUIRE(page_to_pfn(take(537)) == base + 1024 + 2 * 537);
	REQUIRE(zone->free_pages == 2048 - 3 * 537);
}

/* Holes that were not noted, of 20, 23 and 25 pages, and the longest first on
 * the list. Expect each run in the shortest that has room. */
static void child_shortest(void *arg)
{
	(void)arg;
	start_owned();
	give_frames(zone, base + 33, 20);
	give_frames(zone, base + 161, 23);
	give_frames(zone, base + 101, 25);
	REQUIRE(page_to_pfn(take(21)) == base + 161);
	REQUIRE(page_to_pfn(take(17)) == base + 33);
	REQUIRE(page_to_pfn(take(17)) == base + 101);
}

/* A run between two others is freed, while 4 MiB are free. Expect the next one
 * of its length in its place, and a note of what a shorter one leaves. */
static void child_reused(void *arg)
{
	struct fit fit = { NULL, 1, 1U << MIGRATE_MOVABLE, 1 };
	struct stretch left;
	struct page *page;

	(void)arg;
	start_owned();
	give_frames(zone, base + 1024, 1024);
	give_frames(zone, base + 4096, 1024);
	take(40);
	page = take(30);
	take(50);
	free_page_run(page, 30);
	REQUIRE(take(30) == page);
	free_page_run(page, 30);
	REQUIRE(take(10) == page);
	fit.zone = zone;
	spin_lock(&zone->lock);
	left = hole_take(&fit);
	spin_unlock(&zone->lock);
	REQUIRE(left.pfn == page_to_pfn(page + 10));
	REQUIRE(left.nr == 20);
}

/* Room in a pageblock of another type, and none in one of the own; then both.
 * Expect the own first, and the other before the zone grows. */
static void child_types(void *arg)
{
	unsigned long managed;

	(void)arg;
	start_owned();
	set_pageblock_migratetype(base, MIGRATE_UNMOVABLE);
	give_frames(zone, base + 33, 20);
	give_frames(zone, base + 1033, 40);
	managed = zone->managed_pages;
	REQUIRE(page_to_pfn(take(18)) == base + 1033);
	REQUIRE(page_to_pfn(take(22)) == base + 1033 + 18);
	REQUIRE(page_to_pfn(take(19)) == base + 33);
	REQUIRE(zone->managed_pages == managed);
}

/* Isolated pages. Expect that no run takes them. */
static void child_isolated(void *arg)
{
	(void)arg;
	start_owned();
	*pageblock_byte(base) |= PB_ISOLATED;
	zone->nr_isolate_pageblock++;
	give_frames(zone, base, 64);
	REQUIRE(!alloc_fit_run(MOVABLE & ~__GFP_DIRECT_RECLAIM, 9));
	zone_check(zone);
}

/* 1,500 blocks of 4 pages on the list before the one that is part of a hole
 * with room. Expect it to be found when nothing else is left. */
static void child_last(void *arg)
{
	(void)arg;
	start_owned();
	give_frames(zone, base + 12, 9); /* 4, 4, 1 */
	for (unsigned long n = 8; n < 1508; n++)
		give_frames(zone, base + n * 8, 4);
	REQUIRE(page_to_pfn(take(9)) == base + 12);
}

/* A zone that can grow, with room in it. Expect that it does not grow before
 * that is used up, and that the next run begins where the last one ended. */
static void child_grows(void *arg)
{
	struct page *page = NULL;
	unsigned long managed;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	grow_zone_to(zone, 1024);
	managed = zone->managed_pages;
	while (zone->free_pages >= 65 + zone->_watermark[WMARK_LOW]) {
		page = alloc_fit_run(GFP_KERNEL | __GFP_MOVABLE, 65);
		REQUIRE(page);
		REQUIRE(zone->managed_pages == managed);
	}
	REQUIRE(alloc_fit_run(GFP_KERNEL | __GFP_MOVABLE, 65) == page + 65);
	REQUIRE(zone->managed_pages > managed);
	REQUIRE(zone->managed_pages <= managed + 1024);
}

/* A zone that can grow, with room in pageblocks of another type. Expect this to
 * be used first. */
static void child_mixes(void *arg)
{
	unsigned long managed;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(QUIET | __GFP_MOVABLE, MAX_PAGE_ORDER);
	REQUIRE(page);
	for (unsigned long n = 0; n < 1024; n += PAGEBLOCK_PAGES)
		set_pageblock_migratetype(page_to_pfn(page) + n,
					  MIGRATE_UNMOVABLE);
	managed = zone->managed_pages;
	__free_pages(page, MAX_PAGE_ORDER);
	for (unsigned int i = 0; i < 10; i++)
		REQUIRE(alloc_fit_run(GFP_KERNEL | __GFP_MOVABLE, 65));
	REQUIRE(zone->managed_pages == managed);
	REQUIRE(get_pageblock_migratetype(page_to_pfn(page)) ==
		MIGRATE_UNMOVABLE);
}

/* The last pages of a zone that cannot grow. Expect a request without the
 * right to reserves to leave `min` pages, and one with it to get them all. */
static void child_marks(void *arg)
{
	const gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_MOVABLE;
	unsigned long least;

	(void)arg;
	start_owned();
	least = min_wmark_pages(zone);
	REQUIRE(least > 32 && least < 1000);
	give_frames(zone, base + 1024, 1024);
	while (alloc_fit_run(gfp, 11))
		REQUIRE(zone->free_pages >= least);
	REQUIRE(zone->free_pages < least + 11 + 1);
	REQUIRE(alloc_fit_run(MOVABLE, 11));
	zone_check(zone);
}

/* Holes that the OS has, in whole and but for their middle. Expect a run known
 * to be zero only if all of it is, zeros for __GFP_ZERO in either case, and the
 * rest to be as it was. */
static void child_zero(void *arg)
{
	struct page *page;

	(void)arg;
	start_owned();
	memset(pfn_to_virt(base + 24), 1, 8 << PAGE_SHIFT);
	spin_lock(&zone->lock);
	__free_range(zone, base + 65, base + 97, PG_REPORTED);
	__free_range(zone, base + 32, base + 34, PG_REPORTED);
	__free_range(zone, base + 24, base + 32, 0);
	__free_range(zone, base + 15, base + 24, PG_REPORTED);
	spin_unlock(&zone->lock);
	page = take(20);
	REQUIRE(page_to_pfn(page) == base + 65);
	REQUIRE(PageReported(page));
	REQUIRE(PageReported(pfn_to_page(base + 88)));
	page = alloc_fit_run(MOVABLE | __GFP_ZERO, 18);
	REQUIRE(page_to_pfn(page) == base + 15);
	REQUIRE(!PageReported(page));
	for (size_t n = 0; n < 18 * PAGE_SIZE; n++)
		REQUIRE(!((char *)page_address(page))[n]);
	free_page_run(page, 18);
	REQUIRE(!PageReported(pfn_to_page(base + 24)));
	zone_check(zone);
}

/* A free page with a mapping. Expect a report, no run that begins with it, and
 * the others to be free. */
static void child_bad(void *arg)
{
	(void)arg;
	start_owned();
	give_frames(zone, base + 33, 20);
	pfn_to_page(base + 33)->mapping = zone;
	REQUIRE(!alloc_fit_run(MOVABLE & ~__GFP_DIRECT_RECLAIM, 20));
	REQUIRE(page_type(pfn_to_page(base + 33)) == PAGE_BAD);
	REQUIRE(zone->free_pages == 19);
	REQUIRE(page_to_pfn(take(19)) == base + 34);
}

/* Runs of 1 to 1,024 pages, taken and freed at random, in a zone that is full.
 * Expect them apart from each other, and every frame back in the end. */
static void child_random(void *arg)
{
	static struct {
		struct page *page;
		unsigned long nr;
	} live[60];
	static u8 owner[TEST_FRAMES];
	u64 seed = 4711;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (u8 turn = 0; turn < 250; turn++)
		for (u8 i = 0; i < ARRAY_SIZE(live); i++) {
			unsigned long nr = test_below(&seed, 1024) + 1, at;

			if (test_below(&seed, 2))
				continue;
			at = live[i].page ? page_to_pfn(live[i].page) : 0;
			for (unsigned long n = 0; n < live[i].nr; n++) {
				REQUIRE(owner[at + n] == i + 1);
				owner[at + n] = 0;
			}
			if (live[i].page)
				free_page_run(live[i].page, live[i].nr);
			live[i].page = alloc_fit_run(MOVABLE, nr);
			live[i].nr = live[i].page ? nr : 0;
			at = live[i].page ? page_to_pfn(live[i].page) : 0;
			for (unsigned long n = 0; n < live[i].nr; n++) {
				REQUIRE(!owner[at + n]);
				owner[at + n] = i + 1;
			}
			if (i % 16 == 0) {
				zone_check(zone);
				holes_check(zone);
			}
		}
	for (unsigned int i = 0; i < ARRAY_SIZE(live); i++)
		if (live[i].page)
			free_page_run(live[i].page, live[i].nr);
	check_conservation(zone, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_packed),   child_test(child_across),
		child_test(child_shortest), child_test(child_reused),
		child_test(child_types),    child_test(child_isolated),
		child_test(child_last),	    child_test(child_grows),
		child_test(child_mixes),    child_test(child_marks),
		child_test(child_zero),	    child_test(child_bad),
		child_test(child_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
