// SPDX-License-Identifier: MIT
/*
 * compaction/scan.c - the two scanners of compaction
 *
 *	pageblocks   0     1     2     3     4     5     6     7
 *	           |mm..m|  .  |SKIP |m f m| ... |f f..|SKIP |fffff|
 *	              migrate_pfn ->                    <- free_pfn
 *
 * The migrate scanner goes up and takes movable pages, at most 32 at a time and
 * all from one pageblock. The free scanner goes down and takes free pages until
 * there are as many. When the scanners meet, the zone is done.
 *
 * A pageblock in which a whole scan found nothing gets PB_SKIP and is skipped
 * the next time. The zone keeps where each scanner ended. The asynchronous
 * migrate scanner has a position of its own, because it skips pageblocks of
 * other types.
 *
 * Frames that are not online, or online and on no list yet, are skipped. Pages
 * that head no block are looked at one by one, because a tail does not know its
 * head.
 *
 * Locking	migrate_lock, held by every caller; zone->lock for free pages.
 *		None while an owner's isolate_page() runs.
 * Invariants	SCAN1  migrate_pfn only rises, free_pfn only falls in a run
 *		SCAN2  blocks on cc->freepages have type PAGE_ISOLATED and are
 *		       on no other list
 *		       (unit.compaction.scan checks both)
 * Source	Linux v6.12 mm/compaction.c (docs/kernel.md C1, C4); without its
 *		fast searches of the free lists
 */
#include "compaction/internal.h"
#include "zone/pageblock.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

static unsigned long pageblock_start_pfn(unsigned long pfn)
{
	return ALIGN_DOWN(pfn, PAGEBLOCK_PAGES);
}

bool compact_scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn / PAGEBLOCK_PAGES <=
	       cc->migrate_pfn / PAGEBLOCK_PAGES;
}

/* ---- skip marks and cached positions ------------------------------------- */

static unsigned long last_pageblock(const struct zone *zone)
{
	unsigned long end = READ_ONCE(zone->populated_end);

	return end > zone->zone_start_pfn ? end - PAGEBLOCK_PAGES :
					    zone->zone_start_pfn;
}

void reset_cached_positions(struct zone *zone)
{
	zone->compact_cached_migrate_pfn[0] = zone->zone_start_pfn;
	zone->compact_cached_migrate_pfn[1] = zone->zone_start_pfn;
	zone->compact_cached_free_pfn = last_pageblock(zone);
}

void reset_isolation_suitable(struct zone *zone)
{
	unsigned long end = READ_ONCE(zone->populated_end);

	zone->compact_blockskip_flush = false;
	for (unsigned long pfn = zone->zone_start_pfn; pfn < end;
	     pfn += PAGEBLOCK_PAGES)
		__atomic_fetch_and(pageblock_byte(pfn), (u8)~PB_SKIP,
				   __ATOMIC_RELAXED);
	reset_cached_positions(zone);
	zone->compact_init_migrate_pfn = zone->zone_start_pfn;
	zone->compact_init_free_pfn = last_pageblock(zone);
}

static void set_pageblock_skip(unsigned long pfn)
{
	__atomic_fetch_or(pageblock_byte(pfn), PB_SKIP, __ATOMIC_RELAXED);
}

/*
 * Returns true if the pageblock is worth a scan: online, in use by the
 * allocator, and not marked to be skipped.
 */
static bool isolation_suitable(const struct compact_control *cc,
			       unsigned long pfn)
{
	const struct zone *zone = cc->zone;

	if (!pfn_online(pfn) || (pfn >= READ_ONCE(zone->deferred_pfn) &&
				 pfn < READ_ONCE(zone->deferred_end)))
		return false;
	return cc->ignore_skip_hint ||
	       !(READ_ONCE(*pageblock_byte(pfn)) & PB_SKIP);
}

/* ---- the migrate scanner ------------------------------------------------- */

/*
 * Returns true if pages may be moved out of the pageblock. Background
 * compaction may scan every type, because no request waits for it.
 */
