// SPDX-License-Identifier: MIT
/*
 * slub/debug.c - allocation and free, one object at a time, with checks
 *
 *	alloc	takes the first free object of a slab on node->partial, or of a
 *		new slab; checks it, then marks it as in use. A check that fails
 *		takes the whole slab out of use, and the next slab is tried.
 *	free	checks the object, then marks it as free. An object that fails
 *		a check stays allocated. So no object is freed twice, and no
 *		pointer that is not an object is freed.
 *
 * Locking	s->debug_lock, and list_lock inside it where a slab changes
 *		lists. Pages are allocated and freed outside of both.
 * Invariants	SLUBDBG1-SLUBDBG3 of debug.h
 * Source	Linux v6.12 mm/slub.c, alloc_single_from_partial() and
 *		free_to_partial_list() (docs/kernel.md U2, V9)
 */
#include <errno.h>
#include <string.h>

#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "slub/debug.h"

/* ---- lists --------------------------------------------------------------- */

static void move_to_full(struct kmem_cache_node *n, struct slab *slab)
{
	spin_lock(&n->list_lock);
	remove_partial(n, slab);
	list_add(&slab->list, &n->full);
	spin_unlock(&n->list_lock);
}

static void move_to_partial(struct kmem_cache_node *n, struct slab *slab)
{
	spin_lock(&n->list_lock);
	list_del(&slab->list);
	add_partial(n, slab);
	spin_unlock(&n->list_lock);
}

static void take_off_partial(struct kmem_cache_node *n, struct slab *slab)
{
	spin_lock(&n->list_lock);
	remove_partial(n, slab);
	spin_unlock(&n->list_lock);
}

/* ---- alloc --------------------------------------------------------------- */

/*
 * Checks a free object and makes it one in use. Returns 0, or -EINVAL if a
 * check failed; the slab is then out of use.
 */
static int alloc_debug_processing(const struct slab_check *c, void *obj,
				  size_t orig_size)
{
	struct kmem_cache *s = c->s;

	if ((s->flags & SLAB_CONSISTENCY_CHECKS) &&
	    alloc_consistency_checks(c, obj)) {
		disable_slab(c);
		return -EINVAL;
	}
	if (s->flags & SLAB_STORE_USER)
		*get_track(s, obj, TRACK_ALLOC) = c->who->track;
	trace_object(c, obj, "alloc");
	set_orig_size(s, obj, orig_size);
	init_object(s, obj, SLUB_RED_ACTIVE);
	return 0;
}

/*
 * Returns the first free object of a slab on the partial list, or NULL if the
 * object failed its check.
 */
static void *alloc_single(const struct slab_check *c, size_t orig_size)
{
	struct slab *slab = c->slab;
	struct kmem_cache_node *n = slab_node(slab);
	void *obj = slab->state.freelist;
	int ret;

	/*
	 * Without consistency checks a bad free list would hand out any
	 * address.
	 */
	if (!(c->s->flags & SLAB_CONSISTENCY_CHECKS))
		check_object(c->s, slab, obj);
	WRITE_ONCE(slab->state.freelist,
		   is_slab_object(c->s, slab, obj) ?
			   get_freepointer(c->s, slab, obj) :
			   NULL);
	WRITE_ONCE(slab->state.counters.inuse, slab->state.counters.inuse + 1);
	ret = alloc_debug_processing(c, obj, orig_size);
	if (slab->state.counters.inuse == slab->state.counters.objects)
		move_to_full(n, slab);
	return ret ? NULL : obj;
}

static struct slab *first_partial(struct kmem_cache_node *n)
{
	if (!n || list_empty(&n->partial))
		return NULL;
	return list_first_entry(&n->partial, struct slab, list);
}

/*
 * Returns a partial slab of the requested node, or of any node if that has none
 * and gfp allows it. NULL: there is none.
 */
static struct slab *debug_get_partial(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct kmem_cache_node *n;
	struct slab *slab = NULL;
	int nid;

	if (node != NUMA_NO_NODE)
		slab = first_partial(get_node(s, node));
	if (slab || (node != NUMA_NO_NODE && (gfp & __GFP_THISNODE)))
		return slab;
	for_each_kmem_cache_node(s, nid, n) {
		slab = first_partial(n);
		if (slab)
			break;
	}
	return slab;
}

static void *alloc_from_partial(struct slab_check *c, gfp_t gfp, int node,
				size_t orig_size)
{
	void *obj = NULL;

	lock_assert_held(&c->s->debug_lock);
	while (!obj && (c->slab = debug_get_partial(c->s, gfp, node)))
		obj = alloc_single(c, orig_size);
	return obj;
}

static int slub_debug_grow(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct slab *slab = new_slab(s, gfp, node);
	struct kmem_cache_node *n;

	if (!slab)
		return -ENOMEM;
	n = slab_node(slab);
	spin_lock(&s->debug_lock);
	spin_lock(&n->list_lock);
	add_partial(n, slab);
	spin_unlock(&n->list_lock);
	spin_unlock(&s->debug_lock);
	return 0;
}

/*
 * A request that prefers a node is served from it first, by a new slab if need
 * be; only then from other nodes.
 */
