// SPDX-License-Identifier: MIT
/*
 * buddy/fallback.c - when the lists of a migratetype are empty
 *
 *	wanted		looked for, in this order
 *	Unmovable	Reclaimable, Movable
 *	Movable		Reclaimable, Unmovable
 *	Reclaimable	Unmovable, Movable
 *
 * First a whole pageblock is claimed, largest free block first, so that the
 * next requests find room of their own; a block is claimed when at least half
 * of it would suit. Only if none can be is the smallest block stolen, whose
 * rest stays on the lists that it came from.
 *
 * Locking	zone->lock
 * Invariants	those of free.c
 * Source	Linux v6.12 mm/page_alloc.c, try_to_claim_block() and
 *		__rmqueue_steal() (kernel-facts M1-M6); no page is movable
 *		yet, so the count of movable pages is 0.
 */
#include "buddy/internal.h"

static const u8 fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES - 1] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* The first foreign block of this order, by the table; NULL if none. */
static struct page *find_fallback(struct zone *zone, unsigned int order,
				  unsigned int mt)
{
	struct free_area *area = &zone->free_area[order];

	if (!area->nr_free)
		return NULL;
	for (unsigned int i = 0; i < MIGRATE_PCPTYPES - 1; i++) {
		struct list_head *list = &area->free_list[fallbacks[mt][i]];

		if (!list_empty(list))
			return list_first_entry(list, struct page, lru);
	}
	return NULL;
}

/* How far a scan may step from here: heads know the length of their block. */
static unsigned long frames_at(const struct page *page)
{
	switch (page_type(page)) {
	case PAGE_BUDDY:
	case PAGE_SLAB:
		return 1UL << page->order;
	case PAGE_RUN:
		return READ_ONCE(page->nr_pages);
	default:
		return 1;
	}
}

static unsigned long count_free(unsigned long start)
{
	unsigned long free = 0, step;

	for (unsigned long pfn = start; pfn < start + PAGEBLOCK_PAGES;
	     pfn += step) {
		const struct page *page = pfn_to_page(pfn);

		step = frames_at(page);
		if (PageBuddy(page))
			free += step;
	}
	return free;
}

static void move_freepages_block(struct zone *zone, unsigned long start,
				 unsigned int mt)
{
	unsigned long step;

	for (unsigned long pfn = start; pfn < start + PAGEBLOCK_PAGES;
	     pfn += step) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		step = frames_at(page);
		if (!PageBuddy(page))
			continue;
		order = page->order;
		del_page_from_free_list(zone, page, order);
		add_to_free_list(zone, page, order, mt);
	}
	set_pageblock_migratetype(start, mt);
}

static void claim_large(struct zone *zone, struct page *page, unsigned int mt)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int order = page->order;

	for (unsigned long n = 0; n < 1UL << order; n += PAGEBLOCK_PAGES)
		set_pageblock_migratetype(pfn + n, mt);
	del_page_from_free_list(zone, page, order);
	add_to_free_list(zone, page, order, mt);
}

static bool try_to_claim_block(struct zone *zone, struct page *page,
			       unsigned int mt)
{
	unsigned long start = ALIGN_DOWN(page_to_pfn(page), PAGEBLOCK_PAGES);
	unsigned long free, alike = 0;

	if (page->order >= PAGEBLOCK_ORDER) {
		claim_large(zone, page, mt);
		return true;
	}
	free = count_free(start);
	if (mt != MIGRATE_MOVABLE &&
	    get_pageblock_migratetype(start) == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - free;
	if (free + alike < PAGEBLOCK_PAGES / 2)
		return false;
	move_freepages_block(zone, start, mt);
	return true;
}

bool __rmqueue_claim(struct zone *zone, unsigned int order, unsigned int mt,
		     unsigned int alloc_flags)
{
	unsigned int least = order;

	if ((alloc_flags & ALLOC_NOFRAGMENT) && least < PAGEBLOCK_ORDER)
		least = PAGEBLOCK_ORDER;
	for (int o = MAX_PAGE_ORDER; o >= (int)least; o--) {
		struct page *page = find_fallback(zone, (unsigned int)o, mt);

		if (!page)
			continue;
		if (o < PAGEBLOCK_ORDER / 2 && mt == MIGRATE_MOVABLE)
			break;
		if (try_to_claim_block(zone, page, mt))
			return true;
	}
	return false;
}

bool can_claim_fallback(const struct zone *zone, unsigned int order,
			unsigned int mt)
{
	const struct free_area *area = &zone->free_area[order];

	if (order < PAGEBLOCK_ORDER / 2 && mt == MIGRATE_MOVABLE)
		return false;
	for (unsigned int i = 0; i < MIGRATE_PCPTYPES - 1; i++)
		if (!list_empty(&area->free_list[fallbacks[mt][i]]))
			return true;
	return false;
}

struct page *__rmqueue_steal(struct zone *zone, unsigned int order,
			     unsigned int mt)
{
	for (unsigned int o = order; o < NR_PAGE_ORDERS; o++) {
		struct page *page = find_fallback(zone, o, mt);
		unsigned int from;

		if (!page)
			continue;
		from = page->migratetype;
		del_page_from_free_list(zone, page, o);
		expand(zone, page, order, o, from);
		return page;
	}
	return NULL;
}
