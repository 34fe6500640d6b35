// SPDX-License-Identifier: MIT
/*
 * kmem/stat.h - statistics of a cache, counted on the slow paths
 *
 * Each CPU has its own counts. Nothing is counted when a cursor hits, so
 * ALLOC_FASTPATH and FREE_FASTPATH are estimates: objects in the sheaves that
 * came to the fast path full, or left it full. An object that is allocated and
 * freed without a miss between is not counted.
 *
 * Locking	none: relaxed loads and stores; two threads on one CPU at once
 *		may lose a count
 * Source	Linux v6.18 mm/slub.c, enum stat_item (docs/kernel.md V8)
 */
#ifndef KM_KMEM_STAT_H
#define KM_KMEM_STAT_H

#include "kmem/kmem.h"
#include "zone/numa.h"

enum stat_item {
	/* one cache line: what a miss counts */
	ALLOC_FASTPATH, /* objects brought to a main; an estimate */
	FREE_FASTPATH, /* objects that filled a main; an estimate */
	SHEAF_REFILL, /* objects out of slabs, into sheaves */
	SHEAF_FLUSH, /* objects out of sheaves, to slabs */
	BARN_GET_FAIL, /* no full sheaf was found */
	BARN_PUT_FAIL, /* the barn had enough */
	ALLOC_REFILL, /* the CPU's slab had objects again */
	FREE_FROZEN, /* freed to a slab that a CPU holds */
	/* the rest */
	ALLOC_SLOWPATH, /* objects straight from a slab */
	FREE_SLOWPATH, /* objects straight to a slab */
	FREE_RCU_SHEAF, /* kfree_rcu() put the object into a sheaf */
	FREE_RCU_SHEAF_FAIL, /* kfree_rcu() could not */
	FREE_ADD_PARTIAL, /* a free put a slab on the node's list */
	FREE_REMOVE_PARTIAL, /* a free took an empty slab off it */
	ALLOC_FROM_PARTIAL, /* a slab came from a node's list */
	ALLOC_SLAB, /* slabs made */
	ALLOC_NODE_MISMATCH, /* the CPU's slab was of another node */
	FREE_SLAB, /* slabs freed */
	CPUSLAB_FLUSH, /* a CPU gave up its slabs */
	ORDER_FALLBACK, /* a slab has less than the preferred order */
	CMPXCHG_DOUBLE_FAIL, /* a slab changed meanwhile */
	CPU_PARTIAL_ALLOC, /* a slab came from this CPU's list */
	CPU_PARTIAL_FREE, /* a slab went to this CPU's list */
	CPU_PARTIAL_NODE, /* the same, from the node's list */
	CPU_PARTIAL_DRAIN, /* the list was full and went to the node */
	SHEAF_ALLOC, /* sheaves made */
	SHEAF_FREE, /* sheaves freed */
	BARN_GET, /* full sheaves out of a barn */
	BARN_PUT, /* full sheaves into a barn */
	SHEAF_PREFILL_FAST, /* a prefilled sheaf was a barn's or spare */
	SHEAF_PREFILL_SLOW, /* a prefilled sheaf was made or filled */
	SHEAF_PREFILL_OVERSIZE, /* a prefilled sheaf is private */
	SHEAF_RETURN_FAST, /* a returned sheaf became the spare */
	SHEAF_RETURN_SLOW, /* a returned sheaf did not */
	NR_SLUB_STAT_ITEMS
};

/* The counts of one CPU. */
struct kmem_cache_stat {
	unsigned long v[NR_SLUB_STAT_ITEMS];
	unsigned long locks; /* kmem_cache_lock() */
} __cacheline_aligned;

/* The kernel's names, which are also those of files: "alloc_fastpath". */
extern const char *const kmem_stat_names[NR_SLUB_STAT_ITEMS];

static inline void kmem_stat_n(const struct kmem_cache *s, enum stat_item item,
			       unsigned long n)
{
	unsigned long *v = &s->cpu_stat[smp_cpu_seen()].v[item];

	WRITE_ONCE(*v, READ_ONCE(*v) + n);
}

static inline void kmem_stat(const struct kmem_cache *s, enum stat_item item)
{
	kmem_stat_n(s, item, 1);
}

/*
 * Takes a lock of a cache or of its part for a node, and counts that: what
 * moves objects between threads and slabs does. What looks at slabs does not.
 */
static inline void kmem_cache_lock(const struct kmem_cache *s, spinlock_t *lock)
{
	unsigned long *nr = &s->cpu_stat[smp_cpu_seen()].locks;

	WRITE_ONCE(*nr, READ_ONCE(*nr) + 1);
	spin_lock(lock);
}

/* Returns how often kmem_cache_lock() was called for a cache. */
unsigned long kmem_cache_locks(const struct kmem_cache *s);
/* Return the sum of a count over the CPUs, and set it to zero. */
unsigned long kmem_stat_sum(const struct kmem_cache *s, enum stat_item item);
void kmem_stat_clear(const struct kmem_cache *s, enum stat_item item);

#endif
