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
 *	pageblock of U	[free 200][movable 100][others 212]
 *	M wants it	200 + 100 >= 256: claimed
 *	R wants it	200: stays, a block is stolen
 *
 * With pageblock.rule=4.4 there is one step, as in the kernel of that time: the
 * largest foreign block is cut, its rest goes to the lists of who asked, and
 * with it all that is free in its pageblock; the pageblock changes its type
 * if that is half of it. Other blocks there follow as they are freed.
 *
 * Locking	zone->lock. Flags of allocated pages are read, though their
 *		owner may change them meanwhile: the count is a guess then.
 * Invariants	those of free.c. With pageblock.rule=4.4 a free block may be on
 *		the list of another type than its pageblock's.
 * Source	Linux v6.12 mm/page_alloc.c, try_to_claim_block() and
 *		__rmqueue_steal()
 *		(docs/kernel.md M1-M6); v4.4 __rmqueue_fallback()
 *		(M7). HighAtomic blocks are on none of the lists looked at, and no
 *		pageblock is in two zones.
 */
#include <errno.h>
#include <string.h>

#include "buddy/internal.h"
#include "buddy/migrate.h"
#include "core/param.h"

bool pageblock_rule_44;

static int set_rule(const char *value)
{
	if (strcmp(value, "4.4") && strcmp(value, "6.12"))
		return -EINVAL;
	pageblock_rule_44 = *value == '4';
	return 0;
}
boot_param("pageblock.rule", set_rule, "6.12, 4.4");

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

/* All that is free in a pageblock to the lists of one type: how many. */
static unsigned long move_freepages(struct zone *zone, unsigned long start,
				    unsigned int mt)
{
	unsigned long moved = 0, step;

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
		moved += step;
	}
	return moved;
}

struct block_count {
	unsigned long free, movable; /* frames */
};

static struct block_count count_block(unsigned long start)
{
	struct block_count count = { 0, 0 };
	unsigned long step;

	for (unsigned long pfn = start; pfn < start + PAGEBLOCK_PAGES;
	     pfn += step) {
		const struct page *page = pfn_to_page(pfn);

		step = frames_at(page);
		if (PageBuddy(page))
			count.free += step;
		else if (page_is_movable(page))
			count.movable += 1UL
					 << page_word_order(page_word(page));
	}
	return count;
}

unsigned long move_freepages_block(struct zone *zone, unsigned long start,
				   unsigned int mt)
{
	unsigned long moved = move_freepages(zone, start, mt);

	set_pageblock_migratetype(start, mt);
	return moved;
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

/* Frames that somebody who wants this type would not mind having beside. */
static unsigned long count_alike(struct block_count count, unsigned int mt,
				 unsigned int old_mt)
{
	if (mt == MIGRATE_MOVABLE)
		return min(count.movable, PAGEBLOCK_PAGES - count.free);
	if (old_mt == MIGRATE_MOVABLE)
		return PAGEBLOCK_PAGES - count.free -
		       min(count.movable, PAGEBLOCK_PAGES - count.free);
	return 0;
}

static bool try_to_claim_block(struct zone *zone, struct page *page,
			       unsigned int mt, unsigned int alloc_flags)
{
	unsigned long start = ALIGN_DOWN(page_to_pfn(page), PAGEBLOCK_PAGES);
	struct block_count count;

	if (page->order >= PAGEBLOCK_ORDER) {
		claim_large(zone, page, mt);
		return true;
	}
	if (boost_watermark(zone) && (alloc_flags & ALLOC_KSWAPD))
		zone_set_flag(zone, ZONE_BOOSTED);
	count = count_block(start);
	if (!page_group_by_mobility_disabled &&
	    count.free + count_alike(count, mt,
				     get_pageblock_migratetype(start)) <
		    PAGEBLOCK_PAGES / 2)
		return false;
	move_freepages_block(zone, start, mt);
	return true;
}

/* M4: may a block of this order be the reason to claim its pageblock? */
static bool may_claim(unsigned int order, unsigned int mt)
{
	return order >= PAGEBLOCK_ORDER / 2 || mt != MIGRATE_MOVABLE ||
	       page_group_by_mobility_disabled;
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
		if (!may_claim((unsigned int)o, mt))
			break;
		if (try_to_claim_block(zone, page, mt, alloc_flags))
			return true;
	}
	return false;
}

bool can_claim_fallback(const struct zone *zone, unsigned int order,
			unsigned int mt)
{
	const struct free_area *area = &zone->free_area[order];

	if (!may_claim(order, mt))
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

/* M7: what a foreign block brings along. */
static void steal_suitable_fallback(struct zone *zone, struct page *page,
				    unsigned int mt)
{
	unsigned long start = ALIGN_DOWN(page_to_pfn(page), PAGEBLOCK_PAGES);

	if (page->order >= PAGEBLOCK_ORDER) {
		for (unsigned long n = 0; n < 1UL << page->order;
		     n += PAGEBLOCK_PAGES)
			set_pageblock_migratetype(start + n, mt);
		return;
	}
	if (move_freepages(zone, start, mt) >= PAGEBLOCK_PAGES / 2 ||
	    page_group_by_mobility_disabled)
		set_pageblock_migratetype(start, mt);
}

struct page *__rmqueue_fallback_44(struct zone *zone, unsigned int order,
				   unsigned int mt)
{
	for (int o = MAX_PAGE_ORDER; o >= (int)order; o--) {
		unsigned int high = (unsigned int)o;
		struct page *page = find_fallback(zone, high, mt);

		if (!page)
			continue;
		if (may_claim(high, mt))
			steal_suitable_fallback(zone, page, mt);
		del_page_from_free_list(zone, page, high);
		expand(zone, page, order, high, mt);
		return page;
	}
	return NULL;
}
