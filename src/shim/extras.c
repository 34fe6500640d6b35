// SPDX-License-Identifier: MIT
/*
 * shim/extras.c - calls that other systems' mallocs have (weak)
 *
 * Weak, so that a program which brings its own keeps it.
 */
#include <errno.h>
#include <string.h>

#include "kmem/debug.h"
#include "shim/exports.h"
#include "shim/shim.h"

/* FreeBSD: on failure the old block is freed. */
WEAK_EXPORT void *reallocf(void *p, size_t size)
{
	void *q = realloc(p, size);

	if (!q && size)
		free(p);
	return q;
}

/* NetBSD: p is the address of the pointer; 0 or an error number. */
WEAK_EXPORT int reallocarr(void *p, size_t n, size_t size)
{
	int saved = errno;
	size_t bytes;
	void *old, *new;

	if (__builtin_mul_overflow(n, size, &bytes))
		return EOVERFLOW;
	memcpy(&old, p, sizeof(old));
	new = realloc(old, bytes);
	errno = saved;
	if (!new &&bytes)
		return ENOMEM;
	memcpy(p, &new, sizeof(new));
	return 0;
}

/* OpenBSD: the new part is zero, and so is what the old block leaves. */
WEAK_EXPORT void *recallocarray(void *p, size_t old_n, size_t n, size_t size)
{
	size_t old_bytes, bytes;
	void *q;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	if (!p)
		return calloc(n, size);
	if (__builtin_mul_overflow(old_n, size, &old_bytes)) {
		errno = EINVAL;
		return NULL;
	}
	q = calloc(1, bytes);
	if (!q)
		return NULL;
	memcpy(q, p, min(old_bytes, bytes));
	freezero(p, old_bytes);
	return q;
}

WEAK_EXPORT void freezero(void *p, size_t size)
{
	if (!p)
		return;
	explicit_bzero(p, size);
	free(p);
}

WEAK_EXPORT size_t malloc_size(const void *p)
{
	return malloc_usable_size((void *)(uintptr_t)p);
}

WEAK_EXPORT size_t malloc_good_size(size_t size)
{
	if (shim_boot() || size > PTRDIFF_MAX)
		return size;
	if (size > MAX_SMALL)
		return PAGE_ALIGN(size);
	if (slub_debug_orig_size(shim_cache_for(size)))
		return size; /* nobody may use the rest */
	return shim_cache_for(size)->object_size;
}

WEAK_EXPORT void *_aligned_malloc(size_t size, size_t align)
{
	return aligned_alloc(align, size);
}

/* Bytes from p, which may be inside an object, to its end. */
WEAK_EXPORT size_t malloc_object_size(const void *p)
{
	struct large large;
	struct kmem_cache *s;
	size_t offset, usable;
	char *obj;

	if (!p)
		return 0;
	if (!km_ready() || !arena_contains(p) || !arena_index[virt_to_pfn(p)]) {
		if (!km_ready() || large_find(p, &large))
			return SIZE_MAX;
		return large.usable -
		       (size_t)((const char *)p - (char *)large.start);
	}
	s = shim_cache_of(p);
	obj = s ? s->ops->object_of(s, p) : NULL;
	if (!obj || (const char *)p < obj)
		return SIZE_MAX;
	offset = (size_t)((const char *)p - obj);
	usable = kmem_debug_size(s, obj);
	return offset < usable ? usable - offset : 0;
}

WEAK_EXPORT struct sized_ptr alloc_at_least(size_t size)
{
	struct sized_ptr ret = { malloc(size), 0 };

	ret.size = malloc_usable_size(ret.ptr);
	return ret;
}

WEAK_EXPORT struct sized_ptr aligned_alloc_at_least(size_t align, size_t size)
{
	struct sized_ptr ret = { aligned_alloc(align, size), 0 };

	ret.size = malloc_usable_size(ret.ptr);
	return ret;
}