void *slub_debug_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       const struct slab_caller *who, size_t orig_size)
{
	struct slab_check c = { .s = s, .who = who };
	void *obj;

	if (node != NUMA_NO_NODE && !(gfp & __GFP_THISNODE)) {
		obj = slub_debug_alloc(s, GFP_NOWAIT | __GFP_THISNODE, node,
				       who, orig_size);
		if (obj)
			return obj;
	}
	do {
		spin_lock(&s->debug_lock);
		obj = alloc_from_partial(&c, gfp, node, orig_size);
		spin_unlock(&s->debug_lock);
	} while (!obj && !slub_debug_grow(s, gfp, node));
	if (obj)
		kmem_count_add(&s->in_use, 1);
	return obj;
}

/* ---- free ---------------------------------------------------------------- */

static int free_debug_processing(const struct slab_check *c, void *obj)
{
	struct kmem_cache *s = c->s;

	if (s->flags & SLAB_CONSISTENCY_CHECKS) {
		if (debug_check_slab(c)) {
			slab_err(c, "Slab disabled since SLUB metadata "
				    "consistency check failed");
			return -EINVAL;
		}
		if (free_consistency_checks(c, obj)) {
			slab_fix(s, "Object at %p not freed", obj);
			return -EINVAL;
		}
	} else if (obj == c->slab->state.freelist ||
		   !c->slab->state.counters.inuse) {
		kmem_double_free(s, obj);
	}
	if (s->guard & GUARD_INIT_FREE)
		memset(obj, 0, s->object_size);
	if (s->flags & SLAB_STORE_USER)
		*get_track(s, obj, TRACK_FREE) = c->who->track;
	trace_object(c, obj, "free");
	init_object(s, obj, SLUB_RED_INACTIVE);
	return 0;
}

/*
 * Puts a checked object on the free list. Returns true if the slab became empty
 * and is not needed: it is off its list, and the caller gives it back.
 */
static bool free_single(const struct slab_check *c, void *obj)
{
	struct slab *slab = c->slab;
	struct kmem_cache_node *n = slab_node(slab);
	union slab_counters *counters = &slab->state.counters;

	set_freepointer(c->s, slab, obj, slab->state.freelist);
	WRITE_ONCE(slab->state.freelist, obj);
	if (counters->inuse == counters->objects)
		move_to_partial(n, slab);
	WRITE_ONCE(counters->inuse, counters->inuse - 1);
	if (counters->inuse || n->nr_partial <= c->s->min_partial)
		return false;
	take_off_partial(n, slab);
	return true;
}

void slub_debug_free(struct kmem_cache *s, void *obj,
		     const struct slab_caller *who)
{
	struct slab_check c = { s, virt_to_slab(obj), who };
	bool discard = false, freed = false;

	/* Without consistency checks a wild pointer is caught here. */
	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		check_object(s, c.slab, obj);
	spin_lock(&s->debug_lock);
	if (!c.slab->state.counters.frozen && !free_debug_processing(&c, obj)) {
		freed = true;
		discard = free_single(&c, obj);
	}
	spin_unlock(&s->debug_lock);
	if (freed)
		kmem_count_sub(&s->in_use, 1);
	if (discard)
		discard_slab(s, c.slab);
}

/* ---- batches: the caller recorded is this file's own caller -------------- */

unsigned int slub_debug_refill(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr)
{
	struct slab_caller who;
	unsigned int got = 0;

	slab_caller_init(&who, s, (uintptr_t)__builtin_return_address(0));
	while (got < nr && (objs[got] = slub_debug_alloc(s, gfp, node, &who,
							 s->object_size)))
		got++;
	return got;
}

void slub_debug_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct slab_caller who;

	slab_caller_init(&who, s, (uintptr_t)__builtin_return_address(0));
	for (unsigned int i = 0; i < nr; i++)
		slub_debug_free(s, objs[i], &who);
}

/* ---- upkeep -------------------------------------------------------------- */

/* Moves the empty slabs of a node from its partial list to `empty`. */
static void collect_empty(struct kmem_cache_node *n, struct list_head *empty)
{
	struct slab *slab, *next;

	spin_lock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &n->partial, list) {
		if (slab->state.counters.inuse)
			continue;
		remove_partial(n, slab);
		list_add(&slab->list, empty);
	}
	spin_unlock(&n->list_lock);
}

void slub_debug_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	struct slab *slab, *next;
	LIST_HEAD(empty);
	int nid;

	(void)flags;
	spin_lock(&s->debug_lock);
	for_each_kmem_cache_node(s, nid, n)
		collect_empty(n, &empty);
	spin_unlock(&s->debug_lock);
	list_for_each_entry_safe(slab, next, &empty, list)
		discard_slab(s, slab);
}

unsigned long slub_debug_shutdown(struct kmem_cache *s)
{
	slub_debug_shrink(s, SHRINK_ALL);
	return READ_ONCE(s->in_use);
}

void slub_debug_fork_take(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	lock_fork_take(&s->debug_lock);
	for_each_kmem_cache_node(s, nid, n)
		lock_fork_take(&n->list_lock);
}

void slub_debug_fork_release(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		lock_fork_release(&n->list_lock);
	lock_fork_release(&s->debug_lock);
}

unsigned long slub_debug_cached(struct kmem_cache *s)
{
	(void)s;
	return 0;
}
