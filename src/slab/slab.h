// SPDX-License-Identifier: MIT
/*
 * slab/slab.h - the SLAB backend: its nouns
 *
 *	owner (a thread)        kmem_cache_node
 *	 array_cache              shared   slots of array_caches, by CPU
 *	  [| obj obj obj   ]      alien[]  objects of other nodes, by node
 *	        ^cursor           slabs_partial <-> [slab] <-> [slab]
 *	                          slabs_full    <-> [slab]
 *	                          slabs_free    <-> [slab]
 *
 * An owner's array_cache is the sheaf that kmem calls its main. The fast paths
 * know only the cursor; where it stands says how many objects there are. When
 * the array runs empty, it is exchanged for a shared one, else `batchcount`
 * objects come from slabs. When it is full, the oldest `batchcount` objects go
 * the other way.
 *
 * A slab is a block of pages with up to 253 objects, and an array of their
 * numbers in which the free ones lie behind the first `active` places
 * (numbers.h has another one, for more than 64 objects):
 *
 *	freelist	. . . | 4  0  7		active = 3 of 6 are in use
 *			      ^ the next to be handed out
 *
 * That array, the freelist, lies at the end of the slab, in an object of
 * another cache, or in the slab's own free object that will be handed out last.
 *
 * Source	Linux v6.1 mm/slab.c and mm/slab.h (docs/kernel.md S1-S14);
 *		docs/divergence.md H
 */
#ifndef KM_SLAB_SLAB_H
#define KM_SLAB_SLAB_H

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

typedef u8 freelist_idx_t;

#define SLAB_OBJ_MIN_SIZE 16U
/* A slab of more objects than this has no map of the free ones (numbers.h). */
#define FREE_MAP_BITS 64U
#define SLAB_OBJ_MAX_NUM 253U

/*
 * A struct page while it heads a slab. The kernel calls it struct slab, as that
 * of SLUB (slub/slab.h); here both are in one library.
 */
struct slab_desc {
	u8 type, order, flags, migratetype, zone_id, node_id; /* as in page */
	u8 active; /* objects in use; list_lock */
	u8 looked; /* pages.c: active when it looked, or 0; list_lock */
	struct kmem_cache *slab_cache; /* constant */
	struct list_head slab_list; /* list_lock */
	void *s_mem; /* the first object; constant */
	freelist_idx_t *freelist; /* list_lock; NULL: its object is in use */
	/* bit i: object i is free or stored; atomic. Or the first free number,
	 * list_lock. numbers.h */
	u64 free_map;
	u64 memcg; /* page_slab_memcg(), page_slab_born() */
};

_Static_assert(sizeof(struct slab_desc) == sizeof(struct page), "an overlay");
_Static_assert(offsetof(struct slab_desc, slab_cache) ==
		       offsetof(struct page, slab_cache),
	       "kmem finds the cache of a page");
_Static_assert(offsetof(struct slab_desc, active) ==
			       offsetof(struct page, epoch) &&
		       offsetof(struct slab_desc, memcg) ==
			       offsetof(struct page, owner_stack),
	       "the rest is the slab's");

/*
 * An array of objects in front of the slabs, last in first out. An owner's
 * array is a struct slab_sheaf: its avail counts only while it is out of its
 * slot. Its objects end where the sheaf ends (sheaf_objects()) and do not begin
 * at entry[0].
 */
struct array_cache {
	u32 batchcount; /* objects moved at a time; constant while in use */
	u32 reaped; /* of an owner's array: last reap, ms; owner */
	void *unused; /* as in struct slab_sheaf; not used */
	struct kmem_cache *cache; /* constant while in use */
	u32 limit; /* most objects; constant while in use */
	u32 avail; /* alien->lock, or the owner; not kept in a slot */
	void *entry[]; /* as avail */
} __attribute__((__may_alias__)); /* it is a struct slab_sheaf too */

_Static_assert(offsetof(struct array_cache, cache) ==
			       offsetof(struct slab_sheaf, cache) &&
		       offsetof(struct array_cache, limit) ==
			       offsetof(struct slab_sheaf, capacity) &&
		       offsetof(struct array_cache, avail) ==
			       offsetof(struct slab_sheaf, count) &&
		       offsetof(struct array_cache, entry) ==
			       offsetof(struct slab_sheaf, words),
	       "an overlay");

/* The most slots of a CPU; the tunable `shared` says how many are used. */
#define SHARED_MAX ((SHEAF_WORDS - SHEAF_HEADER_WORDS) / NR_BARNS)

/*
 * A node's slots of arrays that its owners share, those of CPU c in row c %
 * NR_BARNS. A word has the address of an array and the number of its objects.
 */
struct shared_arrays {
	u64 header[SHEAF_HEADER_WORDS]; /* as in struct slab_sheaf */
	uintptr_t slot[NR_BARNS][SHARED_MAX]; /* atomic; 0: no array */
};

_Static_assert(sizeof(struct shared_arrays) == SHEAF_SIZE, "an overlay");

#define ALIEN_LIMIT 12U

/* Objects of one other node that were freed on this node. */
struct alien_cache {
	spinlock_t lock;
	union {
		struct array_cache ac; /* lock */
		u64 room[sizeof(struct array_cache) / 8 + ALIEN_LIMIT];
	};
} __cacheline_aligned;

extern const struct slab_ops slab_ops;

/*
 * Checks SLAB1 to SLAB5 (internal.h) of a cache that is not in use; aborts on a
 * fault.
 */
void slab_check(struct kmem_cache *s);

#endif
