// SPDX-License-Identifier: MIT
/*
 * kmem/kmalloc.h - the kmalloc caches, for the files that use them
 *
 *	type		    caches		   chosen by
 *	KMALLOC_NORMAL	    kmalloc-64		   none of the flags below
 *	KMALLOC_RANDOM_..   kmalloc-rnd-01-64 ..   the caller's address
 *	KMALLOC_RECLAIM	    kmalloc-rcl-64	   __GFP_RECLAIMABLE
 *	KMALLOC_CGROUP	    kmalloc-cg-64	   __GFP_ACCOUNT
 *	KMALLOC_DMA	    dma-kmalloc-64	   __GFP_DMA, before all others
 *
 * Source	Linux v6.12 include/linux/slab.h (docs/kernel.md L1, L3)
 */
#ifndef KM_KMEM_KMALLOC_H
#define KM_KMEM_KMALLOC_H

#include "kmem/kmem.h"

#define RANDOM_KMALLOC_CACHES_NR 15

enum kmalloc_cache_type {
	KMALLOC_NORMAL,
	KMALLOC_RANDOM_START = KMALLOC_NORMAL,
	KMALLOC_RANDOM_END = KMALLOC_RANDOM_START + RANDOM_KMALLOC_CACHES_NR,
	KMALLOC_RECLAIM,
	KMALLOC_CGROUP,
	KMALLOC_DMA,
	NR_KMALLOC_TYPES
};

/* Classes are counted from 1. */
#define NR_KMALLOC (KMALLOC_SHIFT_HIGH + 1)

struct kmalloc_info {
	unsigned int size; /* bytes */
	const char *name; /* "64", "1k": how names of caches end */
};
extern const struct kmalloc_info kmalloc_info[NR_KMALLOC];
/* The caches of all types; those of a type that is not used are all zero. */
extern struct kmem_cache kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC];

/* Makes the kmalloc caches; only the API library does. Returns 0 or -ENOMEM. */
int kmalloc_init(void);
/*
 * Returns the kmalloc cache for a size, or NULL if there is none, or none yet.
 */
struct kmem_cache *kmalloc_slab(size_t size);

/* Returns the type that serves a request with these flags of this caller. */
enum kmalloc_cache_type kmalloc_type(gfp_t gfp, const void *caller);
/* Returns the class of a size in 1 .. KMALLOC_MAX_CACHE_SIZE. */
unsigned int kmalloc_index(size_t size);
/*
 * Returns size bytes of the caches b, or, if b is NULL, of the type's caches.
 */
void *__do_kmalloc_node(kmem_buckets *b, size_t size, gfp_t gfp, int node,
			const void *caller);
/*
 * Returns the cache of an object. Returns NULL for a block of pages, and stores
 * its first page in *page.
 */
struct kmem_cache *virt_to_cache(const void *p, struct page **page);

#endif
