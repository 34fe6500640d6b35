// SPDX-License-Identifier: MIT
/*
 * test_watermark.c - how much must stay free, and for which requests
 */
#include "support/start.h"
#include "zone/watermark.h"

/* Sizes of memory (W1). Expect the kernel's min_free_kbytes. */
static void test_min_free(void **state)
{
	static const struct {
		unsigned long mib, kbytes;
	} rows[] = {
		{ 0, 128 },
		{ 1, 128 },
		{ 16, 512 },
		{ 64, 1024 },
		{ 256, 2048 },
		{ 1024, 4096 },
		{ 4096, 8192 },
		{ 16384, 16384 },
		{ 65536, 32768 },
		{ 1UL << 22, 262144 },
		{ 1UL << 26, 262144 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(calculate_min_free_kbytes(rows[i].mib << 10),
				 rows[i].kbytes);
}

/* Zones of two sizes, one of them Movable (W2, W3). Expect their shares of the
 * minimum, the clamp of Movable, and the distances of the other marks. */
static void child_marks(void *arg)
{
	struct zone *normal = start_zone("movablecore=32M");
	struct zone *movable = &node_data[0].node_zones[ZONE_MOVABLE];

	(void)arg;
	grow_zone_to(normal, MAX_ORDER_NR_PAGES);
	grow_zone_to(movable, MAX_ORDER_NR_PAGES);
	min_free_kbytes = 2048; /* 512 pages */
	watermark_scale_factor = 10;
	setup_per_zone_wmarks();
	REQUIRE(normal->_watermark[WMARK_MIN] == 512);
	REQUIRE(normal->_watermark[WMARK_LOW] == 640);
	REQUIRE(normal->_watermark[WMARK_HIGH] == 768);
	REQUIRE(normal->_watermark[WMARK_PROMO] == 896);
	/* managed / 1024 = 1, at least 32; the rest as for the others */
	REQUIRE(movable->_watermark[WMARK_MIN] == 32);
	REQUIRE(movable->_watermark[WMARK_LOW] == 32 + 128);
	REQUIRE(movable->_watermark[WMARK_HIGH] == 32 + 256);
	watermark_scale_factor = 3000; /* 307 of 1024 pages */
	setup_per_zone_wmarks();
	REQUIRE(normal->_watermark[WMARK_LOW] == 512 + 307);
	normal->watermark_boost = 100;
	REQUIRE(min_wmark_pages(normal) == 612);
	REQUIRE(high_wmark_pages(normal) == 512 + 614 + 100);
	normal->watermark_boost = 0;
	zone_check(normal);
}

/* DMA, DMA32, Normal and Movable (W4, W5). Expect what higher zones have
 * divided by the ratio of the lower one, and the sum that no request gets. */
static void child_reserves(void *arg)
{
	struct zone *zones = node_data[0].node_zones;
	unsigned long total = 0;

	(void)arg;
	start_zone("dma=8M dma32=24M movablecore=16M");
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		while (zones[type].managed_pages < zones[type].spanned_pages)
			REQUIRE(!deferred_grow_zone(&zones[type],
						    zones[type].managed_pages));
	REQUIRE(zones[ZONE_NORMAL].managed_pages == 24 << 8);
	REQUIRE(zones[ZONE_DMA].lowmem_reserve[ZONE_DMA] == 0);
	REQUIRE(zones[ZONE_DMA].lowmem_reserve[ZONE_DMA32] == 16);
	REQUIRE(zones[ZONE_DMA].lowmem_reserve[ZONE_NORMAL] == 16 + 24);
	REQUIRE(zones[ZONE_DMA].lowmem_reserve[ZONE_HIGHMEM] == 16 + 24);
	REQUIRE(zones[ZONE_DMA].lowmem_reserve[ZONE_MOVABLE] == 16 + 24 + 16);
	REQUIRE(zones[ZONE_DMA32].lowmem_reserve[ZONE_MOVABLE] == 24 + 16);
	REQUIRE(zones[ZONE_NORMAL].lowmem_reserve[ZONE_MOVABLE] == 16 * 8);
	REQUIRE(zones[ZONE_MOVABLE].lowmem_reserve[ZONE_MOVABLE] == 0);
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		total += min(zones[type].managed_pages,
			     zones[type].lowmem_reserve[ZONE_MOVABLE] +
				     zones[type]._watermark[WMARK_HIGH]);
	REQUIRE(totalreserve_pages == total);
	REQUIRE(node_data[0].totalreserve_pages == total);
	REQUIRE(total > 56 + 40 + 128);
}

struct ok_row {
	const char *name;
	unsigned int order, flags;
	long free;
	unsigned long highatomic; /* free pages of the reserve */
	enum zone_type idx; /* of the request: Movable has a reserve of 50 */
	bool ok;
};

/* A mark of 1000; there is one free block of order 3, of Movable (W6). */
static const struct ok_row ok_rows[] = {
	{ "above", 0, 0, 1001, 0, ZONE_NORMAL, true },
	{ "at the mark", 0, 0, 1000, 0, ZONE_NORMAL, false },
	{ "the pages of the block but one", 3, 0, 1008, 0, ZONE_NORMAL, true },
	{ "one less", 3, 0, 1007, 0, ZONE_NORMAL, false },
	{ "no such block", 4, 0, 9999, 0, ZONE_NORMAL, false },
	{ "a smaller one", 2, 0, 9999, 0, ZONE_NORMAL, true },
	{ "lowmem reserve", 0, 0, 1050, 0, ZONE_MOVABLE, false },
	{ "above that", 0, 0, 1051, 0, ZONE_MOVABLE, true },
	{ "the reserve is not for all", 0, 0, 1100, 100, ZONE_NORMAL, false },
	{ "above it", 0, 0, 1101, 100, ZONE_NORMAL, true },
	{ "for atomic ones", 0, ALLOC_HIGHATOMIC, 1001, 100, ZONE_NORMAL,
	  true },
	{ "for who gives up", 0, ALLOC_OOM, 501, 100, ZONE_NORMAL, true },
	{ "HIGH: half", 0, ALLOC_MIN_RESERVE, 501, 0, ZONE_NORMAL, true },
	{ "HIGH: not less", 0, ALLOC_MIN_RESERVE, 500, 0, ZONE_NORMAL, false },
	{ "and may not wait: 3/8", 0, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK, 376,
	  0, ZONE_NORMAL, true },
	{ "not less", 0, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK, 375, 0,
	  ZONE_NORMAL, false },
	{ "may not wait alone: all", 0, ALLOC_NON_BLOCK, 1000, 0, ZONE_NORMAL,
	  false },
	{ "OOM: half", 0, ALLOC_OOM, 501, 0, ZONE_NORMAL, true },
	{ "OOM: not less", 0, ALLOC_OOM, 500, 0, ZONE_NORMAL, false },
	{ "OOM and HIGH: a quarter", 0, ALLOC_OOM | ALLOC_MIN_RESERVE, 251, 0,
	  ZONE_NORMAL, true },
};

static struct zone ok_zone;

/* Every row of the table, and the same by the short cut. Expect what it
 * says. */
static void test_ok(void **state)
{
	struct page page = { .order = 3 };

	(void)state;
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&ok_zone.free_area[o].free_list[mt]);
	list_add(&page.lru, &ok_zone.free_area[3].free_list[MIGRATE_MOVABLE]);
	ok_zone.free_area[3].nr_free = 1;
	ok_zone.lowmem_reserve[ZONE_MOVABLE] = 50;
	for (size_t i = 0; i < ARRAY_SIZE(ok_rows); i++) {
		const struct ok_row *row = &ok_rows[i];

		ok_zone.nr_free_highatomic = row->highatomic;
		ok_zone.free_pages = (unsigned long)row->free;
		if (__zone_watermark_ok(&ok_zone, row->order, 1000, row->idx,
					row->flags, row->free) != row->ok ||
		    zone_watermark_fast(&ok_zone, row->order, 1000, row->idx,
					row->flags | WMARK_LOW) != row->ok)
			fail_msg("%s", row->name);
	}
}

/* A block of the HighAtomic list alone (W6). Expect it to do for requests that
 * may use the reserve and for no other. */
static void test_ok_highatomic(void **state)
{
	struct page page = { .order = 2 };
	struct list_head *lists = ok_zone.free_area[2].free_list;

	(void)state;
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&ok_zone.free_area[o].free_list[mt]);
	list_add(&page.lru, &lists[MIGRATE_HIGHATOMIC]);
	ok_zone.free_area[2].nr_free = 1;
	ok_zone.nr_free_highatomic = 0;
	assert_false(__zone_watermark_ok(&ok_zone, 1, 10, ZONE_NORMAL, 0, 99));
	assert_true(__zone_watermark_ok(&ok_zone, 1, 10, ZONE_NORMAL,
					ALLOC_HIGHATOMIC, 99));
	assert_true(__zone_watermark_ok(&ok_zone, 1, 10, ZONE_NORMAL, ALLOC_OOM,
					99));
	list_del(&page.lru);
	list_add(&page.lru, &lists[MIGRATE_ISOLATE]);
	assert_false(__zone_watermark_ok(&ok_zone, 1, 10, ZONE_NORMAL,
					 ALLOC_OOM, 99));
}

