// SPDX-License-Identifier: MIT
/*
 * slub/debug.h - slabs of a cache with debug flags
 *
 *	one object; a part in [] exists only with the flag above it: Z is
 *	SLAB_RED_ZONE, P SLAB_POISON, U SLAB_STORE_USER
 *
 *	          obj                                              obj + size
 *	 Z red_left_pad|  object_size   Z   | freeptr |  U    |    | Z, P
 *	[ left redzone ]  o b j e c t [right][ fp   ][tracks][size][padding]
 *	                 |<--- inuse -------->|                  next object ...
 *
 *	left, right red zone	0xbb while the object is free, 0xcc in use
 *	object			0x6b .. 0xa5 while it is free (P)
 *	kmalloc red zone	0xcc from the requested size on (U, Z)
 *	freeptr			inside the object, unless P, a constructor or
 *				RCU need the whole object
 *	padding, slab's rest	0x5a (P)
 *
 * All objects of a new slab are put on its free list at once: none is carved
 * later. A slab is on node->partial, on node->full, or frozen. Frozen means
 * here that a check failed: none of the slab's objects is handed out again.
 *
 * Locking	s->debug_lock (rank LOCK_SLAB_DEBUG): objects, free lists and
 *		counters of all slabs of s. list_lock is taken inside it where
 *		a list changes, for readers that count slabs without debug_lock.
 *		Reports are written under debug_lock.
 * Invariants	SLUBDBG1  an object is on its slab's free list, or it is in use
 *		SLUBDBG2  inuse = objects - length of the free list
 *		SLUBDBG3  free objects, red zones and padding hold their
 *			  patterns
 *		(slub_debug_check() checks all three by validate_slab(), which
 *		also reports and mends faults)
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D1-D4, U8)
 */
#ifndef KM_SLUB_DEBUG_H
#define KM_SLUB_DEBUG_H

#include "kmem/debug.h"
#include "kmem/slab_ops.h"
#include "slub/internal.h"

/* What a check looks at, and the caller that its report names. */
struct slab_check {
	struct kmem_cache *s;
	struct slab *slab;
	const struct slab_caller *who;
};

/* ---- debug_layout.c: where things are, and what they hold ---------------- */

/*
 * Returns true if free objects of s hold poison. An object whose content must
 * survive being free, for a constructor or for RCU, holds none.
 */
