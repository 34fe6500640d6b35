// SPDX-License-Identifier: MIT
/*
 * test_report.c - free memory goes back to the OS, old and large blocks first
 */
#include "core/tick.h"
#include "sys/os.h"
#include "support/resident.h"
#include "support/start.h"
#include "zone/pageblock.h"

static struct page *heads[TEST_BLOCKS];

static void dirty(struct page *page, unsigned long nr)
{
	memset(page_address(page), 0x5a, nr << PAGE_SHIFT);
}

/* Frames in memory, of a block. */
static unsigned long resident(struct page *page, unsigned long nr)
{
	return resident_in(page_address(page), nr);
}

/* Pages in memory, of the struct pages of a largest block. */
static unsigned long resident_heads(struct page *page)
{
	return resident_in(page,
			   MAX_ORDER_NR_PAGES * sizeof(*page) / PAGE_SIZE);
}

/* A dirty block freed, then ticks. Expect it kept for two ticks, then gone
 * from memory, known as zero, and zero when it is handed out again. */
static void child_two_ticks(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	const char *bytes = page_address(heads[1]);

	(void)arg;
	dirty(heads[1], MAX_ORDER_NR_PAGES);
	free_head(heads[1]);
	tick_run(tick_last_ms + 1);
	REQUIRE(zone->unreported == MAX_ORDER_NR_PAGES);
	REQUIRE(resident(heads[1], 1024) == 1024);
	tick_run(tick_last_ms + 1);
	REQUIRE(zone->unreported == 0);
	REQUIRE(resident(heads[1], 1024) == 0);
	zone_check(zone);
	REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER) == heads[1]);
	REQUIRE(page_known_zero(heads[1]));
	REQUIRE(!bytes[0] && !bytes[MAX_BLOCK_SIZE - 1]);
}

/* A largest block freed page by page, so that each of its struct pages was
 * written to. Expect them to leave memory with it, but for those beside the
 * heads of its two pageblocks, and the same when it is taken and freed like
 * that again. */
static void child_struct_pages(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (int round = 0; round < 2; round++) {
		split_page(heads[3], MAX_PAGE_ORDER);
		dirty(heads[3], MAX_ORDER_NR_PAGES);
		for (unsigned long n = 0; n < MAX_ORDER_NR_PAGES; n++)
			__free_page(heads[3] + n);
		drain_all_pages(zone);
		REQUIRE(page_reporting_process(zone, REPORT_YOUNG) ==
			MAX_ORDER_NR_PAGES);
		REQUIRE(PageReported(heads[3]));
		REQUIRE(resident_heads(heads[3]) <= 2);
		zone_check(zone);
		REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER) == heads[3]);
	}
}

/* A tick that comes late. Expect a young block to go at once, and what the
 * per-CPU lists hold to be merged before. */
static void child_late_tick(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	split_page(heads[2], MAX_PAGE_ORDER);
	dirty(heads[2], MAX_ORDER_NR_PAGES);
	for (unsigned long n = 0; n < MAX_ORDER_NR_PAGES; n++)
		__free_pages(heads[2] + n, 0);
	REQUIRE(test_pageset(zone)->count > 0);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	REQUIRE(test_pageset(zone)->count == 0);
	REQUIRE(PageReported(heads[2]) && zone->unreported == 0);
	REQUIRE(resident(heads[2], MAX_ORDER_NR_PAGES) == 0);
	zone_check(zone);
}

/* Blocks of every order, a boot parameter for the least. Expect those of that
 * order and above to go and the others to stay. */
static void child_order(void *arg)
{
	struct zone *zone = start_owned_zone(
		"page_reporting.page_reporting_order=6", heads);

	(void)arg;
	for (unsigned int order = 0; order < MAX_PAGE_ORDER; order++) {
		dirty(heads[order], 1UL << order);
		give_frames(zone, page_to_pfn(heads[order]), 1UL << order);
	}
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 1024 - 64);
	zone_check(zone);
	for (unsigned int order = 0; order < MAX_PAGE_ORDER; order++) {
		REQUIRE(PageReported(heads[order]) == (order >= 6));
		REQUIRE(!resident(heads[order], 1UL << order) == (order >= 6));
	}
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 0);
}

/* The same in a trim. Expect blocks of all orders to go. */
static void child_small(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (unsigned int order = 0; order < MAX_PAGE_ORDER; order++) {
		dirty(heads[order], 1UL << order);
		give_frames(zone, page_to_pfn(heads[order]), 1UL << order);
	}
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG | REPORT_SMALL) ==
		1023);
	zone_check(zone);
	for (unsigned int order = 0; order < MAX_PAGE_ORDER; order++)
		REQUIRE(!resident(heads[order], 1UL << order));
	REQUIRE(zone->unreported == 0);
}

/* Every second frame of a pageblock is free, but for the last `whole`, which
 * are free all. */
static void free_scattered(struct zone *zone, struct page *block,
			   unsigned long whole)
{
	const unsigned long single = PAGEBLOCK_PAGES - whole;

	dirty(block, PAGEBLOCK_PAGES);
	for (unsigned long i = 0; i < single; i += 2)
		give_frames(zone, page_to_pfn(block) + i, 1);
	if (whole)
		give_frames(zone, page_to_pfn(block) + single, whole);
}

