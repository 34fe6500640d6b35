// SPDX-License-Identifier: MIT
/*
 * kmem/rcu.c - objects and slabs that wait for readers to leave
 *
 *	kfree_rcu(obj)	barn->rcu_free [obj obj obj       ]
 *			       | sheaf full, or a tick
 *			       v
 *			a grace period
 *			       |
 *			       v
 *			a full sheaf goes to barn->full if there is room; other
 *			objects go to their slabs
 *
 *	SLAB_TYPESAFE_BY_RCU	objects are reused at once, but the pages of an
 *			empty slab wait for a grace period before they go back
 *
 * Locking	barn->lock (rank LOCK_BARN) for rcu_free. kmem_rcu->call() may
 *		be called with any lock held; nothing is allocated or freed
 *		under barn->lock.
 * Invariants	BARN1 of kmem.h
 * Source	Linux v6.18 mm/slub.c, __kfree_rcu_sheaf() (docs/kernel.md V5)
 */
#include "buddy/buddy.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

_Static_assert(sizeof(struct rcu_head) ==
			       sizeof(((struct slab_sheaf *)0)->rcu_head) &&
		       sizeof(struct rcu_head) == sizeof(struct list_head),
	       "two words");

/*
 * Adds obj to the barn's sheaf for RCU. If that is full now, takes it out of
 * the barn and returns it, else NULL.
 */
static struct slab_sheaf *__add_to_sheaf(struct node_barn *barn, void *obj)
{
	struct slab_sheaf *sheaf = barn->rcu_free;

	lock_assert_held(&barn->lock);
	sheaf_objects(sheaf)[sheaf->count++] = obj;
	if (sheaf->count < sheaf->capacity)
		return NULL;
	WRITE_ONCE(barn->rcu_free, (struct slab_sheaf *)NULL);
	return sheaf;
}

bool __kfree_rcu_sheaf(struct kmem_cache *s, void *obj)
{
	struct node_barn *barn = barn_here(s);
	struct slab_sheaf *full = NULL, *fresh = NULL;
	bool done = false;

	if (!kmem_has_barns(s) || (nr_online_nodes > 1 && kmem_is_remote(obj)))
		goto out;
	spin_lock(&barn->lock);
	if (!barn->rcu_free) {
		spin_unlock(&barn->lock);
		fresh = sheaf_get(s);
		if (!fresh)
			goto out;
		spin_lock(&barn->lock);
		if (!barn->rcu_free) {
			WRITE_ONCE(barn->rcu_free, fresh);
			fresh = NULL;
		}
	}
	full = __add_to_sheaf(barn, obj);
	spin_unlock(&barn->lock);
	__atomic_add_fetch(&s->rcu_waiting, 1, __ATOMIC_RELAXED);
	done = true;
	if (fresh)
		barn_put_empty(s, fresh);
	if (full)
		sheaf_call_rcu(full);
out:
	kmem_stat(s, done ? FREE_RCU_SHEAF : FREE_RCU_SHEAF_FAIL);
	return done;
}

void flush_all_rcu_sheaves(void)
{
	struct kmem_cache_node *n;
	struct kmem_cache *s;
	int nid;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		for_each_kmem_cache_node(s, nid, n)
			for (unsigned int i = 0; i < NR_BARNS; i++)
				barn_flush_rcu(&n->barn[i]);
	spin_unlock(&slab_mutex);
}

/* ---- slabs --------------------------------------------------------------- */

/* lru is unused while a block is allocated: two words for the head. */
static void rcu_free_slab(struct rcu_head *head)
{
	struct page *page = container_of((struct list_head *)(void *)head,
					 struct page, lru);

	page_block_free(page, page->order);
}

void kmem_free_slab(struct kmem_cache *s, struct page *page)
{
	if (unlikely(s->flags & SLAB_TYPESAFE_BY_RCU))
		kmem_rcu->call((struct rcu_head *)(void *)&page->lru,
			       rcu_free_slab);
	else
		page_block_free(page, page->order);
}
