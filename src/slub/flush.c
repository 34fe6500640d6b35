// SPDX-License-Identifier: MIT
/*
 * slub/flush.c - returns batches of objects to their slabs
 *
 * Neighbours in the batch that belong to one slab are chained first and then
 * freed with one exchange. Each pointer is checked to be the start of an object
 * of this cache. A wild pointer that passed the fast path is caught here.
 *
 *	batch  [a3 a7 a2 b1 b4]
 *	       a: 2 -> 7 -> 3	  one exchange
 *	       b: 4 -> 1	  one exchange
 *
 *	the slab was		and is now		it goes
 *	frozen			frozen			nowhere: a CPU holds it
 *	full			partly free		to this CPU's partial
 *							list
 *	partial			empty			to the page allocator,
 *							if the node has enough
 *							partial slabs
 *
 * Locking	none for most; list_lock where a slab changes lists
 * Invariants	SLUB1, SLUB2 of slab.h
 * Source	Linux v6.18 mm/slub.c, __slab_free() and
 *		build_detached_freelist() (docs/kernel.md U4, X1)
 */
#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/inherited.h"
#include "kmem/stat.h"
#include "slub/away.h"
#include "slub/detached.h"
#include "slub/row.h"

#define BATCH 32U /* objects prefetched at a time */

/*
 * Frees a chain that leaves its slab empty, where no CPU holds the slab. The
 * slab may still change until list_lock is held, which keeps SLUB2 true.
 */
static void free_listed(struct kmem_cache *s, struct detached *d)
{
	struct kmem_cache_node *n = slab_node(d->slab);
	bool discard;

	kmem_cache_lock(s, &n->list_lock);
	discard = __free_listed(s, n, d);
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, d->slab);
}

static void slab_free(struct kmem_cache *s, struct detached *d)
{
	struct slab *slab = d->slab;
	struct slab_state old = slab_read(slab), new;

	for (;;) {
		new = state_after(s, &old, d);
		if (!old.counters.frozen) {
			if (!new.counters.inuse)
				goto listed;
			if (was_full(&old))
				new.counters.frozen = 1;
		}
		if (likely(slab_exchange(slab, &old, new)))
			break;
		kmem_stat(s, CMPXCHG_DOUBLE_FAIL);
	}
	if (old.counters.frozen)
		kmem_stat(s, FREE_FROZEN);
	else if (new.counters.frozen)
		put_cpu_partial(s, slab);
	return;
listed:
	free_listed(s, d);
}

/*
 * Returns the slab of obj after reading its struct page. Returns NULL if obj is
 * of another cache; it was freed there. Aborts if obj is no object.
 */
static noinline struct slab *find_object_slab(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *other = kmem_other_cache(s, obj);
	struct slab *slab = virt_to_slab(obj);

	if (unlikely(other)) {
		kmem_free_to_other(s, other, obj);
		return NULL;
	}
	check_object(s, slab, obj);
	return slab;
}

/*
 * Returns the slab of obj, or NULL if obj was another cache's and was freed
 * there. Nearly all slabs have the preferred order: for these, frame index and
 * address are enough, and no struct page is read.
 */
static inline struct slab *slab_of_freed(struct kmem_cache *s, void *obj)
{
	struct slab *slab = known_slab(s, obj);

	return likely(slab) ? slab : find_object_slab(s, obj);
}

/* Makes the walk's object free, before `next`; aborts if it is free already. */
static __always_inline void link_freed(struct kmem_cache *s,
				       const struct slab_walk *w, void *obj,
				       const void *next)
{
	if (unlikely(freeptr_put((void **)(void *)((char *)obj + w->offset),
				 next, w->key, w->start, w->bytes)))
		kmem_double_free(s, obj);
}

/*
 * Chains the objects at the front of objs that lie in `slab`. Only the first
 * was looked up. Each other one is checked to lie inside the slab and to start
 * an object there. The first has a word from the beginning, so that it is known
 * if it comes again.
 */
static void build_detached(struct kmem_cache *s, struct slab *slab, void **objs,
			   unsigned int nr, struct detached *d)
{
	const struct slab_walk walk = slab_walk(s, slab);
	void **at, **const end = objs + nr;

	link_freed(s, &walk, objs[0], NULL);
	at = put_row(s, slab, &walk, objs, nr, ROW_CHAIN);
	for (; at != end && walk_has(&walk, (uintptr_t)*at); at++)
		link_freed(s, &walk, *at, at[-1]);
	check_none_away(s, slab, objs, (unsigned int)(at - objs));
	*d = (struct detached){ slab, at[-1], objs[0],
				(unsigned int)(at - objs) };
}

