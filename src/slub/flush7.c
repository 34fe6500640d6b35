// SPDX-License-Identifier: MIT
/*
 * slub/flush7.c - returns batches of objects to their slabs, in the form 7.0
 *
 *	chain   a 2 -> 7 -> 3	slab partial, stays so	one exchange, no lock
 *	        b 4 -> 1	slab full		waits --.
 *	        c 5		slab becomes empty	waits --+
 *	                                                        v
 *	        list_lock, one time: b is put on node->partial, c is taken off
 *
 * No CPU holds a slab, so a slab that is not full is on node->partial. That
 * changes under list_lock alone.
 *
 * Locking	none for most chains; list_lock for up to MAX_PENDING at a time
 * Invariants	SLUB1, SLUB2 of slab.h
 * Source	Linux 7.0 (docs/kernel.md V9, V11); that chains wait for one
 *		lock is ours: docs/divergence.md E
 */
#include "kmem/cache.h"
#include "kmem/stat.h"
#include "slub/detached.h"

void slub7_free_pending(struct kmem_cache *s, struct pending *p)
{
	struct kmem_cache_node *n = NULL;
	struct slab *empty[MAX_PENDING];
	unsigned int nr_empty = 0;

	for (unsigned int i = 0; i < p->nr; i++) {
		struct detached *d = &p->chains[i];
		struct kmem_cache_node *own = slab_node(d->slab);

		if (own != n) {
			if (n)
				spin_unlock(&n->list_lock);
			n = own;
			kmem_cache_lock(s, &n->list_lock);
		}
		if (__free_listed(s, n, d))
			empty[nr_empty++] = d->slab;
	}
	if (n)
		spin_unlock(&n->list_lock);
	p->nr = 0;
	for (unsigned int i = 0; i < nr_empty; i++)
		discard_slab(s, empty[i]);
}

void slub7_free(struct kmem_cache *s, const struct detached *d,
		struct pending *p)
{
	struct slab_state old = slab_read(d->slab), new;

	for (;;) {
		new = state_after(s, &old, d);
		if (was_full(&old) || !new.counters.inuse)
			break;
		if (likely(slab_exchange(d->slab, &old, new)))
			return;
		kmem_stat(s, CMPXCHG_DOUBLE_FAIL);
	}
	p->chains[p->nr++] = *d;
	if (p->nr == MAX_PENDING)
		slub7_free_pending(s, p);
}
