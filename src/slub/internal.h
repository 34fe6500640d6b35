// SPDX-License-Identifier: MIT
/*
 * slub/internal.h - what the files of src/slub share with each other alone
 */
#ifndef KM_SLUB_INTERNAL_H
#define KM_SLUB_INTERNAL_H

#include "kmem/cache.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "slub/freeptr.h"
#include "slub/slab.h"
#include "sys/os.h"
#include "slub/slub.h"

/*
 * slab, partial and touched are also read, but never written, without the lock.
 */
struct kmem_cache_cpu {
	spinlock_t lock;
	u32 nr_partial; /* lock */
	void *freelist; /* lock: free objects of slab, taken off it */
	char *fresh; /* lock: first object of slab never handed out */
	u32 nr_fresh; /* lock */
	u32 touched; /* lock: 1 if used since the last tick */
	u32 rolls; /* lock: counter of get_any_partial() */
	struct slab *slab; /* lock */
	struct slab *partial; /* lock: frozen slabs, linked by next */
} __cacheline_aligned;

static inline struct kmem_cache_cpu *this_cpu_slab(struct kmem_cache *s)
{
	return &s->cpu_slab[smp_cpu()];
}

/* Returns true if CPUs hold slabs of s: it is in the form 6.18. */
static inline bool has_cpu_slabs(const struct kmem_cache *s)
{
	return s->cpu_slab != NULL;
}

/* ---- geometry.c ---------------------------------------------------------- */

/*
 * Sets the layout and the order of the slabs. Debug metadata that would need
 * larger slabs are left out if slab_debug=O says so, or if no block is large
 * enough. Returns 0 or -EINVAL.
 */
int calculate_sizes(struct kmem_cache *s);
/* Sets how many partial slabs CPUs and nodes may keep. */
void calculate_partials(struct kmem_cache *s);
/*
 * Sets how many objects a CPU may keep on its partial list. The limit is stored
 * as a number of slabs, each taken to be half full.
 */
void slub_set_cpu_partial(struct kmem_cache *s, unsigned int nr_objects);

/* ---- slab.c -------------------------------------------------------------- */

/*
 * Returns a new slab, frozen and with nothing carved, or NULL if there is no
 * memory. With direct reclaim in gfp the caller holds no lock; otherwise it
 * holds none of rank LOCK_LIST or above.
 */
struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node);
/* Gives the frames of an empty slab that is on no list back. No lock held. */
void discard_slab(struct kmem_cache *s, struct slab *slab);

/* ---- object.c ------------------------------------------------------------ */

/*
 * Prints one line and aborts, unless obj is the start of an object of s in
 * slab, and is not away.
 */
void check_object(const struct kmem_cache *s, const struct slab *slab,
		  const void *obj);
/* slab_ops.verify: returns how many of the objects are of other caches. */
int slub_verify(struct kmem_cache *s, void **objs, unsigned int nr);
/* slab_ops.object_of: returns the object of a slab that holds addr, or NULL. */
void *slub_object_of(struct kmem_cache *s, const void *addr);
/* Returns true if obj is the start of an object of this slab of s. */
bool is_slab_object(const struct kmem_cache *s, const struct slab *slab,
		    const void *obj);

/* ---- used.c -------------------------------------------------------------- */

/* slab_ops.slab_of_used: returns the slab of an object in use, or NULL. */
struct page *slub_slab_of_used(struct kmem_cache *s, const void *obj);
/* slab_ops.slab_used: returns how many objects of a slab are in use. */
unsigned int slub_slab_used(const struct page *page);
/* slab_ops.drop_slab: frees a slab whose objects in use are the caller's. */
bool slub_drop_slab(struct kmem_cache *s, struct page *page, unsigned int nr);

/* ---- stored.c ------------------------------------------------------------ */

/* slab_ops.mark_stored: marks objects that go to a barn. 0 or -EINVAL. */
int slub_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr);
/* slab_ops.clear_stored: clears the marks of objects that come from there. */
void slub_clear_stored(struct kmem_cache *s, void **objs, unsigned int nr);

/* ---- freechain.c --------------------------------------------------------- */

/*
 * Reports that the free object obj was written to and leads to `next`, which is
 * no object of the slab. Aborts, or returns: kmem_freelist_mends.
 */
__cold void bad_freelist(struct kmem_cache *s, struct slab *slab, void *obj,
			 const void *next);

