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

/* Pieces of a block. Expect them side by side, aligned where asked, one block
 * for all, and the block free when the last piece and the cache are. */
static void child_fragments(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct zone *zone = start_zone("");
	char *p[40], *aligned;

	(void)arg;
	for (int i = 0; i < 40; i++) {
		p[i] = page_frag_alloc(&nc, 800, GFP_KERNEL);
		memset(p[i], i, 800);
		REQUIRE(p[i] == p[0] + i * 800);
	}
	check_conservation(zone, 8);
	aligned = page_frag_alloc_align(&nc, 10, GFP_KERNEL, 64);
	REQUIRE((uintptr_t)aligned % 64 == 0 && aligned - p[39] < 800 + 64);
	page_frag_free(aligned);
	for (int i = 39; i >= 0; i--) {
		REQUIRE(p[i][0] == i && p[i][799] == i);
		page_frag_free(p[i]);
	}
	check_conservation(zone, 8); /* the cache still has it */
	p[0] = page_frag_alloc(&nc, 1 << 15, GFP_KERNEL); /* from the start */
	check_conservation(zone, 8);
	page_frag_cache_drain(&nc);
	check_conservation(zone, 8);
	page_frag_free(p[0]);
	check_conservation(zone, 0);
	page_frag_free(NULL);
	page_frag_cache_drain(&nc);
}

/* Only single pages are left. Expect pieces of up to a page from these, NULL
 * for more, and all pages back in the end. */
static void child_fragments_short(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct page *heads[TEST_BLOCKS];
	struct zone *zone;
	void *p, *q;

	(void)arg;
	zone = start_owned_zone("", heads);
	for (unsigned long n = 0; n < 1024; n += 2)
		give_frames(zone, page_to_pfn(heads[1]) + n, 1);
	p = page_frag_alloc(&nc, 3000, QUIET);
	q = page_frag_alloc(&nc, 3000, QUIET);
	REQUIRE(p && q && ((uintptr_t)p ^ (uintptr_t)q) >= PAGE_SIZE);
	REQUIRE(!page_frag_alloc(&nc, 5000, QUIET));
	page_frag_free(p);
	page_frag_free(q);
	page_frag_cache_drain(&nc);
	drain_all_pages(zone);
	REQUIRE(zone->free_pages == 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_fill),
		child_test(child_nothing_to_do),
		child_test(child_short),
		child_test(child_fragments),
		child_test(child_fragments_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
