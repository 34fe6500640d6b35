// SPDX-License-Identifier: MIT
/*
 * kmem/far.h - slots of caches beyond those of an owner's fixed table
 */
#ifndef KM_KMEM_FAR_H
#define KM_KMEM_FAR_H

#include "kmem/kmem.h"

/* Called by the owner: makes its far slot for a cache. Returns 0 or -ENOMEM. */
int kmem_far_add(struct kmem_owner *owner, const struct kmem_cache *s);
/*
 * Lets each call for a cache take the slow path from here on. The cache has a
 * class and no slab yet. Its slot becomes the far slot of the same number,
 * which no other cache may have.
 */
void kmem_cache_hide(struct kmem_cache *s);

#endif
