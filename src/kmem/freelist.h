// SPDX-License-Identifier: MIT
/*
 * kmem/freelist.h - free lists that are hard to foresee and to forge
 *
 *	slab_freelist_hardened	a stored free pointer is
 *				next ^ s->random ^ byte-swapped(its own place)
 *	slab_freelist_random	the objects of a new slab are linked in the
 *				order of a shuffled list of the cache, from a
 *				place in it that is another for each slab
 *
 *	s->random_seq	[3 0 5 1 4 2]	begins at 5: slab's list 5 1 4 2 3 0
 *
 * Both are decided when a cache is made, by boot parameters.
 *
 * Locking	none: random and random_seq are constant after creation
 * Invariants	P1  random_seq is a permutation of 0 .. oo_objects - 1
 *		P2  random is 0 exactly if the cache is not hardened
 * Source	Linux v6.12 mm/slub.c and mm/slab_common.c
 *		(docs/kernel.md D6, D7)
 */
#ifndef KM_KMEM_FREELIST_H
#define KM_KMEM_FREELIST_H

#include "kmem/kmem.h"

/* Of a cache whose backend has set it up: 0 or -ENOMEM. */
int kmem_freelist_init(struct kmem_cache *s);
void kmem_freelist_release(struct kmem_cache *s);
/* Where in the list the next slab begins. */
unsigned int kmem_freelist_start(const struct kmem_cache *s);
/*
 * The next number of an object below `objects`, which a smaller slab has fewer
 * of; *pos goes round the list.
 */
unsigned int kmem_next_freelist_entry(const struct kmem_cache *s,
				      unsigned int objects, unsigned int *pos);
/* The same seed gives the same lists. */
void kmem_freelist_seed(u64 seed);

/* A free pointer as it lies at `place`, and back. */
static __always_inline void *freelist_ptr_code(u64 random, void *ptr,
					       const void *place)
{
	if (likely(!random))
		return ptr;
	return (void *)((uintptr_t)ptr ^ random ^
			__builtin_bswap64((uintptr_t)place));
}

#endif
