/* SPDX-License-Identifier: MIT */
/*
 * shim/by_name.h - the malloc family as the whole process finds it
 */
#ifndef KM_SHIM_BY_NAME_H
#define KM_SHIM_BY_NAME_H

#include "sys/compiler.h"

/*
 * The process's function of each name: ours, unless another malloc comes before
 * this library. Constant once settled.
 */
struct by_name {
	void *(*malloc)(size_t size);
	void (*free)(void *p);
	void *(*calloc)(size_t n, size_t size);
	void *(*realloc)(void *p, size_t size);
	size_t (*usable_size)(void *p);
	void *(*aligned_alloc)(size_t align, size_t size);
	bool other; /* another malloc comes before us */
	bool other_usable_size; /* and it has a malloc_usable_size() */
};

extern struct by_name __by_name __hidden;
extern u8 by_name_settled __hidden; /* 1: settled; release/acquire */

void by_name_settle(void); /* by a constructor, or at the first need */

static inline const struct by_name *by_name(void)
{
	if (unlikely(!smp_load_acquire(&by_name_settled)))
		by_name_settle();
	return &__by_name;
}

#endif
