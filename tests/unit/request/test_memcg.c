// SPDX-License-Identifier: MIT
/*
 * test_memcg.c - groups that pay for pages
 */
#include <errno.h>

#include <kmalloc/memcg.h>

#include "support/start.h"

#define ACCOUNT (GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

static struct km_memcg *start_group(unsigned long pages)
{
	struct km_memcg *memcg;

	start_zone("");
	memcg = km_memcg_create(pages * PAGE_SIZE);
	REQUIRE(memcg && !km_memcg_usage(memcg));
	REQUIRE(!km_memcg_set_current(memcg));
	REQUIRE(km_memcg_current() == memcg);
	return memcg;
}

static unsigned long usage(struct km_memcg *memcg)
{
	return (unsigned long)(km_memcg_usage(memcg) / PAGE_SIZE);
}

/* Requests with and without __GFP_ACCOUNT, in a group and in none. Expect the
 * accounted ones in the group charged until they are freed, by any thread. */
static void child_charge(void *arg)
{
	struct km_memcg *memcg = start_group(100);
	struct page *a, *b;

	(void)arg;
	a = alloc_pages(GFP_KERNEL, 3);
	REQUIRE(!page_memcg(a) && usage(memcg) == 0);
	b = alloc_pages(ACCOUNT, 3);
	REQUIRE(page_memcg(b) == memcg && usage(memcg) == 8);
	REQUIRE(km_memcg_set_current(NULL) == memcg);
	REQUIRE(!page_memcg(alloc_pages(ACCOUNT, 0)) && usage(memcg) == 8);
	__free_pages(a, 3);
	REQUIRE(usage(memcg) == 8);
	__free_pages(b, 3);
	REQUIRE(usage(memcg) == 0);
	REQUIRE(km_memcg_max_usage(memcg) == 8 * PAGE_SIZE);
	km_memcg_destroy(memcg);
	km_memcg_destroy(NULL);
}

/* Requests up to the limit and beyond. Expect the first that goes beyond to
 * fail with nothing charged or lost, __GFP_NOFAIL to go beyond, and limits
 * below the usage to be refused. */
static void child_limit(void *arg)
{
	struct km_memcg *memcg = start_group(10);
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct page *a = alloc_pages(ACCOUNT, 3), *b;

	(void)arg;
	REQUIRE(a && alloc_pages(ACCOUNT, 1));
	REQUIRE(!alloc_pages(ACCOUNT, 0));
	REQUIRE(usage(memcg) == 10 && km_memcg_failcnt(memcg) == 1);
	check_conservation(zone, 11); /* and the page of the group itself */
	b = alloc_pages(ACCOUNT | __GFP_NOFAIL, 0);
	REQUIRE(page_memcg(b) == memcg && usage(memcg) == 11);
	REQUIRE(km_memcg_set_limit(memcg, 10 * PAGE_SIZE) == -EBUSY);
	REQUIRE(!km_memcg_set_limit(memcg, ~0ULL));
	REQUIRE(alloc_pages(ACCOUNT, 9));
	__free_pages(a, 3);
	REQUIRE(usage(memcg) == 11 - 8 + 512);
}

/* Blocks that are split, referenced by others, and cut. Expect each page to
 * take its part of the charge along. */
static void child_parts(void *arg)
{
	struct km_memcg *memcg = start_group(1000);
	struct page *page = alloc_pages(ACCOUNT, 2);
	void *exact;

	(void)arg;
	split_page(page, 2);
	for (unsigned long i = 0; i < 4; i++) {
		REQUIRE(page_memcg(page + i) == memcg);
		__free_pages(page + i, 0);
		REQUIRE(usage(memcg) == 3 - i);
	}
	page = alloc_pages(ACCOUNT, 3);
	get_page(page);
	__free_pages(page, 3); /* all but the first page */
	REQUIRE(usage(memcg) == 1);
	put_page(page);
	REQUIRE(usage(memcg) == 0);
	exact = alloc_pages_exact(5 * PAGE_SIZE, ACCOUNT);
	REQUIRE(usage(memcg) == 5);
	free_pages_exact(exact, 5 * PAGE_SIZE);
	REQUIRE(usage(memcg) == 0);
}

/* A group destroyed while pages are charged to it. Expect its page to go back
 * with the last of them, and the thread to be in none. */
static void child_destroy(void *arg)
{
	struct km_memcg *memcg = start_group(1000);
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct page *a = alloc_pages(ACCOUNT, 2), *b = alloc_pages(ACCOUNT, 0);

	(void)arg;
	km_memcg_destroy(memcg);
	REQUIRE(!km_memcg_current());
	__free_pages(a, 2);
	check_conservation(zone, 2);
	__free_pages(b, 0);
	check_conservation(zone, 0);
}

/* Single pages by the array. Expect each charged. */
static void child_bulk(void *arg)
{
	struct km_memcg *memcg = start_group(5);
	struct page *pages[8] = { NULL };
	unsigned long nr = 0, last;

	(void)arg;
	do {
		last = nr;
		nr = alloc_pages_bulk(ACCOUNT, ARRAY_SIZE(pages), pages);
	} while (nr != last);
	REQUIRE(nr == 5 && usage(memcg) == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_charge), child_test(child_limit),
		child_test(child_parts),  child_test(child_destroy),
		child_test(child_bulk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
