// SPDX-License-Identifier: MIT
/*
 * request/fit_run.c - runs that begin at any frame
 *
 * A run of alloc_page_run() begins where a block of its order does. So of a
 * block of 128 pages a run of 65 leaves 63, in which the next such run finds no
 * place. A run of alloc_fit_run() begins wherever enough frames are free, over
 * blocks that are neighbours but no buddies:
 *
 *	blocks	|###65###|1|.2|..4.|...8...|....16....|...32...|..128 ..
 *			 `------------- a stretch ---------------------
 *	a run of 65 pages	|###65###|###65####|.......................
 *
 * A stretch is as many free frames in a row as there are. One with room for nr
 * frames, 2^(o-1) < nr <= 2^o, has a block of order o - 2 or above. So the
 * search looks at the lists from that order on, and measures the stretch around
 * each of their first blocks. The run is cut from the low end of the stretch,
 * so that what is left over is as large as it can be.
 *
 *	1  the first FEW blocks of each list, of the type asked for
 *	2  the first MANY blocks, of all types that mix
 *	3  the zone grows by a block, which may lengthen the last stretch
 *	4  all blocks, down to the min mark
 *	5  alloc_page_run(), which reclaims
 *
 * Locking	zone->lock for each search
 * Source	no counterpart: alloc_contig_pages() of contig.c also moves
 *		pages out of the way, and returns single pages
 */
#include <limits.h>
#include <string.h>

#include "buddy/freelist.h"
#include "core/probe.h"
#include "request/holes.h"
#include "request/internal.h"
#include "zone/gfp.h"
#include "zone/page_debug.h"
#include "zone/pageblock.h"
#include "zone/surplus.h"
#include "zone/vmstat.h"

#define FEW 8
#define MANY 1024

/*
 * Looks at the first blocks of a list for a stretch that is shorter than the
 * best one so far and has room for the run.
 */
static void fit_in_list(const struct fit *fit, const struct list_head *list,
			struct stretch *best)
{
	unsigned int tries = fit->tries;
	const struct page *page;

	list_for_each_entry(page, list, lru) {
		struct stretch at = stretch_around(fit, page_to_pfn(page));

		if (at.nr >= fit->nr && at.nr < best->nr)
			*best = at;
		if (best->nr == fit->nr || !--tries)
			return;
	}
}

/*
 * Returns the shortest stretch found with room for the run; nr is above
 * LONGEST if there is none. A stretch is at least as long as its blocks.
 */
static struct stretch fit_find(const struct fit *fit)
{
	unsigned int order = get_order(fit->nr << PAGE_SHIFT);
	struct stretch best = hole_take(fit);

