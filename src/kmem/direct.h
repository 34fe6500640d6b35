// SPDX-License-Identifier: MIT
/*
 * kmem/direct.h - frees objects to their slabs, past the sheaves
 */
#ifndef KM_KMEM_DIRECT_H
#define KM_KMEM_DIRECT_H

#include "kmem/kmem.h"

/*
 * Returns true if obj's memory is of another node than this CPU. Sheaves hold
 * no such object.
 */
bool kmem_is_remote(const void *obj);
/* Frees objects to their slabs, past the sheaves. */
void kmem_cache_free_direct(struct kmem_cache *s, void **objs, unsigned int nr);
/* The same for objects of other nodes, which the backend may collect first. */
void kmem_cache_free_remote(struct kmem_cache *s, void **objs, unsigned int nr);
/* Frees an object of a guarded cache. */
void kmem_guard_free(struct kmem_cache *s, void *obj, uintptr_t caller);
/*
 * Reports that an object of the cache `other` was freed to s, and frees it to
 * its slab.
 */
void kmem_free_to_other(const struct kmem_cache *s, struct kmem_cache *other,
			void *obj);

#endif
