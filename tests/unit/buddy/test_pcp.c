// SPDX-License-Identifier: MIT
/*
 * test_pcp.c - the per-CPU lists in front of a zone
 */
#include "support/start.h"

/* Zones of known sizes (kernel-facts P2). Expect the kernel's batches. */
static void test_batch(void **state)
{
	static const struct {
		unsigned long mib;
		int batch;
	} rows[] = { { 4, 1 },	  { 16, 1 },	{ 64, 3 },    { 256, 15 },
		     { 512, 31 }, { 1024, 63 }, { 65536, 63 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct per_cpu_pages pcp = { .count = 0 };
		struct zone zone = {
			.spanned_pages = rows[i].mib << 8,
			.pageset = &pcp,
		};

		setup_pageset(&pcp);
		zone_pcp_update(&zone);
		assert_int_equal(pcp.batch, rows[i].batch);
		assert_int_equal(pcp.high, 6 * rows[i].batch);
		assert_int_equal(pcp.count, 0);
	}
}

/* A first page (P4). Expect a batch taken from the zone, cut from one block,
 * handed out in rising order. */
static void child_refill(void *arg)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;
	unsigned long pfn;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	pfn = page_to_pfn(alloc_pages(GFP_KERNEL, 0));
	REQUIRE(pcp->count == pcp->batch - 1);
	for (int i = 1; i < pcp->batch; i++)
		REQUIRE(page_to_pfn(alloc_pages(GFP_KERNEL, 0)) ==
			pfn + (unsigned long)i);
	REQUIRE(pcp->count == 0);
	zone_check(zone);
}

/* A page freed (P4, P5). Expect the next request for its kind to get it. */
static void child_lifo(void *arg)
{
	struct page *a, *b;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (unsigned int order = 0; order <= PAGE_ALLOC_COSTLY_ORDER;
	     order++) {
		a = alloc_pages(GFP_KERNEL, order);
		b = alloc_pages(GFP_KERNEL, order);
		__free_pages(a, order);
		__free_pages(b, order);
		REQUIRE(alloc_pages(GFP_KERNEL, order) == b);
		REQUIRE(alloc_pages(GFP_KERNEL, order) == a);
		check_conservation(zone, (4UL << order) - 2);
	}
}

/* Orders 4 and above (P1). Expect them to go by the lists. */
static void child_large_orders(void *arg)
{
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (unsigned int order = 4; order < NR_PAGE_ORDERS; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		__free_pages(page, order);
		REQUIRE(page->type != PAGE_PCP);
		REQUIRE(test_pageset(zone)->count == 0);
	}
}

/* Many pages freed (P3, P5). Expect never more than high on the lists, and
 * the surplus to reach the zone in batches from the cold ends. */
static void child_high(void *arg)
{
	struct page *pages[200];
	struct per_cpu_pages *pcp;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages(GFP_KERNEL, i % 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		int before = pcp->count + (1 << i % 4);

		__free_pages(pages[i], i % 4);
		REQUIRE(pcp->count < pcp->high);
		/* a batch, and what its last block has too much, at the most */
		REQUIRE(pcp->count > before - pcp->batch - 8);
		zone_check(zone);
	}
	check_conservation(zone, 0);
	drain_all_pages(zone);
	REQUIRE(pcp->count == 0);
	check_conservation(zone, 0);
}

/* A page freed in a pageblock of another type (P1, M2). Expect it on the list
 * of the pageblock. */
static void child_list_of_pageblock(void *arg)
{
	struct page *page;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 1);
	drain_all_pages(zone);
	set_pageblock_migratetype(page_to_pfn(page), MIGRATE_RECLAIMABLE);
	__free_pages(page, 1);
	REQUIRE(page->migratetype == MIGRATE_RECLAIMABLE);
	REQUIRE(alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 1) == page);
}

/* The lists are busy (P6). Expect the zone to serve, nobody to wait, and a
 * page that the lists refuse to stay the caller's. */
static void child_contention(void *arg)
{
	struct per_cpu_pages *pcp;
	struct page *page, *other;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	page = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(spin_trylock(&pcp->lock));
	REQUIRE(!rmqueue_pcplist(zone, 0, MIGRATE_UNMOVABLE, 0));
	REQUIRE(!free_pcplist(zone, page, 0));
	REQUIRE(page->type == PAGE_ALLOCATED);
	other = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(other && other != page);
	__free_pages(page, 0);
	REQUIRE(page->type != PAGE_PCP && page->type != PAGE_ALLOCATED);
	spin_unlock(&pcp->lock);
	check_conservation(zone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		child_test(child_refill),
		child_test(child_lifo),
		child_test(child_large_orders),
		child_test(child_high),
		child_test(child_list_of_pageblock),
		child_test(child_contention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
