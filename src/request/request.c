// SPDX-License-Identifier: MIT
/*
 * request/request.c - a request for a block of pages
 *
 *	alloc_pages, __get_free_pages ...
 *	  current_gfp_context		what this thread may do, zone/scope.c
 *	  should_fail_alloc_page	fault injection
 *	  get_page_from_freelist	at the low mark, alloc.c
 *	  __alloc_pages_slowpath	slowpath.c
 *	  memcg_charge_page		__GFP_ACCOUNT
 *
 * Locking	none held, but by callers of page_block_alloc(): no tick runs
 *		there
 * Source	Linux v6.12 mm/page_alloc.c, __alloc_pages() (docs/kernel.md
 *		A1)
 */
#include "core/probe.h"
#include "core/start.h"
#include "core/tick.h"
#include "diag/warn.h"
#include "request/internal.h"
#include "zone/gfp.h"
#include "zone/memcg.h"
#include "zone/watermark.h"

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
	if (unlikely(!page)) {
		probe_mm_page_alloc(-1UL, order, gfp, ac.migratetype);
		return NULL;
	}
	probe_mm_page_alloc(page_to_pfn(page), order, gfp, ac.migratetype);
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
