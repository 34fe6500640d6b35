/* SPDX-License-Identifier: MIT */
/*
 * slub/detached.h - a chain of free objects on its way to its slab
 *
 *	batch  [a3 a7 a2 ...]	head a2 -> a7 -> a3 tail	nr 3
 *
 *	the slab was	and is now	it is
 *	full		partly free	put on node->partial
 *	partial		empty		taken off, to the page allocator, if the
 *					node has enough partial slabs
 *	else				left where it is
 *
 * Locking	list_lock where the table says so; else none
 * Invariants	SLUB1, SLUB2 of slab.h
 */
#ifndef KM_SLUB_DETACHED_H
#define KM_SLUB_DETACHED_H

#include "kmem/cache.h"
#include "slub/internal.h"

struct detached {
	struct slab *slab;
	void *head, *tail;
	unsigned int nr;
};

/*
 * Returns the state of the slab once the chain d is free. Aborts if more would
 * be free than the slab has.
 */
static inline struct slab_state state_after(struct kmem_cache *s,
					    const struct slab_state *old,
					    const struct detached *d)
{
	struct slab_state new = *old;

	if (unlikely(old->counters.inuse < d->nr || d->tail == old->freelist))
		kmem_double_free(s, d->tail);
	set_freepointer(s, d->slab, d->tail, old->freelist);
	new.freelist = d->head;
	new.counters.inuse -= d->nr;
	return new;
}

static inline bool was_full(const struct slab_state *old)
{
	return old->counters.inuse == old->counters.objects;
}

/*
 * Frees a chain of a slab that may have to change lists; list_lock is held.
 * Returns true if the slab is empty, on no list, and to be given back.
 */
static inline bool __free_listed(struct kmem_cache *s,
				 struct kmem_cache_node *n, struct detached *d)
{
	struct slab_state old = slab_read(d->slab), new;
	bool discard;

	lock_assert_held(&n->list_lock);
	do {
		new = state_after(s, &old, d);
	} while (!slab_exchange(d->slab, &old, new));
	if (old.counters.frozen)
		return false;
	discard = !new.counters.inuse &&
		  n->nr_partial >= READ_ONCE(s->min_partial);
	if (was_full(&old) && !discard) {
		add_partial(n, d->slab);
		kmem_stat(s, FREE_ADD_PARTIAL);
	} else if (!was_full(&old) && discard) {
		remove_partial(n, d->slab);
		kmem_stat(s, FREE_REMOVE_PARTIAL);
	}
	return discard;
}

/* ---- flush7.c: the form 7.0 ---------------------------------------------- */

#define MAX_PENDING 16U

/* Chains that wait for the list lock. */
struct pending {
	unsigned int nr;
	struct detached chains[MAX_PENDING];
};

/*
 * Frees a chain without a lock, or notes it in p where its slab may have to
 * change lists.
 */
void slub7_free(struct kmem_cache *s, const struct detached *d,
		struct pending *p);
/* Frees the chains that wait in p. */
void slub7_free_pending(struct kmem_cache *s, struct pending *p);

#endif
