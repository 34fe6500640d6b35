// SPDX-License-Identifier: MIT
/*
 * core/bitmap.h - arrays of bits: search, set and clear runs
 *
 *	word	      0				1
 *	bit	0 1 2 ... 63	       64 65 ... 127
 *
 * Bit n is bit n % 64 of word n / 64. A search looks at bits [offset, size) and
 * returns `size` if none of them matches.
 *
 * Locking	the caller's
 * Source	the interface of Linux include/linux/bitmap.h and find.h
 */
#ifndef KM_CORE_BITMAP_H
#define KM_CORE_BITMAP_H

#include "core/bitops.h"

#define BITS_TO_LONGS(n) DIV_ROUND_UP((n), BITS_PER_LONG)

static inline bool test_bit(unsigned int nr, const unsigned long *map)
{
	return map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void __set_bit(unsigned int nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= BIT(nr % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned int nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~BIT(nr % BITS_PER_LONG);
}

/* Returns the next bit that differs from `same`, which is all 0 or all 1. */
static inline unsigned int __find_next(const unsigned long *map,
				       unsigned int size, unsigned int offset,
				       unsigned long same)
{
	unsigned int word = offset / BITS_PER_LONG;
	unsigned long bits;

	if (offset >= size)
		return size;
	bits = (map[word] ^ same) & ~0UL << offset % BITS_PER_LONG;
	while (!bits) {
		word++;
		if (word * BITS_PER_LONG >= size)
			return size;
		bits = map[word] ^ same;
	}
	return min(word * BITS_PER_LONG + __ffs(bits), size);
}

static inline unsigned int find_next_bit(const unsigned long *map,
					 unsigned int size, unsigned int offset)
{
	return __find_next(map, size, offset, 0);
}

static inline unsigned int find_next_zero_bit(const unsigned long *map,
					      unsigned int size,
					      unsigned int offset)
{
	return __find_next(map, size, offset, ~0UL);
}

/*
 * Which bits of its word [*start, end) begins with; then *start is past them.
 */
static inline unsigned long __word_mask(unsigned int *start, unsigned int end)
{
	unsigned int at = *start % BITS_PER_LONG;
	unsigned int nr = min(end - *start, BITS_PER_LONG - at);

	*start += nr;
	return ~0UL >> (BITS_PER_LONG - nr) << at;
}

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nr)
{
	unsigned int end = start + nr;

	while (start < end) {
		unsigned long *word = map + start / BITS_PER_LONG;

		*word |= __word_mask(&start, end);
	}
}

static inline void bitmap_clear(unsigned long *map, unsigned int start,
				unsigned int nr)
{
	unsigned int end = start + nr;

	while (start < end) {
		unsigned long *word = map + start / BITS_PER_LONG;

		*word &= ~__word_mask(&start, end);
	}
}

#endif
