// SPDX-License-Identifier: MIT
/*
 * kmem/krealloc.c - the size of a block, and changing it
 *
 *	kmalloc(100)	kmalloc-128	ksize 128
 *	krealloc(, 120)	fits: the same pointer
 *	krealloc(, 129)	kmalloc-192: another block, with the old bytes
 *
 * Source	Linux v6.18 mm/slub.c and mm/slab_common.c
 *		(docs/kernel.md L6-L8)
 */
#include <errno.h>
#include <string.h>

#include "diag/warn.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "kmem/kmalloc.h"

/*
 * Returns how many bytes of an object may be written: all, unless metadata
 * follow. The caller of ksize() may use them all, so slab_debug no longer
 * watches the bytes behind the requested size.
 */
static size_t slab_ksize(struct kmem_cache *s, const void *p)
{
	if (unlikely(s->guard))
		kmem_debug_resize(s, (void *)(uintptr_t)p, s->object_size,
				  _RET_IP_);
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return READ_ONCE(s->object_size);
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
	return s ? slab_ksize(s, p) : PAGE_SIZE << page->order;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_info[kmalloc_index(size)].size;
	return PAGE_SIZE << get_order(size);
}

/* A block whose size is to change. */
struct krealloc_block {
	struct kmem_cache *s; /* NULL: a block of pages */
	size_t room; /* bytes that it has */
	size_t have; /* of these, bytes that the user requested */
};

static struct krealloc_block block_of(const void *p)
{
	struct krealloc_block b = { .room = 0 };
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return b;
	b.s = virt_to_cache(p, &page);
	b.room = b.s ? READ_ONCE(b.s->object_size) : PAGE_SIZE << page->order;
	b.have = b.s ? kmem_zero_size(b.s, p) : b.room;
	return b;
}

/* Zeroes the bytes that the user gains or gives up. */
static void zero_rest(const struct krealloc_block *b, char *p, size_t size)
{
	if (size > b->have)
		memset(p + b->have, 0, size - b->have);
	else if (b->have == b->room)
		memset(p + size, 0, b->have - size);
}

/* Where the block must lie. */
struct krealloc_place {
	unsigned long align; /* 1: anywhere */
	int nid; /* NUMA_NO_NODE: anywhere */
};

static bool is_at(const void *p, const struct krealloc_place *place)
{
	if (!IS_ALIGNED((uintptr_t)p, place->align))
		return false;
	return place->nid == NUMA_NO_NODE ||
	       page_to_nid(virt_to_head_page(p)) == (unsigned int)place->nid;
}

/*
 * Changes the size in place. Returns 0, -EINVAL if the block has to move, or
 * -ENOENT if it is free already.
 */
static int resize_in_place(const struct krealloc_block *b, void *p, size_t size,
			   const void *caller)
{
	if (b->room < size)
		return -EINVAL;
	if (b->s && unlikely(b->s->guard))
		return kmem_debug_resize(b->s, p, size, (uintptr_t)caller);
	return 0;
}

static void *do_krealloc(const void *old, size_t size, gfp_t gfp,
			 const struct krealloc_place *place, const void *caller)
{
	void *p = (void *)(uintptr_t)old, *q;
	struct krealloc_block b;
	int ret;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	b = block_of(p);
	ret = b.room && !is_at(p, place) ? -EINVAL :
					   resize_in_place(&b, p, size, caller);
	if (!ret) {
		if (gfp & __GFP_ZERO)
			zero_rest(&b, p, size);
		return p;
	}
	q = __kmalloc_node_track_caller(size, gfp, place->nid, caller);
	if (q && b.have && ret != -ENOENT) {
		memcpy(q, p, min(b.have, size));
		kfree(p);
	}
	return q;
}

static const struct krealloc_place anywhere = { 1, NUMA_NO_NODE };

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	return do_krealloc(p, size, gfp, &anywhere,
			   __builtin_return_address(0));
}

void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node)
{
	const struct krealloc_place place = { max(align, 1UL), node };

	if (WARN_ONCE(!is_power_of_2(place.align),
		      "krealloc: an alignment of %lu is no power of two",
		      place.align))
		return NULL;
	return do_krealloc(p, size, gfp, &place, __builtin_return_address(0));
}

void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return do_krealloc(p, bytes, gfp, &anywhere,
			   __builtin_return_address(0));
}

void kfree_sensitive(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		explicit_bzero((void *)(uintptr_t)p, ksize(p));
	kfree(p);
}
