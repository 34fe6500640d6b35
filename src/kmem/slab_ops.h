// SPDX-License-Identifier: MIT
/*
 * kmem/slab_ops.h - what a backend does for a cache
 *
 *	kmem		main is empty, full, idle	slabs		debug
 *	   `----------------.	|	   .---------------'---------------'
 *			  struct slab_ops of the cache
 *		.---------------'|`------------------.
 *	slab_ops	  slub_ops	  one of each for caches with debugging
 *
 * SLAB and SLUB have two such tables each, in their ops.c, and nothing else of
 * theirs is known here. A callback may be NULL only where its comment says so.
 *
 * Locking	no lock is held by the caller, unless the comment names one
 * Source	none: the kernel is built with one backend
 */
#ifndef KM_KMEM_SLAB_OPS_H
#define KM_KMEM_SLAB_OPS_H

#include <kmalloc/slab.h>

struct kmem_owner;
struct page;
struct slab_caller;

#define KM_SLAB_BACKENDS (KM_SLAB_ON_SLAB | KM_SLAB_ON_SLUB)

/* The flags of a request that also hold for the pages of a slab. */
#define GFP_SLAB_MASK                                                          \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN |     \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | \
	 __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_THISNODE)

#define SHRINK_ALL 0 /* the flags of shrink() and kmem_reclaim() */
#define SHRINK_IDLE 1

/* What slabinfo shows of a cache. */
struct slabinfo {
	unsigned long active_objs; /* not free in a slab; cached too */
	unsigned long num_objs; /* in all slabs */
	unsigned long active_slabs, num_slabs;
	unsigned long shared_avail; /* objects in arrays that CPUs share */
	unsigned int limit, batchcount, shared; /* SLAB's tunables, or 0 */
	unsigned int objects_per_slab;
	unsigned int cache_order; /* of a slab */
};

struct slab_ops {
	/* The backend's name, a value of the boot parameter slab_alloc. */
	const char *name;
	/*
	 * The kernel whose form it has, a value of the boot parameter of that
	 * name. NULL: it has one form alone.
	 */
	const char *form;
	/* Caches have no sheaves before kmem_start_sheaves(). */
	bool late_sheaves;
	/* A cache that is created with this flag has this backend. */
	slab_flags_t flag;
	/* The bytes of a kmem_cache_cpu. 0: the backend has none. */
	size_t cpu_size;
	/* The table of caches of which no CPU holds slabs. NULL: this one. */
	const struct slab_ops *node_only;

	/* ---- a cache begins and ends ------------------------------------- */

	/*
	 * Sets size, order and sheaf_capacity; makes cpu_slab and nodes ready.
	 * Gives a cache with debug flags the table for those. Returns 0 or
	 * -EINVAL.
	 */
	int (*setup)(struct kmem_cache *s);
	/* The last step of destruction. Returns how many objects are in use. */
	unsigned long (*shutdown)(struct kmem_cache *s);

	/* ---- objects from slabs, and back -------------------------------- */

	/*
	 * Stores up to nr objects in objs; the one to hand out first goes last.
	 * Returns the number stored. gfp is the caller's. Objects are of `node`
	 * if it has any free, and with __GFP_THISNODE in any case; NUMA_NO_NODE
	 * means the nearest.
	 */
	unsigned int (*refill)(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr);
	/*
	 * Frees nr objects to their slabs and checks each. An object of another
	 * cache goes to that cache, by kmem_free_to_other(). Aborts if one is
	 * no object.
	 */
	void (*flush)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * Frees nr objects of other nodes, which may be collected first. NULL:
	 * flush() serves for these too.
	 */
	void (*flush_remote)(struct kmem_cache *s, void **objs,
			     unsigned int nr);
	/*
	 * Checks nr objects without freeing them. Returns how many are of other
	 * caches. Aborts if one is no object.
	 */
	int (*verify)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * The same for objects of a sheaf that goes to a barn; marks each.
	 * Aborts if one is free, or marked already: it lies in another sheaf.
	 * Returns 0, or -EINVAL and no object is marked: one is another
	 * cache's. NULL: caches of the backend have no barns.
	 */
	int (*mark_stored)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * Clears the marks of objects that were taken out of a barn. Aborts if
	 * a mark is gone.
	 */
	void (*clear_stored)(struct kmem_cache *s, void **objs,
			     unsigned int nr);
	/*
	 * Returns the slab of an object that is in use, and writes to nothing.
	 * Returns NULL if obj is free, or no object of s; flush() reports it.
	 * NULL: children of fork() free objects as other processes do, and the
	 * next two are NULL too.
	 */
	struct page *(*slab_of_used)(struct kmem_cache *s, const void *obj);
	/* Returns how many objects of a slab are in use; racy. */
	unsigned int (*slab_used)(const struct page *page);
	/*
	 * Frees a slab of which nr objects, the caller's, are all that is in
	 * use. Returns false if it has others, or a CPU holds it.
	 */
	bool (*drop_slab)(struct kmem_cache *s, struct page *page,
			  unsigned int nr);
	/* Returns the object of a slab that holds addr, or NULL. */
	void *(*object_of)(struct kmem_cache *s, const void *addr);

