// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/blocks.c - frames for areas: the largest blocks first
 *
 *	pages	|<- order 9 ->|<- order 7 ->|1|1|	few runs, so few
 *		  one struct page touched		mappings
 *
 * A block is not split. It is freed whole, by the order in its head.
 *
 * Locking	none; the counts are atomic
 * Invariants	AREA3 of internal.h
 * Source	Linux v6.12 mm/vmalloc.c, vm_area_alloc_pages()
 *		(docs/kernel.md Y2, Y6)
 */
#include <string.h>

#include "core/bitops.h"
#include "request/request.h"
#include "vmap/vmalloc/internal.h"

#define BULK_PAGES 100 /* single pages of one bulk request */

static unsigned long nr_vmalloc_pages; /* atomic */

void vmalloc_count(long nr_pages)
{
	__atomic_add_fetch(&nr_vmalloc_pages, nr_pages, __ATOMIC_RELAXED);
}

unsigned long vmalloc_nr_pages(void)
{
	unsigned long lazy = vm_lazy_pages(), nr = READ_ONCE(nr_vmalloc_pages);

	return nr > lazy ? nr - lazy : 0; /* the two are not read at once */
}

/*
 * Returns true if smaller blocks of HighMem are better than this block: frames
 * of HighMem are in the file already, others must be moved into it.
 */
static bool rather_highmem(struct page *page, gfp_t gfp, int nid)
{
	struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_HIGHMEM];
	struct zone_stat stat;

	if (PageHighMem(page) || !(gfp & __GFP_HIGHMEM) ||
	    !zone_managed_pages(zone))
		return false;
	zone_stat(zone, &stat);
	return stat.free > high_wmark_pages(zone);
}

/*
 * Allocates one block of order *order, or of a lower order down to least.
 * Returns its number of pages and sets *order; 0: there is none. The block is
 * not split, so that only its first struct page is touched.
 */
static unsigned int vm_alloc_block(gfp_t gfp, int nid, unsigned int *order,
				   unsigned int least, struct page **pages)
{
	struct page *page;

	for (;; --*order) {
		page = page_block_alloc(nid, gfp, *order);
		if (page && *order && !least && !(gfp & __GFP_RETRY_MAYFAIL) &&
		    rather_highmem(page, gfp, nid)) {
			page_block_free(page, *order);
			page = NULL;
		}
		if (page)
			break;
		if (*order == least)
			return 0;
	}
	for (unsigned int n = 0; n < 1U << *order; n++)
		pages[n] = page + n;
	return 1U << *order;
}

static gfp_t block_gfp(gfp_t gfp, unsigned int how)
{
	gfp = (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
	if (how == BLOCKS_HARD)
		return gfp | __GFP_RETRY_MAYFAIL;
	return (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NORETRY;
}

unsigned int vm_area_alloc_pages(gfp_t gfp, int nid, unsigned int nr,
				 struct page **pages, unsigned int how)
{
	unsigned int least = how == BLOCKS_HUGE ? PAGEBLOCK_ORDER : 0;
	unsigned int got = 0, order = PAGEBLOCK_ORDER;

	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	while (got < nr) {
		unsigned int left = nr - got, more;

		order = min(order, ilog2(left));
		if (!order || order < least)
			break;
		more = vm_alloc_block(block_gfp(gfp, how), nid, &order, least,
				      pages + got);
		if (!more)
			break;
		got += more;
	}
	while (got < nr && how != BLOCKS_HUGE) {
		unsigned int want = min(nr - got, (unsigned int)BULK_PAGES);
		unsigned int more;

		memset(pages + got, 0, want * sizeof(*pages));
		more = (unsigned int)alloc_pages_bulk_node(
			gfp & ~__GFP_NOFAIL, nid, want, pages + got);
		if (!more) {
			pages[got] = page_block_alloc(nid, gfp, 0);
			more = pages[got] != NULL;
		}
		if (!more)
			break;
		got += more;
	}
	return got;
}

void vm_free_blocks(struct page *const *pages, unsigned int nr)
{
	unsigned int order;

	for (unsigned int n = 0; n < nr; n += 1U << order) {
		order = READ_ONCE(pages[n]->order);
		page_block_free(pages[n], order);
	}
}
