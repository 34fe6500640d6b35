// SPDX-License-Identifier: MIT
/*
 * test_alloc.c - taking blocks and runs of pages
 */
#include <errno.h>
#include <sys/wait.h>

#include "reclaim/reclaim.h"
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
		child_test(child_orders),
		child_test(child_exhaust),
		child_test(child_slowpath_drains),
		child_test(child_too_large),
		child_test(child_zero),
		child_test(child_runs),
		child_test(child_extend),
		child_test(child_split),
		child_test(child_addresses),
		child_test(child_old_names),
		cmocka_unit_test(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
