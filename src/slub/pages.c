// SPDX-License-Identifier: MIT
/*
 * slub/pages.c - gives pages inside slabs in use to the OS
 *
 *	node->partial	[slab] - [slab] - ...
 *	under list_lock	  `- off the list and frozen, all its free objects taken
 *			     out: others may free objects to it, but take none
 *	after it	  pages on which all objects are free: madvise();
 *			  objects that touch them are linked no more
 *	under list_lock	  the slab goes back, with the pages in `away`
 *
 * A slab is looked at again when the number of its objects in use has changed,
 * or objects were taken from it. It is not looked at where free objects have to
 * keep their bytes (constructors, type-stable memory), and where their order is
 * a secret.
 *
 * Locking	list_lock for a few slabs at a time; none over a system call
 * Invariants	AWAY1, AWAY2 of away.h
 * Source	no counterpart: docs/divergence.md E
 */
#include <string.h>

#include "slub/away.h"

#define GIVE_BATCH 8U /* slabs taken off the list at a time */
#define GIVE_LOOKS 64U /* slabs looked at under one hold of the lock */

/* A frozen slab whose free objects are the caller's. */
struct giver {
	struct slab *slab;
	void *head, *tail; /* the free objects that are linked */
	u32 nr; /* of these; from unlink_pieces() on */
};

/* Returns inuse / objects in 254ths, from 1. */
static u8 degree_of(const union slab_counters *c)
{
	return (u8)(1 + c->inuse * 254 / c->objects);
}

/* Returns true if it may be worth to look at a slab. */
static bool worth_look(const struct kmem_cache *s, const struct slab *slab,
		       unsigned int flags)
{
	const union slab_counters c =
		slab_read((struct slab *)(uintptr_t)slab).counters;
	const unsigned int shift = piece_shift(slab);

	if (!c.inuse || slab->looked == degree_of(&c))
		return false;
	if ((flags & SHRINK_IDLE) && 2 * c.inuse > c.objects)
		return false;
	return PAGE_SIZE << slab->order > 1UL << shift &&
	       (u64)(c.objects - c.inuse) * s->size > 1UL << shift;
}

/* Takes a slab off the list, and all that is free in it. */
static void take_whole(struct kmem_cache_node *n, struct slab *slab,
		       struct giver *g)
{
	struct slab_state old = slab_read(slab), new;

	remove_partial(n, slab);
	do {
		new.freelist = NULL;
		new.counters = old.counters;
		new.counters.inuse = old.counters.objects;
		new.counters.frozen = 1;
	} while (!slab_exchange(slab, &old, new));
	slab->looked = degree_of(&old.counters);
	slab->next = NULL;
	*g = (struct giver){ .slab = slab, .head = old.freelist };
}

static bool is_sparse(const struct slab *slab)
{
	const union slab_counters c = slab->state.counters;

	return 2 * c.inuse <= c.objects;
}

/* A walk along a node's partial slabs. */
struct look {
	struct kmem_cache_node *n;
	unsigned int flags;
	unsigned long left; /* slabs that are still to be looked at */
	struct list_head sparse; /* list_lock: passed over */
};

/*
 * Takes up to GIVE_BATCH slabs. Those that are passed over go to the end of the
 * list; sparse ones behind all others, at the end of the walk. So objects are
 * taken from fuller slabs first, and sparse ones can become empty.
 */
static unsigned int take_batch(struct kmem_cache *s, struct look *l,
			       struct giver *batch)
{
	struct kmem_cache_node *n = l->n;
	unsigned int nr = 0;

	spin_lock(&n->list_lock);
	for (unsigned int looks = 0; looks < GIVE_LOOKS && nr < GIVE_BATCH &&
				     l->left && !list_empty(&n->partial);
	     looks++) {
		struct slab *slab = list_first_entry(&n->partial, struct slab,
						     list);

		l->left--;
		if (worth_look(s, slab, l->flags))
			take_whole(n, slab, &batch[nr++]);
		else
			list_move_tail(&slab->list, is_sparse(slab) ?
							    &l->sparse :
							    &n->partial);
	}
	if (list_empty(&n->partial))
		l->left = 0;
	if (!l->left)
		list_splice_init(&l->sparse, n->partial.prev);
	spin_unlock(&n->list_lock);
	return nr;
}

/* Counts an object in or out of the pieces that it touches. */
static void count_pieces(u32 live[MAX_PIECES], unsigned int pieces, u32 nr)
{
	for (; pieces; pieces &= pieces - 1)
		live[__builtin_ctz(pieces)] += nr;
}

/*
 * Returns the pieces that no object in use touches, and that are not away yet.
 */
static unsigned int idle_pieces(struct kmem_cache *s, const struct giver *g)
{
	struct slab *slab = g->slab;
	const struct slab_walk walk = slab_walk(s, slab);
	const unsigned int nr = (unsigned int)((PAGE_SIZE << slab->order) >>
					       piece_shift(slab));
	u32 live[MAX_PIECES] = { 0 };
	unsigned int idle = 0;
	void *obj = g->head;

	for (u32 i = 0; i < slab->carved; i++) {
		unsigned int pieces = pieces_of(s, slab, i);

		if (!(pieces & slab->away))
			count_pieces(live, pieces, 1);
	}
	for (u32 i = 0; obj && i < slab->carved; i++) {
		u32 index = object_index(s, slab, obj);

		count_pieces(live, pieces_of(s, slab, index), -1U);
		obj = next_free_object(s, slab, &walk, obj);
	}
	for (unsigned int i = 0; i < nr; i++)
		if (!live[i])
			idle |= 1U << i;
	return idle & ~(unsigned int)slab->away;
}

