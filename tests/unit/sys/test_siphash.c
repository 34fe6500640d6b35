// SPDX-License-Identifier: MIT
/*
 * test_siphash.c - SipHash-2-4 of one word
 */
#include "support/child.h"
#include "sys/siphash.h"

/* The vector of the paper's authors for eight bytes: key 00 01 .. 0f, bytes 00
 * 01 .. 07. Expect 62 24 93 9a 79 f5 f5 93. */
static void test_vector(void **state)
{
	const siphash_key_t key = {
		{ 0x0706050403020100, 0x0f0e0d0c0b0a0908 },
	};

	(void)state;
	assert_true(siphash_1u64(0x0706050403020100, &key) ==
		    0x93f5f5799a932462);
}

/* One bit of the word or the key changed. Expect about half of the bits of the
 * hash to change. */
static void test_bits(void **state)
{
	siphash_key_t key = { { 1, 2 } };
	const u64 hash = siphash_1u64(3, &key);

	(void)state;
	for (unsigned int bit = 0; bit < 192; bit++) {
		u64 mask = 1UL << bit % 64, word = 3, other;
		int changed;

		if (bit < 128)
			key.key[bit / 64] ^= mask;
		else
			word ^= mask;
		other = siphash_1u64(word, &key);
		changed = __builtin_popcountl(hash ^ other);
		assert_true(changed > 10 && changed < 54);
		if (bit < 128)
			key.key[bit / 64] ^= mask;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
