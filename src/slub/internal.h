// SPDX-License-Identifier: MIT
/*
 * slub/internal.h - shared by the files of this layer alone
 */
#ifndef KM_SLUB_INTERNAL_H
#define KM_SLUB_INTERNAL_H

#include "kmem/stat.h"
#include "kmem/freelist.h"
#include "slub/slab.h"
#include "sys/os.h"
#include "slub/slub.h"

/* slab, partial and touched are also looked at, and only that, without lock. */
struct kmem_cache_cpu {
	spinlock_t lock;
	u32 nr_partial; /* lock */
	void *freelist; /* lock: freed objects taken off slab */
	char *fresh; /* lock: next object of slab never handed out */
	u32 nr_fresh; /* lock */
	u32 touched; /* lock: used since the last tick */
	u32 rolls; /* lock: whether to look at other nodes */
	struct slab *slab; /* lock */
	struct slab *partial; /* lock: frozen slabs, linked by next */
} __cacheline_aligned;

/* ---- the free pointer ---------------------------------------------------- */

static inline void *get_freepointer(const struct kmem_cache *s, const void *obj)
{
	void *const *place = (void *const *)(const void *)((const char *)obj +
							   s->offset);

	return freelist_ptr_code(s->random, *place, place);
}

static inline void set_freepointer(const struct kmem_cache *s, void *obj,
				   void *next)
{
	void **place = (void **)(void *)((char *)obj + s->offset);

	*place = freelist_ptr_code(s->random, next, place);
}

/* ---- slab.c -------------------------------------------------------------- */

int slub_setup(struct kmem_cache *s);
/* How many objects, at half-full slabs, a CPU may have on partial slabs. */
void slub_set_cpu_partial(struct kmem_cache *s, unsigned int nr_objects);
/*
 * A new slab, frozen, nothing carved; NULL: no memory. With direct reclaim in
 * gfp no lock is held; without, none of rank LOCK_LIST or above.
 */
struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node);
void discard_slab(struct kmem_cache *s, struct slab *slab);
/* One line and abort unless obj starts an object of s in this slab. */
void check_object(const struct kmem_cache *s, const struct slab *slab,
		  const void *obj);
int slub_verify(struct kmem_cache *s, void **objs, unsigned int nr);
bool is_object(const struct kmem_cache *s, const struct slab *slab,
	       const void *obj);

/* One line and abort: a free list that leads out of its objects. */
__attribute__((noreturn)) void bad_freelist(const struct kmem_cache *s,
					    const void *next);

/* The next on a free list; a forged pointer does not decode to an object. */
static inline void *next_free(const struct kmem_cache *s,
			      const struct slab *slab, const void *obj)
{
	void *next = get_freepointer(s, obj);

	if (unlikely(s->random) && next && unlikely(!is_object(s, slab, next)))
		bad_freelist(s, next);
	return next;
}

#define RECIPROCAL_SHIFT 40

/*
 * The slab of an object if index and address prove that it starts one in a
 * slab of the preferred order; NULL: look closer. Reads no struct page.
 */
static inline struct slab *known_slab(const struct kmem_cache *s,
				      const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);

	if (unlikely(!s->class || arena_index[pfn] != s->class ||
		     !kmem_starts_object(s, obj)))
		return NULL;
	return (struct slab *)pfn_to_page(pfn & ~((1UL << s->oo_order) - 1));
}

static inline struct slab_state slab_read(struct slab *slab)
{
	struct slab_state state;

	/* Torn reads are caught by the exchange that follows. */
	state.freelist = READ_ONCE(slab->state.freelist);
	state.counters.word = READ_ONCE(slab->state.counters.word);
	return state;
}

/*
 * Replace *old by new, or read what is there into *old. A process with one
 * thread (glibc says so) needs no atomic for it.
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
	seen = __sync_val_compare_and_swap(
		(unsigned __int128 *)(void *)&slab->state, o, n);
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

static inline void remove_partial(struct kmem_cache_node *n, struct slab *slab)
{
	lock_assert_held(&n->list_lock);
	list_del(&slab->list);
	WRITE_ONCE(n->nr_partial, n->nr_partial - 1);
}

/* ---- node.c -------------------------------------------------------------- */

/* Give a frozen slab to the node, or its frames back if it is empty. */
void unfreeze_slab(struct kmem_cache *s, struct slab *slab);
/*
 * Take up to `nr` frozen slabs off the node's partial list, linked by next:
 * the first, or NULL. *got says how many.
 */
struct slab *get_partial_node(struct kmem_cache_node *n, unsigned int nr,
			      unsigned int *got);
void slub_shrink(struct kmem_cache *s, unsigned int flags);
unsigned long slub_shutdown(struct kmem_cache *s);
void *slub_object_of(struct kmem_cache *s, const void *addr);

/* ---- left.c -------------------------------------------------------------- */

void slub_list_slab_objects(struct kmem_cache *s, struct page *page);

/* ---- oom.c -------------------------------------------------------------- */

/* A few lines, unless __GFP_NOWARN, and not too often. No lock held. */
void slab_out_of_memory(struct kmem_cache *s, gfp_t gfp, int node);

/* ---- refill.c ------------------------------------------------------------ */

unsigned int slub_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr);
void put_cpu_partial(struct kmem_cache *s, struct slab *slab);
/* What this CPU holds goes to the node. */
void flush_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c);

/* ---- count.c ------------------------------------------------------------- */

enum slub_item { SLUB_FREE, SLUB_INUSE };

/* Objects of that kind in the slabs of the node's partial list. */
unsigned long count_partial(struct kmem_cache_node *n, enum slub_item item);
/* The free ones, estimated if the list is very long. */
unsigned long count_partial_free_approx(struct kmem_cache_node *n);
void slub_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo);

/* ---- flush.c ------------------------------------------------------------- */

void slub_flush(struct kmem_cache *s, void **objs, unsigned int nr);

static inline void stat_add(unsigned long *counter, unsigned long nr)
{
	__atomic_add_fetch(counter, nr, __ATOMIC_RELAXED);
}

static inline void stat_sub(unsigned long *counter, unsigned long nr)
{
	stat_add(counter, -nr);
}

#endif