/* A boosted mark (W6, W9). Expect a request for one page at the min mark, which
 * may use a part of the reserve, not to wait for the boost; others do. */
static void test_boosted(void **state)
{
	struct zone zone = { ._watermark = { 100, 200, 300 },
			     .watermark_boost = 1000,
			     .free_pages = 101 };

	(void)state;
	assert_false(
		zone_watermark_fast(&zone, 0, 1100, ZONE_NORMAL, WMARK_MIN));
	assert_true(zone_watermark_fast(&zone, 0, 1100, ZONE_NORMAL,
					WMARK_MIN | ALLOC_MIN_RESERVE));
	assert_false(zone_watermark_fast(&zone, 0, 1200, ZONE_NORMAL,
					 WMARK_LOW | ALLOC_MIN_RESERVE));
	assert_false(zone_watermark_fast(&zone, 1, 1100, ZONE_NORMAL,
					 WMARK_MIN | ALLOC_MIN_RESERVE));
}

/* Zones of some sizes with some CPUs (W10). Expect the kernel's thresholds, and
 * a drift mark where the CPUs could hide a mark that was passed. */
static void test_drift(void **state)
{
	static const struct {
		unsigned int cpus;
		unsigned long mib;
		unsigned int normal;
		unsigned long mark;
	} rows[] = {
		{ 1, 16, 2, 0 },
		{ 1, 128, 4, 0 },
		{ 2, 1024, 20, 0 },
		{ 4, 16384, 54, 700 + 216 },
		{ 64, 65536, 125, 700 + 8000 },
	};
	unsigned int cpus = nr_cpu_ids;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zone zone = { .managed_pages = rows[i].mib << 8,
				     ._watermark = { 500, 600, 700 } };

		nr_cpu_ids = rows[i].cpus;
		assert_int_equal(calculate_normal_threshold(&zone),
				 rows[i].normal);
		assert_int_equal(calculate_pressure_threshold(&zone),
				 max(100 / rows[i].cpus, 1U));
		refresh_zone_stat_thresholds(&zone);
		assert_int_equal(zone.percpu_drift_mark, rows[i].mark);
		zone._watermark[WMARK_LOW] = 500;
		assert_int_equal(calculate_pressure_threshold(&zone), 1);
		zone._watermark[WMARK_LOW] = 50000;
		assert_int_equal(calculate_pressure_threshold(&zone), 125);
		zone.free_pages = 77;
		assert_int_equal(zone_page_state_snapshot(&zone), 77);
	}
	nr_cpu_ids = cpus;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_min_free),
		child_test(child_marks),
		child_test(child_reserves),
		cmocka_unit_test(test_ok),
		cmocka_unit_test(test_ok_highatomic),
		cmocka_unit_test(test_boosted),
		cmocka_unit_test(test_drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
