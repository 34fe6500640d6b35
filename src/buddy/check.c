// SPDX-License-Identifier: MIT
/* buddy/check.c - check the invariants of a zone, and count its pages */
#include "buddy/internal.h"

/* Checks BUDDY1, BUDDY2 and BUDDY4 for one block. */
static void check_block(struct zone *zone, const struct page *page,
			unsigned int order, unsigned int mt)
{
	unsigned long pfn = page_to_pfn(page);
	const struct page *buddy;

	BUG_ON(page->type != PAGE_BUDDY);
	BUG_ON(page->order != order);
	BUG_ON(pfn & ((1UL << order) - 1));
	BUG_ON(page_zone(page) != zone);
	BUG_ON(get_pageblock_migratetype(pfn) != mt &&
	       !(pageblock_rule_44 && migratetype_is_mergeable(mt)));
	if (order == MAX_PAGE_ORDER)
		return;
	buddy = pfn_to_page(pfn ^ (1UL << order));
	BUG_ON(PageBuddy(buddy) && buddy->order == order &&
	       (order < PAGEBLOCK_ORDER ||
		get_pageblock_migratetype(page_to_pfn(buddy)) == mt));
	BUG_ON(!page_is_clean(page));
}

static void check_lists(struct zone *zone)
{
	unsigned long pages = 0, unreported = 0, apart[MIGRATE_TYPES] = { 0 };

	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];
		unsigned long nr = 0;

		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++) {
			struct page *page;

			list_for_each_entry(page, &area->free_list[mt], lru) {
				check_block(zone, page, order, mt);
				nr++;
				apart[mt] += 1UL << order;
				if (!PageReported(page))
					unreported += 1UL << order;
			}
		}
		BUG_ON(nr != area->nr_free);
		pages += nr << order;
	}
	BUG_ON(pages != zone->free_pages);
	BUG_ON(unreported != zone->unreported);
	BUG_ON(apart[MIGRATE_ISOLATE] != zone->nr_isolated);
	BUG_ON(apart[MIGRATE_HIGHATOMIC] != zone->nr_free_highatomic);
	BUG_ON(pages > zone->managed_pages);
	BUG_ON(zone->managed_pages > zone->present_pages);
}

static unsigned int pcp_list_order(unsigned int index)
{
	return index < NR_LOWORDER_PCP_LISTS ? index / MIGRATE_PCPTYPES :
					       PAGEBLOCK_ORDER;
}

/* Checks WMARK1 and WMARK2. */
static void check_marks(const struct zone *zone)
{
	for (unsigned int j = 1; j < MAX_NR_ZONES; j++)
		BUG_ON(zone->lowmem_reserve[j] < zone->lowmem_reserve[j - 1]);
	for (unsigned int mark = 1; mark < NR_WMARK; mark++)
		BUG_ON(zone->_watermark[mark] < zone->_watermark[mark - 1]);
}

static void check_pageset(const struct per_cpu_pages *pcp)
{
	int count = 0;

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
		const struct page *page;

		list_for_each_entry(page, &pcp->lists[i], lru) {
			BUG_ON(page->type != PAGE_PCP);
			BUG_ON(page->order != pcp_list_order(i));
			count += 1 << page->order;
		}
	}
	BUG_ON(count != pcp->count);
	BUG_ON(pcp->high_min > pcp->high_max);
	BUG_ON(pcp->batch > pcp->high_min && (pcp->high_max || pcp->batch > 1));
}

/* Checks ISOLATE1. */
static void check_pageblocks(const struct zone *zone)
{
	unsigned long isolated = 0;

	for (unsigned long pfn = zone->zone_start_pfn;
	     pfn < READ_ONCE(zone->populated_end); pfn += PAGEBLOCK_PAGES)
		isolated += (READ_ONCE(*pageblock_byte(pfn)) & PB_ISOLATED) !=
			    0;
	BUG_ON(isolated != zone->nr_isolate_pageblock);
}

void zone_check(struct zone *zone)
{
	spin_lock(&arena_lock); /* no frame goes on- or offline meanwhile */
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		spin_lock(&zone->pageset[cpu].lock);
		check_pageset(&zone->pageset[cpu]);
		spin_unlock(&zone->pageset[cpu].lock);
	}
	spin_lock(&zone->lock);
	check_marks(zone);
	check_lists(zone);
	check_pageblocks(zone);
	spin_unlock(&zone->lock);
	spin_unlock(&arena_lock);
}

void zone_stat(struct zone *zone, struct zone_stat *stat)
{
	*stat = (struct zone_stat){
		.managed = READ_ONCE(zone->managed_pages),
		.free = READ_ONCE(zone->free_pages),
		.resident_free = READ_ONCE(zone->unreported),
		.deferred = zone->deferred_end - zone->deferred_pfn,
	};
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		stat->pcp += (unsigned long)READ_ONCE(zone->pageset[cpu].count);
}