/* Single free frames in pageblocks of which a little less than a quarter is in
 * use, a quarter, and half; as the first, but isolated; a free block of two
 * pageblocks. Expect an idle tick to give back the frames of the first alone,
 * and a tick that is not idle none. */
static void child_sparse(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *sparse = heads[0], *quarter = heads[0] + PAGEBLOCK_PAGES;
	struct page *half = heads[1], *isolated = heads[3];
	const unsigned long whole = PAGEBLOCK_PAGES / 2 + 16;
	const unsigned long stay = 128 + 256 + 120 + whole;

	(void)arg;
	dirty(heads[2], MAX_ORDER_NR_PAGES);
	give_frames(zone, page_to_pfn(heads[2]), MAX_ORDER_NR_PAGES);
	*pageblock_byte(page_to_pfn(isolated)) |= PB_ISOLATED;
	zone->nr_isolate_pageblock = 1;
	free_scattered(zone, isolated, whole);
	free_scattered(zone, sparse, whole);
	free_scattered(zone, quarter, PAGEBLOCK_PAGES / 2);
	free_scattered(zone, half, 0);
	for (int i = 0; i < 4; i++)
		tick_run(tick_last_ms + 1);
	REQUIRE(zone->unreported == 120 + stay);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	zone_check(zone);
	REQUIRE(zone->unreported == stay);
	REQUIRE(resident(sparse, PAGEBLOCK_PAGES) == 120);
	REQUIRE(resident(quarter, PAGEBLOCK_PAGES) == 256);
	REQUIRE(resident(half, PAGEBLOCK_PAGES) == 512);
	REQUIRE(resident_heads(heads[2]) <= 2);
}

/* The OS refuses at such a tick. Expect it to end, and no block to be lost. */
static void child_sparse_refused(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	free_scattered(zone, heads[0], PAGEBLOCK_PAGES / 2 + 16);
	os_fail_calls(1, 1000000);
	REQUIRE(!page_reporting_process(zone, REPORT_YOUNG | REPORT_SPARSE));
	os_fail_calls(0, 0);
	zone_check(zone);
	REQUIRE(zone->unreported == 120 + 256 + 16);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG | REPORT_SPARSE) ==
		120 + 256 + 16);
}

/* The delay by boot parameter. Expect ticks twice in it, once a millisecond at
 * the most. */
static void child_delay(void *arg)
{
	(void)arg;
	start_zone("page_reporting.delay_ms=250");
	REQUIRE(tick_interval_ms == 125);
}

static void child_no_delay(void *arg)
{
	(void)arg;
	start_zone("page_reporting.delay_ms=0");
	REQUIRE(tick_interval_ms == 1);
}

/* Every second chunk of 16 frames, on one list: more blocks than are taken off
 * at a time. Returns how many. */
static unsigned long free_many(struct zone *zone)
{
	unsigned long nr = 0;

	for (unsigned long pfn = 0; pfn < TEST_FRAMES / 4; pfn += 32) {
		dirty(pfn_to_page(pfn), 16);
		give_frames(zone, pfn, 16);
		nr++;
	}
	REQUIRE(zone->free_area[4].nr_free == nr && nr > 100);
	return nr;
}

/* More free blocks than are isolated at a time. Expect all of them to go. */
static void child_many(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long nr = free_many(zone);

	(void)arg;
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == nr * 16);
	REQUIRE(zone->unreported == 0 && zone->free_pages == nr * 16);
	zone_check(zone);
}

/* The OS refuses, as it does when a program has locked its memory. Expect
 * an end, no block lost or taken for zero, and all to go another time. */
static void child_refused(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long nr = free_many(zone);

	(void)arg;
	os_fail_calls(1, 1000000);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 0);
	os_fail_calls(0, 0);
	REQUIRE(zone->unreported == nr * 16 && zone->free_pages == nr * 16);
	zone_check(zone);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == nr * 16);
}

/* Pages on the per-CPU lists that stay unused for two ticks. Expect them back
 * in the zone. */
static void child_idle_pageset(void *arg)
{
	struct zone *zone;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 0);
	__free_pages(page, 0);
	REQUIRE(test_pageset(zone)->count > 0);
	tick_run(tick_last_ms + 1);
	REQUIRE(test_pageset(zone)->count > 0);
	tick_run(tick_last_ms + 1);
	tick_run(tick_last_ms + 1);
	REQUIRE(test_pageset(zone)->count == 0);
	check_conservation(zone, 0);
}

/* A pageblock that is marked for a huge page, less than half free, then half.
 * Expect the parts to stay, then to go; the whole to go always, and parts at a
 * trim. */
