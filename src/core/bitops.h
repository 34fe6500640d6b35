// SPDX-License-Identifier: MIT
/*
 * core/bitops.h - bit searches under their kernel names
 */
#ifndef KM_CORE_BITOPS_H
#define KM_CORE_BITOPS_H

#include "sys/compiler.h"

#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))

/* Returns the highest set bit, counted from 1; 0 if none is set. */
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzl(x) : 0;
}

/* Returns the lowest set bit, counted from 0; undefined for 0. */
static inline unsigned int __ffs(unsigned long x)
{
	return (unsigned int)__builtin_ctzl(x);
}

static inline unsigned int ilog2(unsigned long x)
{
	return (unsigned int)(63 - __builtin_clzl(x));
}

static inline bool is_power_of_2(unsigned long x)
{
	return x && !(x & (x - 1));
}

static inline unsigned long rounddown_pow_of_two(unsigned long x)
{
	return 1UL << ilog2(x);
}

static inline unsigned long roundup_pow_of_two(unsigned long x)
{
	return x <= 1 ? 1 : 1UL << fls64(x - 1);
}

/* Rotate right: the free path folds an alignment check into a shift. */
static __always_inline u64 ror64(u64 x, unsigned int n)
{
	return (x >> n) | (x << (64 - n));
}

/* Returns the smallest order whose block holds `size` bytes; size > 0. */
static inline unsigned int get_order(unsigned long size)
{
	return (unsigned int)fls64((size - 1) >> PAGE_SHIFT);
}

#endif
