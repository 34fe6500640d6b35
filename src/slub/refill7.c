// SPDX-License-Identifier: MIT
/*
 * slub/refill7.c - takes batches of objects out of slabs, in the form 7.0
 *
 *	node->partial	[3 free] - [2 free] - [fresh ......] - ...
 *	under list_lock	  |          |          `- carved moves on; stays listed
 *			  `----------`- all free objects detached, the slab is
 *					full now and on no list
 *	after it	the detached lists are walked, into objs
 *
 *	1  partial slabs of the node, up to MAX_PARTS for each hold of the lock
 *	2  partial slabs of other nodes that have plenty, nearest node first
 *	3  a new slab, if one can be had without reclaim
 *	4  a new slab with reclaim; then steps 1 to 3 again
 *
 * A detached list may be longer than what is missing. Its rest goes back to its
 * slab: nothing has to be walked for that, unless others freed objects to the
 * slab meanwhile.
 *
 * A request for one node gets objects of that node first, also by step 3. With
 * __GFP_THISNODE there is no step 2.
 *
 * Locking	list_lock, for a few exchanges at a time. Pages are allocated
 *		without a lock held.
 * Invariants	SLUB1, SLUB2 of slab.h; frozen is 0, but for pages.c
 * Source	Linux 7.0 (docs/kernel.md V9, V11, U2, X3)
 */
#include <string.h>

#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/inherited.h"
#include "kmem/stat.h"
#include "slub/away.h"
#include "slub/detached.h"

#define MAX_PARTS 16U

/* What was detached from one slab. */
struct part {
	struct slab *slab;
	void *freelist;
	u32 nr_free; /* length of freelist */
	u32 nr_fresh; /* objects that were never handed out, */
	u32 fresh; /* from this one on */
	u32 nr_away; /* objects that touch pieces which were away `before` */
	unsigned int before, after; /* and none that were so after it */
};

/* The batch that is being filled, from its end. */
struct batch {
	void **end; /* of what is missing */
	unsigned int missing;
};

/* ---- under list_lock ----------------------------------------------------- */

/*
 * Detaches objects that are away, of as many pages as are wanted; the caller
 * links them. Returns how many objects of the slab are in use then.
 */
static noinline u32 detach_away(struct kmem_cache *s, struct slab *slab,
				u32 wanted, struct part *part)
{
	struct slab_state old = slab_read(slab), new;

	part->before = take_away(s, slab, wanted, &part->nr_away);
	part->after = slab->away;
	do {
		new = old;
		new.counters.inuse += part->nr_away;
	} while (!slab_exchange(slab, &old, new));
	return new.counters.inuse;
}

/*
 * Detaches the free objects of a slab on the partial list: all that are linked,
 * and of the others as many as are wanted, last those that are away. The slab
 * stays on the list if some are left. Returns how many were detached.
 */
static u32 detach_objects(struct kmem_cache *s, struct kmem_cache_node *n,
			  struct slab *slab, u32 wanted, struct part *part)
{
	struct slab_state old = slab_read(slab), new;
	u32 carved = slab->carved, away = objects_away(s, slab), got;
	bool renew = false;

	lock_assert_held(&n->list_lock);
	do {
		part->freelist = old.freelist;
		part->nr_free = carved - old.counters.inuse - away;
		new = old;
		new.freelist = NULL;
		renew = !old.counters.inuse && !s->random_seq;
		if (renew) { /* all are free */
			carved = 0;
			part->freelist = NULL;
			part->nr_free = 0;
		}
		part->nr_fresh = 0;
		if (part->nr_free < wanted)
			part->nr_fresh = min(wanted - part->nr_free,
					     old.counters.objects - carved);
		new.counters.inuse += part->nr_free + part->nr_fresh;
	} while (!slab_exchange(slab, &old, new));
	if (renew) {
		slab_renew_key(slab);
		if (unlikely(away))
			set_away(s, slab, 0);
	}
	part->slab = slab;
	part->fresh = carved;
	slab->carved = carved + part->nr_fresh;
	slab->looked = 0;
	got = part->nr_free + part->nr_fresh;
	part->nr_away = 0;
	if (unlikely(slab->away) && got < wanted)
		new.counters.inuse = detach_away(s, slab, wanted - got, part);
	if (new.counters.inuse == new.counters.objects)
		remove_partial(n, slab);
	return got + part->nr_away;
}

