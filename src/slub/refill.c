// SPDX-License-Identifier: MIT
/*
 * slub/refill.c - takes batches of objects out of the nearest slabs
 *
 *	0  what a child of fork() freed of its parent's (kmem/inherited.c)
 *	1  this CPU's freelist and fresh objects
 *	2  objects that other CPUs freed to this CPU's slab meanwhile
 *	3  this CPU's partial slabs
 *	4  the node's partial slabs: one is used, some become this CPU's (3)
 *	5  partial slabs of other nodes that have plenty, nearest node first
 *	6  a new slab, if one can be had without reclaim
 *	7  a new slab with reclaim. No lock is held, since reclaim takes the
 *	   locks of all rooms; steps 1 to 6 follow again
 *
 * A request for one node gets objects of that node. Steps 1 to 4 pass over
 * slabs of other nodes, and a new slab of that node comes before step 5. With
 * __GFP_THISNODE there is no step 5. Steps 3 to 6 are in find.c.
 *
 * Locking	kmem_cache_cpu.lock (rank LOCK_KMEM_CPU) throughout 1-6
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U2, U3, X3)
 */
#include <string.h>

#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/inherited.h"
#include "kmem/stat.h"
#include "slub/away.h"

/*
 * Moves up to nr objects from c->freelist to the words in front of end. Returns
 * how many.
 */
static unsigned int take_freed(struct kmem_cache *s, struct kmem_cache_cpu *c,
			       void **end, unsigned int nr)
{
	void **at = end, **const stop = end - nr, *obj = c->freelist, *next;
	struct slab *slab = c->slab;
	struct slab_walk walk;

	if (!obj)
		return 0;
	walk = slab_walk(s, slab);
	while (obj && at != stop) {
		next = next_free_object(s, slab, &walk, obj);
		walk_clear(&walk, obj);
		*--at = obj;
		obj = next;
	}
	c->freelist = obj;
	return (unsigned int)(end - at);
}

/*
 * Moves up to nr objects that were never handed out to the words in front of
 * end, without touching the objects themselves. Returns how many.
 */
static unsigned int take_fresh(struct kmem_cache *s, struct kmem_cache_cpu *c,
			       void **end, unsigned int nr)
{
	const unsigned int got = min(nr, c->nr_fresh), size = s->size;
	char *obj = c->fresh;

	for (void **at = end, **const stop = end - got; at != stop;) {
		*--at = obj;
		obj += size;
	}
	c->fresh = obj;
	c->nr_fresh -= got;
	return got;
}

/*
 * Links objects that are away again, of one page or a few, in a slab of the CPU
 * that has no others left. They are on its free list then.
 */
static noinline void take_back_page(struct kmem_cache *s, struct slab *slab)
{
	struct slab_state old = slab_read(slab), new;
	unsigned int before;
	void *head, *tail;
	u32 nr;

	before = take_away(s, slab, 1, &nr);
	head = link_pieces(s, slab, before, slab->away, &tail);
	do {
		set_freepointer(s, slab, tail, old.freelist);
		new = old;
		new.freelist = head;
	} while (!slab_exchange(slab, &old, new));
}

/*
 * Takes all free objects of the CPU's slab, which are then handed out under
 * c->lock alone; but those that are away only when there are no others. Returns
 * false if there are none: the slab is full, and no longer belongs to the CPU.
 */
