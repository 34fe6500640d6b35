// SPDX-License-Identifier: MIT
/*
 * test_bulk.c - many single pages at once
 */
#include "support/start.h"

#define NR 500

static struct page *pages[NR];

static void free_every(unsigned int step)
{
	for (int i = 0; i < NR; i += (int)step) {
		if (pages[i])
			__free_pages(pages[i], 0);
		pages[i] = NULL;
	}
}

/* An array with pages in some slots (B8). Expect the empty ones filled with
 * distinct zeroed pages, the others untouched, and the count of all. */
static void child_fill(void *arg)
{
	struct zone *zone = start_zone("");
	struct page *first, *last;

	(void)arg;
	first = pages[0] = alloc_pages(QUIET, 0);
	last = pages[NR - 1] = alloc_pages(QUIET, 0);
	memset(page_address(first), 1, PAGE_SIZE);
	for (int turn = 0; turn < 3; turn++) {
		REQUIRE(alloc_pages_bulk(GFP_KERNEL | __GFP_ZERO, NR, pages) ==
			NR);
		REQUIRE(pages[0] == first && pages[NR - 1] == last);
		for (int i = 1; i < NR - 1; i++) {
			u64 *word = page_address(pages[i]);

			REQUIRE(pages[i]->type == PAGE_ALLOCATED);
			if (turn == 0 || i % 2)
				REQUIRE(word[0] == (turn ? (u64)i : 0));
			word[0] = (u64)i;
		}
		check_conservation(zone, NR);
		first = pages[0];
		for (int i = 2; i < NR - 1; i += 2) {
			__free_pages(pages[i], 0);
			pages[i] = NULL;
		}
	}
}

/* All slots taken, or none asked for. Expect the count and nothing else. */
static void child_nothing_to_do(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	REQUIRE(alloc_pages_bulk(GFP_KERNEL, 0, NULL) == 0);
	REQUIRE(alloc_pages_bulk(GFP_KERNEL, 7, pages) == 7);
	REQUIRE(alloc_pages_bulk(GFP_KERNEL, 7, pages) == 7);
	check_conservation(zone, 7);
	pages[3] = NULL;
	REQUIRE(alloc_pages_bulk(GFP_KERNEL, 7, pages) == 7);
	check_conservation(zone, 8);
}

/* Memory runs out. Expect one page a call while there is too little for all,
 * then the count as it was; and everything back in the end. */
static void child_short(void *arg)
{
	struct page *heads[TEST_BLOCKS];
	unsigned long nr = 0, before = 0;
	struct zone *zone;

	(void)arg;
	zone = start_owned_zone("", heads);
	give_frames(zone, page_to_pfn(heads[2]), 256);
	do {
		before = nr;
		nr = alloc_pages_bulk(GFP_KERNEL | __GFP_NOWARN, NR, pages);
		REQUIRE(nr <= before + 1);
	} while (nr > before);
	REQUIRE(zone->free_pages <= min_wmark_pages(zone));
	free_every(1);
	drain_all_pages(zone);
	REQUIRE(zone->free_pages == 256);
	zone_check(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_fill),
		child_test(child_nothing_to_do),
		child_test(child_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
