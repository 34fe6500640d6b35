// SPDX-License-Identifier: MIT
/*
 * slab/debug.h - objects of a cache with debug flags
 *
 *	one object; [] is there with the flag in front of it only
 *
 *	           obj                obj + inuse
 *	 Z red_left_pad|  object_size    | Z      | U    |
 *	[ .. redzone 1 ]  o b j e c t    [redzone2][user ] up to the alignment
 *
 *	redzones	RED_INACTIVE while it is free, RED_ACTIVE in use: 8 bytes,
 *			the first of them right in front of the object
 *	user		where the last call that took or freed it returns to
 *	object		6b .. a5 while it is free, 5a .. a5 when it is handed
 *			out (P); a constructor then runs with every allocation
 *
 * Each request comes here one by one (kmem/guard.c): such a cache has no
 * arrays and no shared array, and its freelists are never in objects.
 *
 * Locking	s->debug_lock (rank LOCK_SLAB_DEBUG): objects, and the lists of
 *		slabs, whose list_lock is taken inside it. Reports are written
 *		under it. Pages come and go outside of it.
 * Invariants	D1  redzones, poison and the freelists agree on which objects
 *		    are free		(slab_validate() proves and reports)
 * Source	Linux v6.1 mm/slab.c, CONFIG_DEBUG_SLAB (docs/kernel.md S11);
 *		docs/divergence.md H
 */
#ifndef KM_SLAB_DEBUG_H
#define KM_SLAB_DEBUG_H

#include "kmem/debug.h"
#include "slab/internal.h"

#define RED_INACTIVE 0x09F911029D74E35BUL
#define RED_ACTIVE 0xD84156C5635688C0UL

/* Poison objects? Not those whose content must survive being free. */
static inline bool object_poison(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

/* ---- debug_check.c: s->debug_lock is held, but for slabs nobody has seen ----- */

/* An object as it is before anybody had it. */
void debug_init_object(const struct kmem_cache *s, void *obj);
/* It is as a free one must be; else a report: 0 or -EINVAL. */
int check_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* The same of one in use. */
int check_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* It is handed out, and comes back: the patterns of its new state. */
void mark_used_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
void mark_free_object(struct kmem_cache *s, void *obj,
		      const struct slab_caller *who);
/* A report about an object, in the name of the function that found it. */
void slab_error(struct kmem_cache *s, void *obj, const char *function,
		const char *msg, const struct slab_caller *who);
void trace_slab_object(const struct kmem_cache *s, void *obj, const char *what,
		       const struct slab_caller *who);

/* ---- debug.c ------------------------------------------------------------------ */

extern const struct slab_ops slab_debug_ops;

#endif
