// SPDX-License-Identifier: MIT
/*
 * slab/slab.h - the SLAB backend: its nouns
 *
 *	owner (a thread)        kmem_cache_node
 *	 array_cache              shared   [avail, limit | objects ...     ]
 *	  [| obj obj obj   ]      alien[]  the same, for objects of other nodes
 *	        ^cursor           slabs_partial <-> [slab] <-> [slab]
 *	                          slabs_full    <-> [slab]
 *	                          slabs_free    <-> [slab]
 *
 * An owner's array_cache is the sheaf that kmem calls its main: the fast paths
 * know only the cursor, and avail is where that stands. When it runs empty,
 * `batchcount` objects come from the shared array, else from slabs; when it is
 * full, as many of the oldest go the other way.
 *
 * A slab is a block of pages with up to 255 objects, and an array of their
 * numbers in which the free ones lie behind the first `active` places:
 *
 *	freelist	. . . | 4  0  7		active = 3 of 6 are in use
 *			      ^ the next to be handed out
 *
 * That array is at the end of the slab, or in an object of another cache, or
 * in the one of its own free objects that will be handed out last.
 *
 * Source	Linux v6.1 mm/slab.c and mm/slab.h (docs/kernel.md S1-S14);
 *		docs/divergence.md H
 */
#ifndef KM_SLAB_SLAB_H
#define KM_SLAB_SLAB_H

#include "arena/arena.h"
#include "kmem/kmem.h"

typedef u8 freelist_idx_t;

#define SLAB_OBJ_MIN_SIZE 16U
/* Slabs of more objects than there are bits have no map of the free ones. */
#define FREE_MAP_BITS 64U
#define SLAB_OBJ_MAX_NUM 255U

/* A struct page while it heads a slab. */
struct slab {
	u8 type, order, flags, migratetype, zone_id, node_id; /* as in page */
	u16 active; /* objects in use; list_lock; epoch is for free pages */
	struct kmem_cache *slab_cache; /* constant */
	struct list_head slab_list; /* list_lock */
	void *s_mem; /* the first object; constant */
	freelist_idx_t *freelist; /* list_lock; NULL while it is in use itself */
	u64 free_map; /* bit i: number i is free; list_lock */
	u64 memcg; /* as page_slab_memcg() has it */
};

_Static_assert(sizeof(struct slab) == sizeof(struct page), "an overlay");
_Static_assert(offsetof(struct slab, slab_cache) ==
		       offsetof(struct page, slab_cache),
	       "kmem finds the cache of a page");
_Static_assert(offsetof(struct slab, active) == offsetof(struct page, epoch) &&
		       offsetof(struct slab, memcg) ==
			       offsetof(struct page, owner_stack),
	       "the rest is the slab's");

/*
 * Objects in front of the slabs, last in first out. An owner's lies over a
 * struct slab_sheaf: its avail counts only while it is out of its slot, and
 * its objects end where the sheaf ends (sheaf_objects()), not at entry[0].
 */
struct array_cache {
	u32 batchcount; /* objects moved at a time; constant while in use */
	union {
		u32 touched; /* used since the last reap; list_lock */
		u32 reaped; /* an owner's: when it was looked at, ms; owner */
	};
	void *unused; /* a sheaf's; between rcu_head and cache */
	struct kmem_cache *cache; /* constant while in use */
	u32 limit; /* room for so many; constant while in use */
	u32 avail; /* list_lock, or the alien's; an owner's: owner */
	void *entry[]; /* the same */
};

_Static_assert(offsetof(struct array_cache, cache) ==
			       offsetof(struct slab_sheaf, cache) &&
		       offsetof(struct array_cache, limit) ==
			       offsetof(struct slab_sheaf, capacity) &&
		       offsetof(struct array_cache, avail) ==
			       offsetof(struct slab_sheaf, count) &&
		       offsetof(struct array_cache, entry) ==
			       offsetof(struct slab_sheaf, words),
	       "an overlay");

#define ALIEN_LIMIT 12U

/* Objects of one other node that were freed here. */
struct alien_cache {
	spinlock_t lock;
	union {
		struct array_cache ac; /* lock */
		u64 room[sizeof(struct array_cache) / 8 + ALIEN_LIMIT];
	};
} __cacheline_aligned;

extern const struct slab_ops slab_ops;

/* Prove L1-L5 of internal.h for a cache that nobody is using. */
void slab_check(struct kmem_cache *s);

#endif
