// SPDX-License-Identifier: MIT
/*
 * buddy/rmqueue.c - take a block from a zone, of the wanted type if it has one
 *
 *	rmqueue_buddy
 *	  HighAtomic lists	  for urgent requests
 *	  __rmqueue
 *	    __rmqueue_smallest	  own type
 *	    __rmqueue_claim	  a pageblock of another type, fallback.c
 *	    __rmqueue_steal	  one block of another type
 *	  HighAtomic lists	  as a last resort, if the request may not wait
 *
 * Locking	zone->lock: __rmqueue() is called with it, rmqueue_buddy() takes
 *		it
 * Invariants	BUDDY1-BUDDY5 of freelist.c
 * Tests	unit.buddy.fallback, unit.buddy.highatomic
 * Source	Linux v6.12 mm/page_alloc.c (docs/kernel.md B2)
 */
#include "buddy/internal.h"

struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt,
		       unsigned int alloc_flags)
{
	struct page *page;

	lock_assert_held(&zone->lock);
	page = __rmqueue_smallest(zone, order, mt);
	if (likely(page))
		return page;
	if (unlikely(pageblock_rule_44))
		return __rmqueue_fallback_44(zone, order, mt);
	if (__rmqueue_claim(zone, order, mt, alloc_flags))
		return __rmqueue_smallest(zone, order, mt);
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return NULL;
	return __rmqueue_steal(zone, order, mt);
}

struct page *rmqueue_buddy(struct zone *zone, unsigned int order,
			   unsigned int mt, unsigned int alloc_flags)
{
	struct page *page = NULL;

	spin_lock(&zone->lock);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		page = __rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (!page)
		page = __rmqueue(zone, order, mt, alloc_flags);
	if (!page && (alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
		page = __rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (page) {
		count_locked(&zone->allocated, 1UL << order);
		count_locked(&zone->allocs, 1);
	}
	spin_unlock(&zone->lock);
	return page;
}
