// SPDX-License-Identifier: MIT
/*
 * core/reciprocal_div.h - division by a number that is known long before
 *
 *	n / d  =  (t + ((n - t) >> sh1)) >> sh2,   t = n * m / 2^32
 *
 * which is exact for every 32-bit n, where l = ceil(log2(d)), sh1 = min(l, 1),
 * sh2 = max(l - 1, 0), m = 2^32 * (2^l - d) / d + 1.
 *
 * Source	T. Granlund, P. Montgomery, Division by invariant integers
 *		using multiplication (1994), fig. 4.1; the kernel's names.
 */
#ifndef KM_CORE_RECIPROCAL_DIV_H
#define KM_CORE_RECIPROCAL_DIV_H

#include "core/bitops.h"

struct reciprocal_value {
	u32 m;
	u8 sh1, sh2;
};

/* d is not 0. */
static inline struct reciprocal_value reciprocal_value(u32 d)
{
	unsigned int l = (unsigned int)fls(d - 1);

	return (struct reciprocal_value){
		.m = (u32)(((((u64)1 << l) - d) << 32) / d + 1),
		.sh1 = (u8)min(l, 1U),
		.sh2 = (u8)(l ? l - 1 : 0),
	};
}

static inline u32 reciprocal_divide(u32 n, struct reciprocal_value r)
{
	u32 t = (u32)(((u64)n * r.m) >> 32);

	return (t + ((n - t) >> r.sh1)) >> r.sh2;
}

#endif
