// SPDX-License-Identifier: MIT
/*
 * slab/debug.h - objects of a cache with debug flags
 *
 *	one object; a part in [] exists only with the flag above it: Z is
 *	SLAB_RED_ZONE, U SLAB_STORE_USER; P below is SLAB_POISON
 *
 *	           obj                obj + inuse
 *	 Z red_left_pad|  object_size    | Z      | U    |
 *	[ .. redzone 1 ]  o b j e c t    [redzone2][user ] up to the alignment
 *
 *	redzones	RED_INACTIVE while the object is free, RED_ACTIVE in
 *			use: 8 bytes; redzone 1 ends right before the object
 *	user		return address of the last call that allocated or freed
 *			the object
 *	object		6b .. a5 while it is free, 5a .. a5 when it is handed
 *			out (P); a constructor then runs with every allocation
 *
 * Each request comes here one by one (kmem/guard.c): such a cache has no
 * arrays and no shared array, and its freelists are never in objects.
 *
 * Locking	s->debug_lock (rank LOCK_SLAB_DEBUG): objects, and the lists of
 *		slabs, whose list_lock is taken inside it. Reports are written
 *		under it. Pages are allocated and freed outside of it.
 * Invariants	SLABDBG1  redzones, poison and the freelists agree on which
 *		objects are free	(slab_validate() checks it)
 * Source	Linux v6.1 mm/slab.c, CONFIG_DEBUG_SLAB (docs/kernel.md S11);
 *		docs/divergence.md H
 */
#ifndef KM_SLAB_DEBUG_H
#define KM_SLAB_DEBUG_H

#include "kmem/debug.h"
#include "kmem/slab_ops.h"
#include "slab/internal.h"

#define RED_INACTIVE 0x09F911029D74E35BUL
#define RED_ACTIVE 0xD84156C5635688C0UL

/*
 * Returns true if free objects of s hold poison. Objects that RCU readers may
 * still read hold none.
 */
static inline bool holds_poison(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

/* ---- debug_check.c: s->debug_lock is held, except for a new slab --------- */

/* Gives an object of a new slab its patterns and its constructor. */
void debug_init_object(const struct kmem_cache *s, void *obj);
/* Checks a free object. Returns 0, or -EINVAL after a report. */
int check_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* Checks an object in use. Returns 0, or -EINVAL after a report. */
int check_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* Gives an object that is handed out the patterns of one in use. */
void mark_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* Gives an object that was freed the patterns of a free one. */
void mark_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/*
 * Reports a fault of an object. `function` is the name that the report starts
 * with.
 */
void slab_error(struct kmem_cache *s, void *obj, const char *function,
		const char *msg, const struct slab_caller *who);
/* With SLAB_TRACE, prints that obj was allocated or freed. */
void trace_slab_object(const struct kmem_cache *s, void *obj, const char *what,
		       const struct slab_caller *who);

/* ---- debug.c: what slab_ops has for these caches ------------------------- */

void *slab_debug_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       const struct slab_caller *who, size_t orig_size);
void slab_debug_free(struct kmem_cache *s, void *obj,
		     const struct slab_caller *who);
size_t slab_debug_size(struct kmem_cache *s, const void *obj);
int slab_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      const struct slab_caller *who);
unsigned long slab_validate(struct kmem_cache *s,
			    const struct slab_caller *who);
void slab_debug_check(struct kmem_cache *s);
unsigned int slab_debug_refill(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr);
void slab_debug_flush(struct kmem_cache *s, void **objs, unsigned int nr);
void slab_debug_shrink(struct kmem_cache *s, unsigned int flags);
unsigned long slab_debug_shutdown(struct kmem_cache *s);
void slab_debug_fork_take(struct kmem_cache *s);
void slab_debug_fork_release(struct kmem_cache *s);
unsigned long slab_debug_cached(struct kmem_cache *s);

/* ---- ops.c --------------------------------------------------------------- */

extern const struct slab_ops slab_debug_ops;

#endif
