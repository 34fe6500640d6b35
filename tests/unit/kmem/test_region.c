// SPDX-License-Identifier: MIT
/*
 * test_region.c - memory apart from the frames: units, runs, idle pages
 */
#include <string.h>

#include "fake.h"
#include "kmem/region.h"
#include "kmem/region_map.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "sys/os.h"

#define NR 3000 /* units: more than two blocks of the region */

static void *taken[NR];

static int teardown(void **state)
{
	(void)state;
	region_check();
	region_trim();
	return 0;
}

static void take_all(size_t size)
{
	for (int i = 0; i < NR; i++) {
		taken[i] = region_alloc(size);
		assert_non_null(taken[i]);
		memset(taken[i], i, size);
	}
}

static void free_all(size_t size)
{
	for (int i = 0; i < NR; i++)
		region_free(taken[i], size);
}

/* Many units. Expect each aligned, apart from the others, and its bytes to
 * stay. */
static void test_units(void **state)
{
	unsigned long before = region_used();

	(void)state;
	take_all(REGION_UNIT);
	region_check();
	assert_int_equal(region_used() - before, NR * REGION_UNIT);
	for (int i = 0; i < NR; i++) {
		const u8 *byte = taken[i];

		assert_int_equal((uintptr_t)byte % REGION_UNIT, 0);
		for (size_t at = 0; at < REGION_UNIT; at++)
			assert_int_equal(byte[at], (u8)i);
	}
	free_all(REGION_UNIT);
	assert_int_equal(region_used(), before);
}

/* Sizes of one byte to many units, freed in another order. Expect all as if
 * rounded up to units, and the region empty at the end. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = { 1, 1023, 1025, 5 * 1024, 6145, 70000 };
	unsigned long before = region_used();

	(void)state;
	for (int i = 0; i < 300; i++) {
		size_t size = sizes[i % 6];

		taken[i] = region_alloc(size);
		memset(taken[i], i, size);
	}
	region_check();
	for (int i = 0; i < 300; i += 2)
		region_free(taken[i], sizes[i % 6]);
	region_check();
	for (int i = 1; i < 300; i += 2) {
		assert_int_equal(((u8 *)taken[i])[sizes[i % 6] - 1], (u8)i);
		region_free(taken[i], sizes[i % 6]);
	}
	assert_int_equal(region_used(), before);
}

/* A hole of three units between others. Expect it for three units and not for
 * four. */
static void test_first_fit(void **state)
{
	char *hole, *behind;

	(void)state;
	take_all(REGION_UNIT); /* no hole is left before these */
	hole = region_alloc(3 * REGION_UNIT);
	behind = region_alloc(REGION_UNIT);
	region_free(hole, 3 * REGION_UNIT);
	taken[0] = region_alloc(4 * REGION_UNIT);
	assert_ptr_not_equal(taken[0], hole);
	region_free(taken[0], 4 * REGION_UNIT);
	assert_ptr_equal(region_alloc(3 * REGION_UNIT), hole);
	region_free(hole, 3 * REGION_UNIT);
	region_free(behind, REGION_UNIT);
	taken[0] = region_alloc(REGION_UNIT);
	free_all(REGION_UNIT);
}

/* Memory that was written and freed, and memory that is fresh. Expect zeros
 * from region_zalloc() in both, and no others cleared. */
static void test_zeroed(void **state)
{
	u8 *before, *zeroed, *behind;

	(void)state;
	take_all(REGION_UNIT);
	before = taken[10];
	behind = taken[15];
	for (int i = 11; i < 15; i++)
		region_free(taken[i], REGION_UNIT);
	for (int turn = 0; turn < 2; turn++) {
		zeroed = region_zalloc(4 * REGION_UNIT);
		for (size_t at = 0; at < 4 * REGION_UNIT; at++)
			assert_int_equal(zeroed[at], 0);
		assert_int_equal(before[REGION_UNIT - 1], 10);
		assert_int_equal(behind[0], 15);
		memset(zeroed, 7, 4 * REGION_UNIT);
		region_free(zeroed, 4 * REGION_UNIT);
		region_trim();
	}
	for (int i = 11; i < 15; i++)
		taken[i] = NULL;
	free_all(REGION_UNIT);
}

/* Frees all, then asks for the pages back. Expect few pages to stay, those of
 * blocks in use and headers, and that few are kept before. */
static void test_trim(void **state)
{
	unsigned long before, most;

	(void)state;
	region_trim();
	before = region_pages();
	take_all(REGION_UNIT);
	most = region_pages();
	assert_true(most >= before + NR / 4 - 16);
	free_all(REGION_UNIT);
	assert_true(region_pages() <= before + most / 8 + 70);
	region_trim();
	assert_in_range(region_pages(), before, before + NR / 1000);
}

/* Freed, then a tick, or a call that wants memory back. Expect idle pages to go
 * with what caches keep. */
static void test_trim_at_ticks(void **state)
{
	unsigned long before;

	(void)state;
	region_trim();
	before = region_pages();
	for (unsigned int turn = 0; turn < 2; turn++) {
		void *p = region_alloc(200 * REGION_UNIT);

		region_free(p, 200 * REGION_UNIT); /* too few to go at once */
		assert_true(region_pages() >= before + 49);
		kmem_reclaim(turn ? SHRINK_IDLE : SHRINK_ALL);
		assert_in_range(region_pages(), 0, before + 1);
	}
}

