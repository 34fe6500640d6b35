// SPDX-License-Identifier: MIT
/*
 * kmem/barn.h - a node's stores of full and empty sheaves
 */
#ifndef KM_KMEM_BARN_H
#define KM_KMEM_BARN_H

#include "kmem/kmem.h"

/* Returns a new empty sheaf, or NULL. */
struct slab_sheaf *sheaf_alloc(struct kmem_cache *s);
/* Returns an empty sheaf of a barn or a new one, or NULL. */
struct slab_sheaf *sheaf_get(struct kmem_cache *s);
/* Frees a sheaf, not the objects in it. */
void sheaf_free(struct slab_sheaf *sheaf);
/*
 * Returns a full sheaf and takes `empty`, which may be NULL, in exchange.
 * Returns NULL if no barn has one; `empty` stays the caller's.
 */
struct slab_sheaf *barn_get_full(struct kmem_cache *s,
				 struct slab_sheaf *empty);
/*
 * Replaces *sheaf, which is empty or NULL, by a full one. `second` may be NULL;
 * if the barn has some more, *second is replaced too, under the same lock. Both
 * are the caller's alone. Returns false, with nothing changed, if no barn has a
 * full sheaf.
 */
bool barn_get_two(struct kmem_cache *s, struct slab_sheaf **sheaf,
		  struct slab_sheaf **second);
/* Returns true if this CPU's barn takes a full sheaf; a hint. */
bool barn_has_room(struct kmem_cache *s);
/*
 * Puts a full sheaf into the barn. Returns 0, -E2BIG if it has enough, or
 * -EINVAL if an object is another cache's.
 */
int barn_put_full(struct kmem_cache *s, struct slab_sheaf *full);
/*
 * Puts a full sheaf into the barn and stores an empty one in its place, or NULL
 * if there is none. Returns 0; or else -E2BIG or -EINVAL, and *sheaf stays.
 */
int barn_replace_full(struct kmem_cache *s, struct slab_sheaf **sheaf);
/* Returns an empty sheaf of a barn, or NULL. */
struct slab_sheaf *barn_get_empty(struct kmem_cache *s);
/* Puts an empty sheaf into the barn, or frees it if that has enough. */
void barn_put_empty(struct kmem_cache *s, struct slab_sheaf *empty);
/* Frees the sheaves in barns; with SHRINK_IDLE those not used. */
void barn_shrink(struct kmem_cache *s, unsigned int flags);
/* Returns how many objects full sheaves in barns hold. */
unsigned long barn_count(struct kmem_cache *s);
/* Checks BARN1 and BARN2 of a cache; aborts on a fault. */
void barn_check(struct kmem_cache *s);

#endif
