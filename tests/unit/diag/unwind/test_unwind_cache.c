// SPDX-License-Identifier: MIT
/*
 * test_unwind_cache.c - rows that are remembered, and those that are not
 */
#include <pthread.h>

#include "diag/unwind/internal.h"
#include "support/child.h"

#define HDR 0x7f0000001000UL
#define THREADS 4

/* The row for an address: another one for each. */
static struct unwind_simple row_of(uintptr_t pc)
{
	struct unwind_simple row = {
		.cfa_offset = (s32)(pc % 5000) - 100,
		.cfa_reg = (u8)(pc % 17),
	};

	for (unsigned int i = 0; i < UNWIND_SAVED; i++)
		row.saved[i] = (s8)(pc >> i);
	if (!row.cfa_offset && !row.cfa_reg)
		row.cfa_offset = 8;
	return row;
}

static void expect_row(uintptr_t pc)
{
	struct unwind_simple got, want = row_of(pc);

	if (!unwind_cache_get(pc, HDR, &got))
		return; /* another one took its slot */
	assert_int_equal(got.cfa_offset, want.cfa_offset);
	assert_int_equal(got.cfa_reg, want.cfa_reg);
	assert_memory_equal(got.saved, want.saved, UNWIND_SAVED);
}

/* An address that was never seen, one that was, the same in another object.
 * Expect a miss, the row, a miss. */
static void test_hit_and_miss(void **state)
{
	struct unwind_simple got, row = row_of(0x401234);

	(void)state;
	assert_false(unwind_cache_get(0x401234, HDR, &got));
	assert_false(unwind_cache_get(0, 0, &got));
	unwind_cache_put(0x401234, HDR, &row);
	assert_true(unwind_cache_get(0x401234, HDR, &got));
	assert_int_equal(got.cfa_offset, row.cfa_offset);
	expect_row(0x401234);
	assert_false(unwind_cache_get(0x401234, HDR + 16, &got));
	assert_false(unwind_cache_get(0x401235, HDR, &got));
}

/* More addresses than there is room for. Expect those that are found to have
 * their own row, and most recent ones to be found. */
static void test_many(void **state)
{
	struct unwind_simple got;
	unsigned int found = 0;

	(void)state;
	for (uintptr_t pc = 0x500000; pc < 0x500000 + 20000; pc++) {
		struct unwind_simple row = row_of(pc);

		unwind_cache_put(pc, HDR, &row);
		assert_true(unwind_cache_get(pc, HDR, &got));
	}
	for (uintptr_t pc = 0x500000; pc < 0x500000 + 20000; pc++) {
		expect_row(pc);
		found += unwind_cache_get(pc, HDR, &got);
	}
	assert_true(found > 500);
}

static void *put_and_get(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	for (unsigned int i = 0; i < 200000; i++) {
		uintptr_t pc = 0x600000 + test_below(&seed, 8192);
		struct unwind_simple row = row_of(pc);

		if (i % 2)
			unwind_cache_put(pc, HDR, &row);
		else
			expect_row(pc);
	}
	return NULL;
}

/* Threads that write the same slots. Expect no row that is half of another. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (uintptr_t t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, put_and_get,
						(void *)(t + 1)),
				 0);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hit_and_miss),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
