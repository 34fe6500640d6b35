// SPDX-License-Identifier: MIT
/*
 * slub/slab.c - slabs are made and freed
 *
 *	new_slab()
 *	  alloc_slab_page()	a block of the preferred order, or a smaller one
 *	  init_debug_slab()	patterns, tracks, the free list (debug caches)
 *	  run_ctor()		or the constructor of each object
 *	  shuffle_freelist()	the free list in a random order, if requested
 *	  account_slab()	enters the frames in the index as a slab's
 *
 * Locking	none; only the caller knows a slab that is being made or freed
 * Source	Linux v6.18 mm/slub.c, allocate_slab()
 *		(docs/kernel.md U6-U9)
 */
#include "kmem/account.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"
#include "request/request.h"
#include "slub/debug.h"

static void run_ctor(struct kmem_cache *s, struct slab *slab)
{
	char *obj = slab_address(slab);

	for (unsigned int i = 0; i < slab->state.counters.objects; i++)
		s->ctor(obj + (unsigned long)i * s->size);
}

/*
 * Allocates a block of the preferred order without trying hard, or else one of
 * the smallest order that holds an object.
 */
static struct page *alloc_slab_page(struct kmem_cache *s, gfp_t gfp, int node)
{
	gfp_t flags = s->allocflags | gfp, first;
	struct page *page;

	first = (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	if (s->min_order < s->oo_order && first & __GFP_DIRECT_RECLAIM)
		first = (first | __GFP_NOMEMALLOC) & ~__GFP_DIRECT_RECLAIM;
	page = page_block_alloc(node, first, s->oo_order);
	if (page)
		return page;
	page = page_block_alloc(node, flags, s->min_order);
	if (page)
		kmem_stat(s, ORDER_FALLBACK);
	return page;
}

/*
 * Puts all objects of a new slab on its free list, in the cache's shuffled
 * order.
 */
static void shuffle_freelist(struct kmem_cache *s, struct slab *slab)
{
	unsigned int objects = slab->state.counters.objects;
	unsigned int pos = kmem_freelist_start(s);
	char *first = slab_object(s, slab, 0);
	char *obj = NULL, *next;

	for (unsigned int i = 0; i < objects; i++) {
		next = first +
		       (unsigned long)s->size *
			       kmem_next_freelist_entry(s, objects, &pos);
		if (obj)
			set_freepointer(s, slab, obj, next);
		else
			slab->state.freelist = next;
		obj = next;
	}
	set_freepointer(s, slab, obj, NULL);
	slab->carved = objects;
}

struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct page *page;
	struct slab *slab;
	unsigned long objects;

	if (gfp & __GFP_NO_GROW)
		return NULL;
	page = alloc_slab_page(s, gfp & GFP_SLAB_MASK, node);
	slab = (struct slab *)page;
	if (!page)
		return NULL;
	if (unlikely(slab_page_cover(s, page))) {
		page_block_free(page, page->order);
		return NULL;
	}
	page_memcg_to_slab(page);
	objects = (PAGE_SIZE << page->order) / s->size;
	slab->state.freelist = NULL;
	slab->state.counters.inuse = 0;
	slab->state.counters.objects = (u16)objects;
	slab->state.counters.frozen = 1;
	slab->next = NULL;
	slab->carved = 0;
	slab->away = 0;
	slab->looked = 0;
	slab->salt = kmem_freelist_salt();
	if (s->ops->debug_alloc)
		init_debug_slab(s, slab);
	else if (s->ctor)
		run_ctor(s, slab);
	if (s->random_seq)
		shuffle_freelist(s, slab);
	account_slab(s, page, objects);
	return slab;
}

void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	struct page *page = slab_page(slab);

	unaccount_slab(s, page, slab->state.counters.objects);
	kmem_free_slab(s, page);
}
