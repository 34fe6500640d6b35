// SPDX-License-Identifier: MIT
/*
 * request/exact.c - blocks that become single pages
 *
 *	split_page	[ block of order 3        ] -> [0][1][2][3][4][5][6][7]
 *	alloc_pages_	[ block of order 3        ] -> [0][1][2][3][4][ free  ]
 *	exact(5 pages)
 *
 * Each single page is as alloc_page() returns it: it has its own reference and
 * is freed by itself. So the caller of alloc_pages_exact() may free the pages
 * one by one or by free_pages_exact(). A page with a further reference stays in
 * use until that reference is put.
 *
 * Locking	none held
 * Source	Linux v6.12 mm/page_alloc.c, split_page(), make_alloc_exact()
 *		(docs/kernel.md B7)
 */
#include "core/tick.h"
#include "diag/warn.h"
#include "request/request.h"
#include "zone/page_debug.h"

/* Makes nr frames of the block that page heads single pages. */
static void make_single_pages(struct page *page, unsigned long nr)
{
	struct zone *zone = page_zone(page);

	split_page_owner(page, nr);
	for (unsigned long n = 0; n < nr; n++) {
		WRITE_ONCE(page[n].order, 0);
		WRITE_ONCE(page[n].flags, page->flags);
		page[n].memcg = page->memcg;
		WRITE_ONCE(page[n].migratetype, page->migratetype);
		page[n]._refcount = 1;
		set_page_links(&page[n], zone);
		set_page_type(&page[n], PAGE_ALLOCATED);
	}
}

void split_page(struct page *page, unsigned int order)
{
	if (WARN_ONCE(
		    !page || page_type(page) != PAGE_ALLOCATED ||
			    page->order != order || (page->flags & PG_HEAD),
		    "split_page: %p is no block of order %u that could be split",
		    (void *)page, order))
		return;
	make_single_pages(page, 1UL << order);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page;

	if (!size || size > MAX_BLOCK_SIZE)
		return NULL;
	if (WARN_ONCE(
		    gfp & (__GFP_COMP | __GFP_HIGHMEM),
		    "alloc_pages_exact: gfp %#x has __GFP_COMP or __GFP_HIGHMEM",
		    gfp))
		gfp &= ~(__GFP_COMP | __GFP_HIGHMEM);
	tick_poll();
	page = alloc_page_run(gfp, nr);
	if (!page)
		return NULL;
	page->lru = (struct list_head){ NULL, NULL }; /* not a run now */
	make_single_pages(page, nr);
	return page_to_virt(page);
}

void free_pages_exact(void *addr, size_t size)
{
	struct page *page = virt_to_page(addr);
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;

	if (!addr || !size)
		return;
	if (WARN_ONCE(!page || (uintptr_t)addr % PAGE_SIZE,
		      "free_pages_exact: bad address (%p)", addr))
		return;
	for (unsigned long n = 0; n < nr; n++)
		__free_pages(page + n, 0);
}