/*
 * The loop of push_scattered(). `random` is that of the cache. The checks are
 * those of known_slab(); a word that leads into the slab's block is one of a
 * free object.
 */
static __always_inline unsigned int push_each(struct kmem_cache *s, void **objs,
					      unsigned int nr, u64 random)
{
	const uintptr_t base = arena_base,
			mask = (PAGE_SIZE << s->oo_order) - 1;
	const u64 bytes = s->oo_bytes, divisor = s->divisor;
	const unsigned int offset = s->offset;
	const u32 most = s->oo_objects - 2;
	/* Both biased to address 0, which saves a subtraction in the loop. */
	const uintptr_t index = (uintptr_t)arena_index - (base >> PAGE_SHIFT);
	const uintptr_t page_bytes = PAGE_SIZE / sizeof(struct page);
	const uintptr_t pages = (uintptr_t)arena.vmemmap - base / page_bytes;
	void **at = objs, **const end = objs + nr;

	for (; at != end; at++) {
		const uintptr_t obj = (uintptr_t)*at, in = obj & mask;
		const uintptr_t start = obj ^ in;
		const u8 *entry = (const u8 *)(index + (obj >> PAGE_SHIFT));
		struct slab *slab = (struct slab *)(pages + start / page_bytes);
		void **place = (void **)(obj + offset);

		if (unlikely(READ_ONCE(*entry) != s->class || in >= bytes ||
			     in * divisor >= divisor))
			break;
		if (slab->state.counters.inuse - 2 >= most ||
		    slab->state.freelist == (void *)obj)
			break;
		if (!random)
			*place = slab->state.freelist;
		else if (unlikely(freeptr_encode(place, slab->state.freelist,
						 random * slab->salt, start,
						 mask)))
			kmem_double_free(s, (void *)obj);
		slab->state.freelist = (void *)obj;
		slab->state.counters.inuse--;
	}
	return (unsigned int)(at - objs);
}

/*
 * Frees objects one by one, in a process with one thread. Goes on while each
 * lies in a slab that was not full and does not become empty, so that only the
 * slab's free list changes. Returns how many were freed.
 *
 * If the first two lie in one slab, returns 0: chaining is cheaper for these.
 * Objects of different slabs do not depend on each other, so the CPU overlaps
 * their cache misses.
 */
static unsigned int push_scattered(struct kmem_cache *s, void **objs,
				   unsigned int nr)
{
	const uintptr_t mask = (PAGE_SIZE << s->oo_order) - 1;

	if (!s->class ||
	    (nr > 1 && !(((uintptr_t)objs[0] ^ (uintptr_t)objs[1]) & ~mask)))
		return 0;
	if (unlikely(!s->random))
		return push_each(s, objs, nr, 0);
	return push_each(s, objs, nr, s->random);
}

/* Prefetches the cache lines that the exchanges of a batch will need. */
static void prefetch_batch(const struct kmem_cache *s, void **objs,
			   unsigned int nr)
{
	const uintptr_t mask = ~((PAGE_SIZE << s->oo_order) - 1);
	uintptr_t last = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t at = (uintptr_t)objs[i] & mask;

		if (at == last)
			continue;
		last = at;
		__builtin_prefetch((char *)objs[i] + s->offset, 1);
		__builtin_prefetch(__virt_to_page((void *)at), 1);
	}
}

/* p is where chains wait for a lock, in the form 7.0; NULL: the form 6.18. */
static __always_inline void flush_to_slabs(struct kmem_cache *s, void **objs,
					   unsigned int nr, struct pending *p)
{
	const bool single = os_single_threaded();
	unsigned int fetched = 0, i = 0;
	struct detached d;
	struct slab *slab;

	kmem_count_sub(&s->in_use, nr);
	while (i < nr) {
		if (single) {
			i += push_scattered(s, objs + i, nr - i);
			if (i == nr)
				break;
		} else if (i >= fetched) {
			fetched = min(i + BATCH, nr);
			prefetch_batch(s, objs + i, fetched - i);
		}
		slab = slab_of_freed(s, objs[i]);
		if (unlikely(!slab)) {
			kmem_count_add(&s->in_use,
				       1); /* another cache's object */
			i++;
			continue;
		}
		build_detached(s, slab, objs + i, nr - i, &d);
		if (p)
			slub7_free(s, &d, p);
		else
			slab_free(s, &d);
		i += d.nr;
	}
}

void slub_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	nr = kmem_inherited_free(s, objs, nr);
	flush_to_slabs(s, objs, nr, NULL);
}

void slub7_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct pending p;

	p.nr = 0;
	nr = kmem_inherited_free(s, objs, nr);
	flush_to_slabs(s, objs, nr, &p);
	if (p.nr)
		slub7_free_pending(s, &p);
}