static void child_huge(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long marked = page_to_pfn(heads[1]);

	(void)arg;
	*pageblock_byte(marked) |= PB_HUGE;
	give_frames(zone, page_to_pfn(heads[0]), 128);
	give_frames(zone, marked, 128);
	give_frames(zone, marked + 256, 64);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 128);
	REQUIRE(PageReported(heads[0]) && !PageReported(heads[1]));
	give_frames(zone, marked + 384, 64);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 256);
	REQUIRE(PageReported(heads[1]));
	*pageblock_byte(page_to_pfn(heads[2])) |= PB_HUGE;
	give_frames(zone, page_to_pfn(heads[2]), 16);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 0);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG | REPORT_SMALL) ==
		16);
	*pageblock_byte(page_to_pfn(heads[3])) |= PB_HUGE;
	give_frames(zone, page_to_pfn(heads[3]), PAGEBLOCK_PAGES);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == PAGEBLOCK_PAGES);
	zone_check(zone);
}

/* The same while ticks come. Expect parts to go at one that is late. */
static void child_huge_ticks(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	*pageblock_byte(page_to_pfn(heads[2])) |= PB_HUGE;
	give_frames(zone, page_to_pfn(heads[2]), 128);
	for (int i = 0; i < 4; i++)
		tick_run(tick_last_ms + 1);
	REQUIRE(zone->unreported == 128);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	REQUIRE(zone->unreported == 0);
}

static void mark_huge(const struct page *page)
{
	*pageblock_byte(page_to_pfn(page)) |= PB_HUGE;
}

/* Parts of pageblocks go back, some of them marked, and are taken again. Expect
 * those of marked ones to count four times, as many as went; other parts, and a
 * whole marked pageblock, once. */
static void child_huge_refault(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	const unsigned int trim = REPORT_YOUNG | REPORT_SMALL;
	const struct turnover *t = &zone->turnover;

	(void)arg;
	mark_huge(heads[2]);
	give_frames(zone, page_to_pfn(heads[1]), 64);
	give_frames(zone, page_to_pfn(heads[2]), 32);
	give_frames(zone, page_to_pfn(heads[4]), 16);
	REQUIRE(page_reporting_process(zone, trim) == 112 && t->broken == 32);
	REQUIRE(alloc_pages(QUIET, 6) && t->refaulted == 64);
	mark_huge(heads[3]);
	give_frames(zone, page_to_pfn(heads[3]), PAGEBLOCK_PAGES);
	REQUIRE(page_reporting_process(zone, trim) == PAGEBLOCK_PAGES);
	REQUIRE(alloc_pages(QUIET, PAGEBLOCK_ORDER));
	REQUIRE(t->refaulted == 64 + PAGEBLOCK_PAGES);
	REQUIRE(alloc_pages(QUIET, 5) && !t->broken);
	REQUIRE(t->refaulted == 64 + PAGEBLOCK_PAGES + 4 * 32);
	mark_huge(heads[5]);
	give_frames(zone, page_to_pfn(heads[5]), 16);
	give_frames(zone, page_to_pfn(heads[6]), 32);
	REQUIRE(page_reporting_process(zone, trim) == 48 && t->broken == 16);
	mark_huge(heads[6]);
	REQUIRE(alloc_pages(QUIET, 5) && !t->broken);
	REQUIRE(t->refaulted ==
		64 + PAGEBLOCK_PAGES + 4 * 32 + 32 + (4 - 1) * 16);
}

/* A part of a marked pageblock, taken again after an idle time, and one that
 * the OS had from the start. Expect both to count nothing more. */
static void child_huge_late(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	const struct turnover *t = &zone->turnover;

	(void)arg;
	*pageblock_byte(page_to_pfn(heads[2])) |= PB_HUGE;
	give_frames(zone, page_to_pfn(heads[2]), 16);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG | REPORT_SMALL) ==
		16);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	REQUIRE(!t->broken && alloc_pages(QUIET, 4) && !t->refaulted);
	give_frames(zone, page_to_pfn(heads[1]), PAGEBLOCK_PAGES);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == PAGEBLOCK_PAGES);
	*pageblock_byte(page_to_pfn(heads[1])) |= PB_HUGE;
	REQUIRE(alloc_pages(QUIET, 4) && alloc_pages(QUIET, 4));
	REQUIRE(t->refaulted == 32);
}

/* More parts of huge pages than are passed over at a time. Expect the list to
 * be left before a block behind them. */
static void child_huge_many(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long at = page_to_pfn(heads[0]), nr = 0;

	(void)arg;
	give_frames(zone, page_to_pfn(heads[TEST_BLOCKS - 1]), 16);
	for (; nr < 100; nr++, at += 128) {
		*pageblock_byte(at) |= PB_HUGE;
		give_frames(zone, at, 16);
	}
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 0);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG | REPORT_SMALL) ==
		(nr + 1) * 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_huge),
		child_test(child_huge_ticks),
		child_test(child_huge_many),
		child_test(child_huge_refault),
		child_test(child_huge_late),
		child_test(child_two_ticks),
		child_test(child_late_tick),
		child_test(child_order),
		child_test(child_delay),
		child_test(child_no_delay),
		child_test(child_many),
		child_test(child_refused),
		child_test(child_idle_pageset),
		child_test(child_struct_pages),
		child_test(child_small),
		child_test(child_sparse),
		child_test(child_sparse_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