static bool suitable_migration_source(const struct compact_control *cc,
				      unsigned long pfn)
{
	unsigned int mt = get_pageblock_migratetype(pfn);
	const struct page *page = pfn_to_page(pfn);

	if (mt == MIGRATE_ISOLATE)
		return false;
	/* a whole block that is free, or in use as one block */
	if (PageBuddy(page) &&
	    page_word_order(page_word(page)) >= PAGEBLOCK_ORDER)
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct_compaction)
		return true;
	if (cc->migratetype == MIGRATE_MOVABLE)
		return mt == MIGRATE_MOVABLE;
	return mt == cc->migratetype;
}

/*
 * Returns how many frames the scanner may step over at once: those of a free
 * block or a slab.
 */
static unsigned long scan_step(const struct page *page)
{
	u32 word = page_word(page);
	unsigned int type = word & PAGE_WORD_TYPE_MASK;

	if (type != PAGE_BUDDY && type != PAGE_SLAB)
		return 1;
	return 1UL << min(page_word_order(word), (unsigned int)MAX_PAGE_ORDER);
}

/*
 * Returns false for a block as large as the wanted one: to move it makes no
 * room.
 */
static bool worth_moving(const struct compact_control *cc,
			 const struct page *page)
{
	return page_is_movable(page) &&
	       (is_via_compact_memory(cc->order) ||
		(int)page_word_order(page_word(page)) < cc->order);
}

/*
 * Isolates up to a cluster of pages from [pfn, end). Returns the frame at which
 * the scan stopped.
 */
static unsigned long isolate_migratepages_block(struct compact_control *cc,
						unsigned long pfn,
						unsigned long end)
{
	isolate_mode_t mode = cc->mode == MIGRATE_ASYNC ?
				      ISOLATE_ASYNC_MIGRATE :
				      0;
	unsigned long start = pfn;

	while (pfn < end && cc->nr_migratepages < COMPACT_CLUSTER_MAX) {
		struct page *page = pfn_to_page(pfn);
		unsigned long nr = scan_step(page);

		if (worth_moving(cc, page) &&
		    isolate_movable_page(page, mode)) {
			nr = 1UL << page_word_order(page_word(page));
			list_add_tail(&page->lru, &cc->migratepages);
			cc->nr_migratepages += nr;
			cc->last_migrated_pfn = pfn;
		}
		pfn += nr;
	}
	cc->total_migrate_scanned += min(pfn, end) - start;
	return min(pfn, end);
}

static void update_cached_migrate(struct compact_control *cc, unsigned long pfn)
{
	unsigned long *cached = cc->zone->compact_cached_migrate_pfn;

	if (cc->ignore_skip_hint && !cc->whole_zone)
		return;
	cached[0] = max(cached[0], pfn);
	if (cc->mode != MIGRATE_ASYNC)
		cached[1] = max(cached[1], pfn);
}

/*
 * Scans from migrate_pfn to the end of its pageblock. Returns ISOLATE_SUCCESS
 * if it isolated a page.
 */
static isolate_migrate_t scan_one_block(struct compact_control *cc)
{
	unsigned long pfn = cc->migrate_pfn;
	unsigned long start = pageblock_start_pfn(pfn);
	unsigned long end = start + PAGEBLOCK_PAGES;

	cc->migrate_pfn = isolate_migratepages_block(cc, pfn, end);
	if (cc->nr_migratepages) {
		count_vm_events(COMPACTISOLATED, cc->nr_migratepages);
		return ISOLATE_SUCCESS;
	}
	if (pfn == start)
		set_pageblock_skip(start);
	update_cached_migrate(cc, end);
	return ISOLATE_NONE;
}

/*
 * Scans the next pageblock that is worth it. The caller decides how to go on.
 */
