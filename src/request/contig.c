// SPDX-License-Identifier: MIT
/*
 * request/contig.c - a given range of frames
 *
 *	frames		...|..m.mm..|m..mm..m|.mm.....|...
 *	                      ^start             ^end
 *	isolate		   |IIIIIIII|IIIIIIII|IIIIIIII|  whole pageblocks
 *	drain		per-CPU lists; what is freed goes to the free lists
 *	migrate		m -> anywhere else, five tries for each cluster
 *	take		   |  #############|##|...    all at once, or -EBUSY
 *	undo		the pageblocks serve as before
 *
 * Locking	migrate_lock from isolation to its end
 * Source	Linux v6.12 mm/page_alloc.c, alloc_contig_range()
 *		(docs/kernel.md B9). The per-CPU lists are switched off for that
 *		time, which the kernel does for hotplug only.
 */
#include <errno.h>
#include <string.h>

#include <kmalloc/mm.h>

#include "core/start.h"
#include "diag/warn.h"
#include "request/internal.h"

#define MIGRATE_TRIES 5
#define TAKE_TRIES 5

/* ---- where pages move to ------------------------------------------------- */

static gfp_t gfp_like(const struct page *src)
{
	static const gfp_t mobility[MIGRATE_PCPTYPES] = {
		[MIGRATE_MOVABLE] = __GFP_MOVABLE,
		[MIGRATE_RECLAIMABLE] = __GFP_RECLAIMABLE,
	};
	u32 word = page_word(src);
	gfp_t gfp = mobility[min(word >> 24, (u32)MIGRATE_RECLAIMABLE)];

	if (word & PAGE_WORD_FLAGS(PG_HEAD))
		gfp |= __GFP_COMP;
	if (PageHighMem(src))
		gfp |= __GFP_HIGHMEM;
	return gfp;
}

struct page *alloc_migration_target(struct page *src, void *private)
{
	const struct migration_target_control *mtc = private;

	return __alloc_pages(mtc->gfp_mask | gfp_like(src),
			     page_word_order(page_word(src)), mtc->nid, NULL);
}

void free_migration_target(struct page *dst, void *private)
{
	(void)private;
	page_block_free(dst, dst->order);
}

/* ---- out of the way ------------------------------------------------------ */

/*
 * Returns the first frame of the movable block that this frame is in, or pfn if
 * it is in none.
 */
static unsigned long movable_head(unsigned long pfn)
{
	for (unsigned int order = 0; order <= PAGEBLOCK_ORDER; order++) {
		unsigned long head = pfn & ~((1UL << order) - 1);
		const struct page *page = pfn_to_page(head);

		if (page_is_movable(page))
			return page_word_order(page_word(page)) >= order ?
				       head :
				       pfn;
	}
	return pfn;
}

/*
 * Isolates up to a cluster of pages from pfn on. Returns the frame at which the
 * scan stopped.
 */
static unsigned long isolate_range_pages(unsigned long pfn, unsigned long end,
					 struct list_head *pages)
{
	int nr = 0;

	for (; pfn < end && nr < COMPACT_CLUSTER_MAX; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (page_is_movable(page) && isolate_movable_page(page, 0)) {
			list_add_tail(&page->lru, pages);
			nr++;
		}
	}
	return pfn;
}

int migrate_range_away(unsigned long start, unsigned long end, gfp_t gfp)
{
	struct migration_target_control mtc = {
		.nid = (int)page_to_nid(pfn_to_page(start)),
		.gfp_mask = gfp | __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
	};
	const struct migration_target to = { alloc_migration_target,
					     free_migration_target, &mtc };
	unsigned long pfn = movable_head(start);
	int tries = 0, ret = 0;
	LIST_HEAD(pages);

	while (pfn < end || !list_empty(&pages)) {
		if (list_empty(&pages)) {
			pfn = isolate_range_pages(pfn, end, &pages);
			tries = 0;
		} else if (++tries == MIGRATE_TRIES) {
			ret = -EBUSY;
			break;
		}
		ret = migrate_pages(&pages, &to, MIGRATE_SYNC, NULL);
		if (ret < 0)
			break;
	}
	putback_movable_pages(&pages);
	return min(ret, 0);
}

/* ---- a range ------------------------------------------------------------- */

static bool range_in_zone(struct zone *zone, unsigned long start,
			  unsigned long end)
{
	if (!zone || start >= end || end > zone_end_pfn(zone))
		return false;
	for (unsigned long pfn = start; pfn < end;
	     pfn = ALIGN(pfn + 1, PAGEBLOCK_PAGES))
		if (!pfn_online(pfn))
			return false;
	return true;
}

/* Puts frames that are online but on no list yet on the free lists. */
void release_deferred_range(struct zone *zone, unsigned long start,
			    unsigned long end)
{
	spin_lock(&arena_lock);
	while (zone->deferred_pfn < min(zone->deferred_end, end) &&
	       zone->deferred_end > start)
		release_deferred(zone);
	spin_unlock(&arena_lock);
}

