/* SPDX-License-Identifier: MIT */
/*
 * shim/early.h - calls that come before ld.so has relocated this library
 */
#ifndef KM_SHIM_EARLY_H
#define KM_SHIM_EARLY_H

#include "sys/compiler.h"

#define EARLY_SIZE 65536UL

extern char early_heap[EARLY_SIZE] __hidden;
/* The address of early_heap, once ld.so has put it there. */
extern void *const volatile early_relocated __hidden;

/*
 * Returns true before relocation: code computes the true address at any time.
 */
static __always_inline bool is_early(void)
{
	return unlikely(early_relocated != early_heap);
}

/* Returns true if the block at p is of early_alloc(). Callable at any time. */
static __always_inline bool early_owns(const void *p)
{
	return unlikely((uintptr_t)p - (uintptr_t)early_heap < EARLY_SIZE);
}

/* Returns zeroed bytes, aligned to 16; NULL if none are left. Sets no errno. */
void *early_alloc(size_t size);
size_t early_usable_size(const void *p);
/* Copies the block at p to `to`, at most size bytes, without memcpy(). */
void early_copy(void *to, const void *p, size_t size);

#endif
