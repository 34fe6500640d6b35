// SPDX-License-Identifier: MIT
/*
 * kmem/miss.h - the slow paths: a cursor misses
 */
#ifndef KM_KMEM_MISS_H
#define KM_KMEM_MISS_H

#include "kmem/kmem.h"

/*
 * Returns an object of orig_size bytes, or NULL, after the cursor missed. The
 * user called from `caller`.
 */
void *kmem_cache_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			    size_t orig_size, uintptr_t caller);
/* Frees an object after the cursor missed. */
void kmem_cache_free_slow(struct kmem_cache *s, void *obj, uintptr_t caller);

#endif
