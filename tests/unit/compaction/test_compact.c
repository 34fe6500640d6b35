// SPDX-License-Identifier: MIT
/*
 * test_compact.c - one free block, made by moving pages out of its way
 */
#include "compaction/compaction.h"
#include "compaction/internal.h"
#include "compaction/migrate.h"
#include "request/internal.h"
#include "support/movable.h"
#include "zone/pageblock.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"

#define WANT (GFP_KERNEL | __GFP_NOWARN | __GFP_MOVABLE)

static struct page *heads[TEST_BLOCKS];

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

static void context(struct alloc_context *ac, gfp_t gfp)
{
	prepare_alloc_pages(gfp, 0, NULL, ac);
}

/* One attempt of the slow path: the page or NULL, and *result. */
static struct page *direct(unsigned int order, enum compact_priority prio,
			   enum compact_result *result)
{
	struct alloc_context ac;

	context(&ac, WANT);
	return __alloc_pages_direct_compact(WANT, order, WMARK_MIN, &ac, prio,
					    result);
}

/* Every second page of the zone is movable, the others are free. */
static struct zone *start_fragmented(void)
{
	struct zone *zone = start_owned_zone("", heads);

	fragment(zone, 0, TEST_FRAMES, 2);
	REQUIRE(zone->free_pages == TEST_FRAMES / 2);
	REQUIRE(zone->free_area[0].nr_free == TEST_FRAMES / 2);
	return zone;
}

/* A zone half free, no two free pages beside each other, and a request of order
 * 9. Expect it to fail before, to succeed by compaction, again and again until
 * little is free, and each page to have what was written to it. */
static void child_order_9(void *arg)
{
	struct zone *zone = start_fragmented();
	enum compact_result result;
	unsigned int nr = 0;
	struct page *page;

	(void)arg;
	REQUIRE(!alloc_pages(WANT & ~__GFP_DIRECT_RECLAIM, 9));
	REQUIRE(fragmentation_index(zone, 9) > 500);
	while ((page = direct(9, COMPACT_PRIO_SYNC_LIGHT, &result))) {
		memset(page_to_virt(page), 0x11, PAGE_SIZE << 9);
		REQUIRE(result == COMPACT_SUCCESS);
		REQUIRE(page->order == 9 && page->_refcount == 1);
		nr++;
		zone_check(zone);
	}
	REQUIRE(nr >= 13); /* of 16 that are free; the marks keep some */
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	REQUIRE(!called_with_locks && !zone->capture);
	REQUIRE(event(COMPACTSUCCESS) == nr);
	REQUIRE(event(COMPACTSTALL) >= nr && event(COMPACTISOLATED));
	REQUIRE(event(COMPACTMIGRATE_SCANNED) && event(COMPACTFREE_SCANNED));
	drain_all_pages(zone);
	check_conservation(zone, TEST_FRAMES / 2 + (nr << 9));
}

/* All of it by vm.compact_memory. Expect free blocks of 4 MiB, as many as there
 * are free pages for but one, and nothing to do the second time. */
static void child_compact_memory(void *arg)
{
	struct zone *zone = start_fragmented();
	unsigned long before;

	(void)arg;
	REQUIRE(do_sysctl("vm.compact_memory", NULL, 0, "0") < 0);
	REQUIRE(zone->free_area[10].nr_free == 0);
	REQUIRE(do_sysctl("vm.compact_memory", NULL, 0, "1") >= 0);
	REQUIRE(zone->free_area[10].nr_free >= TEST_BLOCKS / 2 - 1);
	zone_check(zone);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	before = nr_migrated;
	REQUIRE(do_sysctl("vm.compact_memory", NULL, 0, "1") >= 0);
	REQUIRE(nr_migrated - before < before / 8);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	check_conservation(zone, TEST_FRAMES / 2);
}

/* No movable page; no free ones to move to; no __GFP_IO; another thread at
 * it. Expect SKIPPED or CONTENDED, with nothing moved. */
