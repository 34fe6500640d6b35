// SPDX-License-Identifier: MIT
/*
 * buddy/freelist.h - the free lists of a zone, for callers that hold its lock
 *
 * Locking	zone->lock, held by every caller
 */
#ifndef KM_BUDDY_FREELIST_H
#define KM_BUDDY_FREELIST_H

#include "zone/mmzone.h"

/*
 * A request that takes the block that compaction makes for it as soon as it is
 * free (docs/kernel.md B11).
 */
struct capture_control {
	/* constant: what the run is for */
	int order;
	unsigned int migratetype;
	struct page *page; /* zone->lock until the run has ended */
};

/* One block goes on a list, or off it, as it is: nothing merges. */
void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt);
void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order);
/* Puts one block on the free lists, merged as far up as possible. */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order);
/* Frees frames [pfn, end) as the few aligned blocks they consist of. */
void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags);

#endif
