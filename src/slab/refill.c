// SPDX-License-Identifier: MIT
/*
 * slab/refill.c - takes objects out of the slabs
 *
 *	0  what a child of fork() freed of its parent's (kmem/inherited.c)
 *	1  the node's shared arrays	pointers are copied
 *	2  slabs_partial, then slabs_free: the first slab of the list is
 *	   used up before the next (numbers.h)
 *	3  cache_grow(): one new slab, if 1 and 2 had no object
 *	4  if this node has no memory left, steps 1 and 2 on all nodes, then a
 *	   slab of any node
 *
 * Locking	list_lock (rank LOCK_LIST) for 2. Objects are taken out
 *		of a new slab without a lock, before it is put on a list.
 * Invariants	SLAB1-SLAB3 of internal.h
 * Source	Linux v6.1 mm/slab.c, cache_alloc_refill() (docs/kernel.md S3)
 */
#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/inherited.h"
#include "kmem/stat.h"
#include "slab/numbers.h"
#include "zone/numa.h"

/* Objects that a caller asks for. */
struct want {
	void **objs; /* where they go */
	unsigned int nr; /* how many will do */
	unsigned int room; /* how many may come, of the last slab */
};

/*
 * Stores all free objects of a slab that there is room for behind the first
 * `got`. Returns how many.
 */
static unsigned int alloc_block(struct kmem_cache *s, struct slab_desc *slab,
				const struct want *w, unsigned int got)
{
	unsigned int nr = min(w->room - got, s->num - slab->active);

	if (has_map(s))
		get_mapped(s, slab, w->objs + got, nr);
	else
		get_chained(s, slab, w->objs + got, nr);
	slab->looked = 0;
	return nr;
}

void fixup_slab_list(struct kmem_cache *s, struct kmem_cache_node *n,
		     struct slab_desc *slab)
{
	lock_assert_held(&n->list_lock);
	if (slab->active < s->num) {
		list_add(&slab->slab_list, &n->slabs_partial);
		return;
	}
	/* The freelist lay in an object that is in use now. */
	if (s->freelist_place == FREELIST_OBJ)
		slab->freelist = NULL;
	list_add(&slab->slab_list, &n->slabs_full);
}

/*
 * Takes a slab with free objects off its list. Returns NULL if there is none.
 */
static struct slab_desc *get_first_slab(struct kmem_cache_node *n)
{
	struct list_head *list = &n->slabs_partial;
	struct slab_desc *slab;

	if (list_empty(list)) {
		list = &n->slabs_free;
		n->free_touched = 1;
		if (list_empty(list))
			return NULL;
		n->free_slabs--;
	}
	slab = list_first_entry(list, struct slab_desc, slab_list);
	list_del(&slab->slab_list);
	return slab;
}

static unsigned int alloc_from_lists(struct kmem_cache *s,
				     struct kmem_cache_node *n,
				     const struct want *w)
{
	unsigned int got = 0;

	while (got < w->nr) {
		struct slab_desc *slab = get_first_slab(n);

		if (!slab)
			break;
		got += alloc_block(s, slab, w, got);
		fixup_slab_list(s, n, slab);
	}
	WRITE_ONCE(n->free_objects, n->free_objects - got);
	return got;
}

void cache_grow_end(struct kmem_cache *s, struct slab_desc *slab)
{
	struct kmem_cache_node *n = desc_node(slab);
	unsigned int active = slab->active;

	kmem_cache_lock(s, &n->list_lock);
	if (active) {
		fixup_slab_list(s, n, slab);
	} else {
		list_add_tail(&slab->slab_list, &n->slabs_free);
		n->free_slabs++;
	}
	n->total_slabs++;
	WRITE_ONCE(n->free_objects, n->free_objects + s->num - active);
	kmem_count_add(&s->in_use, active);
	spin_unlock(&n->list_lock);
}

static unsigned int alloc_from_new(struct kmem_cache *s, gfp_t gfp, int node,
				   const struct want *w)
{
	struct slab_desc *slab = cache_grow(s, gfp, node);
	unsigned int got;

	if (!slab)
		return 0;
	if (unlikely(s->random_seq)) {
		got = alloc_block(s, slab, w, 0);
	} else {
		got = min(w->room, s->num);
		get_fresh(s, slab, w->objs, got);
		slab->looked = 0;
	}
	cache_grow_end(s, slab);
	return got;
}

/*
 * Stores objects of a shared array, or else of the slabs on the lists. Returns
 * how many.
 */
static unsigned int alloc_from_node(struct kmem_cache *s,
				    struct kmem_cache_node *n,
				    const struct want *w)
{
	unsigned int got = shared_get(s, n, w->objs, w->nr);

	if (got || !READ_ONCE(n->free_objects))
		return got;
	kmem_cache_lock(s, &n->list_lock);
	got = alloc_from_lists(s, n, w);
	kmem_count_add(&s->in_use, got);
	spin_unlock(&n->list_lock);
	return got;
}

static unsigned int alloc_there(struct kmem_cache *s, int node,
				const struct want *w)
{
	struct kmem_cache_node *n = get_node(s, node);

	return n ? alloc_from_node(s, n, w) : 0;
}

unsigned int slab_alloc_there(struct kmem_cache *s, int node, void **objs,
			      unsigned int nr)
{
	return alloc_there(s, node, &(struct want){ objs, nr, nr });
}

/*
 * Takes objects that other nodes have already, or else of a new slab of any
 * node.
 */
static unsigned int fallback_alloc(struct kmem_cache *s, gfp_t gfp, int node,
				   const struct want *w)
{
	unsigned int got = 0;

	for (unsigned int nid = 0; nid < nr_online_nodes && !got; nid++)
		got = alloc_there(s, (int)nid, w);
	return got ? got : alloc_from_new(s, gfp, node, w);
}

/* Returns the flags for a slab of exactly one node, without reclaim. */
static gfp_t gfp_exact_node(gfp_t gfp)
{
	return (gfp | __GFP_THISNODE | __GFP_NOWARN) &
	       ~(__GFP_RECLAIM | __GFP_NOFAIL);
}

static unsigned int refill_wanted(struct kmem_cache *s, gfp_t gfp, int node,
				  const struct want *w)
{
	int nid = node == NUMA_NO_NODE ? (int)numa_node_id() : node;
	unsigned int got = kmem_inherited_alloc(s, node, w->objs, w->nr);

	if (likely(!got))
		got = alloc_there(s, nid, w);
	if (got)
		return got;
	if (likely(nr_online_nodes == 1) || (gfp & __GFP_THISNODE))
		return alloc_from_new(s, gfp, nid, w);
	got = alloc_from_new(s, gfp_exact_node(gfp), nid, w);
	return got ? got : fallback_alloc(s, gfp, nid, w);
}

unsigned int slab_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr)
{
	return refill_wanted(s, gfp, node, &(struct want){ objs, nr, nr });
}

unsigned int slab_refill_array(struct kmem_cache *s, gfp_t gfp, void **objs,
			       unsigned int nr, unsigned int room)
{
	return refill_wanted(s, gfp, NUMA_NO_NODE,
			     &(struct want){ objs, nr, room });
}
