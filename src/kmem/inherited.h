// SPDX-License-Identifier: MIT
/*
 * kmem/inherited.h - what a child of fork() frees into slabs of its parent
 *
 * For the backends: their flush and refill ask here first, in a child.
 */
#ifndef KM_KMEM_INHERITED_H
#define KM_KMEM_INHERITED_H

#include "kmem/kmem.h"

/*
 * How many forks lie between the first process and this one. A slab that was
 * made when there were fewer is inherited. Written by the fork handler alone.
 */
extern u16 kmem_forks __hidden;

/* Counts a fork, in its child. */
void kmem_inherited_fork_child(void);
/* Take and release the lock, around fork(). */
void kmem_inherited_fork_take(void);
void kmem_inherited_fork_release(void);

unsigned int __kmem_inherited_free(struct kmem_cache *s, void **objs,
				   unsigned int nr);
unsigned int __kmem_inherited_alloc(struct kmem_cache *s, int node, void **objs,
				    unsigned int nr);
bool __kmem_inherited_any(void *const *objs, unsigned int nr);
bool __kmem_is_inherited(const void *obj);

/* Returns true if obj lies in an inherited slab: a free should not touch it. */
static __always_inline bool kmem_is_inherited(const void *obj)
{
	return unlikely(kmem_forks) && __kmem_is_inherited(obj);
}

/*
 * Frees those of the objects that lie in inherited slabs, without a write to
 * them or to their slabs. Moves the others to the front of objs and returns
 * their number; a wild pointer or a free object is one of these. Aborts if one
 * was freed here before.
 */
static __always_inline unsigned int
kmem_inherited_free(struct kmem_cache *s, void **objs, unsigned int nr)
{
	return likely(!kmem_forks) ? nr : __kmem_inherited_free(s, objs, nr);
}

/*
 * Stores up to nr objects that were freed so, of `node` alone if that is not
 * NUMA_NO_NODE. Returns how many.
 */
static __always_inline unsigned int kmem_inherited_alloc(struct kmem_cache *s,
							 int node, void **objs,
							 unsigned int nr)
{
	if (likely(!READ_ONCE(s->inherited)))
		return 0;
	return __kmem_inherited_alloc(s, node, objs, nr);
}

/* Returns true if one of the objects lies in an inherited slab. */
static __always_inline bool kmem_inherited_any(void *const *objs,
					       unsigned int nr)
{
	return unlikely(kmem_forks) && __kmem_inherited_any(objs, nr);
}

/* Gives all objects that were freed so back to their slabs. No lock is held. */
void kmem_inherited_settle(struct kmem_cache *s);
/* Frees the cache's maps, which have no objects. */
void kmem_inherited_release(struct kmem_cache *s);
/* Returns how many objects of the cache were freed so. */
unsigned long kmem_inherited_count(struct kmem_cache *s);
/* Checks INHERITED1 and INHERITED2 (inherited.c); aborts on a fault. */
void kmem_inherited_check(struct kmem_cache *s);

#endif
