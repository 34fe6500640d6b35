// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/kvmalloc.c - memory of kmalloc() if possible, else of vmalloc()
 *
 *	size <= a page	kmalloc alone
 *	larger		kmalloc with __GFP_NOWARN and __GFP_NORETRY; if it fails
 *			and the caller may sleep, vmalloc
 *
 * What all of them call is in internal.h, since vmalloc.c needs it for its page
 * arrays; kvfree() is in free.c.
 *
 * Locking	none here
 * Source	Linux v6.12 mm/util.c (docs/kernel.md L9)
 */
#include <string.h>

#include "vmap/vmalloc/internal.h"

/* ---- kvmalloc ------------------------------------------------------------ */

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

void kvfree_sensitive(const void *p, size_t len)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	explicit_bzero((void *)(uintptr_t)p, len);
	kvfree(p);
}
