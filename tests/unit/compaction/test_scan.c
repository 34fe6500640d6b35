// SPDX-License-Identifier: MIT
/*
 * test_scan.c - the two scanners of compaction, one step at a time
 */
#include "compaction/compaction.h"
#include "compaction/internal.h"
#include "compaction/migrate.h"
#include "support/movable.h"
#include "zone/pageblock.h"

static struct page *heads[TEST_BLOCKS];

static void init_lists(struct compact_control *cc)
{
	INIT_LIST_HEAD(&cc->migratepages);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		INIT_LIST_HEAD(&cc->freepages[order]);
}

/* A zone with enough free besides: blocks of order 3 and single pages free in
 * the last pageblock, a slot in the first. */
static struct zone *start_for_targets(struct compact_control *cc)
{
	struct zone *zone = start_owned_zone("", heads);

	give_frames(zone, 4096, MAX_ORDER_NR_PAGES);
	give_frames(zone, 16384 - 512, 8);
	give_frames(zone, 16384 - 512 + 17, 1);
	give_frames(zone, 16384 - 512 + 19, 1);
	*cc = (struct compact_control){ .zone = zone,
					.order = 3,
					.migrate_pfn = 1,
					.free_pfn = 16384 - 512,
					.nr_migratepages = 2 };
	init_lists(cc);
	return zone;
}

/* A request of order 3. Expect targets that are smaller, of Movable pageblocks
 * (C4), the scanner one block down, and all of it back afterwards. */
static void child_targets(void *arg)
{
	struct compact_control cc;
	struct zone *zone = start_for_targets(&cc);
	unsigned long free = zone->free_pages;
	struct page *page;

	(void)arg;
	isolate_freepages(&cc);
	REQUIRE(cc.nr_freepages == 2 && list_empty(&cc.freepages[3]));
	REQUIRE(!list_empty(&cc.freepages[0]));
	list_for_each_entry(page, &cc.freepages[0], lru)
		REQUIRE(page->type == PAGE_ISOLATED); /* SCAN2 */
	REQUIRE(cc.free_pfn == 16384 - 1024);
	REQUIRE(zone->free_pages == free - 2);
	REQUIRE(release_free_list(&cc) == 16384 - 512 + 19);
	REQUIRE(zone->free_pages == free && !cc.nr_freepages);
	zone_check(zone);
}

/* The same as hard as can be, and with the pageblock of another type. Expect
 * any block to be taken at the first, none from that pageblock at the
 * second. */
static void child_targets_types(void *arg)
{
	struct compact_control cc;
	struct zone *zone = start_for_targets(&cc);

	(void)arg;
	cc.ignore_block_suitable = true;
	cc.nr_migratepages = 10;
	isolate_freepages(&cc);
	REQUIRE(cc.nr_freepages == 10 && !list_empty(&cc.freepages[3]));
	release_free_list(&cc);
	spin_lock(&zone->lock);
	set_pageblock_migratetype(16384 - 512, MIGRATE_RECLAIMABLE);
	spin_unlock(&zone->lock);
	cc.ignore_block_suitable = false;
	cc.free_pfn = 16384 - 512;
	isolate_freepages(&cc);
	REQUIRE(cc.nr_freepages == 0);
}

/* Marked pageblocks, and a reset. Expect them passed over by scans that
 * mind the hint, looked at by those that do not, and by all after the reset. */
static void child_skip(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct compact_control cc = { .zone = zone,
				      .order = 9,
				      .mode = MIGRATE_SYNC,
				      .free_pfn = 16384 - 512 };

	(void)arg;
	fragment(zone, 0, 1024, 2);
	init_lists(&cc);
	spin_lock(&migrate_lock);
	*pageblock_byte(0) |= PB_SKIP;
	REQUIRE(isolate_migratepages(&cc) == ISOLATE_SUCCESS);
	REQUIRE(cc.nr_migratepages == COMPACT_CLUSTER_MAX);
	REQUIRE(cc.migrate_pfn > 512 && cc.migrate_pfn <= 512 + 64);
	putback_movable_pages(&cc.migratepages);
	cc.nr_migratepages = cc.migrate_pfn = 0;
	cc.ignore_skip_hint = true;
	REQUIRE(isolate_migratepages(&cc) == ISOLATE_SUCCESS);
	REQUIRE(cc.migrate_pfn <= 64);
	putback_movable_pages(&cc.migratepages);
	reset_isolation_suitable(zone);
	REQUIRE(!(*pageblock_byte(0) & PB_SKIP));
	REQUIRE(zone->compact_cached_migrate_pfn[1] == 0);
	REQUIRE(zone->compact_cached_free_pfn == 16384 - 512);
	spin_unlock(&migrate_lock);
	REQUIRE(slots_check() == 512);
	zone_check(zone);
}

/* All blocks marked, and the last of 64 attempts that are deferred. Expect it
 * to start anew: the marks are forgotten and pages are looked at (C1, C6). */
static void child_restart(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct compact_control cc = { .zone = zone,
				      .order = 9,
				      .migratetype = MIGRATE_MOVABLE,
				      .alloc_flags = WMARK_MIN,
				      .highest_zoneidx = ZONE_NORMAL,
				      .mode = MIGRATE_SYNC_LIGHT };

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	for (unsigned long pfn = 0; pfn < TEST_FRAMES; pfn += PAGEBLOCK_PAGES)
		*pageblock_byte(pfn) |= PB_SKIP;
	spin_lock(&migrate_lock);
	REQUIRE(compact_zone(&cc, NULL) == COMPACT_COMPLETE);
	REQUIRE(!nr_isolated_calls);
	zone->compact_order_failed = 9;
	zone->compact_defer_shift = COMPACT_MAX_DEFER_SHIFT;
	zone->compact_considered = 64;
	REQUIRE(compact_zone(&cc, NULL) == COMPACT_SUCCESS);
	REQUIRE(nr_migrated);
	spin_unlock(&migrate_lock);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_targets),
		child_test(child_targets_types),
		child_test(child_skip),
		child_test(child_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
