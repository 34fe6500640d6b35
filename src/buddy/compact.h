// SPDX-License-Identifier: MIT
/*
 * buddy/compact.h - move pages together until a large block is free
 *
 * Two scanners walk a zone towards each other. The migrate scanner collects
 * pages that can be moved, the free scanner free pages to move them to:
 *
 *	|m m . f m|f f m .|. f m f|m f f f|	m movable  f free  . others
 *	 ^-> migrate_pfn           free_pfn <-^
 *
 *	|f f . f f|f f f .|. m m m|m m m m|	the low blocks become free
 *
 *	fragindex.c	is it for want of memory or for fragmentation?
 *	isolate.c	pageblocks whose free pages serve nobody
 *	migrate.c	pages that change places, by their owner's functions
 *	scan.c		the two scanners
 *	compact.c	one zone; requests that wait; deferral
 *	kcompactd.c	in the background, and ahead of need
 *	contig.c	a given range of frames
 *	hotplug.c	frames offline and online
 *
 * Locking	migrate_lock (rank LOCK_MIGRATE): one thread at a time moves
 *		pages. Compaction only tries it; fork waits for it.
 * Source	Linux v6.12 include/linux/compaction.h, mm/internal.h
 *		(docs/kernel.md C1-C8)
 */
#ifndef KM_BUDDY_COMPACT_H
#define KM_BUDDY_COMPACT_H

#include "buddy/internal.h"
#include "buddy/migrate.h"

/* How hard to try: a lower number tries harder (C2). */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL, /* every block, whatever is known of it */
	MIN_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC, /* blocks of the wanted type alone */
	INIT_COMPACT_PRIORITY = COMPACT_PRIO_ASYNC
};

/* What came of it; of several zones the highest counts. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED, /* no pages to move, or none free to move them to */
	COMPACT_DEFERRED, /* it failed lately */
	COMPACT_NO_SUITABLE_PAGE, /* no block yet */
	COMPACT_CONTINUE,
	COMPACT_COMPLETE, /* the whole zone, in vain */
	COMPACT_PARTIAL_SKIPPED, /* what was left of it, in vain */
	COMPACT_CONTENDED, /* somebody else is moving pages */
	COMPACT_SUCCESS /* a block should be there now */
};

/* A request that wants the very block that compaction makes (B11). */
struct capture_control {
	struct compact_control *cc; /* constant */
	struct page *page; /* zone->lock until the run has ended */
};

#define COMPACT_CLUSTER_MAX 32 /* pages isolated at a time */
#define COMPACT_MAX_DEFER_SHIFT 6

struct compact_control {
	struct zone *zone;
	int order; /* -1: everything, by vm.compact_memory */
	unsigned int migratetype; /* of the request */
	unsigned int alloc_flags;
	enum zone_type highest_zoneidx;
	enum migrate_mode mode;
	bool ignore_skip_hint; /* scan blocks marked to be skipped too */
	bool ignore_block_suitable; /* blocks of any type are targets */
	bool direct_compaction; /* somebody waits for it */
	bool proactive_compaction; /* ahead of need */
	bool whole_zone; /* the scanners start at the ends */
	bool contended; /* give up: somebody waits for migrate_lock */
	bool exhausted; /* no frame is left to move a single page to */
	bool finish_pageblock; /* no stop before its end */
	/* the scanners */
	unsigned long migrate_pfn, free_pfn;
	unsigned long last_migrated_pfn; /* its block is not drained yet */
	struct list_head freepages[NR_PAGE_ORDERS]; /* to move to */
	struct list_head migratepages; /* to be moved */
	unsigned long nr_freepages, nr_migratepages; /* pages on these */
	unsigned long total_migrate_scanned, total_free_scanned;
};

/* Is this a run over everything, for nobody's request? */
static inline bool is_via_compact_memory(int order)
{
	return order == -1;
}

/* Free pages that moving blocks of an order needs besides (C3). */
static inline unsigned long compact_gap(unsigned int order)
{
	return 2UL << order;
}

/* ---- fragindex.c: no lock held --------------------------------------------- */

/*
 * Why a request of this order would fail: towards 0 for want of memory, towards
 * 1000 for fragmentation; -1000: it would not fail.
 */
int fragmentation_index(struct zone *zone, unsigned int order);
/* Of 1000 free pages, how many are in blocks too small for the order. */
int unusable_free_index(struct zone *zone, unsigned int order);
/* The same of 100; 0 if nothing is free. */
unsigned int extfrag_for_order(struct zone *zone, unsigned int order);
/* The sum over a node's zones, by their share of it (C8). */
unsigned int fragmentation_score_node(struct pglist_data *pgdat);
unsigned int fragmentation_score_zone(struct zone *zone);

/* ---- scan.c: migrate_lock held ---------------------------------------------- */

