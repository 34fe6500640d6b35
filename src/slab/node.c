// SPDX-License-Identifier: MIT
/*
 * slab/node.c - shrinking, the end of a cache, fork, and what a node holds
 *
 * Locking	list_lock (rank LOCK_LIST)
 * Source	Linux v6.1 mm/slab.c
 */
#include <limits.h>

#include "diag/report.h"
#include "kmem/debug.h"
#include "kmem/slab_ops.h"
#include "slab/internal.h"

/* Frees the alien and shared arrays' objects, then every empty slab. */
static void shrink_all(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		drain_alien_cache(s, n);
		shared_drain(s, n, UINT_MAX);
	}
	for_each_kmem_cache_node(s, nid, n)
		drain_freelist(s, n, ULONG_MAX);
}

void slab_shrink(struct kmem_cache *s, unsigned int flags)
{
	if (flags & SHRINK_IDLE)
		cache_reap(s);
	else
		shrink_all(s);
}

static void free_node_arrays(struct kmem_cache_node *n)
{
	free_alien_cache(n);
	shared_end(n);
}

unsigned long slab_shutdown(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned long left;
	int nid;

	shrink_all(s);
	left = READ_ONCE(s->in_use);
	if (!left)
		for_each_kmem_cache_node(s, nid, n)
			free_node_arrays(n);
	return left;
}

void slab_fork_take(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		alien_fork_take(n);
		lock_fork_take(&n->list_lock);
	}
}

void slab_fork_release(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		lock_fork_release(&n->list_lock);
		alien_fork_release(n);
	}
}

void *slab_object_of(struct kmem_cache *s, const void *addr)
{
	struct slab_desc *slab = virt_to_desc(addr);
	unsigned int index;

	if (!slab)
		return NULL;
	index = obj_to_index(s, slab, addr);
	return index < s->num ? index_to_obj(s, slab, index) : NULL;
}

unsigned long slab_cached(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += shared_avail(n) + alien_avail(n);
	return nr;
}

/* An object in an array is out of its slab, so it counts as active. */
void slab_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		unsigned long objects;

		spin_lock(&n->list_lock);
		objects = n->total_slabs * s->num;
		sinfo->num_slabs += n->total_slabs;
		sinfo->active_slabs += n->total_slabs - n->free_slabs;
		sinfo->num_objs += objects;
		sinfo->active_objs += objects - n->free_objects;
		spin_unlock(&n->list_lock);
		sinfo->shared_avail += shared_avail(n);
	}
	if (s->limit) { /* it has arrays */
		sinfo->limit = s->limit;
		sinfo->batchcount = s->batchcount;
		sinfo->shared = s->shared;
	}
	sinfo->objects_per_slab = s->num;
	sinfo->cache_order = s->gfporder;
}

void slab_list_objects(struct kmem_cache *s, struct page *page)
{
	struct slab_desc *slab = (struct slab_desc *)page;

	if (!slab->active || slab_add_kunit_errors(s))
		return;
	slab_bug(s, "Objects remaining on __kmem_cache_shutdown()");
	km_report("Slab %p objects=%u used=%u\n", (void *)slab, s->num,
		  slab->active);
	for (unsigned int i = 0; i < s->num; i++) {
		char *obj = index_to_obj(s, slab, i);

		if (!slab_index_is_free(s, slab, i))
			km_report("Object %p @offset=%lu\n", (void *)obj,
				  (unsigned long)(obj - desc_address(slab)));
	}
}
