// SPDX-License-Identifier: MIT
/*
 * test_contig.c - a given range of frames
 */
#include <kmalloc/mm.h>

#include "sys/os.h"
#include "support/movable.h"

static struct page *heads[TEST_BLOCKS];

static int contig(unsigned long start, unsigned long end, gfp_t gfp)
{
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, gfp);
}

/* An odd range that begins and ends inside blocks with movable pages. Expect
 * all of it, as single pages that are zeroed, the pages elsewhere with their
 * contents, what lies beside it where it was, and everything back at the
 * end. */
static void child_range(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long start = 2000, end = 5003;

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	REQUIRE(!contig(start, end, GFP_KERNEL | __GFP_ZERO));
	for (unsigned long pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);
		const u64 *words = page_to_virt(page);

		REQUIRE(page->type == PAGE_ALLOCATED && page->order == 0);
		REQUIRE(page->_refcount == 1 && !page_is_movable(page));
		REQUIRE(!words[0] && !words[64] && !words[511]);
	}
	REQUIRE(slots[1998].page == pfn_to_page(1998));
	REQUIRE(slots[5004].page == pfn_to_page(5004));
	REQUIRE(slots[2000].page != pfn_to_page(2000));
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	REQUIRE(!zone->nr_isolate_pageblock && !zone->pcp_disabled);
	REQUIRE(!called_with_locks);
	check_conservation(zone, TEST_FRAMES / 2 + end - start);
	free_contig_range(start, end - start);
	drain_all_pages(zone);
	check_conservation(zone, TEST_FRAMES / 2);
}

/* Something in the way that cannot be moved: a page, a slab, a run from before
 * the range, an owner that refuses, no room elsewhere. Expect -EBUSY or -ENOMEM
 * and the same zone as before. */
static void child_busy(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *run;
	unsigned long free;

	(void)arg;
	REQUIRE(contig(100, 200, GFP_KERNEL) == -EBUSY);
	fragment(zone, 4096, 8192, 2);
	free = zone->free_pages;
	set_page_type(pfn_to_page(4099), PAGE_NONE);
	REQUIRE(contig(4000, 4200, GFP_KERNEL) == -EBUSY);
	refuse_isolate = true;
	REQUIRE(contig(5000, 5100, GFP_KERNEL) == -EBUSY);
	refuse_isolate = false;
	migrate_says = -EAGAIN;
	REQUIRE(contig(5000, 5100, GFP_KERNEL) == -EBUSY);
	REQUIRE(nr_putback);
	migrate_says = 0;
	REQUIRE(zone->free_pages == free && !zone->nr_isolate_pageblock);
	REQUIRE(!zone->pcp_disabled && !zone->nr_isolated);
	REQUIRE(slots_check() == 2048);
	/* what is beside the range does not matter */
	REQUIRE(!contig(5000, 5100, GFP_KERNEL));
	free_contig_range(5000, 100);
	give_frames(zone, 8192, 3 * MAX_ORDER_NR_PAGES);
	run = alloc_long_run(zone, 2 * MAX_ORDER_NR_PAGES + 700);
	REQUIRE(run == pfn_to_page(8192));
	set_page_type(run, PAGE_RUN);
	REQUIRE(contig(8192 + 2048 + 512, 8192 + 2048 + 612, GFP_KERNEL) ==
		-EBUSY);
	REQUIRE(!contig(8192 + 2048 + 700, 8192 + 3072, GFP_KERNEL));
}

/* No free page to move to outside the range. Expect an error, and the pages
 * where they were. */
static void child_no_room(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	fragment(zone, 0, 1024, 2);
	REQUIRE(contig(0, 1024, GFP_KERNEL) < 0);
	REQUIRE(slots_check() == 512 && zone->free_pages == 512);
	check_conservation(zone, TEST_FRAMES - 512);
}

/* Ranges that are none. Expect -EINVAL. */
static void child_invalid(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	REQUIRE(contig(0, 10, GFP_KERNEL) == -EINVAL); /* offline */
	REQUIRE(alloc_pages(GFP_KERNEL, 0));
	REQUIRE(contig(10, 10, GFP_KERNEL) == -EINVAL);
	REQUIRE(contig(20, 10, GFP_KERNEL) == -EINVAL);
	REQUIRE(contig(0, TEST_FRAMES + 1, GFP_KERNEL) == -EINVAL);
	REQUIRE(contig(1UL << 50, (1UL << 50) + 1, GFP_KERNEL) == -EINVAL);
	REQUIRE(!km_pfn_to_page(1UL << 50));
	REQUIRE(km_pfn_to_page(5) == pfn_to_page(5));
	REQUIRE(km_page_to_pfn(pfn_to_page(5)) == 5);
	/* a section is online, most of it on no list yet */
	grow_zone_to(zone, 4 * MAX_ORDER_NR_PAGES + 1);
	REQUIRE(zone->deferred_end - zone->deferred_pfn > 2048);
	REQUIRE(!contig(4608, 4608 + 3000, GFP_KERNEL));
	check_conservation(zone, 3001);
}

/* Any range of a length. Expect one aligned to itself if that is a power of
 * two, where something unmovable stands in front, and NULL for more than there
 * is. */
static void child_any(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	fragment(zone, 3 * 1024, TEST_FRAMES, 2);
	page = alloc_contig_pages(2048, GFP_KERNEL, -1, NULL);
	REQUIRE(page == pfn_to_page(4096));
	page = alloc_contig_pages(100, GFP_KERNEL, 0, NULL);
	REQUIRE(page && page_to_pfn(page) >= 3 * 1024);
	REQUIRE(!alloc_contig_pages(TEST_FRAMES / 2, GFP_KERNEL, 0, NULL));
	REQUIRE(!alloc_contig_pages(0, GFP_KERNEL, 0, NULL));
	REQUIRE(!alloc_contig_pages(~0UL, GFP_KERNEL, 0, NULL));
	REQUIRE(slots_check() == 6656);
	REQUIRE(!zone->nr_isolate_pageblock);
	check_conservation(zone, TEST_FRAMES - zone->free_pages);
}

/* A movable block of order 3 that begins before the range. Expect all of it
 * moved, and its first frames free. */
static void child_straddles(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	give_frames(zone, 0, 2 * MAX_ORDER_NR_PAGES);
	page = alloc_pages(QUIET | __GFP_MOVABLE, 3);
	slot_adopt(1, page, 77);
	REQUIRE(!contig(page_to_pfn(page) + 5, page_to_pfn(page) + 20,
			GFP_KERNEL));
	REQUIRE(slots[1].page != page && slots_check() == 1);
	check_conservation(zone, TEST_FRAMES - 2048 + 8 + 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_range),   child_test(child_busy),
		child_test(child_no_room), child_test(child_invalid),
		child_test(child_any),	   child_test(child_straddles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
