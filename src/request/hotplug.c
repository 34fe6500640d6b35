// SPDX-License-Identifier: MIT
/*
 * request/hotplug.c - frames that go offline and come back
 *
 *	online	...|####|####|####|...	blocks of 4 MiB of one zone
 *	         isolate, switch the pagesets off, move what can be moved
 *	...|####|IIII|####|		all of it free? else -EBUSY, undone
 *	         off the free lists, off what the zone manages
 *	...|####|    |####|		the OS has the memory and the addresses
 *
 * The span of a zone never changes. Its present and managed pages change, and
 * with them watermarks and reserves. Zonelists stay as they are, because they
 * list zones by span and requests skip empty ones. Slabs, page runs and pages
 * without movable_operations are never moved, so frames with any of them stay
 * online.
 *
 * Locking	migrate_lock for the whole; arena_lock while frames go offline
 *		or online; zone->lock for the lists
 * Invariants	HOTPLUG1  managed <= present <= spanned
 *		HOTPLUG2  after a failure all counts are what they were
 *		(zone_check() checks HOTPLUG1, unit.request.hotplug HOTPLUG2)
 * Source	Linux v6.12 mm/memory_hotplug.c; no notifiers, no memory groups
 */
#include <errno.h>

#include <kmalloc/mm.h>

#include "buddy/freelist.h"
#include "core/start.h"
#include "request/internal.h"
#include "zone/thp.h"
#include "zone/watermark.h"
#include "zone/zone.h"

#define OFFLINE_TRIES 5

/*
 * Returns the zone of a range that may go or come as a whole, or NULL if there
 * is none.
 */
static struct zone *hotplug_zone(unsigned long pfn, unsigned long nr)
{
	struct zone *zone = pfn_to_zone(pfn);

	if (!nr || ((pfn | nr) & (MAX_ORDER_NR_PAGES - 1)) || !zone ||
	    nr > zone_end_pfn(zone) - pfn)
		return NULL;
	return zone;
}

/* Returns how many of the pageblocks are online. */
static unsigned long blocks_online(unsigned long pfn, unsigned long nr)
{
	unsigned long sum = 0;

	for (unsigned long n = 0; n < nr; n += PAGEBLOCK_PAGES)
		sum += pfn_online(pfn + n);
	return sum;
}

static void change_managed(struct zone *zone, unsigned long by)
{
	WRITE_ONCE(zone->managed_pages, zone->managed_pages + by);
}

/* ---- offline ------------------------------------------------------------- */

/*
 * Puts blocks that were taken off the lists but could not go offline back; they
 * are isolated and free again.
 */
static void put_range_back(struct zone *zone, unsigned long pfn,
			   unsigned long nr)
{
	spin_lock(&zone->lock);
	change_managed(zone, nr);
	for (unsigned long n = 0; n < nr; n++) {
		struct page *page = pfn_to_page(pfn + n);

		__free_range(zone, pfn + n, pfn + n + 1,
			     READ_ONCE(page->flags));
	}
	spin_unlock(&zone->lock);
}

/*
 * Takes frames that are free and isolated from the zone, then from the process.
 * Returns 0 or -errno.
 */
static int take_offline(struct zone *zone, unsigned long pfn, unsigned long nr)
{
	int ret;

	spin_lock(&arena_lock);
	spin_lock(&zone->lock);
	ret = take_isolated_range(zone, pfn, pfn + nr);
	if (!ret)
		change_managed(zone, -nr);
	spin_unlock(&zone->lock);
	if (ret)
		goto unlock;
	ret = arena_offline(pfn, nr, zone_arena_flags(zone));
	if (ret) {
		put_range_back(zone, pfn, nr);
		goto unlock;
	}
	spin_lock(&zone->lock);
	zone->nr_isolate_pageblock -= nr / PAGEBLOCK_PAGES;
	spin_unlock(&zone->lock);
	WRITE_ONCE(zone->present_pages, zone->present_pages - nr);
	zone->offlined_pages += nr;
unlock:
	spin_unlock(&arena_lock);
	return ret;
}

/*
 * Empties the range, which is isolated, and takes it offline. Returns 0 or
 * -errno.
 */
static int empty_and_offline(struct zone *zone, unsigned long pfn,
			     unsigned long nr)
{
	int ret = -EBUSY;

	for (int tries = 0; ret == -EBUSY && tries < OFFLINE_TRIES; tries++) {
		ret = migrate_range_away(pfn, pfn + nr,
					 GFP_KERNEL | __GFP_RETRY_MAYFAIL);
		if (!ret)
			ret = take_offline(zone, pfn, nr);
	}
	return ret == -ENOMEM ? -EBUSY : ret;
}

int km_offline_pages(unsigned long pfn, unsigned long nr)
{
	struct zone *zone;
	int ret = -EINVAL;

	if (engine_need())
		return -ENOMEM;
	zone = hotplug_zone(pfn, nr);
	if (!zone)
		return -EINVAL;
	spin_lock(&migrate_lock);
	if (blocks_online(pfn, nr) != nr / PAGEBLOCK_PAGES)
		goto unlock;
	release_deferred_range(zone, pfn, pfn + nr);
	ret = start_isolate_page_range(pfn, pfn + nr);
	if (ret)
		goto unlock;
	zone_pcp_disable(zone);
	ret = empty_and_offline(zone, pfn, nr);
	zone_pcp_enable(zone);
	if (ret)
		undo_isolate_page_range(pfn, pfn + nr);
	else
		init_per_zone_wmark_min();
unlock:
	migrate_unlock();
	return ret;
}

/* ---- online -------------------------------------------------------------- */

/*
 * Puts new frames on the free lists; they are known to be zero. arena_lock is
 * held.
 */
static void release_online(struct zone *zone, unsigned long pfn,
			   unsigned long nr)
{
	spin_lock(&zone->lock);
	change_managed(zone, nr);
	for (unsigned long n = 0; n < nr; n += MAX_ORDER_NR_PAGES) {
		struct page *page = pfn_to_page(pfn + n);

		WRITE_ONCE(page->flags, PG_REPORTED);
		set_page_links(page, zone);
		__free_one_page(zone, page, MAX_PAGE_ORDER);
	}
	spin_unlock(&zone->lock);
}

static int bring_online(struct zone *zone, unsigned long pfn, unsigned long nr)
{
	int ret = -EEXIST;

	spin_lock(&arena_lock);
	if (!blocks_online(pfn, nr))
		ret = arena_online(pfn, nr, zone_arena_flags(zone));
	if (!ret) {
		if (nr_online_nodes > 1 && !zone_arena_flags(zone))
			numa_bind_frames(zone, pfn, nr);
		if (!zone_arena_flags(zone))
			thp_mark_frames(pfn, nr);
		WRITE_ONCE(zone->present_pages, zone->present_pages + nr);
		WRITE_ONCE(zone->populated_end,
			   max(zone->populated_end, pfn + nr));
		zone->offlined_pages -= min(zone->offlined_pages, nr);
		release_online(zone, pfn, nr);
	}
	spin_unlock(&arena_lock);
	return ret;
}

int km_online_pages(unsigned long pfn, unsigned long nr)
{
	struct zone *zone;
	int ret;

	if (engine_need())
		return -ENOMEM;
	zone = hotplug_zone(pfn, nr);
	if (!zone)
		return -EINVAL;
	spin_lock(&migrate_lock);
	ret = bring_online(zone, pfn, nr);
	if (!ret)
		init_per_zone_wmark_min();
	migrate_unlock();
	return ret;
}
