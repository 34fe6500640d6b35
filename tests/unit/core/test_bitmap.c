// SPDX-License-Identifier: MIT
/*
 * test_bitmap.c - core/bitmap.h against loops over single bits
 */
#include "core/bitmap.h"
#include "support/child.h"

#define BITS 200

static unsigned long map[BITS_TO_LONGS(BITS)];
static bool want[BITS]; /* what map should hold */
static u64 seed = 0x2545f4914f6cdd1d;

static unsigned int slow_find(bool value, unsigned int size,
			      unsigned int offset)
{
	while (offset < size && want[offset] != value)
		offset++;
	return offset < size ? offset : size;
}

static void check(void)
{
	for (unsigned int n = 0; n < BITS; n++)
		assert_int_equal(test_bit(n, map), want[n]);
}

static void fill(bool value, unsigned int start, unsigned int nr)
{
	if (value)
		bitmap_set(map, start, nr);
	else
		bitmap_clear(map, start, nr);
	for (unsigned int n = start; n < start + nr; n++)
		want[n] = value;
}

/* Runs set and cleared at random, at word borders too. Expect those bits to
 * change, no others, and searches to find what a loop finds. */
static void test_runs(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < 3000; step++) {
		unsigned int start = (unsigned int)test_below(&seed, BITS + 1);
		unsigned int nr = (unsigned int)test_below(&seed,
							   BITS - start + 1);
		unsigned int size = (unsigned int)test_below(&seed, BITS + 1);

		if (step % 3 == 0)
			start &= ~63U;
		nr = min(nr, BITS - start);
		fill(step % 2, start, step % 5 ? min(nr, 70U) : nr);
		check();
		for (unsigned int at = 0; at <= BITS; at += 7) {
			assert_int_equal(find_next_bit(map, size, at),
					 slow_find(true, size, at));
			assert_int_equal(find_next_zero_bit(map, size, at),
					 slow_find(false, size, at));
		}
	}
}

/* Single bits. Expect them to be set and cleared, and the others to stay. */
static void test_single(void **state)
{
	(void)state;
	fill(false, 0, BITS);
	for (unsigned int n = 0; n < BITS; n += 9) {
		__set_bit(n, map);
		want[n] = true;
	}
	check();
	for (unsigned int n = 0; n < BITS; n += 18) {
		__clear_bit(n, map);
		want[n] = false;
	}
	check();
}

/* Nothing to do. Expect nothing done, and no word touched beyond the map. */
static void test_empty(void **state)
{
	(void)state;
	fill(true, 0, BITS);
	bitmap_clear(map, 64, 0);
	bitmap_set(map, 64, 0);
	check();
	assert_int_equal(find_next_zero_bit(map, BITS, 0), BITS);
	assert_int_equal(find_next_bit(map, 10, 10), 10);
	assert_int_equal(find_next_bit(map, 10, 11), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
