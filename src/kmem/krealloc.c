// SPDX-License-Identifier: MIT
/*
 * kmem/krealloc.c - how large a block is, and making it another size
 *
 *	kmalloc(100)	kmalloc-128	ksize 128
 *	krealloc(, 120)	fits: the same pointer
 *	krealloc(, 129)	kmalloc-192: another, with the old bytes
 *
 * Source	Linux v6.18 mm/slub.c and mm/slab_common.c (kernel-facts L6-L8)
 */
#include <string.h>

#include "buddy/buddy.h"
#include "kmem/kmalloc.h"

/* What of an object may be written: all of it, unless metadata follows. */
static size_t slab_ksize(const struct kmem_cache *s)
{
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return s->object_size;
	if (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER))
		return s->inuse;
	return s->size;
}

size_t ksize(const void *p)
{
	struct kmem_cache *s;
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	s = virt_to_cache(p, &page);
	return s ? slab_ksize(s) : PAGE_SIZE << page->order;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_info[kmalloc_index(size)].size;
	return PAGE_SIZE << get_order(size);
}

/* The bytes of a block that are its user's to fill. */
static size_t user_size(const void *p)
{
	struct page *page;
	struct kmem_cache *s = virt_to_cache(p, &page);

	return s ? s->object_size : PAGE_SIZE << page->order;
}

static void *do_krealloc(const void *p, size_t size, gfp_t gfp,
			 const void *caller)
{
	size_t have = ZERO_OR_NULL_PTR(p) ? 0 : user_size(p);
	void *q;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (have >= size) {
		q = (void *)(uintptr_t)p;
		if (gfp & __GFP_ZERO)
			memset((char *)q + size, 0, have - size);
		return q;
	}
	q = __kmalloc_node_track_caller(size, gfp, NUMA_NO_NODE, caller);
	if (q && have) {
		memcpy(q, p, have);
		kfree(p);
	}
	return q;
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	return do_krealloc(p, size, gfp, __builtin_return_address(0));
}

void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return do_krealloc(p, bytes, gfp, __builtin_return_address(0));
}

void kfree_sensitive(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		explicit_bzero((void *)(uintptr_t)p, ksize(p));
	kfree(p);
}
