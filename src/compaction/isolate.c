// SPDX-License-Identifier: MIT
/*
 * compaction/isolate.c - pageblocks whose free pages serve no request
 *
 * A caller that wants a range of frames first isolates its pageblocks. Their
 * free blocks move to the lists of MIGRATE_ISOLATE, where no request looks, and
 * blocks freed there later follow. The pageblock's byte keeps its type, which
 * holds again afterwards.
 *
 *	pageblocks	|   M   |   M   |   U   |
 *	isolate the second: a free block of order 10 over the first two is cut
 *	free lists	|M: or.9|I: or.9|U ...  |
 *
 * A block of order 10 covers two pageblocks. When one of these changes, the
 * block is taken off its list and freed again. This puts each half on the right
 * list, or merges halves that may be one block again.
 *
 * Locking	migrate_lock, held by every caller, so that one thread at a time
 *		isolates; zone->lock for each pageblock
 * Invariants	ISOLATE1  nr_isolate_pageblock counts the PB_ISOLATED bits
 *		ISOLATE2  free pages of such a block are on
 *			  free_list[MIGRATE_ISOLATE]
 *						(zone_check() checks both)
 * Source	Linux mm/page_isolation.c, as 6.17 has it: the isolated bit
 *		stands beside the type; the range is whole pageblocks, so no
 *		migratetype and no mode are asked for
 */
#include <errno.h>

#include "buddy/freelist.h"
#include "compaction/compaction.h"
#include "zone/pageblock.h"

/*
 * Returns the head of the free block larger than a pageblock that this one lies
 * in, or NULL.
 */
static struct page *larger_free_block(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn & ~(MAX_ORDER_NR_PAGES - 1));

	return PageBuddy(page) && page->order > PAGEBLOCK_ORDER ? page : NULL;
}

static void write_isolated_bit(unsigned long pfn, u8 bit)
{
	if (bit)
		__atomic_fetch_or(pageblock_byte(pfn), bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(pageblock_byte(pfn), (u8)~PB_ISOLATED,
				   __ATOMIC_RELAXED);
}

/*
 * Moves the free blocks inside one pageblock to the lists of the type it has
 * now.
 */
static void move_freepages_block_isolate(struct zone *zone, unsigned long start)
{
	unsigned int mt = get_pageblock_migratetype(start);
	unsigned long pfn = start;

	while (pfn < start + PAGEBLOCK_PAGES) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		if (!PageBuddy(page)) {
			pfn++;
			continue;
		}
		order = page->order;
		del_page_from_free_list(zone, page, order);
		if (order == PAGEBLOCK_ORDER)
			__free_one_page(zone, page, order);
		else
			add_to_free_list(zone, page, order, mt);
		pfn += 1UL << order;
	}
}

/*
 * Sets or clears the isolated bit of a pageblock and moves its free blocks.
 * zone->lock is held.
 */
static void set_pageblock_isolated(struct zone *zone, unsigned long pfn, u8 bit)
{
	struct page *larger = larger_free_block(pfn);

	lock_assert_held(&zone->lock);
	if (larger) {
		del_page_from_free_list(zone, larger, MAX_PAGE_ORDER);
		write_isolated_bit(pfn, bit);
		__free_one_page(zone, larger, MAX_PAGE_ORDER);
	} else {
		write_isolated_bit(pfn, bit);
		move_freepages_block_isolate(zone, pfn);
	}
	zone->nr_isolate_pageblock += bit ? 1UL : -1UL;
}

/*
 * Returns true if this pageblock is the upper half of a larger block that is in
 * use. Longer runs are found by test_pages_isolated().
 */
static bool in_larger_block(unsigned long pfn)
{
	unsigned long head = pfn & ~(MAX_ORDER_NR_PAGES - 1);
	const struct page *page = pfn_to_page(head);

	if (head == pfn || PageBuddy(page) || page_is_movable(page))
		return false;
	switch (page_type(page)) {
	case PAGE_ALLOCATED:
	case PAGE_SLAB:
		return page_word_order(page_word(page)) > PAGEBLOCK_ORDER;
	default:
		return false;
	}
}

/* Returns true if [pfn, end) holds a page in use that cannot be moved. */
static bool has_unmovable_pages(unsigned long pfn, unsigned long end)
{
	if (in_larger_block(pfn))
		return true;
	while (pfn < end) {
		const struct page *page = pfn_to_page(pfn);

		switch (page_type(page)) {
		case PAGE_BUDDY:
			pfn += 1UL << page->order;
			continue;
		case PAGE_ALLOCATED:
			if (!page_is_movable(page))
				return true;
			break;
		case PAGE_SLAB:
		case PAGE_RUN:
		case PAGE_BAD:
			return true;
		default: /* a tail, on a per-CPU list, or on its way */
			break;
		}
		pfn++;
	}
	return false;
}

