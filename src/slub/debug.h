// SPDX-License-Identifier: MIT
/*
 * slub/debug.h - slabs of a cache with debug flags
 *
 *	one object; [] is there with the flag in front of it only
 *
 *	          obj                                              obj + size
 *	 Z red_left_pad|  object_size   Z   | freeptr |  U    |    | Z, P
 *	[ left redzone ]  o b j e c t [right][ fp   ][tracks][size][padding]
 *	                 |<--- inuse -------->|                   next object ...
 *
 *	left and right red zone	0xbb while it is free, 0xcc while it is in use
 *	object			0x6b .. 0xa5 while it is free (P)
 *	kmalloc red zone	0xcc from the size that was asked for on (U, Z)
 *	freeptr			inside the object unless P, ctor or RCU need it whole
 *	padding, slab's rest	0x5a (P)
 *
 * All of a slab's objects are on its free list from the start: nothing is
 * carved late. A slab is on node->partial, or on node->full, or frozen, which
 * means here that a check failed and nobody touches it any more.
 *
 * Locking	s->debug_lock (rank LOCK_SLAB_DEBUG): objects, free lists and
 *		counters of all slabs of s. list_lock inside it, for others
 *		who count slabs. Reports are written under it.
 * Invariants	G1  an object is on its slab's free list, or it is in use
 *		G2  inuse = objects - length of the free list
 *		G3  free objects, red zones and padding hold their patterns
 *		    (validate_slab() proves, reports and mends)
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D1-D4, U8)
 */
#ifndef KM_SLUB_DEBUG_H
#define KM_SLUB_DEBUG_H

#include "kmem/debug.h"
#include "slub/internal.h"

/* One check: of what, and on whose behalf. */
struct slab_check {
	struct kmem_cache *s;
	struct slab *slab;
	const struct slab_caller *who;
};

/* ---- debug_layout.c: where things are, and what they hold --------------------- */

/* Poison objects? Not those whose content must survive being free. */
static inline bool object_poison(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !s->ctor &&
	       !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

static inline bool freeptr_outside_object(const struct kmem_cache *s)
{
	return s->offset >= s->inuse;
}

/* Where the metadata behind the free pointer begin, from the object. */
static inline unsigned int get_info_end(const struct kmem_cache *s)
{
	return freeptr_outside_object(s) ? s->inuse + 8 : s->inuse;
}

/* The bytes from an object to the left red zone of the next one. */
static inline unsigned int size_from_object(const struct kmem_cache *s)
{
	return s->size - s->red_left_pad;
}

static inline struct track *get_track(const struct kmem_cache *s, void *obj,
				      enum track_item item)
{
	return (struct track *)(void *)((char *)obj + get_info_end(s)) + item;
}

/* inuse, offset, red_left_pad and size of a cache, from its flags. */
void slub_layout(struct kmem_cache *s);
/* Bytes of an object with metadata: where its padding begins. */
unsigned int debug_data_end(const struct kmem_cache *s);
unsigned int get_orig_size(const struct kmem_cache *s, const void *obj);
void set_orig_size(const struct kmem_cache *s, void *obj, size_t size);
/* val: SLUB_RED_INACTIVE or SLUB_RED_ACTIVE. */
void init_object(const struct kmem_cache *s, void *obj, u8 val);
/* Fill a new slab: poison, tracks, the free list. */
void init_debug_slab(struct kmem_cache *s, struct slab *slab);
/* The start of object number n. */
void *slab_object(const struct kmem_cache *s, const struct slab *slab,
		  unsigned int n);
/* Does p start an object of the slab? NULL does: it ends a free list. */
bool check_valid_pointer(const struct kmem_cache *s, const struct slab *slab,
			 const void *p);

/* ---- debug_check.c: 0 if all is well; -EINVAL after a report ------------------- */

int debug_check_object(const struct slab_check *c, void *obj, u8 val);
int debug_check_slab(const struct slab_check *c);
/* Walk the free list, mending it: 1 if obj is on it, 0 if not. */
int on_freelist(const struct slab_check *c, const void *obj);
int alloc_consistency_checks(const struct slab_check *c, void *obj);
int free_consistency_checks(const struct slab_check *c, void *obj);
/* Give up on a slab: nobody gets an object of it any more. */
void disable_slab(const struct slab_check *c);

/* ---- debug_report.c ------------------------------------------------------------ */

/* Who allocated and who freed it, if the cache keeps that. */
void print_tracking(const struct kmem_cache *s, void *obj);
void print_trailer(const struct slab_check *c, void *obj);
void object_err(const struct slab_check *c, void *obj, const char *reason);
void slab_err(const struct slab_check *c, const char *fmt, ...);
void trace_object(const struct slab_check *c, void *obj, const char *what);

/* ---- debug_validate.c ---------------------------------------------------------- */

unsigned long slub_validate(struct kmem_cache *s,
			    const struct slab_caller *who);
size_t slub_debug_size(struct kmem_cache *s, const void *obj);
int slub_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      const struct slab_caller *who);
/* Prove G1-G3 of a cache that nobody is using. */
void slub_debug_check(struct kmem_cache *s);

/* ---- debug.c -------------------------------------------------------------------- */

extern const struct slab_ops slub_debug_ops;

#endif