/*
 * Returns the free object after obj in the slab, or NULL. What is no object of
 * the slab is reported, and is the end of the list.
 */
static __always_inline void *next_free_object(struct kmem_cache *s,
					      struct slab *slab,
					      const struct slab_walk *w,
					      void *obj)
{
	void *next = walk_next(w, obj);

	if (likely(!next || walk_has(w, (uintptr_t)next)))
		return next;
	bad_freelist(s, slab, obj, next);
	return NULL;
}

#define RECIPROCAL_SHIFT 40

/*
 * Returns the slab of obj, if frame index and address show that obj starts an
 * object in a slab of the preferred order. Returns NULL if a closer look is
 * needed. Reads no struct page.
 */
static inline struct slab *known_slab(const struct kmem_cache *s,
				      const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);

	if (unlikely(!s->class || READ_ONCE(arena_index[pfn]) != s->class ||
		     !kmem_starts_object(s, obj)))
		return NULL;
	return (struct slab *)pfn_to_page(pfn & ~((1UL << s->oo_order) - 1));
}

static inline struct slab_state slab_read(struct slab *slab)
{
	struct slab_state state;

	/* A torn read is caught by the exchange that follows. */
	state.freelist = READ_ONCE(slab->state.freelist);
	state.counters.word = READ_ONCE(slab->state.counters.word);
	return state;
}

/*
 * Exchanges 16 bytes if they are `old`. Returns what they were. libtsan does
 * this under a lock of its own, which the child of fork may find taken for
 * ever. So ThreadSanitizer does not see the instruction, but its order.
 */
#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

static noinline __racy unsigned __int128 slab_cmpxchg16(unsigned __int128 *at,
							unsigned __int128 old,
							unsigned __int128 new)
{
	unsigned __int128 seen;

	__tsan_release(at);
	seen = __sync_val_compare_and_swap(at, old, new);
	__tsan_acquire(at);
	return seen;
}
#else
#define slab_cmpxchg16(at, old, new) __sync_val_compare_and_swap(at, old, new)
#endif

/*
 * Replaces *old by new and returns true. If the slab has changed meanwhile,
 * stores its present state in *old and returns false. A process with one
 * thread, as glibc reports it, needs no atomic instruction.
 */
static inline bool slab_exchange(struct slab *slab, struct slab_state *old,
				 struct slab_state new)
{
	unsigned __int128 o, n, seen;

	__builtin_memcpy(&o, old, sizeof(o));
	__builtin_memcpy(&n, &new, sizeof(n));
	if (likely(os_single_threaded())) {
		slab->state = new;
		return true;
	}
	seen = slab_cmpxchg16((unsigned __int128 *)(void *)&slab->state, o, n);
	if (likely(seen == o))
		return true;
	__builtin_memcpy(old, &seen, sizeof(seen));
	return false;
}

/* ---- the node's partial list; nr_partial is also read without the lock --- */

static inline void add_partial(struct kmem_cache_node *n, struct slab *slab)
{
	lock_assert_held(&n->list_lock);
	list_add_tail(&slab->list, &n->partial);
	WRITE_ONCE(n->nr_partial, n->nr_partial + 1);
}

/* The same at the front, where the next slab is taken from. */
static inline void add_partial_first(struct kmem_cache_node *n,
				     struct slab *slab)
{
	lock_assert_held(&n->list_lock);
	list_add(&slab->list, &n->partial);
	WRITE_ONCE(n->nr_partial, n->nr_partial + 1);
}

static inline void remove_partial(struct kmem_cache_node *n, struct slab *slab)
{
	lock_assert_held(&n->list_lock);
	list_del(&slab->list);
	WRITE_ONCE(n->nr_partial, n->nr_partial - 1);
}

/* ---- node.c -------------------------------------------------------------- */

/*
 * Puts a frozen slab on its node's partial list unless the slab is full. An
 * empty one goes back to the page allocator if the node has partial slabs
 * enough.
 */
void unfreeze_slab(struct kmem_cache *s, struct slab *slab);
/*
 * Takes up to `nr` slabs off the node's partial list and freezes them. Returns
 * the first, linked to the others by next, or NULL. Stores their number in
 * *got.
 */
struct slab *get_partial_node(const struct kmem_cache *s,
			      struct kmem_cache_node *n, unsigned int nr,
			      unsigned int *got);