	/* ---- an owner's main; NULL in tables for debug flags ------------- */

	/*
	 * Called by the owner, whose main is empty: fills or replaces it.
	 * Returns 0 or -ENOMEM.
	 */
	int (*main_empty)(struct kmem_owner *owner, struct kmem_cache *s,
			  gfp_t gfp);
	/*
	 * Called by the owner, whose main is full: makes room in it or replaces
	 * it. Returns 0 or -ENOMEM.
	 */
	int (*main_full)(struct kmem_owner *owner, struct kmem_cache *s);
	/*
	 * Called by the owner at a tick: frees objects of one slot that lie
	 * idle. kmem_owners_lock is held.
	 */
	void (*main_idle)(struct kmem_owner *owner, struct kmem_cache *s);

	/* ---- upkeep ------------------------------------------------------ */

	/*
	 * Frees empty slabs; with SHRINK_IDLE only what was not used since the
	 * last call. slab_mutex may be held.
	 */
	void (*shrink)(struct kmem_cache *s, unsigned int flags);
	/*
	 * Gives pages of slabs in use to the OS, on which nothing is in use;
	 * with SHRINK_IDLE only of slabs that are half in use or less.
	 * Returns how many went. slab_mutex may be held. NULL: it has none.
	 */
	unsigned long (*give_pages)(struct kmem_cache *s, unsigned int flags);
	/* Takes all locks of the cache before fork(). */
	void (*fork_take)(struct kmem_cache *s);
	/* Releases them after fork(), in parent and child. */
	void (*fork_release)(struct kmem_cache *s);
	/*
	 * Sets the sizes of arrays. Returns 0 or -EINVAL. slab_mutex is held.
	 * NULL: the backend has no such sizes.
	 */
	int (*tune)(struct kmem_cache *s, int limit, int batchcount,
		    int shared);

	/* ---- what a cache holds ------------------------------------------ */

	/* Returns how many objects lie between owners and slabs; racy. */
	unsigned long (*cached)(struct kmem_cache *s);
	/* Adds up what slabinfo shows; slab_mutex is held. Racy. */
	void (*get_slabinfo)(struct kmem_cache *s, struct slabinfo *sinfo);
	/*
	 * Reports the objects of a slab that are still in use. slab_mutex is
	 * held.
	 */
	void (*list_slab_objects)(struct kmem_cache *s, struct page *page);
	/* Checks the invariants of a cache not in use; aborts on a fault. */
	void (*check)(struct kmem_cache *s);

	/* ---- caches with debug flags (kmem/debug.h); NULL for others ----- */

	/* Returns an object of orig_size bytes for the caller who, or NULL. */
	void *(*debug_alloc)(struct kmem_cache *s, gfp_t gfp, int node,
			     const struct slab_caller *who, size_t orig_size);
	/* Frees an object; a fault is reported and the object not freed. */
	void (*debug_free)(struct kmem_cache *s, void *obj,
			   const struct slab_caller *who);
	/* Returns the size that was requested for an object. */
	size_t (*debug_size)(struct kmem_cache *s, const void *obj);
	/* Changes that size. Returns 0, -EINVAL, or -ENOENT: it is free. */
	int (*debug_resize)(struct kmem_cache *s, void *obj, size_t size,
			    const struct slab_caller *who);
	/* Checks all objects. Returns the number of errors. */
	unsigned long (*validate)(struct kmem_cache *s,
				  const struct slab_caller *who);
	/*
	 * Prints which calls allocated and freed obj. NULL also where that is
	 * not recorded.
	 */
	void (*print_tracking)(const struct kmem_cache *s, void *obj);
};

#endif
