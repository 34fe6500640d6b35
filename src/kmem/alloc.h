// SPDX-License-Identifier: MIT
/*
 * kmem/alloc.h - allocation and free for this library's own callers
 *
 * The user called from `caller`.
 */
#ifndef KM_KMEM_ALLOC_H
#define KM_KMEM_ALLOC_H

#include "kmem/kmem.h"

/* Returns an object of orig_size bytes, or NULL. */
void *slab_alloc(struct kmem_cache *s, gfp_t gfp, size_t orig_size,
		 uintptr_t caller);
/* The same, of a node. */
void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp, int node,
		      size_t orig_size, uintptr_t caller);
/* Frees an object of the nearest node. */
void __kmem_cache_free(struct kmem_cache *s, void *obj, uintptr_t caller);

#endif
