// SPDX-License-Identifier: MIT
/*
 * test_isolate.c - pageblocks whose free pages serve no request
 */
#include <errno.h>

#include "compaction/internal.h"
#include "support/start.h"
#include "zone/pageblock.h"
#include "zone/watermark.h"

static struct page *heads[TEST_BLOCKS];

static int isolate(unsigned long start, unsigned long end)
{
	int ret;

	spin_lock(&migrate_lock);
	ret = start_isolate_page_range(start, end);
	spin_unlock(&migrate_lock);
	return ret;
}

static void undo(unsigned long start, unsigned long end)
{
	spin_lock(&migrate_lock);
	undo_isolate_page_range(start, end);
	spin_unlock(&migrate_lock);
}

/* The upper half of a free block of 4 MiB. Expect the block cut, the half on
 * no list that serves, its type back and one block again afterwards. */
static void child_half(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[3]) + PAGEBLOCK_PAGES;

	(void)arg;
	give_frames(zone, page_to_pfn(heads[3]), MAX_ORDER_NR_PAGES);
	REQUIRE(!isolate(pfn, pfn + PAGEBLOCK_PAGES));
	zone_check(zone);
	REQUIRE(get_pageblock_migratetype(pfn) == MIGRATE_ISOLATE);
	REQUIRE(zone->nr_isolated == PAGEBLOCK_PAGES);
	REQUIRE(zone_free_pages(zone) == PAGEBLOCK_PAGES);
	REQUIRE(!test_pages_isolated(pfn, pfn + PAGEBLOCK_PAGES));
	REQUIRE(test_pages_isolated(pfn - 1, pfn + 1) == -EBUSY);
	REQUIRE(alloc_pages(QUIET, 9) == heads[3]);
	REQUIRE(!alloc_pages(QUIET, 0));
	__free_pages(heads[3], 9);
	REQUIRE(zone->free_area[10].nr_free == 0);
	undo(pfn, pfn + PAGEBLOCK_PAGES);
	zone_check(zone);
	REQUIRE(zone->free_area[10].nr_free == 1 && !zone->nr_isolated);
	REQUIRE(!zone->nr_isolate_pageblock);
}

/* Blocks of three types, isolated and given back. Expect each type again, and
 * the free pages on its lists. */
static void child_types(void *arg)
{
	static const unsigned int types[] = { MIGRATE_UNMOVABLE,
					      MIGRATE_MOVABLE,
					      MIGRATE_RECLAIMABLE };
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	for (unsigned int i = 0; i < 3; i++) {
		set_pageblock_migratetype(i * 2 * PAGEBLOCK_PAGES, types[i]);
		give_frames(zone, i * 2 * PAGEBLOCK_PAGES, 16);
	}
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(isolate(i * 2 * PAGEBLOCK_PAGES,
				(i * 2 + 1) * PAGEBLOCK_PAGES) == 0);
	zone_check(zone);
	REQUIRE(zone->nr_isolated == 48 && zone_free_pages(zone) == 0);
	for (unsigned int i = 0; i < 3; i++)
		undo(i * 2 * PAGEBLOCK_PAGES, (i * 2 + 1) * PAGEBLOCK_PAGES);
	zone_check(zone);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(get_pageblock_migratetype(i * 2 * PAGEBLOCK_PAGES) ==
			types[i]);
	REQUIRE(zone_free_pages(zone) == 48);
}

/* Pages that are freed while their block is isolated, and two isolated blocks
 * that merge although their types differ. Expect them out of reach at once, and
 * each half with its own type afterwards. */
static void child_freed_later(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[2]);

	(void)arg;
	give_frames(zone, pfn, MAX_ORDER_NR_PAGES);
	REQUIRE(!isolate(pfn, pfn + PAGEBLOCK_PAGES));
	set_pageblock_migratetype(pfn, MIGRATE_RECLAIMABLE);
	REQUIRE(!isolate(pfn + PAGEBLOCK_PAGES, pfn + MAX_ORDER_NR_PAGES));
	zone_check(zone);
	REQUIRE(zone->free_area[10].nr_free == 1);
	REQUIRE(!test_pages_isolated(pfn + 5, pfn + 700));
	REQUIRE(!alloc_pages(QUIET, 0));
	undo(pfn, pfn + PAGEBLOCK_PAGES);
	zone_check(zone);
	REQUIRE(get_pageblock_migratetype(pfn) == MIGRATE_RECLAIMABLE);
	REQUIRE(zone->nr_isolated == PAGEBLOCK_PAGES);
	undo(pfn + PAGEBLOCK_PAGES, pfn + MAX_ORDER_NR_PAGES);
	zone_check(zone);
	REQUIRE(!zone->nr_isolated && zone->free_pages == 1024);
}

/* What cannot be moved: a page in use, a slab, a run, the upper half of a block
 * in use, a pageblock that is isolated already, one that is offline. Expect
 * -EBUSY for the whole range and nothing changed. */
static void child_refused(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page = heads[4] + PAGEBLOCK_PAGES + 7;
	unsigned long pfn = page_to_pfn(heads[4]), end = pfn + 1024;

	(void)arg;
	REQUIRE(isolate(pfn, end) == -EBUSY);
	REQUIRE(isolate(pfn + PAGEBLOCK_PAGES, end) == -EBUSY);
	set_page_type(heads[4], PAGE_NONE);
	give_frames(zone, pfn, PAGEBLOCK_PAGES + 7);
	give_frames(zone, pfn + PAGEBLOCK_PAGES + 8, PAGEBLOCK_PAGES - 8);
	for (unsigned int type = PAGE_ALLOCATED; type <= PAGE_BAD; type++) {
		set_page_type(page, (enum page_type)type);
		page->order = 0;
		REQUIRE(isolate(pfn, end) == -EBUSY);
		zone_check(zone);
		REQUIRE(zone->nr_isolate_pageblock == 0 && !zone->nr_isolated);
	}
	REQUIRE(!isolate(pfn, pfn + PAGEBLOCK_PAGES));
	set_page_type(page, PAGE_NONE);
	REQUIRE(isolate(pfn, end) == -EBUSY);
	REQUIRE(isolate(pfn + 100, end) == -EBUSY);
	REQUIRE(zone->nr_isolate_pageblock == 1);
	undo(pfn, end);
	REQUIRE(!isolate(pfn, end));
	REQUIRE(test_pages_isolated(pfn, end) == -EBUSY);
	undo(pfn, end);
	zone_check(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_half),
		child_test(child_types),
		child_test(child_freed_later),
		child_test(child_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
