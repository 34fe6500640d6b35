// SPDX-License-Identifier: MIT
/*
 * test_pcp.c - the per-CPU lists in front of a zone
 */
#include "buddy/internal.h"
#include "support/start.h"
#include "zone/pageblock.h"
#include "zone/watermark.h"

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
	__free_pages(alloc_pages(GFP_KERNEL, 0), 0); /* the zone grows */
	/* as in a large zone: two frees of order 3 do not empty the lists */
	test_pageset(zone)->batch = 63;
	test_pageset(zone)->high_min = test_pageset(zone)->high_max = 252;
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

/* Orders 4 and above (P1). Expect them to go by the lists, but for blocks of
 * the size of a pageblock, which have two of their own. */
static void child_large_orders(void *arg)
{
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (unsigned int order = 4; order < NR_PAGE_ORDERS; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		__free_pages(page, order);
		if (order == PAGEBLOCK_ORDER)
			continue;
		REQUIRE(page->type != PAGE_PCP);
	}
	drain_all_pages(zone);
	for (unsigned int movable = 0; movable < 2; movable++) {
		gfp_t gfp = GFP_KERNEL | (movable ? __GFP_MOVABLE : 0);
		struct page *page = alloc_pages(gfp, PAGEBLOCK_ORDER);
		struct per_cpu_pages *pcp = test_pageset(zone);

		__free_pages(page, PAGEBLOCK_ORDER);
		REQUIRE(page->type == PAGE_PCP);
		REQUIRE(pcp->lists[12 + movable].next == &page->lru);
		REQUIRE(list_empty(&pcp->lists[13 - movable]));
		zone_check(zone);
		drain_all_pages(zone);
	}
}

/* Many pages freed (P3, P5). Expect never more than high on the lists, and
 * every page on a list or in the zone. */
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
		REQUIRE(pcp->count < max(pcp->high, before));
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

/* The lists are busy (P6). Expect the zone to serve, no thread to wait,
 * and a page that the lists refuse to stay the caller's. */
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
	REQUIRE(!free_pcplist(zone, page, 0, 0));
	REQUIRE(page->type == PAGE_ALLOCATED);
	other = page_block_alloc(0, GFP_KERNEL, 0);
	REQUIRE(other && other != page);
	page_block_free(page, 0);
	REQUIRE(page->type != PAGE_PCP && page->type != PAGE_ALLOCATED);
	spin_unlock(&pcp->lock);
	check_conservation(zone, 1);
}

/* Pages freed hot and cold, asked for with and without __GFP_COLD (P7).
 * Expect the ends of the list that were named. */
static void child_cold(void *arg)
{
	struct page *a, *b, *c;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	a = alloc_pages(GFP_KERNEL, 0);
	b = alloc_pages(GFP_KERNEL, 0);
	c = alloc_pages(GFP_KERNEL, 0);
	free_hot_cold_page(a, 0);
	free_hot_cold_page(b, 1);
	free_hot_cold_page(c, 0);
	REQUIRE(alloc_pages(GFP_KERNEL | __GFP_COLD, 0) == b);
	REQUIRE(alloc_pages(GFP_KERNEL, 0) == c);
	REQUIRE(alloc_pages(GFP_KERNEL, 0) == a);
	check_conservation(zone, 3);
}

/* The lists switched off, in two nested times, and a page in each of them
 * (P6). Expect no page to stay on a list until the last is over. */
static void child_disable(void *arg)
{
	struct per_cpu_pages *pcp;
	struct page *page;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	alloc_pages(GFP_KERNEL, 0);
	REQUIRE(pcp->count);
	zone_pcp_disable(zone);
	zone_pcp_disable(zone);
	for (int i = 0; i < 2; i++) {
		REQUIRE(zone_flag(zone, ZONE_PCP_DISABLED) && !pcp->count);
		setup_per_zone_wmarks();
		page = alloc_pages(GFP_KERNEL, i);
		REQUIRE(page && !pcp->count);
		__free_pages(page, i);
		REQUIRE(page->type != PAGE_PCP && !pcp->count);
		zone_check(zone);
		zone_pcp_enable(zone);
	}
	REQUIRE(!zone_flag(zone, ZONE_PCP_DISABLED));
	alloc_pages(GFP_KERNEL, 0);
	REQUIRE(pcp->count);
	zone_check(zone);
}

/* Ticks while the lists are in use and while they are not (P5). Expect high to
 * fall by eighths to its least, the surplus to go back, and an idle pageset
 * to be emptied after two. */
static void child_ticks(void *arg)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	page = alloc_pages(GFP_KERNEL, 0);
	pcp->high_max = 1000;
	pcp->high = 1000;
	for (int high = 1000; high > pcp->high_min; high = pcp->high) {
		pcp->epoch = zone->epoch;
		pcp_tick(zone);
		REQUIRE(pcp->high == max(high - high / 8, pcp->high_min));
		REQUIRE(pcp->count <= pcp->high);
	}
	REQUIRE(pcp->high == pcp->high_min && pcp->count);
	pcp->epoch = (u16)(zone->epoch - 2);
	pcp_tick(zone);
	REQUIRE(!pcp->count);
	__free_pages(page, 0);
	zone_check(zone);
}

/* Lists as long as they may get, and one page taken and given back between
 * ticks. Expect them to count as idle, and to be nearly empty after four
 * ticks. */
