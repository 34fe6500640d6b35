// SPDX-License-Identifier: MIT
/*
 * compaction/compact.c - make one free block by moving pages out of its way
 *
 *	a request that found no block	kcompactd.c
 *	  try_to_compact_pages		  |
 *	    each zone, unless deferred	  |
 *	      compact_zone <--------------+
 *	        enough free to move to?	  no: SKIPPED
 *	        +-> compact_finished	  scanners met, or a block is there
 *	        |   isolate_migratepages  scan.c
 *	        +-- migrate_pages	  migrate.c; isolate_freepages: room
 *	        |
 *	        capture: a block of the wanted order that becomes free during
 *	        the run is put on no list, where others would take it
 *
 * After a failure the next 1, 2, 4 ... 64 attempts at that order and above are
 * skipped; a success ends that.
 *
 * Locking	migrate_lock over a whole run, taken by trylock only. A run ends
 *		early when another thread waits for the lock.
 * Invariants	COMPACT1  at the end of a run cc's lists are empty and the zone
 *			  has no capture    (unit.compaction.compact checks it)
 * Source	Linux v6.12 mm/compaction.c and mm/page_alloc.c
 *		(docs/kernel.md C1-C6, B11, A3). Per-CPU lists are drained at
 *		the start of a run too. Zones without movable pages are skipped.
 */
#include "buddy/buddy.h"
#include "compaction/internal.h"
#include "core/probe.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

unsigned long sysctl_extfrag_threshold = 500;

static const struct ctl_table extfrag_threshold_ctl __sysctl = {
	.procname = "vm.extfrag_threshold",
	.data = &sysctl_extfrag_threshold,
	.nr = 1,
	.hi = 1000,
	.outside = true,
};

/* No run has started: the first one begins at the ends of the zone. */
void compaction_init(struct zone *zone)
{
	reset_isolation_suitable(zone);
}

/* ---- deferral (docs/kernel.md C6): words read and written relaxed -------- */

void defer_compaction(struct zone *zone, int order)
{
	unsigned int shift = READ_ONCE(zone->compact_defer_shift) + 1;

	WRITE_ONCE(zone->compact_considered, 0U);
	WRITE_ONCE(zone->compact_defer_shift,
		   min(shift, (unsigned int)COMPACT_MAX_DEFER_SHIFT));
	if (order < READ_ONCE(zone->compact_order_failed))
		WRITE_ONCE(zone->compact_order_failed, order);
}

bool compaction_deferred(struct zone *zone, int order)
{
	unsigned int limit = 1U << READ_ONCE(zone->compact_defer_shift);
	unsigned int considered;

	if (order < READ_ONCE(zone->compact_order_failed))
		return false;
	considered = min(READ_ONCE(zone->compact_considered) + 1, limit);
	WRITE_ONCE(zone->compact_considered, considered);
	return considered < limit;
}

void compaction_defer_reset(struct zone *zone, int order,
			    unsigned int alloc_success)
{
	if (alloc_success) {
		WRITE_ONCE(zone->compact_considered, 0U);
		WRITE_ONCE(zone->compact_defer_shift, 0U);
	}
	if (order >= READ_ONCE(zone->compact_order_failed))
		WRITE_ONCE(zone->compact_order_failed, order + 1);
}

bool compaction_restarting(struct zone *zone, int order)
{
	unsigned int shift = READ_ONCE(zone->compact_defer_shift);

	return order >= READ_ONCE(zone->compact_order_failed) &&
	       shift == COMPACT_MAX_DEFER_SHIFT &&
	       READ_ONCE(zone->compact_considered) >= 1U << shift;
}

/* ---- is compaction worth a try? (docs/kernel.md C3) ---------------------- */

static bool enough_to_move_to(struct zone *zone, unsigned int order,
			      enum zone_type highest_zoneidx, long free)
{
	unsigned long mark = order > PAGE_ALLOC_COSTLY_ORDER ?
				     low_wmark_pages(zone) :
				     min_wmark_pages(zone);

	return __zone_watermark_ok(zone, 0, mark + compact_gap(order),
				   highest_zoneidx, 0, free);
}