/* Detaches up to `wanted` objects, or a few more. Returns how many parts. */
static unsigned int detach_parts(struct kmem_cache *s,
				 struct kmem_cache_node *n, u32 wanted,
				 struct part parts[MAX_PARTS])
{
	unsigned int nr = 0;
	u32 got;

	if (!READ_ONCE(n->nr_partial))
		return 0;
	kmem_cache_lock(s, &n->list_lock);
	while (wanted && nr < MAX_PARTS && !list_empty(&n->partial)) {
		got = detach_objects(
			s, n, list_first_entry(&n->partial, struct slab, list),
			wanted, &parts[nr++]);
		wanted -= min(got, wanted);
	}
	spin_unlock(&n->list_lock);
	return nr;
}

/* ---- after it ------------------------------------------------------------ */

/* Links `rest` behind the last object of a list. */
static void append_list(struct kmem_cache *s, struct slab *slab, void *obj,
			void *rest)
{
	const struct slab_walk walk = slab_walk(s, slab);
	void *next;

	while ((next = next_free_object(s, slab, &walk, obj)))
		obj = next;
	set_freepointer(s, slab, obj, rest);
}

/*
 * Gives the last `nr` objects of a detached list back; they begin with `rest`.
 * The slab may have been put on the partial list by frees, which are linked in
 * front then; or pages.c has taken it off that list, and puts it there again.
 */
static void give_rest(struct kmem_cache *s, struct slab *slab, void *rest,
		      u32 nr)
{
	struct kmem_cache_node *n = slab_node(slab);
	struct slab_state old, new;
	bool done = false;

	kmem_cache_lock(s, &n->list_lock);
	old = slab_read(slab);
	do {
		new = old;
		if (!old.freelist) {
			new.freelist = rest;
			new.counters.inuse -= nr;
			done = slab_exchange(slab, &old, new);
			continue;
		}
		new.freelist = NULL;
		if (slab_exchange(slab, &old, new)) {
			append_list(s, slab, old.freelist, rest);
			rest = old.freelist;
			old = new;
		}
	} while (!done);
	if (was_full(&old) && !old.counters.frozen)
		add_partial_first(n, slab);
	spin_unlock(&n->list_lock);
}

/*
 * Moves objects from the front of a list to the batch. Returns the first one
 * that is left, or NULL.
 */
static void *take_list(struct kmem_cache *s, struct slab *slab, void *obj,
		       u32 nr, struct batch *b)
{
	const struct slab_walk walk = slab_walk(s, slab);
	void **at = b->end, **const stop = at - min(nr, b->missing), *next;

	while (obj && at != stop) {
		next = next_free_object(s, slab, &walk, obj);
		walk_clear(&walk, obj);
		*--at = obj;
		obj = next;
	}
	b->missing -= (unsigned int)(b->end - at);
	b->end = at;
	return obj;
}

/* Adds objects in a row to the batch, without touching them. */
static void take_row(const struct kmem_cache *s, const struct slab *slab,
		     u32 first, u32 nr, struct batch *b)
{
	char *obj = (char *)slab_address(slab) + (unsigned long)first * s->size;

	b->missing -= nr;
	for (; nr; nr--) {
		*--b->end = obj;
		obj += s->size;
	}
}

/* Links the objects of a part that were away, and adds them to the batch. */
static noinline void take_linked(struct kmem_cache *s, const struct part *part,
				 struct batch *b)
{
	const u32 had = b->missing;
	void *tail, *rest = link_pieces(s, part->slab, part->before,
					part->after, &tail);

	rest = take_list(s, part->slab, rest, part->nr_away, b);
	if (rest)
		give_rest(s, part->slab, rest, part->nr_away - had);
}

static void take_part(struct kmem_cache *s, const struct part *part,
		      struct batch *b)
{
	const u32 had = b->missing;
	void *rest;

	if (part->nr_free <= had &&
	    2 * part->nr_free > part->slab->state.counters.objects)
		prefetch_slab(s, part->slab);
	rest = take_list(s, part->slab, part->freelist, part->nr_free, b);
	if (rest && part->nr_free > had)
		give_rest(s, part->slab, rest, part->nr_free - had);
	else
		take_row(s, part->slab, part->fresh, part->nr_fresh, b);
	if (unlikely(part->nr_away))
		take_linked(s, part, b);
}

/* Fills the batch from the partial slabs of a node. */
static void take_partial(struct kmem_cache *s, struct kmem_cache_node *n,
			 struct batch *b)
{
	struct part parts[MAX_PARTS];
	unsigned int nr;

