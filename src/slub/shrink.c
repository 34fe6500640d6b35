// SPDX-License-Identifier: MIT
/*
 * slub/shrink.c - gives empty slabs back: at ticks, in reclaim, at the end
 *
 *	every CPU	its slab and partial list go to their nodes; a CPU that
 *			was used since the last tick keeps them (form 6.18)
 *	every node	empty slabs go to the page allocator; the others are
 *			sorted, fewest free objects first
 *
 * Locking	kmem_cache_cpu.lock, then list_lock, one after the other
 * Source	Linux v6.18 mm/slub.c, __kmem_cache_do_shrink()
 *		(docs/kernel.md U11)
 */
#include "kmem/slab_ops.h"
#include "slub/internal.h"

#define SHRINK_PROMOTE_MAX 32

/*
 * Gives every empty slab of the node back to the page allocator. Sorts the
 * others, fewest free objects first: these fill up, and the rest can become
 * empty.
 */
static void shrink_partial(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct list_head promote[SHRINK_PROMOTE_MAX]; /* [i]: i + 1 free */
	struct slab *slab, *next;
	LIST_HEAD(empty);

	if (!READ_ONCE(n->nr_partial))
		return;
	for (int i = 0; i < SHRINK_PROMOTE_MAX; i++)
		INIT_LIST_HEAD(&promote[i]);
	spin_lock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &n->partial, list) {
		union slab_counters c = slab_read(slab).counters;
		u32 nr_free = c.objects - c.inuse;

		if (!c.inuse) {
			remove_partial(n, slab);
			list_add(&slab->list, &empty);
		} else if (nr_free && nr_free <= SHRINK_PROMOTE_MAX) {
			list_move_tail(&slab->list, &promote[nr_free - 1]);
		}
	}
	for (int i = SHRINK_PROMOTE_MAX; i--;)
		list_splice_init(&promote[i], &n->partial);
	spin_unlock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &empty, list)
		discard_slab(s, slab);
}

void slub_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	int nid;

	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids;
	     cpu++) {
		struct kmem_cache_cpu *c = &s->cpu_slab[cpu];

		if ((flags & SHRINK_IDLE) && READ_ONCE(c->touched)) {
			WRITE_ONCE(c->touched, 0U);
			continue;
		}
		if (READ_ONCE(c->slab) || READ_ONCE(c->partial))
			flush_cpu_slab(s, c);
	}
	for_each_kmem_cache_node(s, nid, n)
		shrink_partial(s, n);
}

unsigned long slub_shutdown(struct kmem_cache *s)
{
	slub_shrink(s, SHRINK_ALL);
	return READ_ONCE(s->in_use);
}