bool compaction_suitable(struct zone *zone, unsigned int order,
			 enum zone_type highest_zoneidx)
{
	int index;

	if (!enough_to_move_to(zone, order, highest_zoneidx,
			       zone_free_pages(zone)))
		return false;
	if (order <= PAGE_ALLOC_COSTLY_ORDER)
		return true;
	index = fragmentation_index(zone, order);
	return index < 0 || index > (int)READ_ONCE(sysctl_extfrag_threshold);
}

enum compact_result
compaction_suit_allocation_order(struct zone *zone, unsigned int order,
				 enum zone_type highest_zoneidx,
				 unsigned int alloc_flags)
{
	unsigned long mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);

	if (zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags))
		return COMPACT_SUCCESS;
	if (!compaction_suitable(zone, order, highest_zoneidx))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

bool compaction_zonelist_suitable(const struct alloc_context *ac,
				  unsigned int order, unsigned int alloc_flags)
{
	struct zoneref *z = ac->preferred_zoneref;
	struct zone *zone;

	(void)alloc_flags;
	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		if (READ_ONCE(zone->nr_movable_pages) &&
		    enough_to_move_to(zone, order, ac->highest_zoneidx,
				      zone_free_pages(zone)))
			return true;
	}
	return false;
}

/* ---- free pages that pages are moved to ---------------------------------- */

/*
 * Takes the smallest isolated block that is large enough off its list. Returns
 * NULL if there is none.
 */
static struct page *take_freepage(struct compact_control *cc,
				  unsigned int order, unsigned int *found)
{
	for (unsigned int o = order; o < NR_PAGE_ORDERS; o++) {
		struct page *page;

		if (list_empty(&cc->freepages[o]))
			continue;
		page = list_first_entry(&cc->freepages[o], struct page, lru);
		list_del(&page->lru);
		*found = o;
		return page;
	}
	return NULL;
}

static void add_freepage(struct compact_control *cc, struct page *page,
			 unsigned int order)
{
	set_page_links(page, cc->zone);
	WRITE_ONCE(page->order, (u8)order);
	WRITE_ONCE(page->flags, 0);
	set_page_type(page, PAGE_ISOLATED);
	list_add(&page->lru, &cc->freepages[order]);
}

static struct page *compaction_alloc(struct page *src, void *private)
{
	unsigned int order = page_word_order(page_word(src)), found;
	struct compact_control *cc = private;
	struct page *dst = take_freepage(cc, order, &found);

	if (!dst) {
		isolate_freepages(cc);
		dst = take_freepage(cc, order, &found);
	}
	if (!dst) {
		cc->exhausted |= !order;
		return NULL;
	}
	while (found > order) {
		found--;
		add_freepage(cc, dst + (1UL << found), found);
	}
	cc->nr_freepages -= 1UL << order;
	prep_migrate_target(dst, src, order);
	return dst;
}

static void compaction_free(struct page *dst, void *private)
{
	struct compact_control *cc = private;
	unsigned int order = dst->order;

	unprep_migrate_target(dst);
	add_freepage(cc, dst, order);
	cc->nr_freepages += 1UL << order;
}

/* ---- capture (docs/kernel.md B11) ---------------------------------------- */

static void set_capture(struct zone *zone, struct capture_control *capc)
{
	spin_lock(&zone->lock);
	zone->capture = capc;
	spin_unlock(&zone->lock);
}

/* ---- a run over one zone ------------------------------------------------- */

/*
 * Returns true if a block of the wanted order is free now, of the wanted type
 * or in a pageblock that may be claimed.
 */
static bool block_is_free(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	bool found = false;

	spin_lock(&zone->lock);
	for (unsigned int o = (unsigned int)cc->order;
	     o < NR_PAGE_ORDERS && !found; o++)
		found = !list_empty(&zone->free_area[o]
					     .free_list[cc->migratetype]) ||
			can_claim_fallback(zone, o, cc->migratetype);
	spin_unlock(&zone->lock);
	return found;
}

static enum compact_result compact_finished(struct compact_control *cc)
{
	struct zone *zone = cc->zone;

