// SPDX-License-Identifier: MIT
/*
 * test_gfp.c - what the bits of a gfp_t say, as truth tables
 */
#include <kmalloc/scope.h>

#include "support/start.h"
#include "zone/gfp.h"

/* Every flag (G1, G2). Expect the values of 6.12, those that it lacks at bits
 * that it does not use, and all of them apart but the aliases. */
static void test_values(void **state)
{
	static const gfp_t flags[] = {
		__GFP_DMA,
		__GFP_HIGHMEM,
		__GFP_DMA32,
		__GFP_MOVABLE,
		__GFP_RECLAIMABLE,
		__GFP_HIGH,
		__GFP_IO,
		__GFP_FS,
		__GFP_ZERO,
		0,
		__GFP_DIRECT_RECLAIM,
		__GFP_KSWAPD_RECLAIM,
		__GFP_WRITE,
		__GFP_NOWARN,
		__GFP_RETRY_MAYFAIL,
		__GFP_NOFAIL,
		__GFP_NORETRY,
		__GFP_MEMALLOC,
		__GFP_COMP,
		__GFP_NOMEMALLOC,
		__GFP_HARDWALL,
		__GFP_THISNODE,
		__GFP_ACCOUNT,
		__GFP_ZEROTAGS,
		__GFP_SKIP_ZERO,
		__GFP_SKIP_KASAN,
		__GFP_NOLOCKDEP,
		__GFP_NO_OBJ_EXT,
		__GFP_COLD,
		__GFP_NOTRACK,
		__GFP_OTHER_NODE,
		__GFP_NO_GROW,
	};
	gfp_t all = 0;

	(void)state;
	for (size_t bit = 0; bit < ARRAY_SIZE(flags); bit++) {
		if (flags[bit])
			assert_int_equal(flags[bit], 1u << bit);
		all |= flags[bit];
	}
	assert_int_equal(all, GFP_ALLOWED_ALL);
	assert_int_equal(__GFP_REPEAT, __GFP_RETRY_MAYFAIL);
	assert_int_equal(__GFP_ATOMIC, __GFP_HIGH);
	assert_int_equal(__GFP_NOTRACK_FALSE_POSITIVE, __GFP_NOTRACK);
}

/* The sets (G3). Expect the bits of 6.12. */
static void test_composites(void **state)
{
	(void)state;
	assert_int_equal(__GFP_RECLAIM, 0xc00);
	assert_int_equal(GFP_ATOMIC, 0x820);
	assert_int_equal(GFP_NOWAIT, 0x2800);
	assert_int_equal(GFP_NOIO, 0xc00);
	assert_int_equal(GFP_NOFS, 0xc40);
	assert_int_equal(GFP_KERNEL, 0xcc0);
	assert_int_equal(GFP_KERNEL_ACCOUNT, 0x400cc0);
	assert_int_equal(GFP_USER, 0x100cc0);
	assert_int_equal(GFP_HIGHUSER, 0x100cc2);
	assert_int_equal(GFP_HIGHUSER_MOVABLE, 0x100cca);
	assert_int_equal(GFP_TRANSHUGE_LIGHT, 0x1c20ca);
	assert_int_equal(GFP_TRANSHUGE, 0x1c24ca);
}

/* Every combination of the zone bits (G4). Expect the zone of the table, and
 * for those that exclude each other the lowest zone named, said once. */
static void fix_all(void *arg)
{
	static const int zones[16] = {
		ZONE_NORMAL, ZONE_DMA, ZONE_HIGHMEM, -1, ZONE_DMA32, -1, -1, -1,
		ZONE_NORMAL, ZONE_DMA, ZONE_MOVABLE, -1, ZONE_DMA32, -1, -1, -1,
	};

	(void)arg;
	for (gfp_t bits = 0; bits < 16; bits++) {
		gfp_t gfp = current_gfp_context(GFP_KERNEL | bits);

		if (zones[bits] >= 0) {
			REQUIRE(gfp == (GFP_KERNEL | bits));
			REQUIRE((int)gfp_zone(gfp) == zones[bits]);
		} else {
			REQUIRE(gfp != (GFP_KERNEL | bits));
			REQUIRE(gfp_zone(gfp) ==
				(bits & __GFP_DMA ? ZONE_DMA : ZONE_DMA32));
			REQUIRE((gfp & ~GFP_ZONEMASK) == GFP_KERNEL);
		}
	}
	REQUIRE(current_gfp_context(GFP_KERNEL | 0x200u) == GFP_KERNEL);
}

