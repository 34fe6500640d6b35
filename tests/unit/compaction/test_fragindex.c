// SPDX-License-Identifier: MIT
/*
 * test_fragindex.c - how fragmented is what is free?
 */
#include "compaction/internal.h"
#include "support/start.h"

static struct page *heads[TEST_BLOCKS];

/* `nr` free blocks of an order, none beside another. */
static void give_blocks(struct zone *zone, unsigned long pfn,
			unsigned int order, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		give_frames(zone, pfn + (2 * i << order), 1UL << order);
}

/*
 * 256 single pages free. Expect the numbers of docs/kernel.md C7: 872 for
 * order 3, all unusable, and an order 0 that would not fail. */
static void child_single_pages(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	give_blocks(zone, 0, 0, 256);
	REQUIRE(fragmentation_index(zone, 3) == 1000 - (1000 + 32000) / 256);
	REQUIRE(fragmentation_index(zone, 3) == 872);
	REQUIRE(fragmentation_index(zone, 9) == 1000 - (1000 + 500) / 256);
	REQUIRE(fragmentation_index(zone, 0) == -1000);
	REQUIRE(unusable_free_index(zone, 0) == 0);
	REQUIRE(unusable_free_index(zone, 1) == 1000);
	REQUIRE(extfrag_for_order(zone, 0) == 0);
	REQUIRE(extfrag_for_order(zone, 9) == 100);
}

/* Nothing free. Expect 0: no lack of blocks, and all is unusable. */
static void child_nothing(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		REQUIRE(fragmentation_index(zone, order) == 0);
		REQUIRE(unusable_free_index(zone, order) == 1000);
		REQUIRE(extfrag_for_order(zone, order) == 0);
	}
}

/* Four blocks of order 2, one of order 9. Expect 16 of 528 pages unusable for
 * order 9, and too little memory rather than fragments for order 10. */
static void child_mixed(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	give_blocks(zone, 0, 2, 4);
	give_blocks(zone, MAX_ORDER_NR_PAGES, 9, 1);
	REQUIRE(unusable_free_index(zone, 9) == 16 * 1000 / 528);
	REQUIRE(extfrag_for_order(zone, 9) == 3);
	REQUIRE(fragmentation_index(zone, 9) == -1000);
	REQUIRE(fragmentation_index(zone, 10) ==
		1000 - (1000 + 528000 / 1024) / 5);
	REQUIRE(unusable_free_index(zone, 10) == 1000);
}

/* A zone with 100 of 100 and nothing else in its node. Expect a score of 99:
 * the kernel divides by one page more than there is. */
static void child_score(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	REQUIRE(fragmentation_score_node(NODE_DATA(0)) == 0);
	give_blocks(zone, 0, 0, 100);
	REQUIRE(fragmentation_score_zone(zone) == 100);
	REQUIRE(fragmentation_score_node(NODE_DATA(0)) == 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_single_pages),
		child_test(child_nothing),
		child_test(child_mixed),
		child_test(child_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
