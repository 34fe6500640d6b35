// SPDX-License-Identifier: MIT
/*
 * test_runs.c - runs of any length, grown and cut
 */
#include <errno.h>

#include "request/request.h"
#include "support/start.h"

/* Runs of every length class. Expect them aligned to their order, with only
 * nr frames taken, and all of them back after the free. */
static void child_runs(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	for (unsigned long nr = 1; nr <= MAX_ORDER_NR_PAGES; nr += nr / 5 + 1) {
		struct page *page = alloc_page_run(QUIET, nr);
		unsigned long align = roundup_pow_of_two(nr);

		REQUIRE(page && page->nr_pages == nr);
		REQUIRE(!(page_to_pfn(page) & (align - 1)));
		memset(page_address(page), 1, nr << PAGE_SHIFT);
		check_conservation(zone, nr);
		trim_page_run(page, (nr + 1) / 2, nr);
		check_conservation(zone, (nr + 1) / 2);
		free_page_run(page, (nr + 1) / 2);
		check_conservation(zone, 0);
	}
	for (size_t size = 1; size <= MAX_BLOCK_SIZE; size = size * 3 + 1) {
		void *p = alloc_pages_exact(size, QUIET);

		REQUIRE(p);
		check_conservation(zone, PAGE_ALIGN(size) >> PAGE_SHIFT);
		free_pages_exact(p, size);
		check_conservation(zone, 0);
	}
	free_pages_exact(NULL, PAGE_SIZE);
}

/* A run of 3 frames at the start of a block, the rest free: grown over what is
 * free, over what is taken, too far, and not at all. Expect exactly the frames
 * asked for, or -ENOMEM with nothing changed. */
static void child_extend(void *arg)
{
	struct page *heads[TEST_BLOCKS], *page;
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[5]);

	(void)arg;
	page = heads[5];
	give_frames(zone, pfn + 3, 13); /* 1 frame, 4, 8 */
	REQUIRE(extend_page_run(page, 3, 3) == -ENOMEM);
	REQUIRE(extend_page_run(page, 3, 17) == -ENOMEM); /* too far */
	REQUIRE(zone->free_pages == 13);
	zone_check(zone);
	REQUIRE(extend_page_run(page, 3, 4) == 0);
	REQUIRE(zone->free_pages == 12);
	REQUIRE(extend_page_run(page, 4, 7) == 0);
	zone_check(zone);
	REQUIRE(zone->free_pages == 9);
	REQUIRE(PageBuddy(pfn_to_page(pfn + 7)));
	REQUIRE(extend_page_run(page, 7, 8) == 0);
	REQUIRE(extend_page_run(page, 8, 17) == -ENOMEM);
	REQUIRE(extend_page_run(page, 8, 16) == 0);
	REQUIRE(extend_page_run(page, 16, 17) == -ENOMEM); /* taken */
	REQUIRE(zone->free_pages == 0);
	zone_check(zone);
	page = heads[0];
	for (unsigned int i = 1; i < TEST_BLOCKS; i++)
		page = max(page, heads[i]);
	REQUIRE(extend_page_run(page, 1024, 1025) == -ENOMEM); /* the end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_runs),
		child_test(child_extend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
