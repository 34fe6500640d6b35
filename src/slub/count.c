// SPDX-License-Identifier: MIT
/*
 * slub/count.c - counts objects in slabs, for slabinfo and slab/<cache>/
 *
 *	of a node:	nr_slabs, total_objects	  changed when a slab comes or
 *						  goes
 *			free			  free objects of the slabs on
 *						  the node's partial list
 *			active = total - free
 *
 * So every object of a slab that a CPU holds counts as active, even a free one.
 * So does an object that waits in a sheaf or a barn.
 *
 * Locking	list_lock (rank LOCK_LIST) for the partial list
 * Tests	unit.slub.sysfs, whose files show what is counted
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md I1, I7, V10)
 */
#include "kmem/slab_ops.h"
#include "slub/internal.h"

#define MAX_PARTIAL_TO_SCAN 10000

static unsigned long count_one(struct slab *slab, enum slub_item item)
{
	union slab_counters counters = slab_read(slab).counters;

	return item == SLUB_INUSE ? counters.inuse :
				    counters.objects - counters.inuse;
}

static unsigned long __count_partial(struct kmem_cache_node *n,
				     enum slub_item item)
{
	unsigned long nr = 0;
	struct slab *slab;

	lock_assert_held(&n->list_lock);
	list_for_each_entry(slab, &n->partial, list)
		nr += count_one(slab, item);
	return nr;
}

unsigned long count_partial(struct kmem_cache_node *n, enum slub_item item)
{
	unsigned long nr;

	spin_lock(&n->list_lock);
	nr = __count_partial(n, item);
	spin_unlock(&n->list_lock);
	return nr;
}

/*
 * Estimates the free objects of a long list from a sample. Half of the sample
 * is the list's first slabs and half its last, since nearly full and nearly
 * empty slabs gather at the two ends.
 */
static unsigned long sample_free(struct kmem_cache_node *n)
{
	struct list_head *first = n->partial.next, *last = n->partial.prev;
	unsigned long nr = 0;

	for (unsigned int i = 0; i < MAX_PARTIAL_TO_SCAN / 2; i++) {
		nr += count_one(list_entry(first, struct slab, list),
				SLUB_FREE);
		nr += count_one(list_entry(last, struct slab, list), SLUB_FREE);
		first = first->next;
		last = last->prev;
	}
	return nr * n->nr_partial / MAX_PARTIAL_TO_SCAN;
}

unsigned long count_partial_free_approx(struct kmem_cache_node *n)
{
	unsigned long nr;

	spin_lock(&n->list_lock);
	if (n->nr_partial <= MAX_PARTIAL_TO_SCAN)
		nr = __count_partial(n, SLUB_FREE);
	else
		nr = sample_free(n);
	spin_unlock(&n->list_lock);
	return nr;
}

void slub_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		unsigned long free = count_partial_free_approx(n);
		unsigned long total = READ_ONCE(n->total_objects);

		/* slabs may come and go between the two reads */
		sinfo->active_objs += total - min(free, total);
		sinfo->num_objs += total;
		sinfo->num_slabs += READ_ONCE(n->nr_slabs);
	}
	sinfo->active_slabs = sinfo->num_slabs;
	sinfo->objects_per_slab = s->oo_objects;
	sinfo->cache_order = s->oo_order;
}