static void child_skipped(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	enum compact_result result;
	struct page *page = NULL;
	struct alloc_context ac;

	(void)arg;
	give_frames(zone, 0, 64);
	REQUIRE(!direct(9, COMPACT_PRIO_ASYNC, &result));
	REQUIRE(result == COMPACT_SKIPPED);
	fragment(zone, 1024, 1024 + 600, 2);
	REQUIRE(!direct(9, COMPACT_PRIO_SYNC_FULL, &result));
	REQUIRE(result == COMPACT_SKIPPED);
	REQUIRE(!event(COMPACTSTALL));
	fragment(zone, 2048, TEST_FRAMES, 2);
	context(&ac, WANT);
	REQUIRE(try_to_compact_pages(WANT & ~__GFP_IO, 9, WMARK_MIN, &ac,
				     COMPACT_PRIO_ASYNC,
				     &page) == COMPACT_SKIPPED);
	spin_lock(&migrate_lock);
	REQUIRE(!direct(9, COMPACT_PRIO_ASYNC, &result));
	REQUIRE(result == COMPACT_CONTENDED);
	spin_unlock(&migrate_lock);
	REQUIRE(!nr_migrated);
	REQUIRE(!direct(0, COMPACT_PRIO_ASYNC, &result));
	REQUIRE(direct(9, COMPACT_PRIO_ASYNC, &result));
	zone_check(zone);
}

/* The table of docs/kernel.md C6. Expect attempts at the failed order and above
 * to be passed over 1, 3, 7 ... 63 times, smaller ones never, and success to
 * end it. */
static void child_deferral(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	compaction_defer_reset(zone, 10, true);
	for (unsigned int n = 1; n <= 8; n++) {
		unsigned int limit = 1U << min(n, 6U);

		defer_compaction(zone, 5);
		REQUIRE(zone->compact_order_failed == 5);
		REQUIRE(!compaction_deferred(zone, 4));
		for (unsigned int i = 1; i < limit; i++)
			REQUIRE(compaction_deferred(zone, 5 + (int)i % 5));
		REQUIRE(!compaction_restarting(zone, 4));
		REQUIRE(!compaction_deferred(zone, 5));
		REQUIRE(compaction_restarting(zone, 5) == (n >= 6));
	}
	compaction_defer_reset(zone, 7, false);
	REQUIRE(zone->compact_order_failed == 8);
	REQUIRE(zone->compact_defer_shift == 6);
	compaction_defer_reset(zone, 8, true);
	REQUIRE(!zone->compact_defer_shift && !zone->compact_considered);
	defer_compaction(zone, 3);
	REQUIRE(zone->compact_order_failed == 3);
}

/* Owners that refuse. Expect the whole zone tried in vain, the next attempts
 * deferred, skip bits set, and all of it forgotten by the background. */
static void child_in_vain(void *arg)
{
	struct zone *zone = start_fragmented();
	enum compact_result result;
	unsigned long calls;

	(void)arg;
	refuse_isolate = true;
	REQUIRE(!direct(9, COMPACT_PRIO_SYNC_LIGHT, &result));
	REQUIRE(result == COMPACT_COMPLETE);
	REQUIRE(zone->compact_defer_shift == 1 &&
		zone->compact_blockskip_flush);
	REQUIRE(READ_ONCE(*pageblock_byte(0)) & PB_SKIP);
	REQUIRE(event(COMPACTFAIL) == 1);
	calls = nr_isolated_calls;
	REQUIRE(calls);
	REQUIRE(!direct(9, COMPACT_PRIO_SYNC_LIGHT, &result));
	REQUIRE(result == COMPACT_DEFERRED);
	/* not deferred any more, but every block is to be skipped */
	REQUIRE(!direct(9, COMPACT_PRIO_SYNC_LIGHT, &result));
	REQUIRE(result == COMPACT_COMPLETE && nr_isolated_calls == calls);
	/* the highest priority looks at all of them */
	refuse_isolate = false;
	REQUIRE(direct(9, COMPACT_PRIO_SYNC_FULL, &result));
	REQUIRE(nr_isolated_calls > calls);
	zone->compact_blockskip_flush = true;
	sysctl_compaction_proactiveness = 0; /* or it would look itself */
	kcompactd_run(NODE_DATA(0));
	REQUIRE(!(READ_ONCE(*pageblock_byte(0)) & PB_SKIP));
	zone_check(zone);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
}