/*
 * Makes each frame of the range, which is off the lists, a page of its own.
 * Returns 0, or -EBUSY if one is bad; the others are free again then.
 */
static int prep_range(unsigned long start, unsigned long end, gfp_t gfp)
{
	struct zone *zone = pfn_to_zone(start);
	unsigned long bad = 0;

	for (unsigned long pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		set_page_links(page, zone);
		if (check_new_page(page))
			prep_new_page(page, 0, gfp & ~__GFP_COMP, WMARK_LOW);
		else
			bad++;
	}
	if (!bad)
		return 0;
	for (unsigned long pfn = start; pfn < end; pfn++)
		if (page_type(pfn_to_page(pfn)) == PAGE_ALLOCATED)
			page_block_free(pfn_to_page(pfn), 0);
	return -EBUSY;
}

static int take_range(struct zone *zone, unsigned long start, unsigned long end)
{
	int ret;

	spin_lock(&zone->lock);
	ret = take_isolated_range(zone, start, end);
	if (!ret)
		count_locked(&zone->allocated, end - start);
	spin_unlock(&zone->lock);
	return ret;
}

/* Empties the range, which is isolated, and takes it. Returns 0 or -errno. */
static int empty_and_take(struct zone *zone, unsigned long start,
			  unsigned long end, gfp_t gfp)
{
	int ret = -EBUSY;

	/* reporting may hold blocks off the lists for a moment */
	for (int tries = 0; ret == -EBUSY && tries < TAKE_TRIES; tries++) {
		ret = migrate_range_away(start, end, gfp);
		if (!ret)
			ret = take_range(zone, start, end);
	}
	return ret;
}

int alloc_contig_range(unsigned long start, unsigned long end,
		       acr_flags_t alloc_flags, gfp_t gfp)
{
	struct zone *zone;
	int ret;

	(void)alloc_flags;
	if (engine_need())
		return -ENOMEM;
	zone = pfn_to_zone(start);
	spin_lock(&migrate_lock);
	if (!range_in_zone(zone, start, end)) {
		migrate_unlock();
		return -EINVAL;
	}
	release_deferred_range(zone, start, end);
	ret = start_isolate_page_range(start, end);
	if (!ret) {
		zone_pcp_disable(zone);
		ret = empty_and_take(zone, start, end, gfp & ~__GFP_ZERO);
		zone_pcp_enable(zone);
		undo_isolate_page_range(start, end);
	}
	migrate_unlock();
	return ret ? ret : prep_range(start, end, gfp);
}

void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	for (; nr_pages--; pfn++)
		__free_page(pfn_to_page(pfn));
}

/* ---- any range ----------------------------------------------------------- */

/*
 * Returns true if the range is worth a try: it is online, and no page in it
 * seems unmovable.
 */
static bool pfn_range_valid_contig(struct zone *zone, unsigned long pfn,
				   unsigned long nr)
{
	if (!range_in_zone(zone, pfn, pfn + nr))
		return false;
	for (unsigned long at = pfn; at < pfn + nr; at++) {
		const struct page *page = pfn_to_page(at);

		switch (page_type(page)) {
		case PAGE_SLAB:
		case PAGE_RUN:
		case PAGE_BAD:
			return false;
		case PAGE_ALLOCATED:
			if (!page_is_movable(page))
				return false;
			break;
		default:
			break;
		}
	}
	return true;
}

static struct page *alloc_contig_in(struct zone *zone, unsigned long nr,
				    gfp_t gfp)
{
	unsigned long pfn = ALIGN(zone->zone_start_pfn, roundup_pow_of_two(nr));
	unsigned long end = READ_ONCE(zone->populated_end);

	if (nr & (nr - 1))
		pfn = zone->zone_start_pfn;
	for (; pfn + nr <= end; pfn += nr)
		if (pfn_range_valid_contig(zone, pfn, nr) &&
		    !alloc_contig_range(pfn, pfn + nr, ACR_FLAGS_NONE, gfp))
			return pfn_to_page(pfn);
	return NULL;
}

struct page *alloc_contig_pages(unsigned long nr_pages, gfp_t gfp, int nid,
				const struct nodemask *nodemask)
{
	struct alloc_context ac;
	struct page *page = NULL;
	struct zoneref *z;
	struct zone *zone;

	if (engine_need() || !nr_pages || nr_pages > arena.span_frames)
		return NULL;
	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	if (WARN_ONCE((unsigned int)nid >= nr_online_nodes,
		      "alloc_contig_pages: node %d, there are %u", nid,
		      nr_online_nodes))
		return NULL;
	prepare_alloc_pages(gfp, nid, nodemask, &ac);
	z = ac.preferred_zoneref;
	for_next_zone_zonelist(zone, z, ac.highest_zoneidx, ac.nodemask)
	{
		page = alloc_contig_in(zone, nr_pages, gfp);
		if (page)
			break;
	}
	return page;
}

unsigned long km_page_to_pfn(const struct page *page)
{
	return page_to_pfn(page);
}

struct page *km_pfn_to_page(unsigned long pfn)
{
	return pfn_online(pfn) ? pfn_to_page(pfn) : NULL;
}
