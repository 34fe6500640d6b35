/* SPDX-License-Identifier: MIT */
/*
 * tests/support/bytes.h - what is in memory, and pointers that compilers do not
 * see through
 */
#ifndef TEST_BYTES_H
#define TEST_BYTES_H

#include <stddef.h>
#include <string.h>

#include "support/random.h"

/* Returns p; the compiler cannot reason about where it came from. */
static inline void *hide(const void *p)
{
	uintptr_t v = (uintptr_t)p;

	__asm__ volatile("" : "+r"(v) : : "memory");
	return (void *)v;
}

/* The same for a size, so that absurd ones compile without a warning. */
static inline size_t hide_size(size_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

/* Writes a pattern that depends on seed and on the offset of each byte. */
static inline void fill(void *p, size_t n, uint64_t seed)
{
	unsigned char *b = p;
	uint64_t v = test_mix(seed);
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		uint64_t w = v + i;

		memcpy(b + i, &w, 8);
	}
	for (; i < n; i++)
		b[i] = (unsigned char)(v + i);
}

/* Returns the offset of the first byte that is not as fill() wrote it, or n. */
static inline size_t verify(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *b = p;
	uint64_t v = test_mix(seed);
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		uint64_t w = v + i;

		if (memcmp(b + i, &w, 8))
			return i;
	}
	for (; i < n; i++)
		if (b[i] != (unsigned char)(v + i))
			return i;
	return n;
}

/* Returns the offset of the first byte that is not zero, or n. */
static inline size_t first_nonzero(const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		if (b[i])
			return i;
	return n;
}

#endif /* TEST_BYTES_H */
