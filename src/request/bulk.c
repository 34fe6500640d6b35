// SPDX-License-Identifier: MIT
/*
 * request/bulk.c - many single pages at once
 *
 *	array  [p][ ][ ][p][ ]   the empty slots are filled, the others stay
 *
 * The watermark is checked once for all of them, and the lock of the per-CPU
 * lists is taken once. If that gives nothing, one page is allocated in the
 * ordinary way. So the caller gets at least one page whenever a single request
 * would be served, and may call again for the rest.
 *
 * Locking	none held
 * Source	Linux v6.12 mm/page_alloc.c, alloc_pages_bulk()
 *		(docs/kernel.md B8)
 */
#include "core/probe.h"
#include "core/start.h"
#include "core/task.h"
#include "core/tick.h"
#include "diag/warn.h"
#include "request/internal.h"
#include "zone/gfp.h"
#include "zone/watermark.h"

static unsigned long count_pages(struct page **array, unsigned long nr)
{
	unsigned long populated = 0;

	for (unsigned long i = 0; i < nr; i++)
		populated += array[i] != NULL;
	return populated;
}

/*
 * Returns the first zone that can grow, or that keeps its low mark if all of
 * `nr` pages come from it. NULL: there is none.
 */
static struct zone *zone_for_all(const struct alloc_context *ac,
				 unsigned long nr)
{
	struct zoneref *z = ac->preferred_zoneref;
	struct zone *zone;

	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		unsigned long seen = zone_managed_pages(zone);
		unsigned long mark = low_wmark_pages(zone) + nr;

		if (zone_watermark_fast(zone, 0, mark, ac->highest_zoneidx,
					WMARK_LOW) ||
		    !deferred_grow_zone(zone, seen))
			return zone;
	}
	return NULL;
}

/*
 * Allocates one page in the ordinary way, into the first empty slot. Returns
 * how many slots were filled, 0 or 1.
 */
static unsigned long fill_one(gfp_t gfp, int nid, unsigned long nr,
			      struct page **array)
{
	for (unsigned long i = 0; i < nr; i++) {
		if (array[i])
			continue;
		array[i] = __alloc_pages(gfp, 0, nid, NULL);
		return array[i] != NULL;
	}
	return 0;
}

/*
 * Prepares the pages that fill_from_pcplist() has put into the array: those
 * without a type. Returns how many were fit for use.
 */
static unsigned long prep_new_ones(gfp_t gfp, unsigned long nr,
				   struct page **array)
{
	unsigned long filled = 0;

	for (unsigned long i = 0; i < nr; i++) {
		if (!array[i] || page_type(array[i]) != PAGE_NONE)
			continue;
		if (!check_new_page(array[i])) {
			array[i] = NULL;
			continue;
		}
		prep_new_page(array[i], 0, gfp, WMARK_LOW);
		probe_mm_page_alloc(page_to_pfn(array[i]), 0, gfp,
				    array[i]->migratetype);
		filled++;
	}
	return filled;
}

/*
 * Fills the empty slots. Requests that are charged, choose their zone or need
 * one page only are not served as a batch. Returns the number of full slots.
 */
static unsigned long fill_all(gfp_t gfp, int nid, unsigned long nr,
			      struct page **array)
{
	unsigned long populated = count_pages(array, nr), filled = 0;
	bool plain = !(gfp & (__GFP_ACCOUNT | __GFP_WRITE)) &&
		     !current->mems_denied && fault_off();
	struct alloc_context ac;
	struct zone *zone;

	gfp = current_gfp_context(gfp);
	if (nr - populated > 1 && plain) {
		prepare_alloc_pages(gfp, nid, NULL, &ac);
		zone = zone_for_all(&ac, nr - populated);
		if (zone && fill_from_pcplist(zone, ac.migratetype, nr, array))
			filled = prep_new_ones(gfp, nr, array);
	}
	if (!filled)
		filled = fill_one(gfp, nid, nr, array);
	return populated + filled;
}

unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr, struct page **array)
{
	return alloc_pages_bulk_node(gfp, NUMA_NO_NODE, nr, array);
}

unsigned long alloc_pages_bulk_node(gfp_t gfp, int nid, unsigned long nr,
				    struct page **array)
{
	if (engine_need() ||
	    WARN_ONCE(nr && !array, "alloc_pages_bulk: no array for %lu pages",
		      nr))
		return 0;
	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	if (WARN_ONCE((unsigned int)nid >= nr_online_nodes,
		      "alloc_pages_bulk: node %d, there are %u", nid,
		      nr_online_nodes))
		return 0;
	tick_poll();
	return fill_all(gfp, nid, nr, array);
}
