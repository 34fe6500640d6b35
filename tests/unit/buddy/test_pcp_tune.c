// SPDX-License-Identifier: MIT
/*
 * test_pcp_tune.c - how much moves at a time to per-CPU lists and from them
 *
 * The tables are pagesets in some state, one event, and what follows from it
 * by docs/kernel.md P2 to P5.
 */
#include <errno.h>

#include "buddy/internal.h"
#include "support/start.h"
#include "zone/pageset.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

/* A zone that could grow to 1 GiB, mem=64M, and GFP_KERNEL until there is no
 * more. Expect the per-CPU lists to have left the zone its reserve: nearly all
 * of the min mark is free, and GFP_ATOMIC gets a quarter of it at least. */
static void child_reserve(void *arg)
{
	unsigned long min, got = 0;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("arena=1G mem=64M");
	while (alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0))
		;
	min = min_wmark_pages(zone);
	REQUIRE(zone_free_pages(zone) > (long)(min - min / 8));
	while (alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0))
		got++;
	REQUIRE(got >= min / 4);
}

struct refill {
	int high_min, high_max, high, count, factor;
	unsigned int order, below;
	int nr, high_after, factor_after;
};

/* Pagesets that are to be refilled (P4). Expect the sizes of the table. */
static void test_refill(void **state)
{
	static const struct refill rows[] = {
		/* the first: a batch, high grows by it */
		{ 252, 9999, 0, 0, 0, 0, 0, 63, 315, 1 },
		/* in a row: twice as much each time, up to 32 x */
		{ 252, 9999, 315, 0, 1, 0, 0, 126, 441, 2 },
		{ 252, 9999, 4000, 0, 5, 0, 0, 2016, 6016, 5 },
		/* no more than there is room for */
		{ 252, 252, 252, 0, 3, 0, 0, 189, 252, 3 },
		{ 252, 400, 400, 300, 0, 0, 0, 63, 400, 1 },
		{ 252, 400, 400, 300, 1, 0, 0, 63, 400, 1 },
		/* short zone: high stays */
		{ 252, 9999, 300, 0, 0, 0, 1, 63, 300, 1 },
		/* other orders: a batch of pages, two blocks at least */
		{ 252, 9999, 300, 0, 4, 1, 0, 31, 300, 4 },
		{ 252, 9999, 300, 0, 4, 3, 0, 7, 300, 4 },
		{ 252, 9999, 300, 0, 4, 9, 0, 2, 300, 4 },
		/* switched off: one */
		{ 0, 0, 300, 0, 4, 0, 0, 1, 0, 4 },
		{ 0, 0, 300, 0, 4, 9, 0, 1, 0, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct refill *row = &rows[i];
		struct zone zone = { .flags = row->below ? ZONE_BELOW_HIGH :
							   0 };
		struct per_cpu_pages pcp = {
			.high_min = row->high_min,
			.high_max = row->high_max,
			.high = row->high,
			.count = row->count,
			.alloc_factor = (u8)row->factor,
			.batch = 63,
		};
		int nr = nr_pcp_alloc(&zone, &pcp, row->order);

		if (nr != row->nr || pcp.high != row->high_after ||
		    pcp.alloc_factor != row->factor_after)
			fail_msg("row %zu: %d, high %d, factor %d", i, nr,
				 pcp.high, pcp.alloc_factor);
	}
}

struct release {
	int high_min, high_max, high, count, free_count;
	unsigned int flags, free_high;
	int nr, high_after;
};

/* Pagesets that a page was freed to (P5). Expect the sizes of the table. */
static void test_release(void **state)
{
	static const struct release rows[] = {
		/* below high: nothing */
		{ 252, 9999, 500, 499, 10, 0, 0, 0, 500 },
		/* at high: a batch, or what was freed in a row */
		{ 252, 9999, 500, 500, 10, 0, 0, 63, 500 },
		{ 252, 9999, 500, 500, 400, 0, 0, 400, 500 },
		/* a long row of frees: high is raised to it */
		{ 252, 9999, 500, 500, 600, 0, 0, 0, 663 },
		{ 252, 550, 500, 550, 600, 0, 0, 487, 550 },
		/* fixed high: it is not */
		{ 500, 500, 500, 500, 600, 0, 0, 437, 500 },
		/* blocks of order 1 to 3 in a row: out with all */
		{ 252, 9999, 4000, 300, 100, 0, 1, 300, 1984 },
		{ 252, 9999, 500, 3000, 100, 0, 1, 2016, 252 },
		/* reclaim is at work: at most 4 batches stay */
		{ 252, 9999, 900, 251, 10, ZONE_RECLAIM_ACTIVE, 0, 0, 837 },
		{ 252, 9999, 900, 252, 10, ZONE_RECLAIM_ACTIVE, 0, 63, 837 },
		{ 252, 9999, 900, 252, 400, ZONE_RECLAIM_ACTIVE, 0, 189, 500 },
		/* the zone is short: high falls */
		{ 252, 9999, 900, 251, 10, ZONE_BELOW_HIGH, 0, 0, 837 },
		{ 252, 9999, 900, 300, 10, ZONE_BELOW_HIGH, 0, 63, 837 },
		{ 252, 9999, 300, 700, 400, ZONE_BELOW_HIGH, 0, 400, 252 },
		/* switched off: one page in, one out */
		{ 0, 0, 500, 1, 1, 0, 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct release *row = &rows[i];
		struct zone zone = { .flags = row->flags };
		struct per_cpu_pages pcp = {
			.high_min = row->high_min,
			.high_max = row->high_max,
			.high = row->high,
			.count = row->count,
			.free_count = row->free_count,
			.batch = row->high_max ? 63 : 1,
		};
		int nr = nr_pcp_free(&zone, &pcp, row->free_high);

		if (nr != row->nr || pcp.high != row->high_after)
			fail_msg("row %zu: %d, high %d", i, nr, pcp.high);
	}
}

/* Frees in a row, of one order and another (P4, P5). Expect free_count to be
 * the sum up to 32 batches, alloc_factor to be halved, and the row of larger
 * orders to be seen once a batch was freed. */
static void test_rows_of_frees(void **state)
{
	struct per_cpu_pages pcp = { .batch = 63, .alloc_factor = 5 };

	(void)state;
	pcp_count_free(&pcp, 3);
	assert_int_equal(pcp.free_count, 8);
	assert_int_equal(pcp.alloc_factor, 2);
	assert_false(pcp_free_high(&pcp, 3));
	assert_false(pcp_free_high(&pcp, 3)); /* 8 pages are no batch */
	for (int i = 0; i < 300; i++)
		pcp_count_free(&pcp, 3);
	assert_int_equal(pcp.free_count, 2016);
	assert_int_equal(pcp.alloc_factor, 0);
	assert_true(pcp_free_high(&pcp, 1));
	assert_false(pcp_free_high(&pcp, 0));
	assert_false(pcp_free_high(&pcp, 2)); /* the row begins anew */
	assert_true(pcp_free_high(&pcp, 2));
	assert_false(pcp_free_high(&pcp, PAGEBLOCK_ORDER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_reserve),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_rows_of_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
