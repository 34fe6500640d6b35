// SPDX-License-Identifier: MIT
/*
 * test_long_run.c - runs longer than the largest block
 */
#include "support/start.h"

static struct page *heads[TEST_BLOCKS];

/* The largest block that begins at block number n of the zone. */
static unsigned long frame(unsigned int n)
{
	return n * MAX_ORDER_NR_PAGES;
}

/* Blocks 1..3, 5 and 7..10 free; runs of up to four blocks. Expect the lowest
 * place that holds each, the rest free again, NULL for five. */
static void child_lowest(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long nr = 2 * MAX_ORDER_NR_PAGES + 100;
	struct page *page, *other;

	(void)arg;
	give_frames(zone, frame(1), frame(3));
	give_frames(zone, frame(5), frame(1));
	give_frames(zone, frame(7), frame(4));
	REQUIRE(!alloc_long_run(zone, frame(4) + 1));
	REQUIRE(zone->free_pages == frame(8));
	page = alloc_long_run(zone, nr);
	REQUIRE(page == pfn_to_page(frame(1)) && page->nr_pages == nr);
	REQUIRE(page->type == PAGE_ALLOCATED);
	REQUIRE(zone->free_pages == frame(8) - nr);
	zone_check(zone);
	other = alloc_long_run(zone, frame(4));
	REQUIRE(other == pfn_to_page(frame(7)));
	REQUIRE(!alloc_long_run(zone, frame(1) + 1));
	free_page_run(page, nr);
	free_page_run(other, frame(4));
	zone_check(zone);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == 8);
}

/* Blocks that the OS has, and a touched one among them. Expect the run to be
 * known as zero in the first case only. */
static void child_known_zero(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	spin_lock(&zone->lock);
	__free_range(zone, frame(2), frame(4), PG_REPORTED);
	__free_range(zone, frame(8), frame(9), PG_REPORTED);
	__free_range(zone, frame(9), frame(10), 0);
	spin_unlock(&zone->lock);
	page = alloc_long_run(zone, frame(2));
	REQUIRE(page && page_known_zero(page));
	page = alloc_long_run(zone, frame(2));
	REQUIRE(page && !page_known_zero(page));
	zone_check(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_lowest),
		child_test(child_known_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