/* slab_ops.fork_take: takes all locks of the cache before fork(). */
void slub_fork_take(struct kmem_cache *s);
/* slab_ops.fork_release: releases them after fork(). */
void slub_fork_release(struct kmem_cache *s);

/* ---- shrink.c ------------------------------------------------------------ */

/* slab_ops.shrink: frees empty slabs. */
void slub_shrink(struct kmem_cache *s, unsigned int flags);
/* slab_ops.shutdown: frees slabs. Returns how many objects are in use. */
unsigned long slub_shutdown(struct kmem_cache *s);

/* ---- ops.c --------------------------------------------------------------- */

/* slab_ops.setup: sets size, order and limits. Returns 0 or -EINVAL. */
int slub_setup(struct kmem_cache *s);

/* ---- left.c -------------------------------------------------------------- */

/* slab_ops.list_slab_objects: reports the objects of a slab still in use. */
void slub_list_slab_objects(struct kmem_cache *s, struct page *page);

/* ---- oom.c -------------------------------------------------------------- */

/*
 * Reports that the cache got no slab: a few lines, limited in rate, and none
 * with __GFP_NOWARN. No lock is held.
 */
void slab_out_of_memory(struct kmem_cache *s, gfp_t gfp, int node);

/* ---- refill.c, refill7.c: two forms ---------------------------------------*/

/*
 * Returns the flags of a request, less what is forbidden with a lock held, or
 * for objects that are not needed yet.
 */
static inline gfp_t gfp_batch(gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_MEMALLOC))
		gfp |= __GFP_NOMEMALLOC;
	return gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
}

/*
 * Prefetches the free pointers of a slab that is mostly free. Its list may
 * visit the objects in any order, so each pointer would be a cache miss to wait
 * for.
 */
static inline void prefetch_slab(const struct kmem_cache *s,
				 const struct slab *slab)
{
	const unsigned int step = max(s->size, (unsigned int)CACHELINE);
	const char *at = (const char *)slab_address(slab) + s->offset;
	const char *end = at + (u64)slab->state.counters.objects * s->size;

	for (; at < end; at += step)
		__builtin_prefetch(at, 1);
}

/* slab_ops.refill in the form 7.0. */
unsigned int slub7_refill(struct kmem_cache *s, gfp_t gfp, int node,
			  void **objs, unsigned int nr);

/* ---- refill.c ------------------------------------------------------------ */

/* slab_ops.refill: stores up to nr objects and returns how many. */
unsigned int slub_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr);

/* ---- find.c -------------------------------------------------------------- */

static inline bool node_match(const struct slab *slab, int node)
{
	return node == NUMA_NO_NODE || slab->node_id == node;
}

/* Returns a frozen slab that has free objects, or NULL. c->lock is held. */
struct slab *find_slab(struct kmem_cache *s, struct kmem_cache_cpu *c,
		       gfp_t gfp, int node);

/* ---- cpu_slab.c ---------------------------------------------------------- */

/* Gives the CPU's slab to its node. c->lock is held. */
void deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c);
/*
 * Makes a new slab the CPU's slab, or puts it on the CPU's partial list. The
 * caller holds c->lock.
 */
void add_new_slab(struct kmem_cache_cpu *c, struct slab *slab);
/*
 * Puts a frozen slab with its first free object on this CPU's partial list. If
 * the list is full, the slabs that were on it go to their nodes.
 */
void put_cpu_partial(struct kmem_cache *s, struct slab *slab);
/* Empties c: its slab and its partial slabs go to their nodes. */
void flush_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c);

/* ---- count.c ------------------------------------------------------------- */

enum slub_item { SLUB_FREE, SLUB_INUSE };

/* Returns the number of free or used objects in the node's partial slabs. */
unsigned long count_partial(struct kmem_cache_node *n, enum slub_item item);
/*
 * Returns the number of free objects in the node's partial slabs; an estimate
 * if the list is longer than MAX_PARTIAL_TO_SCAN.
 */
unsigned long count_partial_free_approx(struct kmem_cache_node *n);
/* slab_ops.get_slabinfo: adds up what slabinfo shows of the cache. */
void slub_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo);

/* ---- flush.c ------------------------------------------------------------- */

/* slab_ops.flush: returns nr objects to their slabs. */
void slub_flush(struct kmem_cache *s, void **objs, unsigned int nr);
/* The same in the form 7.0. */
void slub7_flush(struct kmem_cache *s, void **objs, unsigned int nr);

#endif