	if (compact_scanners_met(cc)) {
		reset_cached_positions(zone);
		/*
		 * the next run starts anew, once no request waits for
		 * compaction
		 */
		if (cc->direct_compaction)
			zone->compact_blockskip_flush = true;
		return cc->whole_zone ? COMPACT_COMPLETE :
					COMPACT_PARTIAL_SKIPPED;
	}
	if (cc->contended)
		return COMPACT_CONTENDED;
	if (cc->proactive_compaction)
		return fragmentation_score_zone(zone) >
				       fragmentation_score_low_wmark() ?
			       COMPACT_CONTINUE :
			       COMPACT_SUCCESS;
	/*
	 * a pageblock is finished once begun: half its pages are moved already
	 */
	if (is_via_compact_memory(cc->order) ||
	    !IS_ALIGNED(cc->migrate_pfn, PAGEBLOCK_PAGES))
		return COMPACT_CONTINUE;
	return block_is_free(cc) ? COMPACT_SUCCESS : COMPACT_CONTINUE;
}

/*
 * Starts the scanners where the last run ended, or at the ends of the zone if
 * these have changed.
 */
static void start_scanners(struct compact_control *cc)
{
	bool sync = cc->mode != MIGRATE_ASYNC;
	struct zone *zone = cc->zone;
	unsigned long end = READ_ONCE(zone->populated_end);

	cc->free_pfn = max(end - PAGEBLOCK_PAGES, zone->zone_start_pfn);
	if (zone->compact_init_free_pfn != cc->free_pfn) {
		zone->compact_init_free_pfn = cc->free_pfn;
		reset_cached_positions(zone);
	}
	cc->migrate_pfn = zone->zone_start_pfn;
	if (cc->whole_zone)
		return;
	cc->migrate_pfn = zone->compact_cached_migrate_pfn[sync];
	cc->free_pfn = zone->compact_cached_free_pfn;
	if (cc->migrate_pfn <= zone->compact_init_migrate_pfn)
		cc->whole_zone = true;
}

/*
 * Drains the per-CPU lists once the migrate scanner has left a block, so that
 * the pages freed in it merge.
 */
static void drain_migrated(struct compact_control *cc)
{
	unsigned int order = cc->order > 0 ? (unsigned int)cc->order :
					     PAGEBLOCK_ORDER;
	unsigned long done = ALIGN_DOWN(cc->migrate_pfn, 1UL << order);

	if (!cc->last_migrated_pfn || cc->last_migrated_pfn >= done)
		return;
	drain_all_pages(cc->zone);
	cc->last_migrated_pfn = 0;
}

/*
 * Moves one cluster of pages. Returns COMPACT_CONTINUE unless there is a reason
 * to stop.
 */
static enum compact_result compact_cluster(struct compact_control *cc)
{
	const struct migration_target to = { compaction_alloc, compaction_free,
					     cc };
	int left = 0;

	switch (isolate_migratepages(cc)) {
	case ISOLATE_ABORT:
		return COMPACT_CONTENDED;
	case ISOLATE_SUCCESS:
		left = migrate_pages(&cc->migratepages, &to, cc->mode, NULL);
		cc->nr_migratepages = 0;
		break;
	case ISOLATE_NONE:
		break;
	}
	if (left)
		putback_movable_pages(&cc->migratepages);
	/* if larger blocks found no room, single pages may still find some */
	if (left < 0 && cc->exhausted && !compact_scanners_met(cc))
		return COMPACT_CONTENDED;
	drain_migrated(cc);
	return COMPACT_CONTINUE;
}

static void init_control(struct compact_control *cc)
{
	cc->nr_freepages = cc->nr_migratepages = 0;
	cc->total_migrate_scanned = cc->total_free_scanned = 0;
	cc->last_migrated_pfn = 0;
	cc->exhausted = false;
	INIT_LIST_HEAD(&cc->migratepages);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		INIT_LIST_HEAD(&cc->freepages[order]);
}

/* Frees the pages that were isolated as room and not used. */
static void give_up_freepages(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	unsigned long high;

	if (!cc->nr_freepages)
		return;
	high = ALIGN_DOWN(release_free_list(cc), PAGEBLOCK_PAGES);
	zone->compact_cached_free_pfn = max(zone->compact_cached_free_pfn,
					    high);
}

