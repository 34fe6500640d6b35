// SPDX-License-Identifier: MIT
/*
 * test_exact.c - blocks that become single pages (docs/kernel.md B7)
 */
#include "support/start.h"

/* Bytes of sizes up to 4 MiB, given back by one call and page by page. Expect
 * each page to be a block of order 0 with one reference, exactly those missing
 * from the zone, and none in the end. */
static void child_sizes(void *arg)
{
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (size_t size = 1; size <= MAX_BLOCK_SIZE; size = size * 3 + 1) {
		unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;

		for (int round = 0; round < 2; round++) {
			void *p = alloc_pages_exact(size, QUIET);
			struct page *page = virt_to_page(p);

			REQUIRE(p);
			check_conservation(zone, nr);
			for (unsigned long n = 0; n < nr; n++)
				REQUIRE(page_type(&page[n]) == PAGE_ALLOCATED &&
					!page[n].order &&
					page[n]._refcount == 1 &&
					page_block_pages(&page[n]) == 1);
			if (round)
				free_pages_exact(p, size);
			for (unsigned long n = 0; !round && n < nr; n++)
				__free_page(&page[nr - 1 - n]);
			check_conservation(zone, 0);
		}
	}
}

/* A reference to one of five pages. Expect that one to be kept by it when all
 * are freed, the others to go, and put_page() to free it. */
static void child_reference(void *arg)
{
	struct zone *zone;
	struct page *page;
	void *p;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	p = alloc_pages_exact(5 * PAGE_SIZE, QUIET);
	page = virt_to_page(p);
	get_page(&page[3]);
	free_pages_exact(p, 5 * PAGE_SIZE);
	check_conservation(zone, 1);
	REQUIRE(page_type(&page[3]) == PAGE_ALLOCATED);
	put_page(&page[3]);
	check_conservation(zone, 0);
}

static void with_bad_flags(void *arg)
{
	void **p = arg;

	*p = alloc_pages_exact(3 * PAGE_SIZE,
			       QUIET | __GFP_COMP | __GFP_HIGHMEM);
}

/* __GFP_COMP and __GFP_HIGHMEM, which cannot be. Expect one warning, and pages
 * as without them; 0 and too many bytes: NULL. */
static void child_flags(void *arg)
{
	char text[1024];
	void *p = NULL;

	(void)arg;
	pin_to_one_cpu();
	start_zone("");
	capture_stderr(with_bad_flags, &p, text, sizeof(text));
	REQUIRE(count_phrase(text, "WARNING: ") == 1);
	REQUIRE(p && !(virt_to_page(p)->flags & PG_HEAD));
	memset(p, 1, 3 * PAGE_SIZE);
	free_pages_exact(p, 3 * PAGE_SIZE);
	REQUIRE(!alloc_pages_exact(0, QUIET));
	REQUIRE(!alloc_pages_exact(MAX_BLOCK_SIZE + 1, QUIET));
	free_pages_exact(NULL, PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_sizes),
		child_test(child_reference),
		child_test(child_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
