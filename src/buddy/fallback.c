// SPDX-License-Identifier: MIT
/*
 * buddy/fallback.c - when the lists of a migratetype are empty
 *
 *	wanted		looked for, in this order
 *	Unmovable	Reclaimable, Movable
 *	Movable		Reclaimable, Unmovable
 *	Reclaimable	Unmovable, Movable
 *
 * First the request tries to claim a whole pageblock, largest free block first,
 * so that the next requests find free memory of their own type. A pageblock is
 * claimed when at least half of it is free or of a compatible type. If none can
 * be claimed, the request steals the smallest block. The rest of that block
 * stays on the lists that it came from.
 *
 *	pageblock of U	[free 200][movable 100][others 212]
 *	M wants it	200 + 100 >= 256: claimed
 *	R wants it	200 < 256: a block is stolen
 *
 * With pageblock.rule=4.4 there is one step, as in the kernel of that time. The
 * largest block of another type is cut. Its rest and all other free blocks of
 * the pageblock go to the lists of the requested type. If that is half of the
 * pageblock, its type changes. Blocks in use there follow as they are freed.
 *
 * Locking	zone->lock. Flags of allocated pages are read while their owner
 *		may change them, so the count is an estimate.
 * Invariants	those of freelist.c. With pageblock.rule=4.4 BUDDY4 does not
 *		hold: a free block may be on the list of a type that its
 *		pageblock has not.
 * Source	Linux v6.12 mm/page_alloc.c, try_to_claim_block() and
 *		__rmqueue_steal()
 *		(docs/kernel.md M1-M6); v4.4 __rmqueue_fallback().
 *		HighAtomic blocks are on none of these lists, and no pageblock
 *		is in two zones.
 */
#include <errno.h>
#include <string.h>

#include "buddy/internal.h"
#include "core/probe.h"
#include "diag/param.h"

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

/*
 * Returns the first free block of this order and of another type, in the order
 * of the table. NULL: there is none.
 */
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

/*
 * Returns how many frames a scan may step over from here. Only the head of a
 * block knows how long it is.
 */
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

/*
 * Moves all free blocks of a pageblock to the lists of one type. Returns how
 * many frames.
 */
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

/*
 * Returns how many allocated frames of the pageblock are compatible with type
 * mt.
 */
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

/*
 * Returns true if a block of this order is large enough to claim its pageblock
 * for type mt (docs/kernel.md M4).
 */
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
		unsigned long pfn;
		unsigned int from;

		if (!page)
			continue;
		if (!may_claim((unsigned int)o, mt))
			break;
		from = page->migratetype;
		pfn = page_to_pfn(page);
		if (!try_to_claim_block(zone, page, mt, alloc_flags))
			continue;
		probe_mm_page_alloc_extfrag(pfn, order, o, mt, from, 1);
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
		probe_mm_page_alloc_extfrag(page_to_pfn(page), order, o, mt,
					    from, 0);
		return page;
	}
	return NULL;
}

/*
 * Moves the free blocks of the pageblock too, and changes its type if that is
 * half of it, as v4.4 does.
 */
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