/* The OS takes no memory back. Expect the pages counted on, few calls, and that
 * they go back later. */
static void test_trim_fails(void **state)
{
	unsigned long before, calls;

	(void)state;
	region_trim();
	before = region_pages();
	take_all(REGION_UNIT);
	os_fail_calls(1, ~0UL);
	free_all(REGION_UNIT);
	region_check();
	calls = os_mem_calls;
	os_fail_calls(0, 0);
	assert_in_range(calls, 1, 60);
	assert_true(region_pages() >= before + NR / 4 - 16);
	region_trim();
	assert_in_range(region_pages(), before, before + NR / 1000);
}

/* The OS took no memory back once. All of it was in use since, and is freed.
 * Expect it to go back as if that had not been. */
static void test_trim_fails_once(void **state)
{
	unsigned long before, most;

	(void)state;
	region_trim();
	before = region_pages();
	take_all(REGION_UNIT);
	os_fail_calls(1, ~0UL);
	free_all(REGION_UNIT);
	os_fail_calls(0, 0);
	take_all(REGION_UNIT);
	most = region_pages();
	free_all(REGION_UNIT);
	assert_true(region_pages() <= before + most / 8 + 70);
}

/* A block of one megabyte is the largest. Expect NULL for more. */
static void test_most(void **state)
{
	void *most = region_alloc(REGION_MOST);

	(void)state;
	assert_non_null(most);
	assert_null(region_alloc(REGION_MOST + 1));
	region_free(most, REGION_MOST);
}

static void free_twice(void *arg)
{
	void *p = region_alloc(REGION_UNIT);

	(void)arg;
	region_free(p, REGION_UNIT);
	region_free(p, REGION_UNIT);
}

static void free_too_much(void *arg)
{
	void *p = region_alloc(2 * REGION_UNIT);

	(void)arg;
	region_free(region_alloc(REGION_UNIT), REGION_UNIT);
	region_free(p, 3 * REGION_UNIT);
}

static void free_a_header(void *arg)
{
	uintptr_t p = (uintptr_t)region_alloc(REGION_UNIT);

	(void)arg;
	region_free((void *)(p & ~(REGION_BLOCK - 1)), REGION_UNIT);
}

/* Frees of what is no block in use. Expect an abort. */
static void test_bad_free(void **state)
{
	(void)state;
	assert_true(child_aborts(free_twice, NULL, "BUG"));
	assert_true(child_aborts(free_too_much, NULL, "BUG"));
	assert_true(child_aborts(free_a_header, NULL, "BUG"));
}

static void **held; /* each points to the next */

/* Takes units until there is none, while memory calls fail from the n-th on. */
static int hold_mapped(unsigned long n)
{
	void **p;
	int got = 0;

	os_fail_calls(n, ~0UL);
	for (; (p = region_alloc(REGION_UNIT)) != NULL; got++) {
		*p = held;
		held = p;
	}
	os_fail_calls(0, 0);
	return got;
}

/* The next request that needs it tries to grow the region. */
static void drop_one(void)
{
	void **p = held;

	held = *p;
	region_free(p, REGION_UNIT);
}

static void drop_held(void)
{
	while (held)
		drop_one();
}

/* Every memory call of growth fails, from the n-th on. Expect NULL, each time
 * all as before, and growth when the OS gives memory again. */
static void test_growth_fails(void **state)
{
	unsigned long used;
	void *p;

	(void)state;
	hold_mapped(1);
	for (unsigned long n = 1; n <= 4; n++) {
		drop_one();
		hold_mapped(n);
		region_check();
		used = region_used();
		drop_one();
		p = region_alloc(900 * REGION_UNIT);
		assert_non_null(p);
		assert_int_equal(region_used(), used + 899 * REGION_UNIT);
		region_check();
		region_free(p, 900 * REGION_UNIT);
	}
	drop_held();
}

/* The OS refuses a large step, and then grants a small one. Expect what was
 * asked for. */
static void test_small_step(void **state)
{
	void *p;

	(void)state;
	hold_mapped(1);
	drop_one();
	os_fail_calls(1, 1);
	p = region_alloc(5 * REGION_UNIT);
	os_fail_calls(0, 0);
	assert_non_null(p);
	region_free(p, 5 * REGION_UNIT);
	drop_held();
}

/* Growth is refused. Expect few of the requests that follow to ask the OS, and
 * one of them to succeed when it gives memory again. */
static void test_growth_is_rare(void **state)
{
	unsigned int failed = 0;
	void *p;

	(void)state;
	hold_mapped(1);
	os_fail_calls(1, ~0UL);
	for (int i = 0; i < 650; i++)
		assert_null(region_alloc(REGION_UNIT));
	assert_in_range(os_mem_calls, 10, 40);
	os_fail_calls(0, 0);
	while (!(p = region_alloc(REGION_UNIT)))
		assert_true(failed++ < 100);
	region_free(p, REGION_UNIT);
	drop_held();
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_teardown(fn, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_units),
		TEST(test_sizes),
		TEST(test_first_fit),
		TEST(test_zeroed),
		TEST(test_trim),
		TEST(test_trim_fails),
		TEST(test_trim_at_ticks),
		TEST(test_most),
		TEST(test_bad_free),
		TEST(test_growth_fails),
		TEST(test_trim_fails_once),
		TEST(test_small_step),
		TEST(test_growth_is_rare),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