static void test_zones(void **state)
{
	struct child_end end;

	(void)state;
	child_run(fix_all, NULL, &end);
	if (end.status)
		fail_msg("%s", end.err);
	assert_int_equal(count_phrase(end.err, "Unexpected gfp: "), 1);
	assert_int_equal(count_phrase(end.err,
				      "Unexpected gfp: 0xcc3 "
				      "(GFP_KERNEL|GFP_DMA|__GFP_HIGHMEM). "
				      "Fixing up to gfp: 0xcc1 "
				      "(GFP_KERNEL|GFP_DMA). Fix your code!"),
			 1);
}

static void both(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		REQUIRE(gfp_migratetype(__GFP_MOVABLE | __GFP_RECLAIMABLE) ==
			MIGRATE_UNMOVABLE);
}

/* The mobility bits (G5). Expect the type; both together is Unmovable and said
 * once. */
static void test_migratetypes(void **state)
{
	struct child_end end;

	(void)state;
	assert_int_equal(gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	assert_int_equal(gfp_migratetype(GFP_HIGHUSER_MOVABLE),
			 MIGRATE_MOVABLE);
	assert_int_equal(gfp_migratetype(GFP_KERNEL | __GFP_RECLAIMABLE),
			 MIGRATE_RECLAIMABLE);
	child_run(both, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "WARNING: CPU: "), 1);
}

/* Blocking, spinning and the zonelist (G6). Expect what the bits say. */
static void test_predicates(void **state)
{
	(void)state;
	assert_true(gfpflags_allow_blocking(GFP_NOIO));
	assert_false(gfpflags_allow_blocking(GFP_ATOMIC));
	assert_true(gfpflags_allow_spinning(GFP_ATOMIC));
	assert_false(gfpflags_allow_spinning(__GFP_HIGH));
	assert_int_equal(gfp_zonelist(GFP_KERNEL), ZONELIST_FALLBACK);
	assert_int_equal(gfp_zonelist(GFP_KERNEL | __GFP_THISNODE),
			 ZONELIST_NOFALLBACK);
}

/* Memory for no order of request but with flags that do not exist. Expect the
 * request served as if they were not there. */
static void child_unknown(void *arg)
{
	struct zone *zone = start_zone("");
	struct page *page = alloc_pages(GFP_KERNEL | 0x200u, 2);

	(void)arg;
	REQUIRE(page);
	__free_pages(page, 2);
	page = alloc_pages(GFP_KERNEL | __GFP_DMA | __GFP_HIGHMEM, 0);
	REQUIRE(!page || page_zone(page) == zone);
	check_conservation(zone, page ? 1 : 0);
}

/* A zone with nothing above its min mark (G6). Expect __GFP_MEMALLOC to be
 * served, but not together with __GFP_NOMEMALLOC, and its page to be marked. */
static void child_memalloc(void *arg)
{
	static struct page *heads[TEST_BLOCKS];
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	give_frames(zone, page_to_pfn(heads[0]), 64);
	for (unsigned int mark = 0; mark < NR_WMARK; mark++)
		zone->_watermark[mark] = 1000;
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0));
	REQUIRE(!alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOMEMALLOC,
			     0));
	page = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0);
	REQUIRE(page && (page->flags & PG_PFMEMALLOC));
}

/* Above half of the min mark, and above 3/8 (W6). Expect __GFP_HIGH to reach to
 * the half, and further down if it may not wait; its older name the same. */
static void child_high(void *arg)
{
	static struct page *heads[TEST_BLOCKS];
	struct zone *zone = start_owned_zone("", heads);
	gfp_t waits = __GFP_DIRECT_RECLAIM | __GFP_NORETRY | __GFP_NOWARN;

	(void)arg;
	give_frames(zone, page_to_pfn(heads[0]), 512);
	zone_pcp_disable(zone);
	for (unsigned int mark = 0; mark < NR_WMARK; mark++)
		zone->_watermark[mark] = 1000; /* half: 500, 3/8: 375 */
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0));
	REQUIRE(alloc_pages(waits | __GFP_HIGH, 0)); /* 512 > 500 */
	while (zone->free_pages > 500)
		REQUIRE(alloc_pages(waits | __GFP_HIGH, 0));
	REQUIRE(!alloc_pages(waits | __GFP_HIGH, 0));
	while (zone->free_pages > 375)
		REQUIRE(alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0));
	REQUIRE(!alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0));
	REQUIRE(!alloc_pages(__GFP_ATOMIC | __GFP_NOWARN, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_composites),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_migratetypes),
		cmocka_unit_test(test_predicates),
		child_test(child_unknown),
		child_test(child_memalloc),
		child_test(child_high),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
