/* SPDX-License-Identifier: MIT */
/*
 * tests/support/random.h - numbers that look random and are the same each time
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

/* Returns the next number, by xorshift; *state must not be zero. */
static inline uint64_t test_rand(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Returns a number below n. */
static inline unsigned long test_below(uint64_t *state, unsigned long n)
{
	return (unsigned long)(test_rand(state) >> 11) % n;
}

/* Returns a number that depends on every bit of x, by splitmix64. */
static inline uint64_t test_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

#endif /* TEST_RANDOM_H */
