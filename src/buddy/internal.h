// SPDX-License-Identifier: MIT
/*
 * buddy/internal.h - shared by the files of the page allocator
 */
#ifndef KM_BUDDY_INTERNAL_H
#define KM_BUDDY_INTERNAL_H

#include "buddy/buddy.h"

/* ---- pageblocks (zone->lock) --------------------------------------------- */

/* Stored so that a zeroed table says Movable, as all blocks are at first. */
static inline unsigned int get_pageblock_migratetype(unsigned long pfn)
{
	return READ_ONCE(arena.pageblocks[pfn >> PAGEBLOCK_ORDER]) ^
	       MIGRATE_MOVABLE;
}

static inline void set_pageblock_migratetype(unsigned long pfn, unsigned int mt)
{
	WRITE_ONCE(arena.pageblocks[pfn >> PAGEBLOCK_ORDER],
		   (u8)(mt ^ MIGRATE_MOVABLE));
}

/* ---- free.c: zone->lock held --------------------------------------------- */

void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt);
void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order);
/* Put one block on the free lists, merged as far up as it will go. */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order);
/* Free frames [pfn, end) as the few aligned blocks they consist of. */
void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags);

/* ---- alloc.c: zone->lock held -------------------------------------------- */

struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt);
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt);

/* ---- fallback.c: zone->lock held ----------------------------------------- */

/* Make a foreign pageblock, or a larger block, ours: true if one was. */
bool __rmqueue_claim(struct zone *zone, unsigned int order, unsigned int mt);
/* Take the smallest foreign block; its pageblock stays what it is. */
struct page *__rmqueue_steal(struct zone *zone, unsigned int order,
			     unsigned int mt);

/* ---- pcp.c: no lock held ------------------------------------------------- */

void setup_pageset(struct zone *zone, struct per_cpu_pages *pcp);
/* NULL: the lists are busy or the zone is empty. */
struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt);
void drain_pages(struct zone *zone, struct per_cpu_pages *pcp);
/* false: the lists are busy and the page is still the caller's. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order);

/* ---- grow.c: no lock held ------------------------------------------------ */

/* Put more frames on the free lists: 0 or -ENOMEM. */
int deferred_grow_zone(struct zone *zone);

/* ---- report.c ------------------------------------------------------------ */

void page_reporting_init(void);

#endif