/* Takes the objects that touch these pieces off the list of free ones. */
static void unlink_pieces(struct kmem_cache *s, struct giver *g,
			  unsigned int pieces)
{
	struct slab *slab = g->slab;
	const struct slab_walk walk = slab_walk(s, slab);
	void *obj = g->head, *next;
	bool gap = true; /* behind the tail, the list leads to another object */

	g->head = NULL;
	for (u32 i = 0; obj && i < slab->carved; i++, obj = next) {
		u32 index = object_index(s, slab, obj);

		next = next_free_object(s, slab, &walk, obj);
		if (pieces_of(s, slab, index) & pieces) {
			gap = true;
			continue;
		}
		if (!g->head)
			g->head = obj;
		else if (gap)
			set_freepointer(s, slab, g->tail, obj);
		gap = false;
		g->tail = obj;
		g->nr++;
	}
}

/*
 * Gives pieces to the OS. What it refuses, since the program locked its memory,
 * is cleared, so that it reads the same. Returns how many pages went.
 */
static unsigned long discard_pieces(const struct slab *slab,
				    unsigned int pieces)
{
	const unsigned int shift = piece_shift(slab) - PAGE_SHIFT;
	unsigned long pages = 0;

	while (pieces) {
		unsigned int first = (unsigned int)__builtin_ctz(pieces);
		unsigned int nr = (unsigned int)__builtin_ctz(
			~(pieces >> first));
		unsigned long pfn = page_to_pfn(slab_page(slab)) +
				    ((unsigned long)first << shift);
		unsigned long frames = (unsigned long)nr << shift;

		if (!arena_discard(pfn, frames))
			pages += frames;
		else
			memset(pfn_to_virt(pfn), 0, frames << PAGE_SHIFT);
		pieces &= ~(((1U << nr) - 1) << first);
	}
	return pages;
}

/*
 * Makes pieces away. The last objects below carved that touch them count as
 * never carved from here on, so that a piece that is away has none of these. A
 * word of theirs on a piece that stays must not say any more that they are
 * free.
 */
static void add_away(struct kmem_cache *s, struct slab *slab,
		     unsigned int pieces)
{
	const struct slab_walk walk = slab_walk(s, slab);
	const unsigned int shift = piece_shift(slab);
	char *base = slab_address(slab);
	u32 carved = slab->carved;

	pieces |= slab->away;
	for (; carved && pieces_of(s, slab, carved - 1) & pieces; carved--) {
		unsigned long start = (unsigned long)(carved - 1) * s->size;

		if (!(pieces & 1U << ((start + s->offset) >> shift)))
			walk_clear(&walk, base + start);
	}
	for (unsigned int i = 0; i < MAX_PIECES; i++)
		if ((unsigned long)i << shift >=
		    (unsigned long)carved * s->size)
			pieces &= ~(1U << i);
	slab->carved = carved;
	set_away(s, slab, pieces);
}

/* Gives what is free back to the slab, and the slab to its node. */
static void give_whole(struct kmem_cache *s, struct giver *g)
{
	struct slab *slab = g->slab;
	const u32 objects = slab->state.counters.objects;
	const u32 apart = objects - slab->carved + objects_away(s, slab);
	struct slab_state old = slab_read(slab), new;

	do {
		new = old;
		if (g->nr) {
			set_freepointer(s, slab, g->tail, old.freelist);
			new.freelist = g->head;
		}
		new.counters.inuse -= g->nr + apart;
	} while (!slab_exchange(slab, &old, new));
	unfreeze_slab(s, slab);
}

/* Returns how many pages of the slab went. */
static unsigned long give_slab(struct kmem_cache *s, struct giver *g)
{
	unsigned int idle = idle_pieces(s, g);
	unsigned long pages = 0;

	unlink_pieces(s, g, idle);
	if (idle) {
		pages = discard_pieces(g->slab, idle);
		add_away(s, g->slab, idle);
	}
	give_whole(s, g);
	return pages;
}

static unsigned long give_node_pages(struct kmem_cache *s,
				     struct kmem_cache_node *n,
				     unsigned int flags)
{
	struct look l = { n, flags, READ_ONCE(n->nr_partial),
			  LIST_HEAD_INIT(l.sparse) };
	struct giver batch[GIVE_BATCH];
	unsigned long pages = 0;

	while (l.left) {
		unsigned int nr = take_batch(s, &l, batch);

		for (unsigned int i = 0; i < nr; i++)
			pages += give_slab(s, &batch[i]);
	}
	return pages;
}

unsigned long slub_give_pages(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	unsigned long pages = 0;
	int nid;

	if (!s->oo_order || s->ctor || s->random_seq ||
	    s->flags & SLAB_TYPESAFE_BY_RCU)
		return 0;
	for_each_kmem_cache_node(s, nid, n)
		pages += give_node_pages(s, n, flags);
	return pages;
}