enum compact_result compact_zone(struct compact_control *cc,
				 struct capture_control *capc)
{
	enum compact_result ret = COMPACT_CONTINUE;
	struct zone *zone = cc->zone;

	lock_assert_held(&migrate_lock);
	if (!READ_ONCE(zone->nr_movable_pages))
		return COMPACT_SKIPPED;
	drain_all_pages(zone);
	if (!is_via_compact_memory(cc->order))
		ret = compaction_suit_allocation_order(zone,
						       (unsigned int)cc->order,
						       cc->highest_zoneidx,
						       cc->alloc_flags);
	if (ret != COMPACT_CONTINUE)
		return ret;
	if (compaction_restarting(zone, cc->order))
		reset_isolation_suitable(zone);
	init_control(cc);
	start_scanners(cc);
	probe_mm_compaction_begin(zone->zone_start_pfn, cc->migrate_pfn,
				  cc->free_pfn, zone_end_pfn(zone),
				  cc->mode != MIGRATE_ASYNC);
	set_capture(zone, capc);
	while (ret == COMPACT_CONTINUE) {
		ret = compact_finished(cc);
		if (ret == COMPACT_CONTINUE)
			ret = compact_cluster(cc);
		if (capc && READ_ONCE(capc->page))
			ret = COMPACT_SUCCESS;
	}
	if (cc->last_migrated_pfn)
		drain_all_pages(zone);
	set_capture(zone, NULL);
	give_up_freepages(cc);
	count_vm_events(COMPACTMIGRATE_SCANNED, cc->total_migrate_scanned);
	count_vm_events(COMPACTFREE_SCANNED, cc->total_free_scanned);
	probe_mm_compaction_end(zone->zone_start_pfn, cc->migrate_pfn,
				cc->free_pfn, zone_end_pfn(zone),
				cc->mode != MIGRATE_ASYNC, ret);
	return ret;
}

/* ---- for a request that waits -------------------------------------------- */

/*
 * Compacts the zones of a request until one has a block. migrate_lock is held.
 */
static enum compact_result compact_zonelist(struct compact_control *cc,
					    const struct alloc_context *ac,
					    enum compact_priority prio,
					    struct capture_control *capc)
{
	enum compact_result result = COMPACT_SKIPPED, status;
	struct zoneref *z = ac->preferred_zoneref;
	struct zone *zone;

	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		if (prio > MIN_COMPACT_PRIORITY &&
		    compaction_deferred(zone, cc->order)) {
			if (result < COMPACT_DEFERRED)
				result = COMPACT_DEFERRED;
			continue;
		}
		cc->zone = zone;
		cc->whole_zone = prio == MIN_COMPACT_PRIORITY;
		status = compact_zone(cc, capc);
		result = max(result, status);
		if (status == COMPACT_SUCCESS) {
			compaction_defer_reset(zone, cc->order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC &&
		    (status == COMPACT_COMPLETE ||
		     status == COMPACT_PARTIAL_SKIPPED))
			defer_compaction(zone, cc->order);
		if (cc->contended)
			break;
	}
	return result;
}

enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order,
					 unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio,
					 struct page **capture)
{
	struct compact_control cc = {
		.order = (int)order,
		.migratetype = ac->migratetype,
		.alloc_flags = alloc_flags,
		.highest_zoneidx = ac->highest_zoneidx,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC :
						     MIGRATE_SYNC_LIGHT,
		.direct_compaction = true,
		.ignore_skip_hint = prio == MIN_COMPACT_PRIORITY,
		.ignore_block_suitable = prio == MIN_COMPACT_PRIORITY,
	};
	struct capture_control capc = { .order = (int)order,
					.migratetype = ac->migratetype };
	enum compact_result ret;

	/* moving pages may need input and output, as in the kernel */
	if (!(gfp & __GFP_IO) || lock_is_fork_owner())
		return COMPACT_SKIPPED;
	probe_mm_compaction_try_to_compact_pages(order, gfp, prio);
	if (!spin_trylock(&migrate_lock))
		return COMPACT_CONTENDED;
	ret = compact_zonelist(&cc, ac, prio, &capc);
	migrate_unlock();
	*capture = capc.page;
	return ret;
}
