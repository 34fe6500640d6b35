// SPDX-License-Identifier: MIT
/*
 * test_alloc.c - blocks until there are no more, and old names of the path
 */
#include <errno.h>
#include <sys/wait.h>

#include "reclaim/reclaim.h"
#include "request/internal.h"
#include "support/start.h"
#include "sys/os.h"

/* Every frame taken one by one. Expect all of them, once each, then NULL, and
 * after freeing, the largest blocks again: everything merged. */
static void child_exhaust(void *arg)
{
	static struct page *pages[TEST_FRAMES];
	struct zone *zone = start_zone("");
	unsigned long nr = 0;

	(void)arg;
	while ((pages[nr] = alloc_pages(QUIET, 0))) {
		REQUIRE(pages[nr]->type == PAGE_ALLOCATED);
		pages[nr]->owner[6] = nr + 1; /* read back below */
		REQUIRE(++nr <= TEST_FRAMES);
		if (nr == TEST_FRAMES)
			break;
	}
	REQUIRE(nr == TEST_FRAMES && !alloc_pages(QUIET, 0));
	for (unsigned long i = 0; i < nr; i++)
		REQUIRE(pages[i]->owner[6] == i + 1);
	check_conservation(zone, TEST_FRAMES);
	for (unsigned long i = 0; i < nr; i++)
		__free_pages(pages[(i * 7919) % nr], 0);
	check_conservation(zone, 0);
	for (unsigned long i = 0; i < TEST_BLOCKS; i++)
		REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER));
	REQUIRE(!alloc_pages(QUIET, 0));
}

/* Pages on the per-CPU lists when the zone is empty. Expect a large request
 * to drain them and succeed. */
static void child_slowpath_drains(void *arg)
{
	static struct page *pages[MAX_ORDER_NR_PAGES];
	struct page *heads[TEST_BLOCKS];
	struct zone *zone = start_owned_zone("", heads);
	struct zone_stat stat;

	(void)arg;
	free_head(heads[3]);
	for (unsigned long i = 0; i < MAX_ORDER_NR_PAGES; i++)
		REQUIRE((pages[i] = alloc_pages(QUIET, 0)));
	for (unsigned long i = 0; i < MAX_ORDER_NR_PAGES; i++)
		__free_pages(pages[i], 0);
	zone_stat(zone, &stat);
	REQUIRE(stat.pcp > 0);
	REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER) == heads[3]);
	zone_stat(zone, &stat);
	REQUIRE(stat.pcp == 0);
}

/* A block split in single pages, freed one by one. Expect it whole again. */
static void child_split(void *arg)
{
	struct page *heads[TEST_BLOCKS];
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	split_page(heads[7], MAX_PAGE_ORDER);
	for (unsigned long n = 0; n < MAX_ORDER_NR_PAGES; n++)
		__free_pages(heads[7] + (n * 513 + 5) % MAX_ORDER_NR_PAGES, 0);
	drain_all_pages(zone);
	zone_check(zone);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == 1);
	REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER) == heads[7]);
}

/* Addresses of pages and other addresses. Expect the page, or NULL. */
static void child_addresses(void *arg)
{
	unsigned long addr;

	(void)arg;
	start_zone("");
	addr = __get_free_pages(GFP_KERNEL, 2);
	REQUIRE(addr && !(addr & (4 * PAGE_SIZE - 1)));
	REQUIRE(page_address(virt_to_page((void *)addr)) == (void *)addr);
	REQUIRE(virt_to_page((void *)(addr + 1)) == virt_to_page((void *)addr));
	free_pages(addr, 2);
	free_pages(0, 2);
	REQUIRE(!virt_to_page(NULL) && !virt_to_page(&addr));
	REQUIRE(!virt_to_page(pfn_to_virt(arena_nr_frames)));
}

/* The n-th call of the OS fails while blocks are taken and given back; arg is
 * n. Expect blocks or NULL, every frame counted, and all of it later. */
static void fail_nth(void *arg)
{
	struct page *pages[40];
	struct zone *zone;
	unsigned long taken = 0;
	int ret;

	pin_to_one_cpu();
	parse_args(TEST_ARENA);
	os_fail_calls((unsigned long)arg, 1);
	ret = arena_init();
	if (!ret)
		ret = page_alloc_init(0);
	REQUIRE(ret == 0 || ret == -ENOMEM);
	if (ret)
		return;
	zone = &node_data[0].node_zones[ZONE_NORMAL];
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = alloc_pages(QUIET, i % NR_PAGE_ORDERS);
		if (pages[i])
			taken += 1UL << i % NR_PAGE_ORDERS;
		check_conservation(zone, taken);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], i % NR_PAGE_ORDERS);
	page_reporting_process(zone, REPORT_YOUNG);
	check_conservation(zone, 0);
	os_fail_calls(0, 0);
	/* the span itself is smaller if no place was found at first */
	for (unsigned int i = 0; i < arena.span_frames / MAX_ORDER_NR_PAGES;
	     i++)
		REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER));
}

/* Every call of the OS fails in turn. Expect fail_nth() to hold for each. */
static void test_every_failure(void **state)
{
	(void)state;
	for (unsigned long n = 1; n < 40; n++) {
		struct child_end end;

		child_run(fail_nth, (void *)n, &end);
		if (end.status)
			fail_msg("n=%lu status %#x: %s", n, end.status,
				 end.err);
	}
}

/* The names that older kernels have for parts of the path. Expect them to do
 * what the notes say: all zones of a list in order, a block off the lists, the
 * reclaim of a node, the size of a pageblock. */
static void child_old_names(void *arg)
{
	struct zone *zone, *first, *z, *last = NULL;
	struct alloc_context ac;
	unsigned int zones = 0;
	struct zoneref *ref;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("dma=16M");
	grow_zone_to(zone, MAX_ORDER_NR_PAGES);
	page = alloc_pages(QUIET, 0);
	REQUIRE(page && page_zone(page) == zone);
	prepare_alloc_pages(GFP_KERNEL, 0, NULL, &ac);
	first = ac.preferred_zoneref->zone;
	for_each_zone_zonelist_nodemask(z, ref, ac.zonelist, ZONE_NORMAL, NULL)
	{
		REQUIRE(z ==
			(zones ? &node_data[0].node_zones[ZONE_DMA] : first));
		last = z;
		zones++;
	}
	REQUIRE(zones == 2 && zone_idx(last) == ZONE_DMA);
	for_each_zone_zonelist_nodemask(z, ref, ac.zonelist, ZONE_DMA, NULL)
		REQUIRE(z == last);
	for (unsigned int order = 0; order <= pageblock_order; order++) {
		struct page *block = buffered_rmqueue(
			zone, order, MIGRATE_UNMOVABLE, WMARK_LOW);

		REQUIRE(block && check_new_page(block));
		prep_new_page(block, order, GFP_KERNEL, WMARK_LOW);
		__free_pages(block, order);
	}
	__free_pages(page, 0);
	check_conservation(zone, 0);
	REQUIRE(zone_reclaim(zone, GFP_NOWAIT, 0) == NODE_RECLAIM_NOSCAN);
	REQUIRE(zone_reclaim(zone, GFP_KERNEL, 0) == NODE_RECLAIM_FULL);
	REQUIRE(1UL << pageblock_order == pageblock_nr_pages);
	REQUIRE(pageblock_order <= MAX_PAGE_ORDER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_exhaust),
		child_test(child_slowpath_drains),
		child_test(child_split),
		child_test(child_addresses),
		child_test(child_old_names),
		cmocka_unit_test(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
