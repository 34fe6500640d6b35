// SPDX-License-Identifier: MIT
/*
 * kmem/barn.c - a node's stores of full and empty sheaves
 *
 *	thread A frees              barn               thread B allocates
 *	   full sheaf  --->  full  [F]-[F]-[F]  --->  full sheaf
 *	  empty sheaf  <---  empty [ ]-[ ]      <---  empty sheaf
 *
 * One lock operation moves a whole sheaf, so objects go from thread to thread
 * cheaply. A barn with BARN_MAX_FULL full sheaves, or fewer if the cache says
 * so, takes no more: objects then go to the slabs.
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
 * Invariants	BARN1 of kmem.h, BARN2 of barn_check.c
 * Source	Linux v6.18 mm/slub.c, struct node_barn (docs/kernel.md V1-V4)
 */
#include <errno.h>

#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

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
 * Replaces an empty sheaf, or none, by a full one. barn->lock is held. Returns
 * what has no place: the empty sheaf, or NULL.
 */
static struct slab_sheaf *__exchange_full(struct kmem_cache_node *n,
					  struct node_barn *barn,
					  struct slab_sheaf **sheaf)
{
	struct slab_sheaf *empty = *sheaf;

	*sheaf = pop_sheaf(&barn->full, &barn->nr_full);
	barn_count_full(n, -1);
	WRITE_ONCE(barn->gets, barn->gets + 1);
	if (empty && barn->nr_empty < BARN_MAX_EMPTY) {
		push_sheaf(&barn->empty, &barn->nr_empty, empty);
		empty = NULL;
	}
	return empty;
}

/*
 * barn_get_two() for one barn. A second sheaf is taken if another stays there.
 */
static bool take_full(struct kmem_cache *s, struct kmem_cache_node *n,
		      struct node_barn *barn, struct slab_sheaf **sheaf,
		      struct slab_sheaf **second)
{
	struct slab_sheaf *rest[2] = { NULL, NULL };
	bool two;

	if (!READ_ONCE(barn->nr_full))
		return false;
	kmem_cache_lock(s, &barn->lock);
	if (!barn->nr_full) {
		spin_unlock(&barn->lock);
		return false;
	}
	two = second && barn->nr_full > 2;
	rest[0] = __exchange_full(n, barn, sheaf);
	if (two)
		rest[1] = __exchange_full(n, barn, second);
	spin_unlock(&barn->lock);
	for (unsigned int i = 0; i < 2; i++)
		if (rest[i])
			sheaf_free(rest[i]);
	barn_clear_marks(*sheaf);
	if (two)
		barn_clear_marks(*second);
	return true;
}

bool barn_get_two(struct kmem_cache *s, struct slab_sheaf **sheaf,
		  struct slab_sheaf **second)
{
	struct kmem_cache_node *n = node_here(s);
	bool found = false;

	if (READ_ONCE(n->full_sheaves)) {
		unsigned int here = smp_cpu();

		for (unsigned int i = 0; i < NR_BARNS && !found; i++)
			found = take_full(s, n, &n->barn[(here + i) % NR_BARNS],
					  sheaf, second);
	}
	kmem_stat(s, found ? BARN_GET : BARN_GET_FAIL);
	return found;
}

struct slab_sheaf *barn_get_full(struct kmem_cache *s, struct slab_sheaf *empty)
{
	return barn_get_two(s, &empty, NULL) ? empty : NULL;
}

/*
 * Returns how many full sheaves a barn may hold: few if there are few owners,
 * or if the objects are large. A barn passes sheaves from thread to thread, but
 * each object in it may pin a slab.
 */
static u32 full_limit(const struct kmem_cache *s)
{
	return min(2 * kmem_owners_number() - 1, s->barn_most);
}

bool barn_has_room(struct kmem_cache *s)
{
	u32 limit = full_limit(s);

	return limit && READ_ONCE(barn_here(s)->nr_full) < limit;
}

/*
 * Puts a full sheaf that is marked on the list. Returns 0, or -E2BIG. If
 * `empty` is not NULL, an empty sheaf is taken under the same lock; NULL if
 * there is none.
 */
static int list_full(struct kmem_cache_node *n, struct node_barn *barn,
		     struct slab_sheaf *full, struct slab_sheaf **empty)
{
	int ret = -E2BIG;

	kmem_cache_lock(full->cache, &barn->lock);
	if (barn->nr_full < full_limit(full->cache)) {
		push_sheaf(&barn->full, &barn->nr_full, full);
		barn_count_full(n, 1);
		WRITE_ONCE(barn->puts, barn->puts + 1);
		if (empty)
			*empty = pop_sheaf(&barn->empty, &barn->nr_empty);
		ret = 0;
	}
	spin_unlock(&barn->lock);
	return ret;
}

/* Marks the objects of a full sheaf, and puts it into the barn of this CPU. */
static int put_marked(struct kmem_cache *s, struct slab_sheaf *full,
		      struct slab_sheaf **empty)
{
	struct kmem_cache_node *n = node_here(s);
	struct node_barn *barn = &n->barn[smp_cpu() % NR_BARNS];
	int ret = s->ops->mark_stored(s, sheaf_objects(full), full->count);

	if (unlikely(ret))
		return ret;
	ret = list_full(n, barn, full, empty);
	if (unlikely(ret))
		barn_clear_marks(full);
	kmem_stat(s, ret ? BARN_PUT_FAIL : BARN_PUT);
	return ret;
}

int barn_put_full(struct kmem_cache *s, struct slab_sheaf *full)
{
	return put_marked(s, full, NULL);
}

static struct slab_sheaf *take_empty(const struct kmem_cache *s,
				     struct node_barn *barn)
{
	struct slab_sheaf *empty;

	if (!READ_ONCE(barn->nr_empty))
		return NULL;
	kmem_cache_lock(s, &barn->lock);
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
		empty = take_empty(s, &barns[(here + i) % NR_BARNS]);
	return empty;
}

struct slab_sheaf *sheaf_get(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf = barn_get_empty(s);

	return sheaf ? sheaf : sheaf_alloc(s);
}

int barn_replace_full(struct kmem_cache *s, struct slab_sheaf **sheaf)
{
	struct slab_sheaf *empty = NULL;
	int ret = -E2BIG;

	if (barn_has_room(s))
		ret = put_marked(s, *sheaf, &empty);
	if (ret)
		return ret;
	*sheaf = empty ? empty : sheaf_get(s);
	return 0;
}

void barn_put_empty(struct kmem_cache *s, struct slab_sheaf *empty)
{
	struct node_barn *barn = barn_here(s);

	sheaf_restore(s, empty);
	kmem_cache_lock(s, &barn->lock);
	if (barn->nr_empty < BARN_MAX_EMPTY) {
		push_sheaf(&barn->empty, &barn->nr_empty, empty);
		empty = NULL;
	}
	spin_unlock(&barn->lock);
	if (empty)
		sheaf_free(empty);
}
