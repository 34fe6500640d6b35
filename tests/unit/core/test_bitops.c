// SPDX-License-Identifier: MIT
/*
 * test_bitops.c - core/bitops.h against loops over single bits
 */
#include "core/bitops.h"
#include "support/child.h"

static int slow_fls(u64 x)
{
	int n = 0;

	for (; x; x >>= 1)
		n++;
	return n;
}

/* Every power of two and its neighbours. Expect the loop's answers. */
static void test_searches(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 64; n++) {
		for (int d = -1; d <= 1; d++) {
			u64 x = (1UL << n) + (u64)d;

			assert_int_equal(fls64(x), slow_fls(x));
			assert_int_equal(fls((u32)x), slow_fls((u32)x));
			if (!x)
				continue;
			assert_int_equal(ilog2(x), slow_fls(x) - 1);
			assert_int_equal(1UL << __ffs(x), x & -x);
			assert_int_equal(is_power_of_2(x),
					 __builtin_popcountl(x) == 1);
		}
	}
	assert_false(is_power_of_2(0));
}

/* Rounding to powers of two. Expect the nearest on the right side. */
static void test_rounding(void **state)
{
	(void)state;
	for (unsigned long x = 1; x < 5000; x++) {
		unsigned long up = roundup_pow_of_two(x);
		unsigned long down = rounddown_pow_of_two(x);

		assert_true(is_power_of_2(up) && up >= x && up / 2 < x);
		assert_true(is_power_of_2(down) && down <= x && down * 2 > x);
	}
}

/* Sizes around every order's. Expect the smallest order that holds them. */
static void test_get_order(void **state)
{
	(void)state;
	assert_int_equal(get_order(1), 0);
	for (unsigned int order = 0; order < 40; order++) {
		unsigned long size = PAGE_SIZE << order;

		assert_int_equal(get_order(size), order);
		assert_int_equal(get_order(size + 1), order + 1);
	}
}

/* A word turned by each distance. Expect every bit n places lower. */
static void test_ror64(void **state)
{
	(void)state;
	for (unsigned int n = 1; n < 64; n++) {
		u64 x = 0x8000000000000013UL, y = ror64(x, n);

		for (unsigned int bit = 0; bit < 64; bit++)
			assert_int_equal(y >> bit & 1,
					 x >> ((bit + n) % 64) & 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_searches),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_get_order),
		cmocka_unit_test(test_ror64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