/*
 * Isolates one pageblock, of which only [from, to) must become empty. Returns 0
 * or -EBUSY.
 */
static int set_migratetype_isolate(struct zone *zone, unsigned long from,
				   unsigned long to)
{
	unsigned long pfn = ALIGN_DOWN(from, PAGEBLOCK_PAGES);
	int ret = -EBUSY;

	spin_lock(&zone->lock);
	if (get_pageblock_migratetype(pfn) != MIGRATE_ISOLATE &&
	    !has_unmovable_pages(from, to)) {
		set_pageblock_isolated(zone, pfn, PB_ISOLATED);
		ret = 0;
	}
	spin_unlock(&zone->lock);
	return ret;
}

static void unset_migratetype_isolate(struct zone *zone, unsigned long pfn)
{
	spin_lock(&zone->lock);
	if (get_pageblock_migratetype(pfn) == MIGRATE_ISOLATE)
		set_pageblock_isolated(zone, pfn, 0);
	spin_unlock(&zone->lock);
}

void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn)
{
	struct zone *zone = pfn_to_zone(start_pfn);

	lock_assert_held(&migrate_lock);
	for (unsigned long pfn = ALIGN_DOWN(start_pfn, PAGEBLOCK_PAGES);
	     pfn < end_pfn; pfn += PAGEBLOCK_PAGES)
		unset_migratetype_isolate(zone, pfn);
}

int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn)
{
	struct zone *zone = pfn_to_zone(start_pfn);
	unsigned long pfn, next;

	lock_assert_held(&migrate_lock);
	for (pfn = start_pfn; pfn < end_pfn; pfn = next) {
		next = min(ALIGN(pfn + 1, PAGEBLOCK_PAGES), end_pfn);
		if (pfn_online(pfn) && pfn_to_zone(pfn) == zone &&
		    !set_migratetype_isolate(zone, pfn, next))
			continue;
		if (pfn > start_pfn)
			undo_isolate_page_range(start_pfn, pfn);
		return -EBUSY;
	}
	return 0;
}

/*
 * Returns the head of the free block that holds this frame, or NULL. zone->lock
 * is held.
 */
static const struct page *free_block_of(unsigned long pfn)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		const struct page *page = pfn_to_page(pfn &
						      ~((1UL << order) - 1));

		if (PageBuddy(page))
			return page->order >= order ? page : NULL;
	}
	return NULL;
}

static int __test_pages_isolated(unsigned long pfn, unsigned long end_pfn)
{
	while (pfn < end_pfn) {
		const struct page *page = free_block_of(pfn);

		if (!page || page->migratetype != MIGRATE_ISOLATE)
			break;
		pfn = page_to_pfn(page) + (1UL << page->order);
	}
	return pfn < end_pfn ? -EBUSY : 0;
}

int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn)
{
	struct zone *zone = pfn_to_zone(start_pfn);
	int ret;

	spin_lock(&zone->lock);
	ret = __test_pages_isolated(start_pfn, end_pfn);
	spin_unlock(&zone->lock);
	return ret;
}

/*
 * Copies the flags of a block to each of its frames, because the block ends
 * here.
 */
static void spread_flags(struct page *page, unsigned long nr)
{
	for (unsigned long n = 1; n < nr; n++) {
		WRITE_ONCE(page[n].flags, page->flags & PG_REPORTED);
		WRITE_ONCE(page[n].order, 0);
	}
	WRITE_ONCE(page->order, 0);
}

int take_isolated_range(struct zone *zone, unsigned long start,
			unsigned long end)
{
	unsigned long pfn = start;
	int ret;

	lock_assert_held(&zone->lock);
	ret = __test_pages_isolated(start, end);
	while (!ret && pfn < end) {
		unsigned long head = page_to_pfn(free_block_of(pfn)), next;
		struct page *page = pfn_to_page(head);
		u8 flags = READ_ONCE(page->flags);

		next = head + (1UL << page->order);
		del_page_from_free_list(zone, page, page->order);
		spread_flags(page, next - head);
		if (head < pfn)
			__free_range(zone, head, pfn, flags);
		if (next > end)
			__free_range(zone, end, next, flags);
		pfn = next;
	}
	return ret;
}