static unsigned long movable_in(unsigned long pfn, unsigned long end)
{
	unsigned long nr = 0;

	for (; pfn < end; pfn++)
		nr += page_is_movable(pfn_to_page(pfn));
	return nr;
}

/* The second pageblock is Unmovable. Expect a request for Unmovable pages that
 * does not wait long to move pages of such blocks alone, and one for Movable
 * pages none of them (C4). */
static void child_sources(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	enum compact_result result;
	struct alloc_context ac;
	struct page *page = NULL;
	unsigned long in_block;

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	spin_lock(&zone->lock);
	for (unsigned long pfn = 512; pfn < 1024; pfn += 1)
		if (PageBuddy(pfn_to_page(pfn)))
			del_page_from_free_list(zone, pfn_to_page(pfn), 0);
	set_pageblock_migratetype(512, MIGRATE_UNMOVABLE);
	spin_unlock(&zone->lock);
	for (unsigned long pfn = 513; pfn < 1024; pfn += 2)
		give_frames(zone, pfn, 1);
	context(&ac, GFP_KERNEL);
	result = try_to_compact_pages(GFP_KERNEL, 5, WMARK_MIN, &ac,
				      COMPACT_PRIO_ASYNC, &page);
	REQUIRE(result == COMPACT_SUCCESS);
	REQUIRE(movable_in(0, 512) == 256 && movable_in(512, 1024) < 256);
	in_block = movable_in(512, 1024);
	REQUIRE(direct(9, COMPACT_PRIO_ASYNC, &result));
	REQUIRE(movable_in(512, 1024) == in_block);
	zone_check(zone);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
}

/* Too little free for a costly order, and enough in too few pieces. Expect what
 * C3 says: gap and marks first, then the index against the threshold. */
static void child_suitable(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long low = low_wmark_pages(zone);

	(void)arg;
	fragment(zone, 0, 2 * (low + 1024), 2);
	REQUIRE(zone->free_pages == low + 1024);
	REQUIRE(!compaction_suitable(zone, 9, ZONE_NORMAL));
	REQUIRE(compaction_suitable(zone, 3, ZONE_NORMAL));
	fragment(zone, 4096, 4096 + 2, 2);
	REQUIRE(compaction_suitable(zone, 9, ZONE_NORMAL));
	sysctl_extfrag_threshold = 1000;
	REQUIRE(!compaction_suitable(zone, 9, ZONE_NORMAL));
	REQUIRE(compaction_suitable(zone, 3, ZONE_NORMAL));
	REQUIRE(compaction_suit_allocation_order(zone, 9, ZONE_NORMAL,
						 WMARK_MIN) == COMPACT_SKIPPED);
	REQUIRE(compaction_suit_allocation_order(zone, 0, ZONE_NORMAL,
						 WMARK_MIN) == COMPACT_SUCCESS);
	sysctl_extfrag_threshold = 500;
	REQUIRE(compaction_suit_allocation_order(
			zone, 9, ZONE_NORMAL, WMARK_MIN) == COMPACT_CONTINUE);
}

/* A block that becomes free while a thread waits for its order. Expect it taken
 * off the free lists at once; one of another order, type or isolated, or a
 * second one, to go to the lists (B11). */
static void child_capture(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct capture_control capc = { .order = 4,
					.migratetype = MIGRATE_UNMOVABLE };

	(void)arg;
	zone->capture = &capc;
	give_frames(zone, 0, 16);
	REQUIRE(!capc.page && zone->free_pages == 16);
	capc.migratetype = MIGRATE_MOVABLE;
	give_frames(zone, 64, 8);
	REQUIRE(!capc.page);
	give_frames(zone, 72, 8);
	REQUIRE(capc.page == pfn_to_page(64) && zone->free_pages == 16);
	give_frames(zone, 128, 16);
	REQUIRE(capc.page == pfn_to_page(64) && zone->free_pages == 32);
	capc.page = NULL;
	capc.order = 10;
	give_frames(zone, 4096, 1024);
	REQUIRE(capc.page == pfn_to_page(4096));
	zone->capture = NULL;
	zone_check(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_order_9),  child_test(child_compact_memory),
		child_test(child_skipped),  child_test(child_deferral),
		child_test(child_in_vain),  child_test(child_sources),
		child_test(child_suitable), child_test(child_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
