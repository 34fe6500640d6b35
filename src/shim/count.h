// SPDX-License-Identifier: MIT
/*
 * shim/count.h - each call of the malloc family, counted while stats= is on
 */
#ifndef KM_SHIM_COUNT_H
#define KM_SHIM_COUNT_H

#include "sys/compiler.h"

enum call {
	CALL_ALLOC, /* malloc, calloc, the aligned ones, new, realloc of NULL */
	CALL_REALLOC, /* of a block */
	CALL_FREE, /* of a block, delete */
	NR_CALLS
};

extern bool count_on __hidden; /* constant after the start */
extern unsigned long count_calls[NR_CALLS] __hidden; /* atomic, relaxed */

bool count_wanted(void); /* is stats= the number of this process? */
void count_start(void); /* before the caches are made */

/* Called by slow paths alone: with count_on they serve every call. */
static inline void count_call(enum call call)
{
	if (unlikely(count_on))
		__atomic_add_fetch(&count_calls[call], 1, __ATOMIC_RELAXED);
}

#endif
