// SPDX-License-Identifier: MIT
/*
 * kmem/barn_rcu.c - the sheaf of a barn whose objects wait for readers
 *
 *	barn->rcu_free [obj obj obj       ]	rcu.c fills it
 *	       | full, or a tick
 *	       v
 *	a grace period, in no barn
 *	       |
 *	       v
 *	full, and the barn has room: its full list; else the slabs
 *
 * Locking	barn->lock (rank LOCK_BARN) for rcu_free; none while it waits
 * Source	Linux v6.18 mm/slub.c, rcu_free_sheaf() (docs/kernel.md V5)
 * Tests	unit.kmem.rcu, where the test decides when the readers have left
 */
#include "kmem/barn.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

static struct rcu_head *head_of(struct slab_sheaf *sheaf)
{
	return (struct rcu_head *)(void *)sheaf->rcu_head;
}

/* Called after the grace period: no reader has the objects any more. */
static void rcu_free_sheaf(struct rcu_head *head)
{
	struct slab_sheaf *sheaf = container_of((void **)(void *)head,
						struct slab_sheaf, rcu_head[0]);
	struct kmem_cache *s = sheaf->cache;

	sheaf->next = NULL;
	__atomic_sub_fetch(&s->rcu_waiting, sheaf->count, __ATOMIC_RELAXED);
	if (sheaf->count == sheaf->capacity && barn_has_room(s) &&
	    !barn_put_full(s, sheaf))
		return;
	kmem_stat_n(s, SHEAF_FLUSH, sheaf->count);
	kmem_account(&s->flushes, &s->flushed, sheaf->count);
	s->ops->flush(s, sheaf_objects(sheaf), sheaf->count);
	sheaf->count = 0;
	barn_put_empty(s, sheaf);
}

void sheaf_call_rcu(struct slab_sheaf *sheaf)
{
	kmem_rcu->call(head_of(sheaf), rcu_free_sheaf);
}

void barn_flush_rcu(struct node_barn *barn)
{
	struct slab_sheaf *sheaf;

	if (!READ_ONCE(barn->rcu_free))
		return;
	spin_lock(&barn->lock);
	sheaf = barn->rcu_free;
	WRITE_ONCE(barn->rcu_free, (struct slab_sheaf *)NULL);
	spin_unlock(&barn->lock);
	if (sheaf)
		sheaf_call_rcu(sheaf);
}
