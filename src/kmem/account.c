// SPDX-License-Identifier: MIT
/*
 * kmem/account.c - makes a block of pages a slab, and a plain block again
 *
 * Both backends use it. It sets the type of the head page, the index of each
 * frame, and the counts of the cache, its node and vmstat.
 *
 * Locking	none; only the caller knows the block. Counts are atomic.
 * Invariants	INDEX1  the index of each frame of a slab is the cache's class
 *		if the slab has the preferred order, else 240 + order
 *				(slab_check(), unit.slub.slab check it)
 * Source	Linux v6.12 mm/slab.h, account_slab()
 */
#include <string.h>

#include "core/task.h"
#include "kmem/account.h"
#include "kmem/inherited.h"
#include "kmem/kmem.h"
#include "kmem/marks.h"
#include "kmem/sparse.h"
#include "kmem/stat.h"
#include "zone/vmstat.h"

unsigned long kmem_frames_made;
unsigned long kmem_next_look = 32UL << 20 >> PAGE_SHIFT;
u8 kmem_sparse_due;

static void count_made(unsigned long frames)
{
	if (__atomic_add_fetch(&kmem_frames_made, frames, __ATOMIC_RELAXED) >
	    READ_ONCE(kmem_next_look))
		WRITE_ONCE(kmem_sparse_due, (u8)1);
}

static void count_slab(const struct kmem_cache *s, const struct page *page,
		       long slabs, unsigned long objects)
{
	enum node_stat_item item = s->flags & SLAB_RECLAIM_ACCOUNT ?
					   NR_SLAB_RECLAIMABLE :
					   NR_SLAB_UNRECLAIMABLE;
	struct kmem_cache_node *n = get_node(s, page->node_id);
	long frames = slabs * (1L << page->order);

	kmem_count_add(&n->nr_slabs, (unsigned long)slabs);
	kmem_count_add(&n->nr_pages, (unsigned long)frames);
	kmem_count_add(&n->total_objects, (unsigned long)slabs * objects);
	mod_node_page_state(NODE_DATA(page->node_id), item, frames);
}

int slab_page_cover(const struct kmem_cache *s, const struct page *page)
{
	return s->marked ?
		       kmem_marks_cover(page_to_pfn(page), 1UL << page->order) :
		       0;
}

void account_slab(struct kmem_cache *s, struct page *page,
		  unsigned long objects)
{
	u8 index = s->class && page->order == s->oo_order ?
			   s->class :
			   (u8)(INDEX_OTHER + page->order);

	kmem_marks_clear(page_to_pfn(page), 1UL << page->order);
	page->slab_cache = s;
	if (unlikely(kmem_forks))
		page_slab_set_born(page, kmem_forks);
	set_page_type(page, PAGE_SLAB);
	memset(arena_index + page_to_pfn(page), index, 1UL << page->order);
	count_slab(s, page, 1, objects);
	count_made(1UL << page->order);
	kmem_stat(s, ALLOC_SLAB);
	kmem_count_add(&s->slabs_ever, 1);
}

void slab_page_restore(struct page *page)
{
	struct km_memcg *memcg = page_slab_memcg(page);

	page_clean(page);
	page->memcg = memcg;
	page->_refcount = 1;
}

void unaccount_slab(struct kmem_cache *s, struct page *page,
		    unsigned long objects)
{
	count_slab(s, page, -1, objects);
	kmem_stat(s, FREE_SLAB);
	mm_account_reclaimed_pages(1UL << page->order);
	memset(arena_index + page_to_pfn(page), 0, 1UL << page->order);
	if (s->marked)
		kmem_marks_clear(page_to_pfn(page), 1UL << page->order);
	slab_page_restore(page);
	set_page_type(page, PAGE_ALLOCATED);
}
