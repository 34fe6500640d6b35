// SPDX-License-Identifier: MIT
/*
 * slab/debug.c - allocation and free, one object at a time, with checks
 *
 *	alloc	takes an object of a slab on the lists, or of a new slab, and
 *		checks that it still holds what the last free wrote
 *	free	checks that the object is in use, by its slab's freelist, and
 *		that its redzones are intact. A double free is reported, and
 *		the object stays free.
 *
 * Locking	s->debug_lock, and list_lock inside it (debug.h)
 * Invariants	SLABDBG1 of debug.h
 * Source	Linux v6.1 mm/slab.c, cache_alloc_debugcheck_after() and
 *		cache_free_debugcheck() (docs/kernel.md S11)
 */
#include <errno.h>
#include <limits.h>

#include "kmem/slab_ops.h"
#include "slab/debug.h"

/* ---- alloc --------------------------------------------------------------- */

/*
 * Returns an object of the slabs there are, or NULL. With a node, that node is
 * searched first; with __GFP_THISNODE, no other.
 */
static void *take_there(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *obj = NULL;

	if (node != NUMA_NO_NODE)
		slab_alloc_there(s, node, &obj, 1);
	if (obj || (node != NUMA_NO_NODE && (gfp & __GFP_THISNODE)))
		return obj;
	for (unsigned int nid = 0; nid < nr_online_nodes && !obj; nid++)
		slab_alloc_there(s, (int)nid, &obj, 1);
	return obj;
}

static int slab_debug_grow(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct slab_desc *slab = cache_grow(s, gfp, node);

	if (!slab)
		return -ENOMEM;
	spin_lock(&s->debug_lock);
	cache_grow_end(s, slab);
	spin_unlock(&s->debug_lock);
	return 0;
}

void *slab_debug_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       const struct slab_caller *who, size_t orig_size)
{
	void *obj;

	(void)orig_size; /* SLAB does not keep it */
	do {
		spin_lock(&s->debug_lock);
		obj = take_there(s, gfp, node);
		if (obj) {
			check_free_object(s, obj, who);
			mark_used_object(s, obj, who);
			trace_slab_object(s, obj, "alloc", who);
		}
		spin_unlock(&s->debug_lock);
	} while (!obj && !slab_debug_grow(s, gfp, node));
	return obj;
}

/* ---- free ---------------------------------------------------------------- */

void slab_debug_free(struct kmem_cache *s, void *obj,
		     const struct slab_caller *who)
{
	unsigned int index;
	struct slab_desc *slab = checked_desc(s, obj, &index);
	LIST_HEAD(list);

	spin_lock(&s->debug_lock);
	if (slab_index_is_free(s, slab, index)) {
		slab_error(s, obj, "verify_redzone_free",
			   "double free detected", who);
		slab_fix(s, "Object at %p not freed", obj);
	} else {
		check_used_object(s, obj, who);
		mark_free_object(s, obj, who);
		trace_slab_object(s, obj, "free", who);
		__slab_put(s, slab, index, &list);
	}
	spin_unlock(&s->debug_lock);
	slabs_destroy(s, &list);
}

/* ---- checking ------------------------------------------------------------ */

size_t slab_debug_size(struct kmem_cache *s, const void *obj)
{
	(void)obj;
	return s->object_size;
}

int slab_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      const struct slab_caller *who)
{
	unsigned int index;
	struct slab_desc *slab = checked_desc(s, obj, &index);
	int ret = size > s->object_size ? -EINVAL : 0;

	spin_lock(&s->debug_lock);
	if (slab_index_is_free(s, slab, index)) {
		slab_error(s, obj, __func__, "Object already free", who);
		ret = -ENOENT;
	} else if (check_used_object(s, obj, who)) {
		ret = -EINVAL;
	}
	spin_unlock(&s->debug_lock);
	return ret;
}

static void slab_validate_list(struct kmem_cache *s, struct list_head *list,
			       const struct slab_caller *who)
{
	struct slab_desc *slab;

	list_for_each_entry(slab, list, slab_list)
		for (unsigned int i = 0; i < s->num; i++) {
			void *obj = index_to_obj(s, slab, i);

			if (slab_index_is_free(s, slab, i))
				check_free_object(s, obj, who);
			else
				check_used_object(s, obj, who);
		}
}

unsigned long slab_validate(struct kmem_cache *s, const struct slab_caller *who)
{
	struct kmem_cache_node *n;
	unsigned long before;
	int nid;

	spin_lock(&s->debug_lock);
	before = s->debug_errors;
	for_each_kmem_cache_node(s, nid, n) {
		slab_validate_list(s, &n->slabs_partial, who);
		slab_validate_list(s, &n->slabs_full, who);
		slab_validate_list(s, &n->slabs_free, who);
	}
	before = s->debug_errors - before;
	spin_unlock(&s->debug_lock);
	return before;
}

void slab_debug_check(struct kmem_cache *s)
{
	unsigned int errors = 0, *counter = slab_kunit_errors;
	struct slab_caller no_caller = { .nr = 0 };

	slab_check(s);
	slab_kunit_errors = &errors;
	BUG_ON(slab_validate(s, &no_caller));
	slab_kunit_errors = counter;
}

/* ---- batches: the caller recorded is this file's own caller -------------- */

unsigned int slab_debug_refill(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr)
{
	struct slab_caller who;
	unsigned int got = 0;

	slab_caller_init(&who, s, (uintptr_t)__builtin_return_address(0));
	while (got < nr && (objs[got] = slab_debug_alloc(s, gfp, node, &who,
							 s->object_size)))
		got++;
	return got;
}

void slab_debug_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct slab_caller who;

	slab_caller_init(&who, s, (uintptr_t)__builtin_return_address(0));
	for (unsigned int i = 0; i < nr; i++)
		slab_debug_free(s, objs[i], &who);
}

/* ---- upkeep -------------------------------------------------------------- */

void slab_debug_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	LIST_HEAD(list);
	int nid;

	(void)flags;
	spin_lock(&s->debug_lock);
	for_each_kmem_cache_node(s, nid, n)
		__take_free_slabs(s, n, ULONG_MAX, &list);
	spin_unlock(&s->debug_lock);
	slabs_destroy(s, &list);
}

unsigned long slab_debug_shutdown(struct kmem_cache *s)
{
	slab_debug_shrink(s, SHRINK_ALL);
	return READ_ONCE(s->in_use);
}

void slab_debug_fork_take(struct kmem_cache *s)
{
	lock_fork_take(&s->debug_lock);
	slab_fork_take(s);
}

void slab_debug_fork_release(struct kmem_cache *s)
{
	slab_fork_release(s);
	lock_fork_release(&s->debug_lock);
}

unsigned long slab_debug_cached(struct kmem_cache *s)
{
	(void)s;
	return 0;
}