typedef enum {
	ISOLATE_ABORT, /* no more: somebody waits, or an error */
	ISOLATE_NONE, /* nothing to move here, go on */
	ISOLATE_SUCCESS
} isolate_migrate_t;

bool compact_scanners_met(const struct compact_control *cc);
/* The next pages to move, from one pageblock, to cc->migratepages. */
isolate_migrate_t isolate_migratepages(struct compact_control *cc);
/* Enough free pages for them to cc->freepages, if there are. */
void isolate_freepages(struct compact_control *cc);
/* Give what is on cc->freepages back; the highest of its frames, or 0. */
unsigned long release_free_list(struct compact_control *cc);
void reset_cached_positions(struct zone *zone);
/* Forget which blocks are to be skipped, and where the scanners stood. */
void reset_isolation_suitable(struct zone *zone);

/* ---- compact.c: no lock held -------------------------------------------------- */

extern unsigned long sysctl_extfrag_threshold;

void compaction_init(struct zone *zone); /* at boot */
bool compaction_suitable(struct zone *zone, unsigned int order,
			 enum zone_type highest_zoneidx);
/* CONTINUE: compaction makes sense; SUCCESS: a block is there; SKIPPED. */
enum compact_result
compaction_suit_allocation_order(struct zone *zone, unsigned int order,
				 enum zone_type highest_zoneidx,
				 unsigned int alloc_flags);
/* Run over one zone; the lists of cc are empty again at the end. */
enum compact_result compact_zone(struct compact_control *cc,
				 struct capture_control *capc);

void defer_compaction(struct zone *zone, int order);
bool compaction_deferred(struct zone *zone, int order);
void compaction_defer_reset(struct zone *zone, int order,
			    unsigned int alloc_success);
bool compaction_restarting(struct zone *zone, int order);

/* Is there a zone where compaction might still help (for should_reclaim)? */
bool compaction_zonelist_suitable(const struct alloc_context *ac,
				  unsigned int order, unsigned int alloc_flags);
/*
 * Compact zone by zone until one has a block. *capture: the block itself,
 * if it could be had; off the lists, not prepared.
 */
enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order,
					 unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio,
					 struct page **capture);
/* The slow path's step: a page, or NULL and in *result why. */
struct page *__alloc_pages_direct_compact(gfp_t gfp, unsigned int order,
					  unsigned int alloc_flags,
					  const struct alloc_context *ac,
					  enum compact_priority prio,
					  enum compact_result *result);
/* Is it worth another round? It may raise *prio, and counts *retries (A3). */
bool should_compact_retry(const struct alloc_context *ac, unsigned int order,
			  unsigned int alloc_flags, enum compact_result result,
			  enum compact_priority *prio, int *retries);

/*
 * A block that has just become free is taken for who waits for one like it:
 * true if it was. zone->lock held.
 */
bool compaction_capture(struct zone *zone, struct page *page,
			unsigned int order, unsigned int mt);

/* ---- kcompactd.c: no lock held -------------------------------------------- */

extern unsigned long sysctl_compaction_proactiveness;

/* Ask for compaction in the background: for whom kswapd made room. */
void wakeup_kcompactd(struct pglist_data *pgdat, unsigned int order,
		      enum zone_type highest_zoneidx);
/* Do what is due on a node: what was asked for, else ahead of need. */
void kcompactd_run(struct pglist_data *pgdat);
/* Is there anything that kcompactd_run() was asked for? */
bool kcompactd_work_requested(const struct pglist_data *pgdat);
/* The scores between which it works ahead of need (C8). */
unsigned int fragmentation_score_low_wmark(void);
unsigned int fragmentation_score_high_wmark(void);
/* vm.compact_memory: all of all nodes. */
void compact_nodes(void);
void kcompactd_init(void); /* at boot: the tick */

/* ---- isolate.c: migrate_lock held, but for what says otherwise -------------- */

/*
 * Keep the free pages of the pageblocks that [start, end) of one zone lies in
 * from everybody: 0; -EBUSY with nothing changed if something in the range
 * cannot be moved or a pageblock is isolated already.
 */
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn);
/* The reverse: the pageblocks have their types again. */
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn);
/* Is every frame of [start, end) free and isolated? 0 or -EBUSY. */
int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn);
/*
 * Take all of [start, end) off the free lists if it is all free and isolated:
 * 0, and each frame's flags say whether it is known to be zero; or -EBUSY.
 * zone->lock held.
 */
int take_isolated_range(struct zone *zone, unsigned long start,
			unsigned long end);

/* ---- contig.c: migrate_lock held --------------------------------------------- */

/*
 * Move all that can be moved out of [start, end): 0; -EBUSY after five tries,
 * or -ENOMEM. What else is in there is left alone.
 */
int migrate_range_away(unsigned long start, unsigned long end, gfp_t gfp);
void release_deferred_range(struct zone *zone, unsigned long start,
			    unsigned long end);

#endif
