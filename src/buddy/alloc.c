// SPDX-License-Identifier: MIT
/*
 * buddy/alloc.c - take blocks of pages from a zone
 *
 * The smallest free block that is large enough is cut in halves until it
 * fits; each time the upper half goes back:
 *
 *	order 3   [0 1 2 3 4 5 6 7]		one page wanted
 *	          [0 1 2 3][ order 2 ]		upper half to free_area[2]
 *	          [0 1][ or. 1 ]		            free_area[1]
 *	          [0][1]			            free_area[0]; 0 taken
 *
 *	alloc_pages
 *	  get_page_from_freelist      zone by zone
 *	    rmqueue                   per-CPU list, or
 *	      __rmqueue               own type, else fallback.c
 *	  deferred_grow_zone          more frames come online
 *	  __alloc_pages_slowpath      everything held back is drained first
 *
 * Locking	zone->lock around __rmqueue(); none elsewhere.
 * Invariants	those of free.c
 * Source	Linux v6.12 mm/page_alloc.c; the slow path here knows neither
 *		reclaim nor compaction: docs/divergence.md B
 */
#include <errno.h>
#include <string.h>

#include "buddy/internal.h"
#include "core/start.h"

void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt)
{
	u8 flags = page->flags & PG_REPORTED;

	while (high > low) {
		struct page *upper;

		high--;
		upper = page + (1UL << high);
		upper->flags = flags;
		upper->zone_id = zone->zone_id;
		upper->node_id = zone->node_id;
		add_to_free_list(zone, upper, high, mt);
	}
}

static struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				       unsigned int mt)
{
	for (unsigned int o = order; o < NR_PAGE_ORDERS; o++) {
		struct list_head *list = &zone->free_area[o].free_list[mt];
		struct page *page;

		if (list_empty(list))
			continue;
		page = list_first_entry(list, struct page, lru);
		del_page_from_free_list(zone, page, o);
		expand(zone, page, order, o, mt);
		return page;
	}
	return NULL;
}

struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt)
{
	struct page *page;

	lock_assert_held(&zone->lock);
	page = __rmqueue_smallest(zone, order, mt);
	if (likely(page))
		return page;
	if (__rmqueue_claim(zone, order, mt))
		return __rmqueue_smallest(zone, order, mt);
	return __rmqueue_steal(zone, order, mt);
}

static struct page *rmqueue(struct zone *zone, unsigned int order,
			    unsigned int mt)
{
	struct page *page = NULL;

	if (order <= PAGE_ALLOC_COSTLY_ORDER)
		page = rmqueue_pcplist(zone, order, mt);
	if (page)
		return page;
	spin_lock(&zone->lock);
	page = __rmqueue(zone, order, mt);
	spin_unlock(&zone->lock);
	return page;
}

static unsigned int gfp_migratetype(gfp_t gfp)
{
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE :
					 MIGRATE_UNMOVABLE;
}

static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order)
{
	struct zone *zone;

	for_each_zone(zone) {
		do {
			struct page *page = rmqueue(zone, order,
						    gfp_migratetype(gfp));

			if (page)
				return page;
		} while (!deferred_grow_zone(zone));
	}
	return NULL;
}

/* Nothing can be onlined: give back what the CPUs hold and look again. */
static struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order)
{
	struct zone *zone;

	for_each_zone(zone)
		drain_all_pages(zone);
	return get_page_from_freelist(gfp, order);
}

static void prep_new_page(struct page *page, unsigned int order, gfp_t gfp)
{
	set_page_type(page, PAGE_ALLOCATED);
	page->order = (u8)order;
	page->migratetype = (u8)gfp_migratetype(gfp);
	if (gfp & __GFP_COMP)
		page->flags |= PG_HEAD;
	if ((gfp & __GFP_ZERO) && !PageReported(page))
		memset(page_to_virt(page), 0, PAGE_SIZE << order);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(order > MAX_PAGE_ORDER)) {
		if (!(gfp & __GFP_NOWARN))
			WARN_ON_ONCE(order > MAX_PAGE_ORDER);
		return NULL;
	}
	if (unlikely(engine_need()))
		return NULL;
	page = get_page_from_freelist(gfp, order);
	if (unlikely(!page))
		page = __alloc_pages_slowpath(gfp, order);
	if (likely(page))
		prep_new_page(page, order, gfp);
	return page;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_to_virt(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

struct page *alloc_page_run(gfp_t gfp, unsigned long nr)
{
	unsigned int order = get_order(nr << PAGE_SHIFT);
	unsigned long block = 1UL << order;
	struct page *page = alloc_pages(gfp & ~__GFP_ZERO, order);

	if (!page)
		return NULL;
	if (block > nr) {
		struct zone *zone = page_zone(page);
		unsigned long pfn = page_to_pfn(page);

		spin_lock(&zone->lock);
		__free_range(zone, pfn + nr, pfn + block, page->flags);
		spin_unlock(&zone->lock);
	}
	if ((gfp & __GFP_ZERO) && !PageReported(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
	page->nr_pages = nr;
	return page;
}

/* How many free frames follow one another from pfn on, up to `want`. */
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
 * A run that a realloc lets grow often has its own given-back tail behind it,
 * as a few blocks of rising order: take them, and free what is too much.
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
		del_page_from_free_list(zone, head, head->order);
		taken += 1UL << head->order;
	}
	if (taken > more)
		__free_range(zone, pfn + more, pfn + taken, flags);
	spin_unlock(&zone->lock);
	return taken ? 0 : -ENOMEM;
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	struct page *page;

	if (!size || size > MAX_BLOCK_SIZE)
		return NULL;
	page = alloc_page_run(gfp, PAGE_ALIGN(size) >> PAGE_SHIFT);
	return page ? page_to_virt(page) : NULL;
}

void split_page(struct page *page, unsigned int order)
{
	for (unsigned long n = 0; n < 1UL << order; n++) {
		set_page_type(&page[n], PAGE_ALLOCATED);
		page[n].order = 0;
		page[n].flags = page->flags;
		page[n].node_id = page->node_id;
		page[n].zone_id = page->zone_id;
	}
}

void *page_address(const struct page *page)
{
	return page_to_virt(page);
}

struct page *virt_to_page(const void *addr)
{
	unsigned long pfn = virt_to_pfn(addr);

	return pfn < arena_nr_frames && pfn_online(pfn) ? pfn_to_page(pfn) :
							  NULL;
}