isolate_migrate_t isolate_migratepages(struct compact_control *cc)
{
	unsigned long start;

	while (!compact_scanners_met(cc)) {
		if (cc->direct_compaction && migrate_lock_contended()) {
			cc->contended = true;
			return ISOLATE_ABORT;
		}
		start = pageblock_start_pfn(cc->migrate_pfn);
		if (isolation_suitable(cc, start) &&
		    suitable_migration_source(cc, start))
			return scan_one_block(cc);
		cc->migrate_pfn = start + PAGEBLOCK_PAGES;
	}
	return ISOLATE_NONE;
}

/* ---- the free scanner ---------------------------------------------------- */

/*
 * Returns true if pages may be moved into the pageblock. It must have free
 * pages smaller than a pageblock, and a type that may hold movable pages.
 */
static bool suitable_migration_target(const struct compact_control *cc,
				      unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);
	unsigned int mt = get_pageblock_migratetype(pfn);

	if (mt == MIGRATE_ISOLATE || mt == MIGRATE_HIGHATOMIC)
		return false;
	if (cc->ignore_block_suitable)
		return true;
	if (PageBuddy(page) &&
	    page_word_order(page_word(page)) >= PAGEBLOCK_ORDER)
		return false;
	return mt == MIGRATE_MOVABLE;
}

/*
 * Returns false for a free block of the wanted size: it is not broken up to
 * make another.
 */
static bool takes_free_block(const struct compact_control *cc,
			     const struct page *page)
{
	if (is_via_compact_memory(cc->order) || cc->ignore_block_suitable)
		return page->order < PAGEBLOCK_ORDER;
	return (int)page->order < cc->order;
}

/*
 * Returns true if the zone can lose these pages for a while. zone->lock is
 * held.
 */
static bool may_isolate_free(struct zone *zone, unsigned int order)
{
	unsigned long mark = zone->_watermark[WMARK_MIN] + (1UL << order);

	return zone_watermark_ok(zone, 0, mark, 0, 0);
}

static void isolate_freepages_block(struct compact_control *cc,
				    unsigned long start)
{
	struct zone *zone = cc->zone;
	unsigned long pfn = start, nr = cc->nr_freepages;

	spin_lock(&zone->lock);
	while (pfn < start + PAGEBLOCK_PAGES) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		if (!PageBuddy(page)) {
			pfn++;
			continue;
		}
		order = page->order;
		pfn += 1UL << order;
		if (!takes_free_block(cc, page))
			continue;
		if (!may_isolate_free(zone, order))
			break;
		del_page_from_free_list(zone, page, order);
		set_page_type(page, PAGE_ISOLATED);
		list_add_tail(&page->lru, &cc->freepages[order]);
		cc->nr_freepages += 1UL << order;
	}
	spin_unlock(&zone->lock);
	cc->total_free_scanned += min(pfn - start, PAGEBLOCK_PAGES);
	if (cc->nr_freepages == nr && pfn >= start + PAGEBLOCK_PAGES)
		set_pageblock_skip(start);
}

void isolate_freepages(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	unsigned long pfn = pageblock_start_pfn(cc->free_pfn);
	unsigned long low = pageblock_start_pfn(cc->migrate_pfn - 1);

	while (pfn > low && cc->nr_freepages < cc->nr_migratepages) {
		if (isolation_suitable(cc, pfn) &&
		    suitable_migration_target(cc, pfn))
			isolate_freepages_block(cc, pfn);
		pfn -= PAGEBLOCK_PAGES;
	}
	cc->free_pfn = pfn;
	if (!cc->ignore_skip_hint || cc->whole_zone)
		zone->compact_cached_free_pfn = min(
			zone->compact_cached_free_pfn, pfn);
}

unsigned long release_free_list(struct compact_control *cc)
{
	struct page *page, *next;
	unsigned long high = 0;

	spin_lock(&cc->zone->lock);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		list_for_each_entry_safe(page, next, &cc->freepages[order],
					 lru) {
			list_del(&page->lru);
			high = max(high, page_to_pfn(page));
			__free_one_page(cc->zone, page, order);
		}
	}
	spin_unlock(&cc->zone->lock);
	cc->nr_freepages = 0;
	return high;
}
