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
#include <errno.h>
#include <string.h>

#include "buddy/internal.h"
#include "diag/warn.h"
#include "zone/page_debug.h"
#include "zone/vmstat.h"
#include "core/start.h"
#include "core/tick.h"
#include "sys/os.h"

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
 * Returns the flags for the first pass. In a node with DMA32 the request
 * prefers that zone to mixing types in Normal.
 */
static unsigned int alloc_flags_nofragment(const struct zone *zone, gfp_t gfp)
{
	unsigned int flags = gfp & ALLOC_KSWAPD;

	if (zone && zone_idx(zone) == ZONE_NORMAL &&
	    zone->zone_pgdat->node_zones[ZONE_DMA32].spanned_pages)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
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

/*
 * Asks the zones of the list once, in order. Returns a prepared page or NULL.
 */
static struct page *scan_zones(gfp_t gfp, unsigned int order,
			       unsigned int alloc_flags,
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

struct page *get_page_from_freelist(gfp_t gfp, unsigned int order,
				    unsigned int alloc_flags,
				    const struct alloc_context *ac)
{
	struct page *page = scan_zones(gfp, order, alloc_flags, ac);

	if (unlikely(!page) && (alloc_flags & ALLOC_NOFRAGMENT))
		page = scan_zones(gfp, order, alloc_flags & ~ALLOC_NOFRAGMENT,
				  ac);
	return page;
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

/* flags: ALLOC_TICK or 0 */
static __always_inline struct page *do_alloc_pages(gfp_t gfp,
						   unsigned int order, int nid,
						   const nodemask_t *nodemask,
						   unsigned int flags)
{
	unsigned int alloc_flags = WMARK_LOW | ALLOC_CPUSET | flags;
	struct alloc_context ac;
	struct page *page;

	if (unlikely(order > MAX_PAGE_ORDER)) {
		WARN_ONCE(
			!(gfp & __GFP_NOWARN),
			"alloc_pages: order %u is too large, the largest is %d",
			order, MAX_PAGE_ORDER);
		return NULL;
	}
	if (unlikely(engine_need()))
		return NULL;
	gfp = current_gfp_context(gfp);
	if (unlikely(should_fail_alloc_page(gfp, order)))
		return NULL;
	if (gfp & __GFP_COLD)
		alloc_flags |= ALLOC_COLD;
	prepare_alloc_pages(gfp, nid, nodemask, &ac);
	alloc_flags |= alloc_flags_nofragment(ac.preferred_zoneref->zone, gfp);
	/* first the nodes of the thread, even if others may serve it too */
	page = get_page_from_freelist(gfp | __GFP_HARDWALL, order, alloc_flags,
				      &ac);
	if (unlikely(!page)) {
		if (flags & ALLOC_TICK)
			tick_poll();
		ac.spread_dirty_pages = false;
		page = __alloc_pages_slowpath(gfp, order, &ac);
	}
	if (unlikely(gfp & __GFP_ACCOUNT) && page &&
	    memcg_charge_page(page, gfp, 1UL << order)) {
		page_block_free(page, order);
		page = NULL;
	}
	return page;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid,
			   const nodemask_t *nodemask)
{
	return do_alloc_pages(gfp, order, nid, nodemask, 0);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return do_alloc_pages(gfp, order, (int)numa_node_id(), NULL,
			      ALLOC_TICK);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	if (WARN_ONCE(
		    nid != NUMA_NO_NODE && (unsigned int)nid >= nr_online_nodes,
		    "alloc_pages: node %d, there are %u", nid, nr_online_nodes))
		return NULL;
	tick_poll();
	return page_block_alloc(nid, gfp, order);
}

struct page *page_block_alloc(int nid, gfp_t gfp, unsigned int order)
{
	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	return __alloc_pages(gfp, order, nid, NULL);
}

struct page *__alloc_pages_nodemask(gfp_t gfp, unsigned int order, int nid,
				    const unsigned long *nodes)
{
	nodemask_t mask = { .bits = nodes ? (u8)*nodes : 0 };

	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	if (WARN_ONCE((unsigned int)nid >= nr_online_nodes,
		      "alloc_pages: node %d, there are %u", nid,
		      nr_online_nodes))
		return NULL;
	tick_poll();
	return __alloc_pages(gfp, order, nid, nodes ? &mask : NULL);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)page_to_virt(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

struct page *alloc_page_run(gfp_t gfp, unsigned long nr)
{
	unsigned int order = get_order(nr << PAGE_SHIFT);
	unsigned long block = 1UL << order;
	struct page *page = page_block_alloc(NUMA_NO_NODE, gfp & ~__GFP_ZERO,
					     order);

	if (!page)
		return NULL;
	if (block > nr) {
		struct zone *zone = page_zone(page);
		unsigned long pfn = page_to_pfn(page);

		page_debug_return(page, pfn + nr, block - nr);
		spin_lock(&zone->lock);
		count_locked(&zone->freed, block - nr);
		__free_range(zone, pfn + nr, pfn + block, page->flags);
		spin_unlock(&zone->lock);
		memcg_uncharge(page->memcg, block - nr);
	}
	if ((gfp & __GFP_ZERO) && want_init_on_alloc(gfp) &&
	    !PageReported(page))
		memset(page_to_virt(page), 0, nr << PAGE_SHIFT);
	page->nr_pages = nr;
	page->lru.prev = PAGE_RUN_MARK;
	return page;
}

/*
 * Returns how many frames from pfn on are free and belong to the zone. The
 * count stops once it has come to `want`.
 */
static unsigned long free_frames_at(struct zone *zone, unsigned long pfn,
				    unsigned long want)
{
	unsigned long nr = 0;

	while (nr < want && pfn_online(pfn + nr)) {
		struct page *page = pfn_to_page(pfn + nr);

		if (!PageBuddy(page) || page_zone(page) != zone)
			break;
		nr += 1UL << page->order;
	}
	return nr;
}

/*
 * Often the frames behind a run are those that an earlier trim freed, as a few
 * blocks of rising order. This takes these blocks and frees what it does not
 * need.
 */
int extend_page_run(struct page *page, unsigned long nr, unsigned long want)
{
	unsigned long pfn = page_to_pfn(page) + nr, more = want - nr;
	struct zone *zone = page_zone(page);
	unsigned long found, taken = 0;
	u8 flags = PG_REPORTED;

	if (!pfn_online(pfn) || READ_ONCE(pfn_to_page(pfn)->type) != PAGE_BUDDY)
		return -ENOMEM;
	spin_lock(&zone->lock);
	found = free_frames_at(zone, pfn, more);
	while (found >= more && taken < found) {
		struct page *head = pfn_to_page(pfn + taken);

		flags = head->flags;
		del_page_from_free_list(zone, head, head->order);
		taken += 1UL << head->order;
	}
	if (taken > more)
		__free_range(zone, pfn + more, pfn + taken, flags);
	count_locked(&zone->allocated, taken ? more : 0);
	spin_unlock(&zone->lock);
	if (!taken)
		return -ENOMEM;
	page_debug_alloc(page, pfn, more);
	if (want_init_on_alloc(0))
		memset(pfn_to_virt(pfn), 0, more << PAGE_SHIFT);
	return 0;
}
