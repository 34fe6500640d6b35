// SPDX-License-Identifier: MIT
/*
 * request/alloc.c - one pass over the zones of a zonelist
 *
 *	get_page_from_freelist      zone by zone
 *	  zone_watermark_fast       above its mark, zone/watermark.c
 *	  deferred_grow_zone        below it: more frames come online
 *	  node_reclaim              vm.zone_reclaim_mode
 *	  rmqueue                   per-CPU list, else buddy/rmqueue.c
 *	  prep_new_page             buddy/prep.c
 *
 * Locking	none
 * Source	Linux v6.12 mm/page_alloc.c, get_page_from_freelist()
 *		(docs/kernel.md A1)
 */
#include "core/tick.h"
#include "reclaim/reclaim.h"
#include "request/internal.h"
#include "zone/gfp.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

static __always_inline struct page *rmqueue(struct zone *zone,
					    unsigned int order, unsigned int mt,
					    unsigned int alloc_flags)
{
	struct page *page = NULL;

	if (pcp_allowed_order(order))
		page = rmqueue_pcplist(zone, order, mt, alloc_flags);
	if (!page) {
		page = rmqueue_buddy(zone, order, mt, alloc_flags);
		if (alloc_flags & ALLOC_TICK)
			tick_poll();
	}
	/* A claim of a pageblock has raised the zone's marks: wake kswapd. */
	if (unlikely(zone_flag(zone, ZONE_BOOSTED)) &&
	    (alloc_flags & ALLOC_KSWAPD)) {
		zone_clear_flag(zone, ZONE_BOOSTED);
		wakeup_kswapd(zone, 0, 0, (enum zone_type)zone_idx(zone));
	}
	return page;
}

struct page *buffered_rmqueue(struct zone *zone, unsigned int order,
			      unsigned int mt, unsigned int alloc_flags)
{
	return rmqueue(zone, order, mt, alloc_flags);
}

/*
 * Reclaims in a near node before the request goes to one further away. Returns
 * true if the zone then has its mark.
 */
static bool reclaim_near(struct zone *zone, gfp_t gfp, unsigned int order,
			 unsigned int alloc_flags,
			 const struct alloc_context *ac)
{
	if (likely(!node_reclaim_mode) ||
	    !zone_allows_reclaim(ac->preferred_zoneref->zone, zone) ||
	    zone_reclaim(zone, gfp, order) < NODE_RECLAIM_SOME)
		return false;
	return zone_watermark_ok(
		zone, order, wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK),
		ac->highest_zoneidx, alloc_flags);
}

/*
 * Returns true if the request may take from this zone: it is above its mark,
 * has just grown, or was reclaimed in.
 */
static bool zone_can_serve(struct zone *zone, gfp_t gfp, unsigned int order,
			   unsigned int alloc_flags,
			   const struct alloc_context *ac)
{
	unsigned long seen = zone_managed_pages(zone), mark;

	if (!zone_flag(zone, ZONE_BELOW_HIGH)) {
		mark = high_wmark_pages(zone);
		if (likely(zone_watermark_fast(zone, order, mark,
					       ac->highest_zoneidx,
					       alloc_flags)))
			return true;
		zone_set_flag(zone, ZONE_BELOW_HIGH);
	}
	mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	if (zone_watermark_fast(zone, order, mark, ac->highest_zoneidx,
				alloc_flags))
		return true;
	if (!deferred_grow_zone(zone, seen))
		return true;
	if (alloc_flags & ALLOC_NO_WATERMARKS)
		return true;
	return reclaim_near(zone, gfp, order, alloc_flags, ac);
}

/*
 * Takes a block; brings more frames online until one is found or the zone is at
 * its limit. Returns NULL if there is none.
 */
static struct page *rmqueue_growing(struct zone *zone, unsigned int order,
				    unsigned int mt, unsigned int alloc_flags)
{
	unsigned long seen;
	struct page *page;

	do {
		seen = zone_managed_pages(zone);
		do {
			page = rmqueue(zone, order, mt, alloc_flags);
		} while (unlikely(page && !check_new_page(page)));
	} while (unlikely(!page) && !deferred_grow_zone(zone, seen));
	return page;
}

/*
 * Returns true if a request that avoids mixing types has come to a zone of
 * another node. It uses lower zones for that, but no other node's.
 */
static bool would_go_remote(const struct zone *zone, unsigned int alloc_flags,
			    const struct alloc_context *ac)
{
	const struct zone *preferred = ac->preferred_zoneref->zone;

	return (alloc_flags & ALLOC_NOFRAGMENT) &&
	       zone_to_nid(zone) != zone_to_nid(preferred);
}

struct page *scan_zones(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
			const struct alloc_context *ac)
{
	struct zoneref *z = ac->preferred_zoneref;
	struct page *page;
	struct zone *zone;

	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		if (would_go_remote(zone, alloc_flags, ac))
			return NULL;
		if ((alloc_flags & (ALLOC_CPUSET | ALLOC_NO_WATERMARKS)) ==
			    ALLOC_CPUSET &&
		    !cpuset_node_allowed(zone_to_nid(zone), gfp))
			continue;
		if (ac->spread_dirty_pages && !zone_dirty_ok(zone))
			continue;
		if (!zone_can_serve(zone, gfp, order, alloc_flags, ac))
			continue;
		page = rmqueue_growing(zone, order, ac->migratetype,
				       alloc_flags);
		if (unlikely(!page))
			continue;
		prep_new_page(page, order, gfp, alloc_flags);
		if (unlikely(alloc_flags & ALLOC_HIGHATOMIC))
			reserve_highatomic_pageblock(zone, page, order);
		if (unlikely(nr_online_nodes > 1))
			zone_statistics(ac->preferred_zoneref->zone, zone, 1,
					gfp);
		return page;
	}
	return NULL;
}

void prepare_alloc_pages(gfp_t gfp, int nid, const nodemask_t *nodemask,
			 struct alloc_context *ac)
{
	ac->highest_zoneidx = gfp_zone(gfp);
	ac->zonelist = &NODE_DATA(nid)->node_zonelists[gfp_zonelist(gfp)];
	ac->nodemask = nodemask;
	ac->migratetype = gfp_migratetype(gfp);
	ac->spread_dirty_pages = gfp & __GFP_WRITE;
	ac->preferred_zoneref = first_zones_zonelist(
		ac->zonelist, ac->highest_zoneidx, nodemask);
}
