// SPDX-License-Identifier: MIT
/*
 * slab/grow.c - makes slabs and frees them
 *
 *	cache_grow()
 *	  alloc_slabmgmt()	decides where the objects and the freelist lie
 *	  slab_map_pages()	enters the frames in the index as a slab's
 *	  cache_init_objs()	constructs the objects and fills the freelist
 *
 * Locking	none; only the caller knows a slab that is being made or freed.
 *		No lock of this room is held while pages are allocated or
 *		freed.
 * Invariants	SLAB4 of internal.h
 * Source	Linux v6.1 mm/slab.c and, for the steps, v4.4
 *		(docs/kernel.md S9)
 */
#include <errno.h>
#include <string.h>

#include "kmem/account.h"
#include "kmem/freelist.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"
#include "request/request.h"
#include "kmem/stat.h"
#include "slab/debug.h"
#include "slab/numbers.h"

/* Returns the colour of a node's next slab, in bytes. */
static size_t next_colour(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned int colour;

	if (s->colour < 2)
		return 0;
	kmem_cache_lock(s, &n->list_lock);
	colour = n->colour_next++;
	if (n->colour_next >= s->colour)
		n->colour_next = 0;
	spin_unlock(&n->list_lock);
	return (size_t)colour * s->colour_off;
}

/*
 * Returns an object for a freelist, straight from the slabs of its cache, or
 * NULL.
 */
static void *alloc_freelist(struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_cache *fc = s->freelist_cache;
	void *freelist;

	return fc->ops->refill(fc, gfp, NUMA_NO_NODE, &freelist, 1) ? freelist :
								      NULL;
}

static void free_freelist(struct kmem_cache *s, void *freelist)
{
	s->freelist_cache->ops->flush(s->freelist_cache, &freelist, 1);
}

/* Sets s_mem and freelist. Returns 0 or -ENOMEM. */
static int alloc_slabmgmt(struct kmem_cache *s, struct slab_desc *slab,
			  size_t colour, gfp_t gfp)
{
	char *addr = desc_address(slab);

	slab->s_mem = addr + colour + s->red_left_pad;
	slab->active = 0;
	switch (s->freelist_place) {
	case FREELIST_OBJ:
		return 0; /* set by cache_init_objs() */
	case FREELIST_OFF:
		slab->freelist = alloc_freelist(s, gfp);
		return slab->freelist ? 0 : -ENOMEM;
	default:
		slab->freelist = (freelist_idx_t *)(addr +
						    (PAGE_SIZE << s->gfporder) -
						    s->freelist_size);
		return 0;
	}
}

static void slab_map_pages(struct kmem_cache *s, struct slab_desc *slab)
{
	account_slab(s, desc_page(slab), s->num);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "eight at a time");

/*
 * Fills the freelist with first, first + 1 ... and 0 behind nr - 1, eight
 * numbers at a time: each eight are the eight before plus a constant.
 */
static void number_in_order(freelist_idx_t *list, unsigned int first,
			    unsigned int nr)
{
	u64 eight = 0x0706050403020100 + first * 0x0101010101010101;
	unsigned int i;

	for (i = 0; i + 8 <= nr; i += 8) {
		memcpy(list + i, &eight, 8);
		eight += 0x0808080808080808;
	}
	for (; i < nr; i++)
		list[i] = (freelist_idx_t)(first + i);
	if (first)
		list[nr - 1] = 0;
}

/* Fills the freelist in the cache's shuffled order, from a random start. */
static void number_shuffled(const struct kmem_cache *s, freelist_idx_t *list)
{
	unsigned int pos = kmem_freelist_start(s);

	for (unsigned int i = 0; i < s->num; i++)
		list[i] = (freelist_idx_t)kmem_next_freelist_entry(s, s->num,
								   &pos);
}

/* Turns an order of numbers into bytes that lead from each to the next. */
static void chain_numbers(freelist_idx_t *bytes, const freelist_idx_t *list,
			  unsigned int num)
{
	for (unsigned int i = 0; i + 1 < num; i++)
		bytes[list[i]] = list[i + 1];
	bytes[list[num - 1]] = NUMBER_LAST;
}

/* The same for numbers in order. Returns the first. */
static unsigned int chain_in_order(freelist_idx_t *bytes, unsigned int num)
{
	number_in_order(bytes, 1, num);
	bytes[num - 1] = NUMBER_LAST;
	return 0;
}

/* Fills the bytes of a slab without a map. Returns the first free number. */
static unsigned int chain_all(const struct kmem_cache *s, freelist_idx_t *bytes)
{
	freelist_idx_t list[SLAB_OBJ_MAX_NUM];

	if (likely(!s->random_seq))
		return chain_in_order(bytes, s->num);
	number_shuffled(s, list);
	chain_numbers(bytes, list, s->num);
	return list[0];
}

static void cache_init_objs(struct kmem_cache *s, struct slab_desc *slab)
{
	freelist_idx_t list[FREE_MAP_BITS];

	for (unsigned int i = 0; i < s->num; i++) {
		if (s->ops->debug_alloc)
			debug_init_object(s, index_to_obj(s, slab, i));
		else if (s->ctor)
			s->ctor(index_to_obj(s, slab, i));
		else
			break;
	}
	if (!has_map(s)) {
		slab->free_map = chain_all(s, slab->freelist);
		return;
	}
	if (unlikely(s->random_seq))
		number_shuffled(s, list);
	else
		number_in_order(list, s->freelist_place == FREELIST_OBJ,
				s->num);
	/*
	 * With FREELIST_OBJ the freelist lies in the object that is handed out
	 * last. That is the first in the slab, so that no page is touched for
	 * it alone.
	 */
	if (s->freelist_place == FREELIST_OBJ)
		slab->freelist = freelist_in(s, slab, list[s->num - 1]);
	memcpy(slab->freelist, list, s->num);
	slab->free_map = ~0UL;
}

struct slab_desc *cache_grow(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct kmem_cache_node *n;
	struct page *page;
	struct slab_desc *slab;

	if (gfp & __GFP_NO_GROW)
		return NULL;
	gfp &= GFP_SLAB_MASK;
	page = page_block_alloc(node, s->allocflags | gfp, s->gfporder);
	if (!page)
		return NULL;
	page_memcg_to_slab(page);
	slab = (struct slab_desc *)page;
	n = get_node(s, page->node_id);
	if (unlikely(slab_page_cover(s, page)) ||
	    alloc_slabmgmt(s, slab, next_colour(s, n), gfp)) {
		slab_page_restore(page);
		page_block_free(page, s->gfporder);
		return NULL;
	}
	slab_map_pages(s, slab);
	cache_init_objs(s, slab);
	return slab;
}

void slab_destroy(struct kmem_cache *s, struct slab_desc *slab)
{
	struct page *page = desc_page(slab);

	VM_BUG_ON(slab->active);
	if (s->freelist_cache)
		free_freelist(s, slab->freelist);
	unaccount_slab(s, page, s->num);
	kmem_free_slab(s, page);
}

void slabs_destroy(struct kmem_cache *s, struct list_head *list)
{
	struct slab_desc *slab, *next;

	list_for_each_entry_safe(slab, next, list, slab_list)
		slab_destroy(s, slab);
}
