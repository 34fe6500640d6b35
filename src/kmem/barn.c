// SPDX-License-Identifier: MIT
/*
 * kmem/barn.c - a node's stores of full and empty sheaves
 *
 *	thread A frees              barn               thread B allocates
 *	   full sheaf  --->  full  [F]-[F]-[F]  --->  full sheaf
 *	  empty sheaf  <---  empty [ ]-[ ]      <---  empty sheaf
 *
 * One lock operation moves a whole sheaf, so objects go from thread to thread
 * cheaply. A barn with BARN_MAX_FULL full sheaves takes no more: objects then
 * go to the slabs.
 *
 * Objects in a barn are marked (slab_ops.mark_stored), so that one which is
 * freed again meanwhile is known as it comes to a barn or to its slab.
 *
 * A cache has NR_BARNS barns on each node, chosen by CPU. With one barn, a pair
 * of threads on one CPU got objects that lay in the other CPU's cache, and ran
 * three times slower. A thread puts sheaves into the barn of its CPU. It takes
 * sheaves from there first, else from another barn.
 *
 * Locking	barn->lock (rank LOCK_BARN); no lock is taken inside it
 * Invariants	BARN1 of kmem.h
 *		BARN2  nr_full and nr_empty are the lengths of the lists
 *					(barn_check() checks both)
 * Source	Linux v6.18 mm/slub.c, struct node_barn (docs/kernel.md V1-V4)
 */
#include <errno.h>

#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/rcu.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

struct slab_sheaf *sheaf_alloc(struct kmem_cache *s)
{
	u32 capacity = READ_ONCE(s->sheaf_capacity); /* SLAB can change it */

	return capacity ? sheaf_alloc_sized(s, capacity) : NULL;
}

struct slab_sheaf *sheaf_alloc_sized(struct kmem_cache *s, u32 capacity)
{
	struct slab_sheaf *sheaf = region_alloc(SHEAF_SIZE);

	if (!sheaf)
		return NULL;
	sheaf->next = NULL;
	sheaf->cache = s;
	sheaf_set_capacity(sheaf, capacity);
	kmem_stat(s, SHEAF_ALLOC);
	return sheaf;
}

void sheaf_free(struct slab_sheaf *sheaf)
{
	kmem_stat(sheaf->cache, SHEAF_FREE);
	region_free(sheaf, SHEAF_SIZE);
}

void flush_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (!sheaf->count)
		return;
	kmem_account(&s->flushes, &s->flushed, sheaf->count);
	kmem_stat_n(s, SHEAF_FLUSH, sheaf->count);
	s->ops->flush(s, sheaf_objects(sheaf), sheaf->count);
	sheaf->count = 0;
}

static void push_sheaf(struct slab_sheaf **list, u32 *nr,
		       struct slab_sheaf *sheaf)
{
	sheaf->next = *list;
	*list = sheaf;
	WRITE_ONCE(*nr, *nr + 1);
}

static struct slab_sheaf *pop_sheaf(struct slab_sheaf **list, u32 *nr)
{
	struct slab_sheaf *sheaf = *list;

	if (sheaf) {
		*list = sheaf->next;
		sheaf->next = NULL;
		WRITE_ONCE(*nr, *nr - 1);
	}
	return sheaf;
}

/* Returns the cache's part for the node of this CPU. */
static struct kmem_cache_node *node_here(struct kmem_cache *s)
{
	return get_node(s, (int)numa_node_id());
}

struct node_barn *barn_here(struct kmem_cache *s)
{
	return &node_here(s)->barn[smp_cpu() % NR_BARNS];
}

/*
 * Counts the full sheaves in all barns of a node. If there are none,
 * barn_get_full() looks at no barn.
 */
static void count_full(struct kmem_cache_node *n, int nr)
{
	__atomic_add_fetch(&n->full_sheaves, (u32)nr, __ATOMIC_RELAXED);
}

/* Clears the marks of a full sheaf that was taken out of a barn. */
static void clear_marks(struct slab_sheaf *sheaf)
{
	struct kmem_cache *s = sheaf->cache;

	s->ops->clear_stored(s, sheaf_objects(sheaf), sheaf->count);
}

static struct slab_sheaf *take_full(struct kmem_cache_node *n, unsigned int i,
				    struct slab_sheaf *empty)
{
	struct node_barn *barn = &n->barn[i];
	struct slab_sheaf *full;

	if (!READ_ONCE(barn->nr_full))
		return NULL;
	spin_lock(&barn->lock);
	full = pop_sheaf(&barn->full, &barn->nr_full);
	if (full) {
		count_full(n, -1);
		WRITE_ONCE(barn->gets, barn->gets + 1);
		if (empty && barn->nr_empty < BARN_MAX_EMPTY) {
			push_sheaf(&barn->empty, &barn->nr_empty, empty);
			empty = NULL;
		}
	}
	spin_unlock(&barn->lock);
	if (full && empty)
		sheaf_free(empty);
	if (full)
		clear_marks(full);
	return full;
}

