// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/kvmalloc.c - memory of kmalloc() if possible, else of vmalloc()
 *
 *	size <= 4 KiB	kmalloc alone
 *	larger		kmalloc with __GFP_NOWARN and __GFP_NORETRY; if it fails
 *			and the caller may sleep, vmalloc
 *
 *	kvfree(p)	kfree if p lies in the arena, else vfree
 *
 * Locking	none here
 * Source	Linux v6.12 mm/util.c (docs/kernel.md L9)
 */
#include <limits.h>
#include <string.h>

#include "arena/arena.h"
#include "core/start.h"
#include "diag/warn.h"
#include "kmem/kmalloc.h"
#include <kmalloc/vmalloc.h>

/* ---- kvmalloc ------------------------------------------------------------ */

/*
 * Returns flags for kmalloc(): a large request may fail, vmalloc() comes next.
 */
static gfp_t kmalloc_gfp_adjust(gfp_t gfp, size_t size)
{
	if (size <= PAGE_SIZE)
		return gfp;
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return gfp & ~__GFP_NOFAIL;
}

static void *__kvmalloc_node(kmem_buckets *b, size_t size, gfp_t gfp, int node,
			     const void *caller)
{
	void *p = __do_kmalloc_node(b, size, kmalloc_gfp_adjust(gfp, size),
				    node, caller);

	if (p || size <= PAGE_SIZE || !(gfp & __GFP_DIRECT_RECLAIM))
		return p;
	if (unlikely(size > INT_MAX)) {
		WARN_ONCE(!(gfp & __GFP_NOWARN),
			  "kvmalloc: %zu bytes are too many, the most are %d",
			  size, INT_MAX);
		return NULL;
	}
	return __vmalloc_node(size, 1, gfp | __GFP_HIGHMEM, node, caller);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	return __kvmalloc_node(NULL, size, gfp, NUMA_NO_NODE,
			       __builtin_return_address(0));
}

void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return __kvmalloc_node(NULL, size, gfp, node,
			       __builtin_return_address(0));
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return __kvmalloc_node(NULL, size, gfp | __GFP_ZERO, NUMA_NO_NODE,
			       __builtin_return_address(0));
}

void *kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return __kvmalloc_node(NULL, size, gfp | __GFP_ZERO, node,
			       __builtin_return_address(0));
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return __kvmalloc_node(NULL, bytes, gfp, NUMA_NO_NODE,
			       __builtin_return_address(0));
}

void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return __kvmalloc_node(NULL, bytes, gfp | __GFP_ZERO, NUMA_NO_NODE,
			       __builtin_return_address(0));
}

void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	return __kvmalloc_node(b, size, gfp, NUMA_NO_NODE,
			       __builtin_return_address(0));
}

void *kvmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *q = __kvmalloc_node(NULL, size, gfp, NUMA_NO_NODE,
				  __builtin_return_address(0));

	return q && size ? memcpy(q, p, size) : q;
}

/* ---- kvrealloc and kvfree ------------------------------------------------ */

/* Returns true if p is for vfree(), whether an area starts there or not. */
static bool is_outside(const void *p)
{
	return !ZERO_OR_NULL_PTR(p) && !arena_contains(p);
}

void *kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t have;
	void *q;

	if (is_outside(p)) {
		if (size)
			return vrealloc(p, size, gfp);
		vfree(p);
		return NULL;
	}
	q = krealloc(p, size, kmalloc_gfp_adjust(gfp, size));
	if (q)
		return q;
	have = ksize(p);
	q = __kvmalloc_node(NULL, size, gfp, NUMA_NO_NODE,
			    __builtin_return_address(0));
	if (q && have)
		memcpy(q, p, min(have, size));
	if (q)
		kfree(p);
	return q;
}

void kvfree(const void *p)
{
	if (is_outside(p))
		vfree(p);
	else
		kfree(p);
}

void kvfree_sensitive(const void *p, size_t len)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	explicit_bzero((void *)(uintptr_t)p, len);
	kvfree(p);
}
