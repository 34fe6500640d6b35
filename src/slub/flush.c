// SPDX-License-Identifier: MIT
/*
 * slub/flush.c - many objects at once, back to their slabs
 *
 * Neighbours in the batch that belong to one slab are chained first and then
 * freed with one exchange. Each is proven to be the start of an object of this
 * cache: this is where a wild pointer that passed the fast path is caught.
 *
 *	batch  [a3 a7 b1 a2 b4]	  look a few ahead for more of the same slab
 *	       a: 3 -> 7 -> 2	  one exchange
 *	       b: 1 -> 4	  one exchange
 *
 *	the slab was		and is now		it goes
 *	frozen			frozen			nowhere: a cpu has it
 *	full			partly free		to this CPU's partial list
 *	partial			empty			to the buddy if the node has
 *							enough partial slabs
 *
 * Locking	none for most; list_lock where a slab changes lists
 * Invariants	S1, S2 of slab.h
 * Source	Linux v6.18 mm/slub.c, __slab_free() and
 *		build_detached_freelist() (kernel-facts U4, X1)
 */
#include "slub/internal.h"

#define LOOKAHEAD 3

/* A chain of free objects of one slab. */
struct detached {
	struct slab *slab;
	void *head, *tail;
	unsigned int nr;
};

/* What a free of `nr` objects makes of a slab. */
static struct slab_state state_after(struct kmem_cache *s,
				     const struct slab_state *old,
				     const struct detached *d)
{
	struct slab_state new = *old;

	if (unlikely(old->counters.inuse < d->nr))
		kmem_double_free(s, d->head);
	set_freepointer(s, d->tail, old->freelist);
	new.freelist = d->head;
	new.counters.inuse -= d->nr;
	return new;
}

static bool was_full(const struct slab_state *old)
{
	return old->counters.inuse == old->counters.objects;
}

/*
 * A slab on no CPU became empty, or stopped being full while this cache keeps
 * no cpu partial lists: under list_lock, which holds S2 together.
 */
static void free_listed(struct kmem_cache *s, struct detached *d)
{
	struct kmem_cache_node *n = &s->node;
	struct slab *slab = d->slab;
	struct slab_state old, new;
	bool discard = false;

	spin_lock(&n->list_lock);
	old = slab_read(slab);
	do {
		new = state_after(s, &old, d);
	} while (!slab_exchange(slab, &old, new));
	if (!old.counters.frozen) {
		discard = !new.counters.inuse &&
			  n->nr_partial >= s->min_partial;
		if (was_full(&old) && !discard) {
			list_add_tail(&slab->list, &n->partial);
			n->nr_partial++;
		} else if (!was_full(&old) && discard) {
			list_del(&slab->list);
			n->nr_partial--;
		}
	}
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, slab);
}

static void slab_free(struct kmem_cache *s, struct detached *d)
{
	struct slab *slab = d->slab;
	struct slab_state old = slab_read(slab), new;

	do {
		new = state_after(s, &old, d);
		if (!old.counters.frozen) {
			if (!new.counters.inuse)
				goto listed;
			if (was_full(&old))
				new.counters.frozen = 1;
		}
	} while (!slab_exchange(slab, &old, new));
	if (new.counters.frozen && !old.counters.frozen)
		put_cpu_partial(s, slab);
	return;
listed:
	free_listed(s, d);
}

/* Chain what belongs to one slab with the last object; holes become NULL. */
static unsigned int build_detached(struct kmem_cache *s, void **objs,
				   unsigned int nr, struct detached *d)
{
	unsigned int first_left = 0, misses = 0;

	d->tail = objs[--nr];
	d->head = d->tail;
	d->nr = 1;
	d->slab = virt_to_slab(d->head);
	check_object(s, d->slab, d->head);
	objs[nr] = NULL;
	for (unsigned int i = nr; i-- > 0;) {
		if (!objs[i])
			continue;
		if (virt_to_slab(objs[i]) != d->slab) {
			if (!first_left)
				first_left = i + 1;
			if (++misses == LOOKAHEAD)
				break;
			continue;
		}
		check_object(s, d->slab, objs[i]);
		set_freepointer(s, objs[i], d->head);
		d->head = objs[i];
		d->nr++;
		objs[i] = NULL;
	}
	return first_left;
}

void slub_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct detached d;

	stat_sub(&s->node.in_use, nr);
	while (nr) {
		if (!objs[nr - 1]) {
			nr--;
			continue;
		}
		nr = build_detached(s, objs, nr, &d);
		slab_free(s, &d);
	}
}