static bool take_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab *slab = c->slab;
	struct slab_state old = slab_read(slab), new;
	u32 carved = slab->carved, away = 0;
	bool renew;

	if (unlikely(slab->away)) {
		if (!old.freelist && carved == old.counters.objects) {
			take_back_page(s, slab);
			old = slab_read(slab);
		}
		away = objects_away(s, slab);
	}
	do {
		new.freelist = NULL;
		new.counters.word = old.counters.word;
		renew = !old.counters.inuse && !s->random_seq;
		new.counters.inuse = old.counters.objects - (renew ? 0 : away);
		new.counters.frozen = old.freelist ||
				      carved < old.counters.objects;
	} while (!slab_exchange(slab, &old, new));
	if (!new.counters.frozen) { /* from here on any CPU may use it */
		WRITE_ONCE(c->slab, (struct slab *)NULL);
		return false;
	}
	if (renew) { /* all are free */
		slab_renew_key(slab);
		old.freelist = NULL;
		carved = 0;
		if (unlikely(slab->away))
			set_away(s, slab, 0);
	}
	if (old.freelist && 2 * old.counters.inuse < old.counters.objects)
		prefetch_slab(s, slab);
	c->freelist = old.freelist;
	c->nr_fresh = old.counters.objects - carved;
	c->fresh = (char *)slab_address(slab) + (unsigned long)carved * s->size;
	slab->carved = old.counters.objects;
	slab->looked = 0;
	kmem_stat(s, ALLOC_REFILL);
	return true;
}

/* Makes another slab the CPU's slab. Returns false if none can be had. */
static bool next_slab(struct kmem_cache *s, struct kmem_cache_cpu *c, gfp_t gfp,
		      int node)
{
	struct slab *slab = find_slab(s, c, gfp, node);

	if (!slab)
		return false;
	slab->next = NULL;
	WRITE_ONCE(c->slab, slab);
	return true;
}

/*
 * Does steps 1 to 6. Fills objs from its end, since the caller hands out the
 * last object first. Returns how many. The caller holds c->lock.
 */
static unsigned int __slub_refill(struct kmem_cache *s,
				  struct kmem_cache_cpu *c, gfp_t gfp, int node,
				  void **objs, unsigned int nr)
{
	void **const end = objs + nr;
	unsigned int got = 0;

	lock_assert_held(&c->lock);
	WRITE_ONCE(c->touched, 1U);
	if (c->slab && !node_match(c->slab, node)) {
		kmem_stat(s, ALLOC_NODE_MISMATCH);
		deactivate_slab(s, c);
	}
	for (;;) {
		got += take_freed(s, c, end - got, nr - got);
		got += take_fresh(s, c, end - got, nr - got);
		if (got == nr)
			break;
		if (c->slab && take_slab(s, c))
			continue;
		if (got) /* other nodes do not complete a batch */
			gfp |= __GFP_THISNODE;
		if (!next_slab(s, c, gfp_batch(gfp), node))
			break;
		take_slab(s, c);
	}
	if (unlikely(got < nr))
		memmove(objs, end - got, got * sizeof(void *));
	return got;
}

/*
 * Does step 7. Meanwhile the thread may have moved to another CPU, which may
 * have a slab already. Reclaim may also have brought memory of another node
 * than the requested one; that is accepted.
 */
static unsigned int refill_reclaiming(struct kmem_cache *s, gfp_t gfp, int node,
				      void **objs, unsigned int nr)
{
	struct slab *slab = new_slab(s, gfp, node);
	struct kmem_cache_cpu *c;
	unsigned int got;

	if (!slab)
		return 0;
	if (node != NUMA_NO_NODE)
		node = slab->node_id;
	c = this_cpu_slab(s);
	kmem_cache_lock(s, &c->lock);
	add_new_slab(c, slab);
	got = __slub_refill(s, c, gfp, node, objs, nr);
	spin_unlock(&c->lock);
	return got;
}

unsigned int slub_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr)
{
	unsigned int got = kmem_inherited_alloc(s, node, objs, nr);
	struct kmem_cache_cpu *c;

	if (unlikely(got))
		return got;
	c = this_cpu_slab(s);
	kmem_cache_lock(s, &c->lock);
	got = __slub_refill(s, c, gfp, node, objs, nr);
	spin_unlock(&c->lock);
	if (unlikely(!got) && (gfp & __GFP_DIRECT_RECLAIM))
		got = refill_reclaiming(s, gfp, node, objs, nr);
	if (unlikely(!got))
		slab_out_of_memory(s, gfp, node);
	kmem_count_add(&s->in_use, got);
	return got;
}