	if (best.nr)
		return best;
	best.nr = LONGEST + 1;
	order -= min(order, 2U);
	for (; order < NR_PAGE_ORDERS && best.nr > 1UL << order; order++) {
		const struct free_area *area = &fit->zone->free_area[order];

		if (!area->nr_free)
			continue;
		for (unsigned int mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (fit->types >> mt & 1)
				fit_in_list(fit, &area->free_list[mt], &best);
	}
	return best;
}

/* Takes the first frames of a stretch. Returns the flags that all have. */
static u8 fit_take(struct zone *zone, const struct stretch *from,
		   unsigned long nr)
{
	u8 flags = PG_REPORTED, reported = PG_REPORTED;
	unsigned long at = from->pfn, end = at + nr;

	while (at < end) {
		struct page *page = pfn_to_page(at);

		flags = READ_ONCE(page->flags);
		reported &= flags;
		turnover_taken(&zone->turnover,
			       min(1UL << page->order, end - at),
			       flags & PG_REPORTED);
		del_page_from_free_list(zone, page, page->order);
		at += 1UL << page->order;
	}
	__free_range(zone, end, at, flags);
	hole_add(zone, (struct stretch){ end, from->nr - nr });
	count_locked(&zone->allocated, nr);
	count_locked(&zone->allocs, 1);
	return reported;
}

/* Makes frames that are off the lists a run in use. */
static void fit_prep(struct page *page, unsigned long nr, gfp_t gfp, u8 flags)
{
	unsigned int order = get_order(nr << PAGE_SHIFT);

	WRITE_ONCE(page->order, (u8)order);
	WRITE_ONCE(page->flags, flags);
	WRITE_ONCE(page->migratetype, (u8)gfp_migratetype(gfp));
	page->_refcount = 1;
	WRITE_ONCE(page->nr_pages, nr);
	WRITE_ONCE(page->lru.prev, PAGE_RUN_MARK);
	set_page_type(page, PAGE_ALLOCATED);
	page_debug_alloc(page, page_to_pfn(page), nr);
	set_page_owner(page, order, gfp);
	if (want_init_on_alloc(gfp) && !PageReported(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
}

/* Takes a run out of the zone, which keeps `mark` pages. Returns it or NULL. */
static struct page *fit_in_zone(const struct fit *fit, unsigned long mark,
				const struct alloc_context *ac, gfp_t gfp)
{
	struct zone *zone = fit->zone;
	struct stretch found = { 0, LONGEST + 1 };
	struct page *page;
	u8 flags = 0;

	if (!(gfp & __GFP_MEMALLOC) &&
	    !zone_watermark_ok(zone, 0, mark + fit->nr, ac->highest_zoneidx, 0))
		return NULL;
	spin_lock(&zone->lock);
	if (zone->free_pages >= fit->nr)
		found = fit_find(fit);
	if (found.nr <= LONGEST)
		flags = fit_take(zone, &found, fit->nr);
	spin_unlock(&zone->lock);
	if (found.nr > LONGEST)
		return NULL;
	page = pfn_to_page(found.pfn);
	if (unlikely(!check_new_page(page))) {
		free_page_run(page + 1, fit->nr - 1);
		return NULL;
	}
	fit_prep(page, fit->nr, gfp, flags);
	probe_page_run_alloc(found.pfn, fit->nr);
	if (unlikely(nr_online_nodes > 1))
		zone_statistics(ac->preferred_zoneref->zone, zone, 1, gfp);
	return page;
}

#define TYPES_MIXED ((1U << MIGRATE_PCPTYPES) - 1)

/* Steps 1 to 3: the zone that the request prefers, which grows if it can. */
static struct page *fit_preferred(gfp_t gfp, unsigned long nr,
				  const struct alloc_context *ac)
{
	struct zone *zone = ac->preferred_zoneref->zone;
	struct fit few = { zone, nr, 1U << ac->migratetype, FEW };
	struct fit many = { zone, nr, TYPES_MIXED, MANY };
	struct page *page;
	unsigned long seen;

	do {
		unsigned long mark = low_wmark_pages(zone);

		seen = zone_managed_pages(zone);
		page = fit_in_zone(&few, mark, ac, gfp);
		if (!page)
			page = fit_in_zone(&many, mark, ac, gfp);
	} while (!page && !deferred_grow_zone(zone, seen));
	return page;
}

/* Step 4: all blocks of all zones that may serve the request. */
static struct page *fit_anywhere(gfp_t gfp, unsigned long nr,
				 const struct alloc_context *ac)
{
	struct zoneref *z = ac->preferred_zoneref;
	struct zone *zone;

	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		struct fit all = { zone, nr, TYPES_MIXED, UINT_MAX };
		struct page *page = NULL;

		if (cpuset_node_allowed(zone_to_nid(zone), gfp))
			page = fit_in_zone(&all, min_wmark_pages(zone), ac,
					   gfp);
		if (page)
			return page;
	}
	return NULL;
}

struct page *alloc_fit_run(gfp_t gfp, unsigned long nr)
{
	struct alloc_context ac;
	struct page *page = NULL;

	prepare_alloc_pages(gfp, (int)numa_node_id(), NULL, &ac);
	if (likely(ac.preferred_zoneref->zone))
		page = fit_preferred(gfp, nr, &ac);
	if (unlikely(!page))
		page = fit_anywhere(gfp, nr, &ac);
	return likely(page) ? page : alloc_page_run(gfp, nr);
}
