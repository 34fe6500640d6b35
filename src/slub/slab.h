// SPDX-License-Identifier: MIT
/*
 * slub/slab.h - struct slab: a struct page while it heads a slab
 *
 *	frames of one slab, order 1, objects of 1 KiB
 *	  | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
 *	    u   f   u   f   -   -   -   -	u in use, f freed, - not used
 *	freelist -> 3 -> 1 -> NULL		through the objects themselves
 *	carved = 4: objects 4..7 were not handed out since the slab was last
 *	            empty, so their memory may never have been touched
 *	inuse = 2 of 8
 *
 * freelist and counters change together by a 16-byte compare and exchange. So a
 * thread that frees an object to a slab of another CPU takes no lock.
 *
 *	frozen		held by a CPU: its slab, or on its partial list; or by
 *			a thread that gives pages of it back (pages.c)
 *	not frozen	full: on no list; partial or empty: on node->partial
 *
 * Locking	freelist, counters: atomic. carved: the CPU that holds a frozen
 *		slab, or list_lock while it is on node->partial. list:
 *		list_lock. next: the lock of the kmem_cache_cpu whose partial
 *		list the slab is on
 * Invariants	SLUB1  inuse = objects - (length of freelist)
 *		       - (objects - carved) - (objects that are away); in the
 *		       slab of a CPU, inuse counts all objects that the CPU has
 *		       taken
 *		SLUB2  not frozen and inuse < objects <=> on node->partial
 *		SLUB3  nr_partial is the length of the list it stands beside
 *					(slub_check() checks all three)
 * Source	Linux v6.18 mm/slab.h (docs/kernel.md U1); carved is ours, so
 *		that a new slab costs memory only as it fills: divergence.md E
 */
#ifndef KM_SLUB_SLAB_H
#define KM_SLUB_SLAB_H

#include "kmem/cache.h"
#include "kmem/kmem.h"

/* The most objects in a slab: their number has to fit into 15 bits. */
#define MAX_OBJS_PER_PAGE 32767UL

union slab_counters {
	u64 word;
	struct {
		u32 inuse; /* objects not on freelist */
		u16 objects; /* in the slab */
		u16 frozen;
	};
};

/* The 16 bytes that one compare and exchange replaces. */
struct slab_state {
	void *freelist;
	union slab_counters counters;
} __aligned(16);

struct slab {
	u8 type, order, flags, migratetype, zone_id, node_id; /* as in page */
	u8 away; /* pieces that the OS has; as carved (away.h) */
	u8 looked; /* pages.c: inuse when it looked; 0: not; as carved */
	struct kmem_cache *slab_cache;
	struct slab_state state;
	union {
		struct list_head list;
		struct slab *next;
	};
	u32 carved;
	u32 salt; /* freeptr.h */
	u64 memcg; /* page_slab_memcg(), page_slab_born() */
};

_Static_assert(sizeof(struct slab) == sizeof(struct page), "an overlay");
_Static_assert(offsetof(struct slab, slab_cache) ==
		       offsetof(struct page, slab_cache),
	       "kmem finds the cache of a page");
_Static_assert(offsetof(struct slab, memcg) ==
		       offsetof(struct page, owner_stack),
	       "the rest is the slab's");
_Static_assert(offsetof(struct slab, state) % 16 == 0, "cmpxchg16b");

static inline struct page *slab_page(const struct slab *slab)
{
	return (struct page *)(uintptr_t)slab;
}

static inline void *slab_address(const struct slab *slab)
{
	return page_to_virt(slab_page(slab));
}

/* Returns the cache's part for the node that the slab's memory is on. */
static inline struct kmem_cache_node *slab_node(const struct slab *slab)
{
	return get_node(slab->slab_cache, slab->node_id);
}

/* Returns the slab that holds an address, or NULL. */
static inline struct slab *virt_to_slab(const void *obj)
{
	return (struct slab *)virt_to_slab_page(obj);
}

#endif
