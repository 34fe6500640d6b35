// SPDX-License-Identifier: MIT
/*
 * shim/early.c - blocks for calls that come while ld.so still relocates
 *
 * A library that is bound at once (-z now) has the resolvers of its indirect
 * functions called while it is relocated, and a resolver may call malloc. ld.so
 * relocates what was loaded last first:
 *
 *	program, preloaded, [this library], its libraries, ..., libc
 *	`------- 2: relocated after us ----'  `--- 1: before us ---'
 *
 * 1: pointers in our data are not set yet, no function of libc can be called
 *    and the thread's variables are not where they seem to be. malloc misses
 *    its fast path then: the classes are all 0, and cursor 0 is read out of the
 *    thread's header, behind a word that is zero. This file serves such calls,
 *    with code that uses no relocated data.
 * 2: the engine starts. Only the thread's variables are still empty, until
 *    ld.so copies their first values: ifunc_tls.c.
 *
 * A block keeps its size in front of it and is never used again.
 *
 * Locking	none: there is one thread
 */
#include "shim/early.h"

#include "shim/shim.h"

#define HEADER MALLOC_ALIGN

char early_heap[EARLY_SIZE] __aligned(MALLOC_ALIGN);
static size_t early_used;

/* Holds 0 or the address in the file until it is relocated. */
void *const volatile early_relocated = early_heap;

void *early_alloc(size_t size)
{
	/* A block of no bytes has an address of its own in the heap too. */
	size_t bytes = ALIGN(max(size, 1UL), MALLOC_ALIGN) + HEADER;
	char *p = early_heap + early_used;

	if (size > EARLY_SIZE || bytes > EARLY_SIZE - early_used)
		return NULL;
	early_used += bytes;
	*(size_t *)(void *)p = size;
	return p + HEADER;
}

size_t early_usable_size(const void *p)
{
	return *(const size_t *)(const void *)((const char *)p - HEADER);
}

void early_copy(void *to, const void *p, size_t size)
{
	volatile char *out = to;
	const char *in = p;

	size = min(size, early_usable_size(p));
	for (size_t i = 0; i < size; i++)
		out[i] = in[i];
}