struct slab_sheaf *barn_get_full(struct kmem_cache *s, struct slab_sheaf *empty)
{
	struct kmem_cache_node *n = node_here(s);
	struct slab_sheaf *full = NULL;

	if (READ_ONCE(n->full_sheaves)) {
		unsigned int here = smp_cpu();

		for (unsigned int i = 0; i < NR_BARNS && !full; i++)
			full = take_full(n, (here + i) % NR_BARNS, empty);
	}
	kmem_stat(s, full ? BARN_GET : BARN_GET_FAIL);
	return full;
}

/*
 * Returns how many full sheaves a barn may hold: few if there are few owners. A
 * barn passes sheaves from thread to thread, but each object in it may pin a
 * slab.
 */
static u32 full_limit(void)
{
	return min(2 * kmem_owners_number() - 1, (u32)BARN_MAX_FULL);
}

bool barn_has_room(struct kmem_cache *s)
{
	u32 limit = full_limit();

	return limit && READ_ONCE(barn_here(s)->nr_full) < limit;
}

int barn_put_full(struct kmem_cache *s, struct slab_sheaf *full)
{
	struct kmem_cache_node *n = node_here(s);
	struct node_barn *barn = &n->barn[smp_cpu() % NR_BARNS];
	int ret = s->ops->mark_stored(s, sheaf_objects(full), full->count);

	if (unlikely(ret))
		return ret;
	ret = -E2BIG;
	spin_lock(&barn->lock);
	if (barn->nr_full < full_limit()) {
		push_sheaf(&barn->full, &barn->nr_full, full);
		count_full(n, 1);
		WRITE_ONCE(barn->puts, barn->puts + 1);
		ret = 0;
	}
	spin_unlock(&barn->lock);
	if (unlikely(ret))
		clear_marks(full);
	kmem_stat(s, ret ? BARN_PUT_FAIL : BARN_PUT);
	return ret;
}

static struct slab_sheaf *take_empty(struct node_barn *barn)
{
	struct slab_sheaf *empty;

	if (!READ_ONCE(barn->nr_empty))
		return NULL;
	spin_lock(&barn->lock);
	empty = pop_sheaf(&barn->empty, &barn->nr_empty);
	spin_unlock(&barn->lock);
	return empty;
}

struct slab_sheaf *barn_get_empty(struct kmem_cache *s)
{
	struct node_barn *barns = node_here(s)->barn;
	unsigned int here = smp_cpu();
	struct slab_sheaf *empty = NULL;

	for (unsigned int i = 0; i < NR_BARNS && !empty; i++)
		empty = take_empty(&barns[(here + i) % NR_BARNS]);
	return empty;
}

struct slab_sheaf *sheaf_get(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf = barn_get_empty(s);

	return sheaf ? sheaf : sheaf_alloc(s);
}

void barn_put_empty(struct kmem_cache *s, struct slab_sheaf *empty)
{
	struct node_barn *barn = barn_here(s);

	sheaf_restore(s, empty);
	spin_lock(&barn->lock);
	if (barn->nr_empty < BARN_MAX_EMPTY) {
		push_sheaf(&barn->empty, &barn->nr_empty, empty);
		empty = NULL;
	}
	spin_unlock(&barn->lock);
	if (empty)
		sheaf_free(empty);
}

/* ---- the sheaf for RCU --------------------------------------------------- */

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

static void shrink_one(struct kmem_cache *s, struct kmem_cache_node *n,
		       struct node_barn *barn, unsigned int flags)
{
	struct slab_sheaf *full, *empty, *next;
	unsigned long traffic = READ_ONCE(barn->gets) + READ_ONCE(barn->puts);

	barn_flush_rcu(barn);
	if ((flags & SHRINK_IDLE) && traffic != barn->seen) {
		barn->seen = traffic;
		return;
	}
	if (!READ_ONCE(barn->nr_full) && !READ_ONCE(barn->nr_empty))
		return;
	spin_lock(&barn->lock);
	count_full(n, -(int)barn->nr_full);
	full = barn->full;
	empty = barn->empty;
	barn->full = NULL;
	barn->empty = NULL;
	WRITE_ONCE(barn->nr_full, 0U);
	WRITE_ONCE(barn->nr_empty, 0U);
	spin_unlock(&barn->lock);
	for (; full; full = next) {
		next = full->next;
		kmem_stat_n(s, SHEAF_FLUSH, full->count);
		clear_marks(full);
		s->ops->flush(s, sheaf_objects(full), full->count);
		sheaf_free(full);
	}
	for (; empty; empty = next) {
		next = empty->next;
		sheaf_free(empty);
	}
}

/*
 * Empties the barns; with SHRINK_IDLE only those not used since the last tick.
 */
void barn_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		for (unsigned int i = 0; i < NR_BARNS; i++)
			shrink_one(s, n, &n->barn[i], flags);
}

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
