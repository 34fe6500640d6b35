// SPDX-License-Identifier: MIT
/*
 * test_request.c - requests for one block
 */
#include "request/internal.h"
#include "support/start.h"
#include "sys/os.h"

/* A block of each order, of each mobility. Expect it aligned to its size, of
 * that type, and counted. */
static void child_orders(void *arg)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_USER | __GFP_MOVABLE,
				      GFP_KERNEL | __GFP_RECLAIMABLE };
	struct zone *zone = start_zone("");

	(void)arg;
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		for (unsigned int mt = 0; mt < MIGRATE_PCPTYPES; mt++) {
			struct page *page = alloc_pages(gfps[mt], order);

			REQUIRE(page);
			REQUIRE(!(page_to_pfn(page) & ((1UL << order) - 1)));
			REQUIRE(page->type == PAGE_ALLOCATED);
			REQUIRE(page->order == order);
			REQUIRE(page->migratetype == mt);
			REQUIRE(page_zone(page) == zone);
			check_conservation(zone, 1UL << order);
			__free_pages(page, order);
			check_conservation(zone, 0);
		}
	}
}

static void too_large(void *arg)
{
	REQUIRE(!alloc_pages(*(gfp_t *)arg, MAX_PAGE_ORDER + 1));
}

/* An order beyond the largest. Expect NULL, and one warning for the process
 * unless __GFP_NOWARN. */
static void child_too_large(void *arg)
{
	gfp_t quiet = QUIET, loud = GFP_KERNEL;
	char text[1024];

	(void)arg;
	start_zone("");
	capture_stderr(too_large, &quiet, text, sizeof(text));
	REQUIRE(!*text);
	capture_stderr(too_large, &loud, text, sizeof(text));
	REQUIRE(count_phrase(text, "WARNING: CPU: ") == 1);
	capture_stderr(too_large, &loud, text, sizeof(text));
	REQUIRE(!*text);
	REQUIRE(!alloc_pages_exact(0, GFP_KERNEL));
	REQUIRE(!alloc_pages_exact(MAX_BLOCK_SIZE + 1, GFP_KERNEL));
}

static int all_zero(const void *p, size_t size)
{
	const unsigned long *word = p;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		if (word[i])
			return 0;
	return 1;
}

/* Dirty memory asked for again with __GFP_ZERO, whole and as runs. Expect
 * zeroes; and memory that is known to be zero to be so. */
static void child_zero(void *arg)
{
	struct page *heads[TEST_BLOCKS];

	(void)arg;
	start_owned_zone("", heads);
	for (unsigned int i = 0; i < TEST_BLOCKS; i++) {
		if (page_known_zero(heads[i]))
			REQUIRE(all_zero(page_address(heads[i]),
					 MAX_BLOCK_SIZE));
		memset(page_address(heads[i]), 0xa5, MAX_BLOCK_SIZE);
		free_head(heads[i]);
	}
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct page *page = alloc_pages(QUIET | __GFP_ZERO, order);

		REQUIRE(all_zero(page_address(page), PAGE_SIZE << order));
	}
	for (unsigned long nr = 1; nr <= MAX_ORDER_NR_PAGES; nr = nr * 2 + 1) {
		struct page *page = alloc_page_run(QUIET | __GFP_ZERO, nr);

		REQUIRE(all_zero(page_address(page), nr << PAGE_SHIFT));
	}
	REQUIRE(all_zero((void *)get_zeroed_page(QUIET), PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_orders),
		child_test(child_too_large),
		child_test(child_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
