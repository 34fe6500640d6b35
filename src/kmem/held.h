// SPDX-License-Identifier: MIT
/*
 * kmem/held.h - the objects that owners hold
 */
#ifndef KM_KMEM_HELD_H
#define KM_KMEM_HELD_H

#include "kmem/kmem.h"

/* slab_ops.main_idle of a backend with spares and barns. */
void sheaf_main_idle(struct kmem_owner *owner, struct kmem_cache *s);
/* Frees all objects this owner holds to the slabs; its cursors miss then. */
void kmem_owner_flush(struct kmem_owner *owner);
/* The same, where the caller holds kmem_owners_lock. */
void __kmem_owner_flush(struct kmem_owner *owner);
/*
 * Frees the objects of slots that were not used since the last call, or whose
 * cache was shrunk since.
 */
void kmem_owner_flush_idle(struct kmem_owner *owner);
/* The same, where the caller holds kmem_owners_lock. */
void __kmem_owner_flush_idle(struct kmem_owner *owner);
/* Serves a request of another thread, if there is one. */
void kmem_owner_serve(struct kmem_owner *owner);
/* Returns how many objects of a cache an owner holds; racy. */
unsigned long kmem_owner_count(struct kmem_owner *owner,
			       const struct kmem_cache *s);
/* Returns how many objects of a cache all owners hold; racy. */
unsigned long kmem_owners_count(const struct kmem_cache *s);
/* Empties all owners' sheaves of a cache that is not in use any more. */
void kmem_owners_flush_cache(struct kmem_cache *s);
/* Returns how many free objects of a cache are out of its slabs; racy. */
unsigned long kmem_cache_cached(struct kmem_cache *s);
/* Checks SHEAF1 to SHEAF3 and FAR2 of one owner; aborts on a fault. */
void kmem_owner_check(const struct kmem_owner *owner);

#endif
