// SPDX-License-Identifier: MIT
/*
 * buddy/isolate.c - pageblocks whose free pages serve nobody
 *
 * Who wants a range of frames for itself first isolates its pageblocks: the
 * free blocks in them move to the lists of MIGRATE_ISOLATE, where no request
 * looks, and what is freed there later follows. The type that the pageblock
 * had stays in its byte and holds again afterwards.
 *
 *	pageblocks	|   M   |   M   |   U   |
 *	isolate the second: a free block of order 10 over the first two is cut
 *	free lists	|M: or.9|I: or.9|U ...  |
 *
 * A block of order 10 lies over two pageblocks, so when one of these changes
 * it is taken off its list and freed again, which puts each half where it
 * belongs, and merges halves that may be one again.
 *
 * Locking	migrate_lock, held by every caller, for who isolates;
 *		zone->lock for each pageblock
 * Invariants	I1  nr_isolate_pageblock is the number of PB_ISOLATED bits
 *		I2  free pages of such a block are on free_list[MIGRATE_ISOLATE]
 *						(zone_check() proves)
 * Source	Linux mm/page_isolation.c, as 6.17 has it: the isolated bit
 *		stands beside the type; the range is whole pageblocks, so no
 *		migratetype and no mode are asked for
 */
#include <errno.h>

#include "buddy/compact.h"

spinlock_t migrate_lock = SPIN_LOCK_INIT(LOCK_MIGRATE);
void (*migrate_run_done)(void);

void migrate_unlock(void)
{
	if (migrate_run_done)
		migrate_run_done();
	spin_unlock(&migrate_lock);
}

/* The free block of more than a pageblock that this one lies in, or NULL. */
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

/* Free blocks inside one pageblock to the lists of the type it has now. */
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

/* Set or clear the bit of a pageblock, with its free pages. zone->lock held. */
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
 * Does a block of more than a pageblock, in use, have this one for its upper
 * half? Longer runs are not looked for: test_pages_isolated() finds them.
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

/* Is there something in [pfn, end) that nobody can move away? */
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

/* One pageblock, of which only [from, to) need be empty in the end. */
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

/* The free block that holds this frame: its head, or NULL. zone->lock held. */
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

/* Every frame says itself what its block said: the block is no more. */
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
		u8 flags = page->flags;

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
