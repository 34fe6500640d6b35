// SPDX-License-Identifier: MIT
/*
 * test_miss.c - a cursor misses: single objects, and the clock
 */
#include "core/tick.h"
#include "kmem/thread.h"
#include "support/region.h"
#include "sheaf_fixture.h"
#include "sys/os.h"

/* No memory for a sheaf. Expect single objects, straight from the slabs, both
 * ways. */
static void test_no_sheaf(void **state)
{
	(void)state;
	region_exhaust();
	take(0, 3);
	assert_int_equal(fake.refills, 3);
	assert_int_equal(fake.refilled, 3);
	give(0, 3);
	assert_int_equal(fake.flushes, 3);
	assert_int_equal(f.s->in_use, 0);
	region_restore();
}

/* Memory for part of a sheaf. Expect what there is, then NULL, then service
 * again once there is memory. */
static void test_partial_refill(void **state)
{
	(void)state;
	fake.allowance = 5;
	fake.limited = f.s;
	take(0, 5);
	assert_null(kmem_cache_alloc(f.s, 0));
	kmem_owner_check(kmem_owner_get());
	fake.allowance = -1;
	take(5, 6);
	give(0, 6);
}

static int ticks;

static void count_tick(unsigned int flags)
{
	(void)flags;
	ticks++;
}

/* A burst of misses, and a tick is due. Expect it within eight of them, though
 * the clock is not looked at each time. */
static void test_burst(void **state)
{
	static struct tick tick = { .fn = count_tick };
	unsigned long saved = tick_interval_ms;
	int misses = 0;

	(void)state;
	tick_register(&tick);
	for (int i = 0; i < 100; i++) {
		take(0, 1);
		give(0, 1);
		kmem_owner_flush(kmem_owner_get());
	}
	tick_interval_ms = 1000;
	tick_last_ms = os_now_ms() - 1500;
	for (; !ticks && misses < 50; misses++) {
		take(0, 1);
		give(0, 1);
		kmem_owner_flush(kmem_owner_get());
	}
	tick_interval_ms = saved;
	assert_int_equal(ticks, 1);
	assert_in_range(misses, 1, 8);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_no_sheaf),
		TEST(test_partial_refill),
		TEST(test_burst),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
