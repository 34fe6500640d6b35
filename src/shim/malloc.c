// SPDX-License-Identifier: MIT
/*
 * shim/malloc.c - malloc, free, calloc, realloc, and their libc names
 *
 * The fast paths are a table look-up and a move of one cursor; everything
 * else is a tail call to a slow function, so that no stack frame is needed.
 *
 *	free(p):  (p - base) rotated right by 4, so that a pointer which is not
 *		  16-byte aligned becomes a huge number; one comparison then
 *		  rejects it and everything outside the arena
 *
 * errno: set to ENOMEM by what fails, else untouched.
 */
#include <errno.h>
#include <string.h>

#include "shim/exports.h"
#include "shim/shim.h"

static noinline void *malloc_slow(size_t size)
{
	void *p = NULL;

	if (unlikely(shim_boot()))
		goto out;
	if (size > MAX_SMALL)
		p = large_alloc(size, PAGE_SIZE, 0);
	else
		p = kmem_cache_alloc_slow(
			shim_cache(size_class[(size + 15) / 16]), GFP_KERNEL,
			NUMA_NO_NODE);
	if (likely(p))
		return p;
	km_reclaim_all();
	p = large_alloc(max(size, 1UL), PAGE_SIZE, 0);
out:
	if (!p)
		errno = ENOMEM;
	return p;
}

EXPORT __hot_text void *malloc(size_t size)
{
	if (likely(size <= MAX_SMALL)) {
		void *p = kmem_pop(kmem_this_cpu, size_class[(size + 15) / 16]);

		if (likely(p))
			return p;
	}
	return malloc_slow(size);
}

static noinline void free_slow(void *p)
{
	struct pointer what;

	if (!p)
		return;
	pointer_resolve(p, "free", &what);
	switch (what.kind) {
	case POINTER_SMALL:
		kmem_cache_free_slow(what.cache, p);
		break;
	case POINTER_LARGE:
		large_free(p);
		break;
	case POINTER_FOREIGN:
		foreign_free(p);
	}
}

EXPORT __hot_text void free(void *p)
{
	u64 pfn = ror64((uintptr_t)p - arena_base, 4) >> 8;

	if (likely(pfn < arena_nr_frames) &&
	    likely(!kmem_push(kmem_this_cpu, arena_index[pfn], p)))
		return;
	free_slow(p);
}

static noinline void *calloc_large(size_t size)
{
	void *p = NULL;

	if (likely(!shim_boot()))
		p = large_alloc(size, PAGE_SIZE, LARGE_ZERO);
	if (!p)
		errno = ENOMEM;
	return p;
}

EXPORT void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	if (unlikely(bytes > MAX_SMALL))
		return calloc_large(bytes);
	p = malloc(bytes);
	return likely(p) ? memset(p, 0, bytes) : NULL;
}

/* To another place, by copying: the old one is kept if there is no room. */
static void *realloc_move(void *p, size_t usable, size_t size)
{
	int saved = errno;
	void *q = NULL;

	/* What grows once grows again: leave room, but not at any price. */
	if (size > usable && size - usable < usable / 4)
		q = malloc(usable + usable / 4);
	if (!q)
		q = malloc(size);
	if (!q)
		return NULL;
	errno = saved;
	memcpy(q, p, min(usable, size));
	free(p);
	return q;
}

static noinline void *realloc_large(void *p, size_t usable, size_t size)
{
	void *q;

	if (size > MAX_SMALL) {
		q = large_resize(p, size);
		if (q)
			return q;
	}
	return realloc_move(p, usable, size);
}

static noinline void *realloc_slow(void *p, size_t size)
{
	struct pointer what;

	pointer_resolve(p, "realloc", &what);
	if (what.kind == POINTER_FOREIGN)
		return foreign_realloc(p, size);
	if (!size) {
		free(p);
		return NULL;
	}
	if (what.kind == POINTER_LARGE)
		return realloc_large(p, what.usable, size);
	if (size <= what.usable && size > what.usable / 2)
		return p;
	return realloc_move(p, what.usable, size);
}

/* An object stays where it is while it fills more than half of its class. */
EXPORT void *realloc(void *p, size_t size)
{
	if (unlikely(!p))
		return malloc(size);
	return realloc_slow(p, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

EXPORT size_t malloc_usable_size(void *p)
{
	struct pointer what;

	if (!p)
		return 0;
	pointer_resolve(p, "malloc_usable_size", &what);
	return what.kind == POINTER_FOREIGN ? foreign_usable_size(p) :
					      what.usable;
}

/* The size is a hint that saves nothing here: the class is one load away. */
EXPORT void free_sized(void *p, size_t size)
{
	(void)size;
	free(p);
}

EXPORT void free_aligned_sized(void *p, size_t align, size_t size)
{
	(void)align;
	(void)size;
	free(p);
}

void cfree(void *p) ALIAS(free);
void *__libc_malloc(size_t size) ALIAS(malloc);
void __libc_free(void *p) ALIAS(free);
void *__libc_calloc(size_t n, size_t size) ALIAS(calloc);
void *__libc_realloc(void *p, size_t size) ALIAS(realloc);
void __libc_cfree(void *p) ALIAS(free);
