// SPDX-License-Identifier: MIT
/*
 * zone/dirty.c - how many dirty pages a zone should hold
 *
 * Pages that are about to be filled for writing (__GFP_WRITE) are spread over
 * the zones. No zone gets more than its part of the dirty pages that are
 * allowed, so that reclaim finds clean pages in each.
 *
 *	limit of a zone = vm.dirty_ratio % of what could be dirty in it, or its
 *			  part of vm.dirty_bytes
 *	could be dirty  = free + what it may still grow by - reserves + dirty
 *
 * Locking	none: PG_DIRTY is atomic, counters are relaxed
 * Source	Linux mm/page-writeback.c, zone_dirty_ok() as it was until 4.8,
 *		which counts by zone (docs/kernel.md E1)
 */
#include <limits.h>

#include <kmalloc/scope.h>

#include "zone/sysctl.h"
#include "zone/vmstat.h"
#include "zone/zone.h"

static unsigned long vm_dirty_ratio = 20, vm_dirty_bytes; /* one is 0 */

static unsigned long nr_dirty(const struct zone *zone)
{
	return zone_page_state(zone, NR_ZONE_WRITE_PENDING);
}

static unsigned long zone_dirtyable_memory(const struct zone *zone)
{
	unsigned long reserve = READ_ONCE(zone->_watermark[WMARK_HIGH]);
	unsigned long pages = READ_ONCE(zone->free_pages);

	for (unsigned int type = zone_idx(zone); type < MAX_NR_ZONES; type++)
		reserve = max(reserve,
			      READ_ONCE(zone->_watermark[WMARK_HIGH]) +
				      READ_ONCE(zone->lowmem_reserve[type]));
	pages += min(zone->spanned_pages - zone_managed_pages(zone),
		     arena_room());
	return pages - min(pages, reserve) + nr_dirty(zone);
}

static unsigned long global_dirtyable_memory(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_dirtyable_memory(zone);
	return sum + 1; /* never 0 */
}

static unsigned long zone_dirty_limit(const struct zone *zone)
{
	unsigned long bytes = READ_ONCE(vm_dirty_bytes);
	unsigned long pages = zone_dirtyable_memory(zone);

	if (!bytes)
		return pages * READ_ONCE(vm_dirty_ratio) / 100;
	return (unsigned long)((unsigned __int128)DIV_ROUND_UP(bytes,
							       PAGE_SIZE) *
			       pages / global_dirtyable_memory());
}

unsigned long global_dirty_limit(void)
{
	unsigned long bytes = READ_ONCE(vm_dirty_bytes);

	return bytes ? DIV_ROUND_UP(bytes, PAGE_SIZE) :
		       global_dirtyable_memory() * READ_ONCE(vm_dirty_ratio) /
			       100;
}

bool zone_dirty_ok(const struct zone *zone)
{
	return nr_dirty(zone) <= zone_dirty_limit(zone);
}

static void account_dirty(const struct page *page, long pages)
{
	mod_zone_page_state(page_zone(page), NR_ZONE_WRITE_PENDING, pages);
	mod_node_page_state(NODE_DATA(page->node_id), NR_FILE_DIRTY, pages);
}

int km_account_page_dirtied(struct page *page)
{
	if (__atomic_fetch_or(&page->flags, PG_DIRTY, __ATOMIC_RELAXED) &
	    PG_DIRTY)
		return 0;
	account_dirty(page, 1L << page->order);
	return 1;
}

int folio_account_cleaned(struct page *page, unsigned int order)
{
	if (!(__atomic_fetch_and(&page->flags, (u8)~PG_DIRTY,
				 __ATOMIC_RELAXED) &
	      PG_DIRTY))
		return 0;
	account_dirty(page, -(1L << order));
	return 1;
}

int km_account_page_cleaned(struct page *page)
{
	return folio_account_cleaned(page, page->order);
}

/* Of the ratio and the bytes the one set last counts; the other reads as 0. */
static int set_ratio(const unsigned long *values, unsigned int nr)
{
	(void)nr;
	WRITE_ONCE(vm_dirty_ratio, values[0]);
	WRITE_ONCE(vm_dirty_bytes, 0UL);
	return 0;
}

static int set_bytes(const unsigned long *values, unsigned int nr)
{
	(void)nr;
	WRITE_ONCE(vm_dirty_bytes, values[0]);
	WRITE_ONCE(vm_dirty_ratio, 0UL);
	return 0;
}

static const struct ctl_table dirty_ratio_ctl __sysctl = {
	.procname = "vm.dirty_ratio",
	.data = &vm_dirty_ratio,
	.nr = 1,
	.hi = 100,
	.outside = true,
	.set = set_ratio,
};

static const struct ctl_table dirty_bytes_ctl __sysctl = {
	.procname = "vm.dirty_bytes",
	.data = &vm_dirty_bytes,
	.nr = 1,
	.lo = 2 * PAGE_SIZE,
	.hi = LONG_MAX,
	.outside = true,
	.set = set_bytes,
};
