// SPDX-License-Identifier: MIT
/*
 * kmem/guard.h - guarded caches: each allocation and free has extra work
 */
#ifndef KM_KMEM_GUARD_H
#define KM_KMEM_GUARD_H

#include "kmem/kmem.h"

/* kmem_cache.guard: what each call does beside allocation */
#define GUARD_DEBUG 0x01 /* the backend's debug functions serve it */
#define GUARD_FAIL 0x02 /* failslab may fail it */
#define GUARD_INIT_ALLOC 0x04 /* init_on_alloc */
#define GUARD_INIT_FREE 0x08 /* init_on_free */
#define GUARD_MISS 0x10 /* misses only: its callers ask failslab */
#define GUARD_PERTURB 0x20 /* fill with kmem_perturb; comes, goes */

/*
 * MALLOC_PERTURB_: freed objects are filled with this byte, objects that are
 * handed out with its complement. Relaxed.
 */
extern u8 kmem_perturb __hidden;
/* Sets the guard flags of a cache that its backend has set up. */
void kmem_guard_init(struct kmem_cache *s);
/* For a new cache whose callers ask failslab themselves, once for each call. */
void kmem_guard_asks(struct kmem_cache *s);
/* Returns an object of a guarded cache, or NULL. */
void *kmem_guard_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       size_t orig_size, uintptr_t caller);
/* Returns the bytes of obj that its user may write. */
size_t kmem_debug_size(struct kmem_cache *s, const void *obj);
/*
 * Changes the requested size of an object in place. Returns 0; -EINVAL if the
 * object cannot have that size or was damaged; -ENOENT if it is free, which was
 * reported.
 */
int kmem_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      uintptr_t caller);
/*
 * Checks every object and free list of a cache now, and mends them. Returns the
 * number of errors and fixes, or 0 for a cache without debugging.
 */
unsigned long validate_slab_cache(struct kmem_cache *s);
/* The same for all caches, called by a destructor when the process ends. */
void validate_slab_at_exit(void);

/*
 * Returns the bytes of obj to clear: the requested size if slab_debug watches
 * the bytes behind it, otherwise all.
 */
static __always_inline size_t kmem_zero_size(struct kmem_cache *s,
					     const void *obj)
{
	return likely(!s->guard) ? READ_ONCE(s->object_size) :
				   kmem_debug_size(s, obj);
}

#endif
