// SPDX-License-Identifier: MIT
/*
 * slub/node.c - the node's partial slabs, and the locks around fork()
 *
 * Locking	list_lock (rank LOCK_LIST)
 * Invariants	SLUB2, SLUB3 of slab.h
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U3, U4)
 */
#include "kmem/cache.h"
#include "kmem/stat.h"
#include "slub/internal.h"

struct slab *get_partial_node(const struct kmem_cache *s,
			      struct kmem_cache_node *n, unsigned int nr,
			      unsigned int *got)
{
	struct slab *first = NULL, **link = &first;

	*got = 0;
	if (!READ_ONCE(n->nr_partial))
		return NULL;
	kmem_cache_lock(s, &n->list_lock);
	while (*got < nr && !list_empty(&n->partial)) {
		struct slab *slab = list_first_entry(&n->partial, struct slab,
						     list);
		struct slab_state old = slab_read(slab), new;

		remove_partial(n, slab);
		do {
			new = old;
			new.counters.frozen = 1;
		} while (!slab_exchange(slab, &old, new));
		slab->next = NULL;
		*link = slab;
		link = &slab->next;
		(*got)++;
	}
	spin_unlock(&n->list_lock);
	return first;
}

void unfreeze_slab(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = slab_node(slab);
	struct slab_state old, new;
	bool discard = false;

	kmem_cache_lock(s, &n->list_lock);
	old = slab_read(slab);
	do {
		new = old;
		new.counters.frozen = 0;
	} while (!slab_exchange(slab, &old, new));
	if (!new.counters.inuse && n->nr_partial >= READ_ONCE(s->min_partial))
		discard = true;
	else if (new.counters.inuse < new.counters.objects)
		add_partial(n, slab);
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, slab);
}

void slub_fork_take(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids; cpu++)
		lock_fork_take(&s->cpu_slab[cpu].lock);
	for_each_kmem_cache_node(s, nid, n)
		lock_fork_take(&n->list_lock);
}

void slub_fork_release(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		lock_fork_release(&n->list_lock);
	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids; cpu++)
		lock_fork_release(&s->cpu_slab[cpu].lock);
}
