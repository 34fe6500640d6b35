// SPDX-License-Identifier: MIT
/*
 * shim/extras.c - calls of other systems' mallocs (weak)
 *
 * They are weak, so a program's own definition wins. If another malloc comes
 * before ours in symbol look-up, these calls work on its blocks: by_name.c.
 */
#include <errno.h>
#include <string.h>

#include "kmem/debug.h"
#include "kmem/guard.h"
#include "kmem/inside.h"
#include "kmem/slab_ops.h"
#include "shim/block.h"
#include "shim/by_name.h"
#include "shim/exports.h"
#include "shim/shim.h"
#include "shim/slack.h"

/* FreeBSD: on failure the old block is freed. */
WEAK_EXPORT void *reallocf(void *p, size_t size)
{
	void *q = by_name()->realloc(p, size);

	if (!q && size)
		by_name()->free(p);
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
	new = by_name()->realloc(old, bytes);
	errno = saved;
	if (!new &&bytes)
		return ENOMEM;
	memcpy(p, &new, sizeof(new));
	return 0;
}

/* Checks sizes of our own blocks alone, not of another malloc's. */
static void claim_size(const void *p, const char *function, size_t size)
{
	if (likely(!by_name()->other))
		pointer_claim(p, function, size);
}

static void clear_and_free(void *p, size_t size)
{
	explicit_bzero(p, size);
	by_name()->free(p);
}

/*
 * OpenBSD: zeroes the new part, and the old block before it is freed. An old
 * size that the block cannot have ends the program before anything is copied.
 */
WEAK_EXPORT void *recallocarray(void *p, size_t old_n, size_t n, size_t size)
{
	size_t old_bytes, bytes;
	void *q;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	if (!p)
		return by_name()->calloc(n, size);
	if (__builtin_mul_overflow(old_n, size, &old_bytes)) {
		errno = EINVAL;
		return NULL;
	}
	claim_size(p, "recallocarray", old_bytes);
	q = by_name()->calloc(1, bytes);
	if (!q)
		return NULL;
	memcpy(q, p, min(old_bytes, bytes));
	clear_and_free(p, old_bytes);
	return q;
}

WEAK_EXPORT void freezero(void *p, size_t size)
{
	if (!p)
		return;
	claim_size(p, "freezero", size);
	clear_and_free(p, size);
}

WEAK_EXPORT size_t malloc_size(const void *p)
{
	return by_name()->usable_size((void *)(uintptr_t)p);
}

WEAK_EXPORT size_t malloc_good_size(size_t size)
{
	const struct kmem_cache *s;

	if (by_name()->other || shim_boot() || size > PTRDIFF_MAX)
		return size;
	if (size > MAX_UNMARKED)
		slack_give_all();
	if (size > MAX_SMALL)
		return PAGE_ALIGN(size);
	s = shim_cache_for(size);
	if (!s || slub_debug_orig_size(s))
		return size; /* the rest may not be used */
	return s->object_size;
}

WEAK_EXPORT void *_aligned_malloc(size_t size, size_t align)
{
	return by_name()->aligned_alloc(align, size);
}

/* Returns a new block with its usable size, or with `size` if it is unknown. */
static struct sized_ptr with_its_size(void *p, size_t size)
{
	const struct by_name *names = by_name();

	if (p && (!names->other || names->other_usable_size))
		size = names->usable_size(p);
	return (struct sized_ptr){ p, p ? size : 0 };
}

/* Returns the bytes from p, which may be inside an object, to its end. */
WEAK_EXPORT size_t malloc_object_size(const void *p)
{
	struct large large;
	struct kmem_cache *s;
	size_t offset, usable;
	char *obj;

	if (!p)
		return 0;
	if (!side_find(p, &usable))
		return usable;
	if (!km_ready() || !arena_contains(p) || !arena_index[virt_to_pfn(p)]) {
		int ret = -ENOENT;

		if (km_ready() && kmem_enter()) {
			ret = large_find(p, &large);
			kmem_leave();
		}
		if (ret)
			return SIZE_MAX;
		slack_give(large.start);
		return large.usable -
		       (size_t)((const char *)p - (char *)large.start);
	}
	s = shim_cache_of(p);
	obj = s ? s->ops->object_of(s, p) : NULL;
	if (!obj || (const char *)p < obj)
		return SIZE_MAX;
	offset = (size_t)((const char *)p - obj);
	usable = kmem_debug_size(s, obj);
	if (s->marked)
		block_open(s, obj, "malloc_object_size");
	return offset < usable ? usable - offset : 0;
}

WEAK_EXPORT struct sized_ptr alloc_at_least(size_t size)
{
	return with_its_size(by_name()->malloc(size), size);
}

WEAK_EXPORT struct sized_ptr aligned_alloc_at_least(size_t align, size_t size)
{
	return with_its_size(by_name()->aligned_alloc(align, size), size);
}
