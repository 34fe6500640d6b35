// SPDX-License-Identifier: MIT
/*
 * request/page_frag.c - pieces of pages, cut off one after the other
 *
 *	block of 32 KiB   |piece|piece|piece|.... left ....|
 *	                                    ^ offset
 *	_refcount         pieces in use + bias
 *
 * All references that a block may ever need are taken at once. The cache owns
 * `bias` of them and gives one to each piece without touching the counter. When
 * the block is used up the cache drops the references that it still owns. If no
 * piece is in use then, the block is used again from the start. Otherwise it is
 * freed with its last piece.
 *
 * Locking	the cache's user; the reference count is atomic
 * Invariants	FRAG1  _refcount = bias + pieces in use
 *					(unit.request.page_frag checks it)
 * Source	Linux v6.12 mm/page_frag_cache.c (docs/kernel.md B9)
 */
#include "buddy/buddy.h"
#include "diag/warn.h"

#define FRAG_ORDER 3U
#define FRAG_BIAS (1U << 16) /* more than a block has bytes */

_Static_assert(FRAG_BIAS > PAGE_SIZE << FRAG_ORDER,
	       "a piece is a byte or more");

static unsigned int block_size(const struct page *page)
{
	return (unsigned int)PAGE_SIZE << page->order;
}

/*
 * Drops references that belong to the cache. Returns true if they were the last
 * ones.
 */
static bool sub_references(struct page *page, unsigned int nr)
{
	return !__atomic_sub_fetch(&page->_refcount, nr, __ATOMIC_ACQ_REL);
}

/*
 * Allocates a new block: a large one without effort, else a single page.
 * Returns NULL if there is none.
 */
static struct page *page_frag_refill(struct page_frag_cache *nc, gfp_t gfp)
{
	gfp_t easy = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP | __GFP_NOWARN |
		     __GFP_NORETRY | __GFP_NOMEMALLOC;
	struct page *page = alloc_pages(easy & ~__GFP_HIGHMEM, FRAG_ORDER);

	if (!page)
		page = alloc_pages(gfp & ~__GFP_HIGHMEM, 0);
	nc->page = page;
	if (!page)
		return NULL;
	page->_refcount = FRAG_BIAS;
	nc->bias = FRAG_BIAS;
	nc->offset = 0;
	return page;
}

/*
 * The block is used up. Returns true if no piece is in use, so that the block
 * can be used again from its start.
 */
static bool start_again(struct page_frag_cache *nc)
{
	struct page *page = nc->page;

	if (!sub_references(page, nc->bias)) {
		nc->page = NULL;
		return false;
	}
	WRITE_ONCE(page->_refcount, FRAG_BIAS);
	nc->bias = FRAG_BIAS;
	nc->offset = 0;
	return true;
}

void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size,
			    gfp_t gfp, unsigned int align)
{
	unsigned int offset;

	if (WARN_ONCE(!size || !is_power_of_2(align) || align > PAGE_SIZE,
		      "page_frag_alloc: size %u, alignment %u", size, align))
		return NULL;
	if (!nc->page && !page_frag_refill(nc, gfp))
		return NULL;
	offset = ALIGN(nc->offset, align);
	if (size > block_size(nc->page) - min(offset, block_size(nc->page))) {
		if (!start_again(nc) && !page_frag_refill(nc, gfp))
			return NULL;
		offset = 0;
		if (size > block_size(nc->page))
			return NULL; /* there was only a single page */
	}
	nc->offset = offset + size;
	nc->bias--;
	return (char *)page_address(nc->page) + offset;
}

void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size, gfp_t gfp)
{
	return page_frag_alloc_align(nc, size, gfp, 1);
}

void page_frag_free(void *addr)
{
	struct page *page = virt_to_head_page(addr);

	if (addr &&
	    !WARN_ONCE(!page || page->type != PAGE_ALLOCATED,
		       "page_frag_free: %p is in no allocated page", addr))
		put_page(page);
}

void page_frag_cache_drain(struct page_frag_cache *nc)
{
	struct page *page = nc->page;

	nc->page = NULL;
	if (page && sub_references(page, nc->bias))
		__free_pages_ok(page, page->order, 0);
}