	while (b->missing && (nr = detach_parts(s, n, b->missing, parts))) {
		for (unsigned int i = 1; i < nr; i++)
			__builtin_prefetch((char *)parts[i].freelist +
					   s->offset);
		for (unsigned int i = 0; i < nr; i++)
			take_part(s, &parts[i], b);
	}
}

/*
 * Fills the batch from partial slabs of other nodes that have more of them than
 * they would keep. They are not tried every time, so that objects of different
 * nodes do not mix.
 */
static void take_any_partial(struct kmem_cache *s, struct batch *b)
{
	const pg_data_t *here = NODE_DATA(numa_node_id());
	const struct zoneref *z =
		here->node_zonelists[ZONELIST_FALLBACK]._zonerefs;
	struct kmem_cache_node *n = get_node(s, here->node_id);
	const unsigned int had = b->missing;
	u32 rolls;

	if (nr_online_nodes == 1)
		return;
	/* takes every value below 1024 in turn */
	rolls = __atomic_add_fetch(&n->rolls, 619, __ATOMIC_RELAXED);
	if (rolls % 1024 >= READ_ONCE(s->remote_node_defrag_ratio))
		return;
	for (; z->zone && b->missing == had; z++) {
		n = get_node(s, z->zone->node_id);
		if (READ_ONCE(n->nr_partial) > READ_ONCE(s->min_partial))
			take_partial(s, n, b);
	}
}

/*
 * Fills the batch from a slab that only the caller knows. What is left of it is
 * put at the front of its node's partial list, where the next batch begins.
 */
static void take_new(struct kmem_cache *s, struct slab *slab, struct batch *b)
{
	const u32 objects = slab->state.counters.objects;
	const u32 nr = min(objects, b->missing);
	struct kmem_cache_node *n = slab_node(slab);

	if (slab->state.freelist) {
		slab->state.freelist = take_list(s, slab, slab->state.freelist,
						 nr, b);
	} else {
		take_row(s, slab, 0, nr, b);
		slab->carved = nr;
	}
	slab->state.counters.inuse = nr;
	slab->state.counters.frozen = 0;
	if (nr == objects)
		return;
	kmem_cache_lock(s, &n->list_lock);
	add_partial_first(n, slab);
	spin_unlock(&n->list_lock);
}

static bool take_new_slab(struct kmem_cache *s, gfp_t gfp, int node,
			  struct batch *b)
{
	struct slab *slab = new_slab(s, gfp, node);

	if (slab)
		take_new(s, slab, b);
	return slab != NULL;
}

/* Does steps 1 to 3, which do not reclaim. */
static void fill_batch(struct kmem_cache *s, gfp_t gfp, int node,
		       struct batch *b)
{
	const int near = node == NUMA_NO_NODE ? (int)numa_node_id() : node;
	const unsigned int nr = b->missing;

	for (;;) {
		take_partial(s, get_node(s, near), b);
		if (!b->missing)
			return;
		if (b->missing < nr) /* other nodes do not complete a batch */
			gfp |= __GFP_THISNODE;
		if (!(gfp & __GFP_THISNODE)) {
			if (node != NUMA_NO_NODE &&
			    take_new_slab(s,
					  GFP_NOWAIT | __GFP_THISNODE |
						  (gfp & __GFP_NO_GROW),
					  node, b))
				continue;
			take_any_partial(s, b);
			if (b->missing < nr)
				continue;
		}
		if (!take_new_slab(s, gfp_batch(gfp), node, b))
			return;
	}
}

unsigned int slub7_refill(struct kmem_cache *s, gfp_t gfp, int node,
			  void **objs, unsigned int nr)
{
	unsigned int got = kmem_inherited_alloc(s, node, objs, nr);
	struct batch b = { objs + nr, nr };

	if (unlikely(got))
		return got;
	if (node != NUMA_NO_NODE && node != (int)numa_node_id())
		kmem_stat(s, ALLOC_NODE_MISMATCH);
	fill_batch(s, gfp, node, &b);
	if (unlikely(b.missing == nr) && (gfp & __GFP_DIRECT_RECLAIM) &&
	    take_new_slab(s, gfp, node, &b))
		fill_batch(s, gfp | __GFP_THISNODE, node, &b);
	got = nr - b.missing;
	if (unlikely(!got))
		slab_out_of_memory(s, gfp, node);
	else if (unlikely(b.missing))
		memmove(objs, b.end, got * sizeof(void *));
	kmem_count_add(&s->in_use, got);
	return got;
}
