// SPDX-License-Identifier: MIT
/*
 * request/long_run.c - runs longer than the largest block
 *
 * Free memory is in blocks of at most 4 MiB, but neighbouring blocks make
 * longer runs. If there is no vmalloc space and mmap() fails, large areas are
 * made of them: of memory that small objects have freed.
 *
 *	blocks of 4 MiB  |used|free|free|free|used|	10 MiB wanted
 *	                      ^    ^    ^ two and a half; the rest is free again
 *
 * Locking	zone->lock for the whole search, which looks at one struct page
 *		for each 4 MiB
 * Source	no counterpart: alloc_contig_pages() of contig.c also moves
 *		pages out of the way, and returns single pages
 */
#include <string.h>

#include "buddy/freelist.h"
#include "core/probe.h"
#include "request/request.h"
#include "zone/page_debug.h"

static bool is_free_block(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);

	return PageBuddy(page) && page->order == MAX_PAGE_ORDER;
}

/* Returns the first frame of `blocks` free largest blocks in a row, or -1. */
static long find_free_blocks(const struct zone *zone, unsigned long blocks)
{
	unsigned long end = min(smp_load_acquire(&arena_nr_frames),
				zone_end_pfn(zone));
	unsigned long pfn = zone->zone_start_pfn, found = 0;

	for (; pfn < end; pfn += MAX_ORDER_NR_PAGES) {
		found = pfn_online(pfn) && is_free_block(pfn) ? found + 1 : 0;
		if (found == blocks)
			return (long)(pfn - (blocks - 1) * MAX_ORDER_NR_PAGES);
	}
	return -1;
}

struct page *alloc_long_run(struct zone *zone, unsigned long nr)
{
	unsigned long blocks = DIV_ROUND_UP(nr, MAX_ORDER_NR_PAGES);
	u8 reported = PG_REPORTED;
	struct page *page = NULL;
	long start;

	spin_lock(&zone->lock);
	start = find_free_blocks(zone, blocks);
	if (start >= 0) {
		unsigned long pfn = (unsigned long)start;
		unsigned long end = pfn + blocks * MAX_ORDER_NR_PAGES;

		for (unsigned long at = pfn; at < end;
		     at += MAX_ORDER_NR_PAGES) {
			page = pfn_to_page(at);
			reported &= READ_ONCE(page->flags);
			del_page_from_free_list(zone, page, MAX_PAGE_ORDER);
		}
		__free_range(zone, pfn + nr, end, 0);
		count_locked(&zone->allocated, nr);
		page = pfn_to_page(pfn);
		WRITE_ONCE(page->order, MAX_PAGE_ORDER);
		WRITE_ONCE(page->flags, reported);
		page->_refcount = 1;
		page->nr_pages = nr;
		set_page_type(page, PAGE_ALLOCATED);
	}
	spin_unlock(&zone->lock);
	if (!page)
		return NULL;
	probe_page_run_alloc(page_to_pfn(page), nr);
	page_debug_alloc(page, page_to_pfn(page), nr);
	set_page_owner(page, MAX_PAGE_ORDER, GFP_KERNEL);
	if (want_init_on_alloc(0) && !PageReported(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
	return page;
}
