// SPDX-License-Identifier: MIT
/*
 * test_forked.c - what a parent keeps from its slabs while a child may live
 */
#include "core/tick.h"
#include "kmem/forked.h"
#include "kmem/internal.h"
#include "kmem/shrink.h"
#include "sheaf_fixture.h"

static unsigned long now = 1000000; /* ms */

static void use(void)
{
	kmem_cache_free(f.s, kmem_cache_alloc(f.s, GFP_KERNEL));
}

/* A tick so many milliseconds after the last. */
static void tick(unsigned long after)
{
	now += after;
	tick_run(now);
}

/* No fork. Expect what is idle for two ticks to go to the slabs. */
static void test_no_fork(void **state)
{
	(void)state;
	use();
	tick(500);
	tick(500);
	assert_int_equal(fake.flushed, CAPACITY);
}

/* A fork. Expect that no tick, a late one neither, puts anything into slabs
 * for KMEM_CHILD_MS, that one does after that, and those after it as ever. */
static void test_held(void **state)
{
	(void)state;
	use();
	kmem_forked_parent();
	tick(500);
	tick(500);
	tick(3000);
	tick(KMEM_CHILD_MS - 3501);
	assert_int_equal(fake.flushed, 0);
	tick(500);
	tick(500);
	assert_int_equal(fake.flushed, CAPACITY);
	use();
	tick(500);
	tick(500);
	assert_int_equal(fake.flushed, 2 * CAPACITY);
}

/* A fork again and again. Expect what is idle from one
 * tick that does not hold to the next to be emptied. */
static void test_often(void **state)
{
	(void)state;
	use();
	for (unsigned int ms = 0; ms < 3 * KMEM_CHILD_MS; ms += 500) {
		kmem_forked_parent();
		tick(500);
	}
	assert_int_equal(fake.flushed, CAPACITY);
}

/* A caller that asks for memory. Expect all at once. */
static void test_asked(void **state)
{
	(void)state;
	use();
	kmem_forked_parent();
	tick(500);
	kmem_reclaim(SHRINK_ALL);
	assert_int_equal(fake.flushed, CAPACITY);
}

static int start(void **state)
{
	int ret = fake_start(state);

	tick_interval_ms = ~0UL; /* no tick of the clock's */
	return ret;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_no_fork),
		TEST(test_held),
		TEST(test_often),
		TEST(test_asked),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
