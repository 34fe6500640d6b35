// SPDX-License-Identifier: MIT
/*
 * buddy/freelist.c - the free lists of a zone: split blocks, merge buddies
 *
 * A zone keeps free memory as blocks of 2^order pages, each aligned to its
 * own size. A request takes the smallest block that is large enough. It is cut
 * in halves until it has the wanted order, and each time the upper half goes
 * back to the lists:
 *
 *	order 3   [0 1 2 3 4 5 6 7]		one page wanted
 *	          [0 1 2 3][ order 2 ]		upper half to free_area[2]
 *	          [0 1][ or. 1 ]		            free_area[1]
 *	          [0][1]			            free_area[0]; take 0
 *
 * Two blocks of one order whose frame numbers differ in bit `order` only are
 * buddies. When both are free they merge to a block of the next order.
 *
 *	pfn     0   1   2   3   4   5   6   7
 *	      [in use ][fr][ 3][ free, order 2 ]  3 comes back
 *	      [in use ][order1][ free, order 2 ]  2+3 merge; 0+1 in use: stop
 *
 * A block whose memory was given to the OS (PG_REPORTED) goes to the tail of
 * its list. A block that may be resident goes to the head, so that touched
 * memory is handed out first. A merged block is PG_REPORTED only if both
 * halves were.
 *
 * Locking	zone->lock (rank LOCK_ZONE), held by every caller. No system
 *		call is made while it is held.
 * Invariants	BUDDY1  PageBuddy(p) <=> p heads a block on free_area[order]
 *		BUDDY2  no block below MAX_PAGE_ORDER lies beside a free buddy
 *			of its order whose type it could merge with
 *		BUDDY3  nr_free is the length of the lists of its order
 *		BUDDY4  a block is on the list of its pageblock's type
 *		BUDDY5  free_pages, unreported, nr_isolated and
 *			nr_free_highatomic are sums over the lists
 *					(zone_check() checks all)
 * Source	Linux v6.12 mm/page_alloc.c, __rmqueue_smallest() and
 *		__free_one_page() (docs/kernel.md B1-B5); without guard pages:
 *		docs/divergence.md B
 */
#include "buddy/internal.h"
#include "core/probe.h"
#include "zone/surplus.h"

/* ---- one block on a list, or off it -------------------------------------- */

/* Counts free pages apart that only some requests may have. */
static void account_type(struct zone *zone, unsigned int mt, long pages)
{
	unsigned long *counter;

	if (likely(migratetype_is_mergeable(mt)))
		return;
	counter = mt == MIGRATE_ISOLATE ? &zone->nr_isolated :
					  &zone->nr_free_highatomic;
	WRITE_ONCE(*counter, *counter + (unsigned long)pages);
}

void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt)
{
	struct free_area *area = &zone->free_area[order];

	WRITE_ONCE(page->order, (u8)order);
	WRITE_ONCE(page->migratetype, (u8)mt);
	set_page_type(page, PAGE_BUDDY);
	page->epoch = zone->epoch;
	if (PageReported(page)) {
		list_add_tail(&page->lru, &area->free_list[mt]);
	} else {
		list_add(&page->lru, &area->free_list[mt]);
		WRITE_ONCE(zone->unreported, zone->unreported + (1UL << order));
	}
	WRITE_ONCE(area->nr_free, area->nr_free + 1);
	WRITE_ONCE(zone->free_pages, zone->free_pages + (1UL << order));
	account_type(zone, mt, 1L << order);
}

void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order)
{
	struct free_area *area = &zone->free_area[order];

	VM_BUG_ON(!PageBuddy(page) || page->order != order);
	list_del(&page->lru);
	set_page_type(page, PAGE_NONE);
	WRITE_ONCE(area->nr_free, area->nr_free - 1);
	WRITE_ONCE(zone->free_pages, zone->free_pages - (1UL << order));
	account_type(zone, page->migratetype, -(1L << order));
	if (!PageReported(page))
		WRITE_ONCE(zone->unreported, zone->unreported - (1UL << order));
}

/* ---- taking: the smallest block, cut ------------------------------------- */

/* Pages of a block are taken that the OS has. A larger block is no part. */
static void part_taken(struct zone *zone, const struct page *page,
		       unsigned int low, unsigned int high)
{
	if (high < PAGEBLOCK_ORDER &&
	    READ_ONCE(*pageblock_byte(page_to_pfn(page))) & PB_HUGE)
		turnover_huge_taken(&zone->turnover, 1UL << low);
}

void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt)
{
	u8 flags = READ_ONCE(page->flags) & PG_REPORTED;

	turnover_taken(&zone->turnover, 1UL << low, flags);
	if (flags && zone->turnover.broken)
		part_taken(zone, page, low, high);
	while (high > low) {
		struct page *upper;

		high--;
		upper = page + (1UL << high);
		WRITE_ONCE(upper->flags, flags);
		set_page_links(upper, zone);
		add_to_free_list(zone, upper, high, mt);
	}
}

struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
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
		probe_mm_page_alloc_zone_locked(page_to_pfn(page), order, mt,
						pcp_allowed_order(order));
		return page;
	}
	return NULL;
}

/* ---- freeing: buddies merge ---------------------------------------------- */

/*
 * Hands a block that has just become free to the compaction run that waits for
 * one like it. Returns true if it was taken.
 */
static bool compaction_capture(struct zone *zone, struct page *page,
			       unsigned int order, unsigned int mt)
{
	struct capture_control *capc = zone->capture;

	lock_assert_held(&zone->lock);
	if (!capc || capc->page || (int)order != capc->order ||
	    mt == MIGRATE_ISOLATE || mt == MIGRATE_HIGHATOMIC)
		return false;
	/* a small block of a Movable pageblock would mix types */
	if (order < PAGEBLOCK_ORDER && mt == MIGRATE_MOVABLE &&
	    capc->migratetype != MIGRATE_MOVABLE)
		return false;
	count_locked(&zone->allocated, 1UL << order);
	count_locked(&zone->allocs, 1);
	WRITE_ONCE(capc->page, page);
	return true;
}

/* Returns the block beside this one if it is free and of the same order. */
static struct page *find_buddy(unsigned long pfn, unsigned int order)
{
	struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

	return PageBuddy(buddy) && buddy->order == order ? buddy : NULL;
}

/*
 * Returns true if the two blocks may merge. From pageblock size on their types
 * must be equal, or both types that may mix; the buddy then gets the type of
 * the block.
 */
static bool may_merge(unsigned long pfn, unsigned long buddy_pfn)
{
	unsigned int mt = get_pageblock_migratetype(pfn);
	unsigned int buddy_mt = get_pageblock_migratetype(buddy_pfn);

	if (mt == buddy_mt)
		return true;
	if (!migratetype_is_mergeable(mt) ||
	    !migratetype_is_mergeable(buddy_mt))
		return false;
	set_pageblock_migratetype(buddy_pfn, mt);
	return true;
}

/* Returns true if a waiting compaction run has taken the block. */
static bool capture_block(struct zone *zone, unsigned long pfn,
			  unsigned int order, u8 reported)
{
	struct page *page = pfn_to_page(pfn);

	WRITE_ONCE(page->flags, reported);
	set_page_links(page, zone);
	return compaction_capture(zone, page, order,
				  get_pageblock_migratetype(pfn));
}

/*
 * Each turn takes one free buddy off its list and doubles the block in hand. So
 * there are at most MAX_PAGE_ORDER turns, and stopping restores BUDDY2. Zones
 * consist of largest blocks: a buddy is always online and of this zone.
 */
static void merge_and_add(struct zone *zone, struct page *page,
			  unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	u8 reported = READ_ONCE(page->flags) & PG_REPORTED;

	for (;;) {
		struct page *buddy = NULL;

		if (unlikely(zone->capture) &&
		    capture_block(zone, pfn, order, reported))
			return;
		if (order < MAX_PAGE_ORDER)
			buddy = find_buddy(pfn, order);
		if (!buddy || (order >= PAGEBLOCK_ORDER &&
			       !may_merge(pfn, page_to_pfn(buddy))))
			break;
		del_page_from_free_list(zone, buddy, order);
		reported &= buddy->flags;
		pfn &= ~(1UL << order); /* head of the merged block */
		order++;
	}
	page = pfn_to_page(pfn);
	WRITE_ONCE(page->flags, reported);
	set_page_links(page, zone);
	add_to_free_list(zone, page, order, get_pageblock_migratetype(pfn));
}

/*
 * A block larger than a pageblock is freed by pageblocks, each to the list of
 * its type.
 */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order)
{
	u8 flags = READ_ONCE(page->flags) & PG_REPORTED;
	unsigned int piece = min(order, (unsigned int)PAGEBLOCK_ORDER);

	lock_assert_held(&zone->lock);
	VM_BUG_ON(page_to_pfn(page) & ((1UL << order) - 1));
	set_page_type(page, PAGE_NONE); /* it may become a tail */
	for (unsigned long n = 0; n < 1UL << order; n += 1UL << piece) {
		WRITE_ONCE(page[n].flags, flags);
		merge_and_add(zone, page + n, piece);
	}
}

/*
 * Returns the largest order of an aligned block that begins at pfn and ends at
 * or before `end`.
 */
static unsigned int range_order(unsigned long pfn, unsigned long end)
{
	unsigned int order = ilog2(end - pfn);

	if (pfn)
		order = min(order, __ffs(pfn));
	return min(order, (unsigned int)MAX_PAGE_ORDER);
}

void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags)
{
	while (pfn < end) {
		unsigned int order = range_order(pfn, end);
		struct page *page = pfn_to_page(pfn);

		WRITE_ONCE(page->flags, flags & PG_REPORTED);
		__free_one_page(zone, page, order);
		pfn += 1UL << order;
	}
}
