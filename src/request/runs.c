// SPDX-License-Identifier: MIT
/*
 * request/runs.c - runs: contiguous frames, any number up to a largest block
 *
 *	alloc_page_run	[ 5 of 8 frames       ][ free ]	the rest is free
 *	trim_page_run	[ 3 of 5      ][ free         ]
 *	extend_page_run	[ 6                      ][fr ]	if those behind are free
 *
 * The head of a run has PAGE_RUN_MARK in lru.prev, and nr_pages.
 *
 * Locking	zone->lock while the frames behind the run change hands
 * Source	no counterpart
 */
#include <errno.h>
#include <string.h>

#include "buddy/freelist.h"
#include "core/probe.h"
#include "request/holes.h"
#include "request/request.h"
#include "zone/page_debug.h"
#include "zone/surplus.h"
#include "zone/wait.h"

struct page *alloc_page_run(gfp_t gfp, unsigned long nr)
{
	unsigned int order = get_order(nr << PAGE_SHIFT);
	unsigned long block = 1UL << order;
	struct page *page = page_block_alloc(NUMA_NO_NODE, gfp & ~__GFP_ZERO,
					     order);

	if (!page)
		return NULL;
	/* before its surplus has other owners, who look for the block's end */
	WRITE_ONCE(page->nr_pages, nr);
	WRITE_ONCE(page->lru.prev, PAGE_RUN_MARK);
	if (block > nr) {
		struct zone *zone = page_zone(page);
		unsigned long pfn = page_to_pfn(page);

		page_debug_return(page, pfn + nr, block - nr);
		spin_lock(&zone->lock);
		count_locked(&zone->freed, block - nr);
		__free_range(zone, pfn + nr, pfn + block,
			     READ_ONCE(page->flags));
		spin_unlock(&zone->lock);
		memcg_uncharge(page->memcg, block - nr);
	}
	probe_page_run_alloc(page_to_pfn(page), nr);
	if ((gfp & __GFP_ZERO) && want_init_on_alloc(gfp) &&
	    !PageReported(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
	return page;
}

/*
 * Returns how many frames from pfn on are free and belong to the zone. The
 * count stops once it has come to `want`.
 */
static unsigned long free_frames_at(struct zone *zone, unsigned long pfn,
				    unsigned long want)
{
	unsigned long nr = 0;

	while (nr < want && pfn_online(pfn + nr)) {
		struct page *page = pfn_to_page(pfn + nr);

		if (!PageBuddy(page) || page_zone(page) != zone)
			break;
		nr += 1UL << page->order;
	}
	return nr;
}

/*
 * Often the frames behind a run are those that an earlier trim freed, as a few
 * blocks of rising order. This takes these blocks and frees what it does not
 * need.
 */
int extend_page_run(struct page *page, unsigned long nr, unsigned long want)
{
	unsigned long pfn = page_to_pfn(page) + nr, more = want - nr;
	struct zone *zone = page_zone(page);
	unsigned long found, taken = 0;
	u8 flags = PG_REPORTED;

	if (!pfn_online(pfn) || READ_ONCE(pfn_to_page(pfn)->type) != PAGE_BUDDY)
		return -ENOMEM;
	spin_lock(&zone->lock);
	found = free_frames_at(zone, pfn, more);
	while (found >= more && taken < found) {
		struct page *head = pfn_to_page(pfn + taken);

		flags = head->flags;
		turnover_taken(&zone->turnover, 1UL << head->order,
			       flags & PG_REPORTED);
		del_page_from_free_list(zone, head, head->order);
		taken += 1UL << head->order;
	}
	if (taken > more)
		__free_range(zone, pfn + more, pfn + taken, flags);
	count_locked(&zone->allocated, taken ? more : 0);
	spin_unlock(&zone->lock);
	if (!taken)
		return -ENOMEM;
	probe_page_run_alloc(pfn, more);
	page_debug_alloc(page, pfn, more);
	if (want_init_on_alloc(0))
		memset(pfn_to_virt(pfn), 0, more << PAGE_SHIFT);
	return 0;
}

void free_page_run(struct page *page, unsigned long nr)
{
	trim_page_run(page, 0, nr);
}

void trim_page_run(struct page *page, unsigned long keep, unsigned long nr)
{
	struct zone *zone = page_zone(page);
	unsigned long pfn = page_to_pfn(page);

	if (keep == nr)
		return;
	memcg_uncharge(page->memcg, nr - keep);
	if (!keep)
		page->memcg = NULL;
	if (!keep && unlikely(READ_ONCE(page->flags) & PG_SHARED) &&
	    page_shared_freed(page, nr))
		return;
	probe_page_run_free(pfn + keep, nr - keep);
	page_debug_free(page, pfn + keep, nr - keep);
	if (!keep) {
		set_page_type(page, PAGE_NONE);
		/* a reader who misses the mark sees that the type changed */
		smp_store_release(&page->lru.prev, NULL);
		page_clean(page);
	}
	spin_lock(&zone->lock);
	count_locked(&zone->freed, nr - keep);
	__free_range(zone, pfn + keep, pfn + nr, 0);
	hole_note(zone, pfn + keep);
	surplus_note(zone);
	spin_unlock(&zone->lock);
	memory_freed();
}
