// SPDX-License-Identifier: MIT
/*
 * kmem/barn_check.c - barns are counted and checked, and locked around fork()
 *
 * Locking	barn->lock (rank LOCK_BARN)
 * Invariants	BARN1 of kmem.h
 *		BARN2  nr_full and nr_empty are the lengths of the lists
 *					(barn_check() checks both)
 * Tests	unit.kmem.barn breaks BARN1; stress.api.fork
 */
#include "kmem/barn.h"
#include "kmem/internal.h"

unsigned long barn_count(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		for (unsigned int i = 0; i < NR_BARNS; i++)
			nr += READ_ONCE(n->barn[i].nr_full);
	return nr * READ_ONCE(s->sheaf_capacity);
}

/* Checks BARN1 and BARN2 of one barn. Returns how many full sheaves it has. */
static u32 check_one(struct kmem_cache *s, struct node_barn *barn)
{
	u32 full = 0, empty = 0;

	spin_lock(&barn->lock);
	for (struct slab_sheaf *at = barn->full; at; at = at->next, full++)
		BUG_ON(at->count != s->sheaf_capacity || at->cache != s);
	BUG_ON(barn->rcu_free &&
	       (barn->rcu_free->count >= barn->rcu_free->capacity ||
		barn->rcu_free->cache != s));
	for (struct slab_sheaf *at = barn->empty; at; at = at->next, empty++)
		BUG_ON(at->count || at->cache != s);
	BUG_ON(full != barn->nr_full || full > BARN_MAX_FULL);
	BUG_ON(empty != barn->nr_empty || empty > BARN_MAX_EMPTY);
	spin_unlock(&barn->lock);
	return full;
}

void barn_check(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		u32 full = 0;

		for (unsigned int i = 0; i < NR_BARNS; i++)
			full += check_one(s, &n->barn[i]);
		BUG_ON(full != n->full_sheaves);
	}
}

/* For the fork handlers, which take the cache's other locks before. */
void barn_fork_take(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		for (unsigned int i = 0; i < NR_BARNS; i++)
			lock_fork_take(&n->barn[i].lock);
}

void barn_fork_release(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		for (unsigned int i = 0; i < NR_BARNS; i++)
			lock_fork_release(&n->barn[i].lock);
}