static void child_nearly_idle(void *arg)
{
	static struct page *pages[900];
	struct per_cpu_pages *pcp;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pcp = test_pageset(zone);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_page(GFP_KERNEL);
	drain_pages(zone, pcp);
	zone_clear_flag(zone, ZONE_BELOW_HIGH); /* it has 900 in a moment */
	pcp->flags = 0;
	pcp->high_min = 63;
	pcp->high_max = pcp->high = ARRAY_SIZE(pages) + 1;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		__free_page(pages[i]);
	REQUIRE(pcp->count == ARRAY_SIZE(pages));
	for (int i = 0; i < 4; i++) {
		tick_run(tick_last_ms + 1);
		for (int n = 0; n < 100; n++)
			__free_page(alloc_page(GFP_KERNEL));
	}
	REQUIRE(pcp->count <= 64);
	zone_check(zone);
}

/* A CPU goes away. Expect what its lists hold in all zones to be free, and
 * those of another CPU left alone. */
static void child_cpu_dead(void *arg)
{
	struct zone *zone, *dma = &node_data[0].node_zones[ZONE_DMA];

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("dma=16M");
	__free_page(alloc_pages(QUIET, 0));
	__free_page(alloc_pages(QUIET | __GFP_DMA, 0));
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (cpu != smp_cpu())
			page_alloc_cpu_dead(cpu);
	REQUIRE(test_pageset(zone)->count && test_pageset(dma)->count);
	page_alloc_cpu_dead(smp_cpu());
	REQUIRE(!test_pageset(zone)->count && !test_pageset(dma)->count);
	check_conservation(zone, 0);
}

static int ticks_run;

static void count_tick(unsigned int flags)
{
	(void)flags;
	ticks_run++;
}

static struct tick counter = { .fn = count_tick };

static void start_ticking(const char *cmdline)
{
	pin_to_one_cpu();
	start_zone(cmdline);
	tick_register(&counter);
}

/* One page taken and given back again and again, so that the lists never run
 * empty or full, while a tick is due. Expect one tick by the time 32 pages were
 * taken, and none before the next is due. */
static void child_tick_by_count(void *arg)
{
	(void)arg;
	start_ticking("");
	__free_page(alloc_page(GFP_KERNEL));
	for (int round = 1; round <= 3; round++) {
		let_tick_be_due();
		for (int i = 0; i < PCP_TICK_EVERY; i++)
			__free_page(alloc_page(GFP_KERNEL));
		REQUIRE(ticks_run == round);
		for (int i = 0; i < 4 * PCP_TICK_EVERY; i++)
			__free_page(alloc_page(GFP_KERNEL));
		REQUIRE(ticks_run == round);
	}
}

/* Pages given back and none taken, while a tick is due. Expect one when the
 * lists give some back to the zone. */
static void child_tick_by_surplus(void *arg)
{
	static struct page *pages[4096];

	(void)arg;
	start_ticking("");
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_page(GFP_KERNEL);
	let_tick_be_due();
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		__free_page(pages[i]);
	REQUIRE(ticks_run == 1);
}

/* The calls that go past the lists, while a tick is due, and the same by a
 * room above or by a thread that is reclaiming. Expect one each of the first,
 * and none of the others. */
static void child_tick_by_others(void *arg)
{
	struct page *page, *two[2] = { NULL };
	unsigned int flags;

	(void)arg;
	start_ticking("mem=16M");
	let_tick_be_due();
	page = alloc_pages(GFP_KERNEL, 4);
	REQUIRE(page && ticks_run == 1);
	let_tick_be_due();
	__free_pages(page, 4);
	REQUIRE(ticks_run == 2);
	let_tick_be_due();
	page = alloc_pages_node(0, GFP_KERNEL, 0);
	REQUIRE(page && ticks_run == 3);
	let_tick_be_due();
	REQUIRE(alloc_pages_bulk(GFP_KERNEL, 2, two) && ticks_run == 4);
	let_tick_be_due();
	put_page(page);
	put_page(alloc_pages(GFP_KERNEL, 5));
	REQUIRE(ticks_run == 5);

	ticks_run = 0;
	let_tick_be_due();
	flags = memalloc_noreclaim_save();
	__free_pages(alloc_pages(GFP_KERNEL, 4), 4);
	memalloc_noreclaim_restore(flags);
	page_block_free(page_block_alloc(0, GFP_KERNEL, 4), 4);
	for (int i = 0; i < 4 * PCP_TICK_EVERY; i++)
		page_block_put(page_block_alloc(NUMA_NO_NODE, GFP_KERNEL, 0));
	REQUIRE(!ticks_run);
}

/* A request that finds no memory, when a tick is due. Expect the tick. */
static void child_tick_by_shortage(void *arg)
{
	(void)arg;
	start_ticking("mem=16M");
	while (alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0))
		;
	ticks_run = 0;
	let_tick_be_due();
	alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0);
	REQUIRE(ticks_run == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_refill),
		child_test(child_lifo),
		child_test(child_large_orders),
		child_test(child_high),
		child_test(child_list_of_pageblock),
		child_test(child_contention),
		child_test(child_cold),
		child_test(child_disable),
		child_test(child_ticks),
		child_test(child_cpu_dead),
		child_test(child_nearly_idle),
		child_test(child_tick_by_count),
		child_test(child_tick_by_surplus),
		child_test(child_tick_by_others),
		child_test(child_tick_by_shortage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
