// SPDX-License-Identifier: MIT
/*
 * buddy/highatomic.c - pageblocks reserved for requests that cannot wait
 *
 * A block of several pages is hard to find when memory is short and the request
 * may not wait. So when such a request was served, the pageblock that served it
 * is kept for the next such requests:
 *
 *	[ U ][ M ][ M ][ R ]	one of order 2 with __GFP_HIGH, not waiting
 *	[ U ][ M ][ H ][ R ]	its pageblock is HighAtomic from now on
 *	at most a hundredth of the zone, in whole pageblocks
 *
 * When direct reclaim has found nothing, one reserved pageblock that has free
 * memory is opened to all requests again.
 *
 * Locking	zone->lock
 * Invariants	HIGHATOMIC1  nr_reserved_highatomic is the size of the
 *		HighAtomic pageblocks, nr_free_highatomic their free pages
 *					(unit.buddy.highatomic checks it)
 * Source	Linux v6.12 mm/page_alloc.c, reserve_highatomic_pageblock(),
 *		unreserve_highatomic_pageblock() (docs/kernel.md W8)
 */
#include "buddy/internal.h"

/* Returns how many pages may be reserved at most. 0: the zone is too small. */
static unsigned long most_reserved(const struct zone *zone)
{
	unsigned long part = zone_managed_pages(zone) / 100;

	return part < PAGEBLOCK_PAGES ? 0 : ALIGN(part, PAGEBLOCK_PAGES);
}

/*
 * Changes the type of each pageblock that this block covers, or of the one it
 * lies in. Returns how many pages that are.
 */
static unsigned long convert_pageblock(struct zone *zone, unsigned long pfn,
				       unsigned int order, unsigned int mt)
{
	unsigned long start = ALIGN_DOWN(pfn, PAGEBLOCK_PAGES);
	unsigned long nr = max(1UL << order, PAGEBLOCK_PAGES);

	for (unsigned long n = 0; n < nr; n += PAGEBLOCK_PAGES)
		move_freepages_block(zone, start + n, mt);
	return nr;
}

void reserve_highatomic_pageblock(struct zone *zone, struct page *page,
				  unsigned int order)
{
	unsigned long most = most_reserved(zone), pfn = page_to_pfn(page);

	if (READ_ONCE(zone->nr_reserved_highatomic) >= most)
		return;
	spin_lock(&zone->lock);
	if (zone->nr_reserved_highatomic < most &&
	    migratetype_is_mergeable(get_pageblock_migratetype(pfn)))
		zone->nr_reserved_highatomic += convert_pageblock(
			zone, pfn, order, MIGRATE_HIGHATOMIC);
	spin_unlock(&zone->lock);
}

/*
 * Returns the first free block of the reserve, or NULL if all of it is in use.
 */
static struct page *find_reserved(struct zone *zone)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct list_head *list =
			&zone->free_area[order].free_list[MIGRATE_HIGHATOMIC];

		if (!list_empty(list))
			return list_first_entry(list, struct page, lru);
	}
	return NULL;
}

static bool unreserve_one(struct zone *zone, unsigned int mt)
{
	struct page *page;

	spin_lock(&zone->lock);
	page = find_reserved(zone);
	if (page)
		zone->nr_reserved_highatomic -= convert_pageblock(
			zone, page_to_pfn(page), page->order, mt);
	spin_unlock(&zone->lock);
	return page;
}

bool unreserve_highatomic_pageblock(const struct alloc_context *ac,
				    unsigned int force)
{
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask)
	{
		unsigned long nr = READ_ONCE(zone->nr_reserved_highatomic);

		if (nr > (force ? 0 : PAGEBLOCK_PAGES) &&
		    unreserve_one(zone, ac->migratetype))
			return true;
	}
	return false;
}
