// SPDX-License-Identifier: MIT
/*
 * test_boost.c - how far marks are raised, and lowered again
 * (docs/kernel.md W9)
 */
#include "support/start.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

#define HIGH 2000UL

static struct zone zone;

static int setup(void **state)
{
	(void)state;
	zone = (struct zone){ .managed_pages = 4 * PAGEBLOCK_PAGES,
			      ._watermark = { 500, 1000, HIGH } };
	spin_lock_init(&zone.lock, LOCK_ZONE);
	return 0;
}

static bool boost(void)
{
	bool done;

	spin_lock(&zone.lock);
	done = boost_watermark(&zone);
	spin_unlock(&zone.lock);
	return done;
}

static void set_factor(const char *text)
{
	assert_true(do_sysctl("vm.watermark_boost_factor", NULL, 0, text) > 0);
}

/* Claims, one after the other. Expect a pageblock for each, up to one and a
 * half times the high mark, and no more. */
static void test_steps(void **state)
{
	(void)state;
	for (unsigned long boosted = PAGEBLOCK_PAGES; boosted < HIGH * 3 / 2;
	     boosted += PAGEBLOCK_PAGES) {
		assert_true(boost());
		assert_int_equal(zone.watermark_boost, boosted);
	}
	for (int i = 0; i < 3; i++) {
		assert_true(boost());
		assert_int_equal(zone.watermark_boost, HIGH * 3 / 2);
	}
}

/* A zone whose marks are low. Expect one pageblock all the same: less would be
 * no room. */
static void test_least(void **state)
{
	(void)state;
	zone._watermark[WMARK_HIGH] = 1;
	assert_true(boost());
	assert_true(boost());
	assert_int_equal(zone.watermark_boost, PAGEBLOCK_PAGES);
}

/* A zone of fewer than four pageblocks, one without marks yet, and no factor.
 * Expect no boost. */
static void test_none(void **state)
{
	(void)state;
	zone.managed_pages--;
	assert_false(boost());
	zone.managed_pages++;
	zone._watermark[WMARK_HIGH] = 0;
	assert_false(boost());
	zone._watermark[WMARK_HIGH] = HIGH;
	set_factor("0");
	assert_false(boost());
	assert_int_equal(zone.watermark_boost, 0);
	set_factor("15000");
	assert_true(boost());
}

/* Another factor, and a large one on marks whose product needs more than 64
 * bits. Expect the factor to hold, and no number to wrap. */
static void test_factor(void **state)
{
	(void)state;
	set_factor("10000");
	for (int i = 0; i < 10; i++)
		assert_true(boost());
	assert_int_equal(zone.watermark_boost, HIGH);
	set_factor("1073741824"); /* 2^30 */
	zone._watermark[WMARK_HIGH] = 1UL << 34;
	zone.watermark_boost = 1UL << 40;
	assert_true(boost());
	assert_int_equal(zone.watermark_boost, (1UL << 40) + PAGEBLOCK_PAGES);
	set_factor("15000");
}

/* Room was made, in parts and more than was wanted. Expect the boost to go down
 * by as much, to 0 and not below. */
static void test_clear(void **state)
{
	(void)state;
	zone.watermark_boost = 100;
	clear_watermark_boost(&zone, 0);
	assert_int_equal(zone.watermark_boost, 100);
	clear_watermark_boost(&zone, 30);
	assert_int_equal(zone.watermark_boost, 70);
	clear_watermark_boost(&zone, 71);
	assert_int_equal(zone.watermark_boost, 0);
	clear_watermark_boost(&zone, 5);
	assert_int_equal(zone.watermark_boost, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_steps),  TEST(test_least), TEST(test_none),
		TEST(test_factor), TEST(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
