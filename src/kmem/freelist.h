// SPDX-License-Identifier: MIT
/*
 * kmem/freelist.h - free lists that are hard to predict and to forge
 *
 *	slab_freelist_hardened	a stored free pointer is
 *				next ^ key ^ byte-swapped(its own place), where
 *				the key is of the cache and the slab
 *				(slub/freeptr.h)
 *	slab_freelist_random	the objects of a new slab are linked in the
 *				order of a shuffled list of the cache, from a
 *				random place in it
 *
 *	s->random_seq	[3 0 5 1 4 2]	from 5 on: the slab's list 5 1 4 2 3 0
 *
 * Boot parameters decide about both when a cache is made.
 *
 * Locking	none: random and random_seq are constant after creation
 * Invariants	RAND1  random_seq is a permutation of 0 .. oo_objects - 1
 *		RAND2  random is 0 exactly if the cache is not hardened
 *					(unit.slub.freelist checks both)
 * Source	Linux v6.12 mm/slub.c and mm/slab_common.c
 *		(docs/kernel.md D6, D7)
 */
#ifndef KM_KMEM_FREELIST_H
#define KM_KMEM_FREELIST_H

#include "kmem/kmem.h"

/*
 * Sets random and random_seq of a cache that its backend has set up. Returns 0
 * or -ENOMEM.
 */
int kmem_freelist_init(struct kmem_cache *s);
/*
 * 1: a free list that was written to is reported and cut, as the kernel does.
 * 0: it ends the program. Constant after init.
 */
extern u8 kmem_freelist_mends;
/* Frees random_seq. */
void kmem_freelist_release(struct kmem_cache *s);
/* Returns a random place in random_seq, where a new slab begins. */
unsigned int kmem_freelist_start(const struct kmem_cache *s);
/*
 * Returns the next number of the list that is below `objects`, since a slab of
 * smaller order has fewer objects. *pos goes round the list.
 */
unsigned int kmem_next_freelist_entry(const struct kmem_cache *s,
				      unsigned int objects, unsigned int *pos);

/* Returns an odd random number, for a slab. */
u32 kmem_freelist_salt(void);

/*
 * Encodes a free pointer that is stored at `place`, or decodes it. With key 0
 * it stays as it is.
 */
static __always_inline void *freelist_ptr_code(u64 key, void *ptr,
					       const void *place)
{
	if (unlikely(!key))
		return ptr;
	return (void *)((uintptr_t)ptr ^ key ^
			__builtin_bswap64((uintptr_t)place));
}

#endif