static inline bool slub_holds_poison(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !s->ctor &&
	       !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

static inline bool freeptr_outside_object(const struct kmem_cache *s)
{
	return s->offset >= s->inuse;
}

/*
 * Returns the offset of the tracks in an object: what follows the free pointer.
 */
static inline unsigned int get_info_end(const struct kmem_cache *s)
{
	return freeptr_outside_object(s) ? s->inuse + 8 : s->inuse;
}

/* Returns the bytes from an object to the next one's left red zone. */
static inline unsigned int size_from_object(const struct kmem_cache *s)
{
	return s->size - s->red_left_pad;
}

static inline struct track *get_track(const struct kmem_cache *s, void *obj,
				      enum track_item item)
{
	return (struct track *)(void *)((char *)obj + get_info_end(s)) + item;
}

/* Sets inuse, offset, red_left_pad and size of a cache from its flags. */
void slub_layout(struct kmem_cache *s);
/* Returns the offset in an object at which its padding begins. */
unsigned int debug_data_end(const struct kmem_cache *s);
/* Returns the requested size, or object_size where that is not kept. */
unsigned int get_orig_size(const struct kmem_cache *s, const void *obj);
/* Stores the requested size, if the cache keeps it. */
void set_orig_size(const struct kmem_cache *s, void *obj, size_t size);
/*
 * Writes poison and red zones. val is SLUB_RED_INACTIVE for a free object, or
 * SLUB_RED_ACTIVE for one in use.
 */
void init_object(const struct kmem_cache *s, void *obj, u8 val);
/* Fills a new slab: poison, tracks, the free list. */
void init_debug_slab(struct kmem_cache *s, struct slab *slab);
/* Returns the start of object number n. */
void *slab_object(const struct kmem_cache *s, const struct slab *slab,
		  unsigned int n);
/*
 * Returns true if p is the start of an object of the slab, or NULL, which ends
 * a free list.
 */
bool check_valid_pointer(const struct kmem_cache *s, const struct slab *slab,
			 const void *p);

/* ---- debug_check.c: each returns 0, or -EINVAL after a report ------------ */

/* Checks one object. val is what its red zones must hold. */
int debug_check_object(const struct slab_check *c, void *obj, u8 val);
/* Checks the type, the counters and the padding of a slab. */
int debug_check_slab(const struct slab_check *c);
/* Walks the free list and mends it. Returns 1 if obj is on it, otherwise 0. */
int on_freelist(const struct slab_check *c, const void *obj);
/* Checks a free object that is about to be handed out. */
int alloc_consistency_checks(const struct slab_check *c, void *obj);
/* Checks that obj is an object in use that may be freed. */
int free_consistency_checks(const struct slab_check *c, void *obj);
/*
 * Freezes a slab after a failed check: none of its objects is handed out again.
 */
void disable_slab(const struct slab_check *c);

/* ---- debug_report.c ------------------------------------------------------ */

/* Prints which calls allocated and freed obj last, if the cache keeps that. */
void print_tracking(const struct kmem_cache *s, void *obj);
/* Prints what a report ends with: tracks, slab, bytes, the caller's stack. */
void print_trailer(const struct slab_check *c, void *obj);
/* Reports a fault of an object. */
void object_err(const struct slab_check *c, void *obj, const char *reason);
/* Reports a fault of a slab. */
void slab_err(const struct slab_check *c, const char *fmt, ...);
/* With SLAB_TRACE, prints that obj was allocated or freed. */
void trace_object(const struct slab_check *c, void *obj, const char *what);

/* ---- debug_validate.c ---------------------------------------------------- */

#define SLUB_MAP_WORDS 512 /* 32767 objects, the most there can be */

/*
 * Sets a bit of map for each object on the free list. A damaged list is
 * followed up to the damage; the free objects behind it count as in use.
 */
void slub_mark_free(const struct slab_check *c, u64 map[SLUB_MAP_WORDS]);
/* Checks all objects of a cache. Returns the number of errors found. */
unsigned long slub_validate(struct kmem_cache *s,
			    const struct slab_caller *who);
/* Returns the size that was requested for obj. */
size_t slub_debug_size(struct kmem_cache *s, const void *obj);
/*
 * Sets the requested size of an object in use to size. Returns 0, -EINVAL if
 * obj cannot have that size or failed a check, or -ENOENT if it is free.
 */
int slub_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      const struct slab_caller *who);
/*
 * Checks SLUBDBG1 to SLUBDBG3 of a cache that is not in use; aborts on a fault.
 */
void slub_debug_check(struct kmem_cache *s);

/* ---- debug.c: what slab_ops has for these caches ------------------------- */

void *slub_debug_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       const struct slab_caller *who, size_t orig_size);
void slub_debug_free(struct kmem_cache *s, void *obj,
		     const struct slab_caller *who);
unsigned int slub_debug_refill(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr);
void slub_debug_flush(struct kmem_cache *s, void **objs, unsigned int nr);
void slub_debug_shrink(struct kmem_cache *s, unsigned int flags);
unsigned long slub_debug_shutdown(struct kmem_cache *s);
void slub_debug_fork_take(struct kmem_cache *s);
void slub_debug_fork_release(struct kmem_cache *s);
unsigned long slub_debug_cached(struct kmem_cache *s);

/* ---- ops.c --------------------------------------------------------------- */

extern const struct slab_ops slub_debug_ops;

#endif
