// SPDX-License-Identifier: MIT
/*
 * compaction/compact.h - move pages together until a large block is free
 *
 * Two scanners walk a zone towards each other. The migrate scanner collects
 * pages that can be moved. The free scanner collects free pages as room for
 * them:
 *
 *	|m m . f m|f f m .|. f m f|m f f f|	m movable  f free  . others
 *	 ^-> migrate_pfn           free_pfn <-^
 *
 *	|f f . f f|f f f .|. m m m|m m m m|	the low blocks become free
 *
 *	fragindex.c	is it for want of memory or for fragmentation?
 *	isolate.c	pageblocks whose free pages serve no request
 *	migrate.c	pages that change places, by their owner's functions
 *	scan.c		the two scanners
 *	compact.c	one zone, requests that wait, deferral
 *	kcompactd.c	in the background, and ahead of need
 *	contig.c	a given range of frames
 *	hotplug.c	frames offline and online
 *
 * Locking	migrate_lock (rank LOCK_MIGRATE): one thread at a time moves
 *		pages. Compaction only tries it; fork waits for it.
 * Source	Linux v6.12 include/linux/compaction.h, mm/internal.h
 *		(docs/kernel.md C1-C8)
 */
#ifndef KM_COMPACTION_COMPACT_H
#define KM_COMPACTION_COMPACT_H

#include "buddy/internal.h"
#include "compaction/migrate.h"

/* How hard to try: a lower number tries harder (docs/kernel.md C2). */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL, /* every block, skip marks or not */
	MIN_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC, /* blocks of the wanted type only */
	INIT_COMPACT_PRIORITY = COMPACT_PRIO_ASYNC
};

/* The result of compaction; of several zones the highest counts. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED, /* no pages to move, or none free to move them to */
	COMPACT_DEFERRED, /* it failed not long ago */
	COMPACT_NO_SUITABLE_PAGE, /* no block so far */
	COMPACT_CONTINUE,
	COMPACT_COMPLETE, /* the whole zone, without success */
	COMPACT_PARTIAL_SKIPPED, /* the rest of it, without success */
	COMPACT_CONTENDED, /* another thread moves pages */
	COMPACT_SUCCESS /* a block should be there now */
};

/*
 * A request that takes the block that compaction makes for it as soon as it is
 * free (docs/kernel.md B11).
 */
struct capture_control {
	/* constant: what the run is for */
	int order;
	unsigned int migratetype;
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
	bool ignore_skip_hint; /* also scan blocks marked to be skipped */
	bool ignore_block_suitable; /* blocks of any type are targets */
	bool direct_compaction; /* a request waits for it */
	bool proactive_compaction; /* ahead of need */
	bool whole_zone; /* the scanners start at the ends */
	bool contended; /* give up: a thread waits for migrate_lock */
	bool exhausted; /* no frame is left to move a single page to */
	bool finish_pageblock; /* do not stop before its end */
	/* the scanners */
	unsigned long migrate_pfn, free_pfn;
	unsigned long last_migrated_pfn; /* its block is not drained yet */
	struct list_head freepages[NR_PAGE_ORDERS]; /* room, by order */
	struct list_head migratepages; /* to be moved */
	unsigned long nr_freepages, nr_migratepages; /* pages on these lists */
	unsigned long total_migrate_scanned, total_free_scanned;
};

/* Returns true if this run is over everything and for no request. */
static inline bool is_via_compact_memory(int order)
{
	return order == -1;
}

/*
 * Returns how many free pages moving needs beside a block of this order
 * (docs/kernel.md C3).
 */
static inline unsigned long compact_gap(unsigned int order)
{
	return 2UL << order;
}

/* ---- fragindex.c: no lock held ------------------------------------------- */

/*
 * Returns why a request of this order would fail: towards 0 memory is short,
 * towards 1000 it is fragmented. -1000: it would not fail.
 */
int fragmentation_index(struct zone *zone, unsigned int order);
/* Returns how many of 1000 free pages are in blocks too small for the order. */
int unusable_free_index(struct zone *zone, unsigned int order);
/* The same of 100. Returns 0 if nothing is free. */
unsigned int extfrag_for_order(struct zone *zone, unsigned int order);
/*
 * Return the score of a node, the sum over its zones by their share of it, and
 * the score of one zone (docs/kernel.md C8).
 */
unsigned int fragmentation_score_node(struct pglist_data *pgdat);
unsigned int fragmentation_score_zone(struct zone *zone);

/* ---- scan.c: migrate_lock held ------------------------------------------- */

typedef enum {
	ISOLATE_ABORT, /* stop: a thread waits, or an error */
	ISOLATE_NONE, /* no page to move here, go on */
	ISOLATE_SUCCESS
} isolate_migrate_t;

bool compact_scanners_met(const struct compact_control *cc);
/* Collects the next pages to move, from one pageblock, on cc->migratepages. */
isolate_migrate_t isolate_migratepages(struct compact_control *cc);
/* Collects free pages for as many on cc->freepages, if there are so many. */
void isolate_freepages(struct compact_control *cc);
/* Frees what is on cc->freepages. Returns the highest of its frames, or 0. */
unsigned long release_free_list(struct compact_control *cc);
void reset_cached_positions(struct zone *zone);
/* Clears the skip marks and the positions of the scanners. */
void reset_isolation_suitable(struct zone *zone);

/* ---- compact.c: no lock held --------------------------------------------- */

extern unsigned long sysctl_extfrag_threshold;

void compaction_init(struct zone *zone); /* at boot */
bool compaction_suitable(struct zone *zone, unsigned int order,
			 enum zone_type highest_zoneidx);
/*
 * Returns COMPACT_CONTINUE if compaction makes sense, COMPACT_SUCCESS if there
 * is a block already, and else COMPACT_SKIPPED.
 */
enum compact_result
compaction_suit_allocation_order(struct zone *zone, unsigned int order,
				 enum zone_type highest_zoneidx,
				 unsigned int alloc_flags);
/* Runs over one zone. At the end the lists of cc are empty again. */
enum compact_result compact_zone(struct compact_control *cc,
				 struct capture_control *capc);

void defer_compaction(struct zone *zone, int order);
bool compaction_deferred(struct zone *zone, int order);
void compaction_defer_reset(struct zone *zone, int order,
			    unsigned int alloc_success);
bool compaction_restarting(struct zone *zone, int order);

/* Returns true if compaction might still help in one of the zones. */
bool compaction_zonelist_suitable(const struct alloc_context *ac,
				  unsigned int order, unsigned int alloc_flags);
/*
 * Compacts zone by zone until one has a block. *capture is set to the block
 * itself if the run captured it; it is on no list and not prepared yet.
 */
enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order,
					 unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio,
					 struct page **capture);
/*
 * A step of the slow path. Returns a page, or NULL and the reason in *result.
 */
struct page *__alloc_pages_direct_compact(gfp_t gfp, unsigned int order,
					  unsigned int alloc_flags,
					  const struct alloc_context *ac,
					  enum compact_priority prio,
					  enum compact_result *result);
/*
 * Returns true if another round is worth it. May lower *prio (try harder);
 * counts *retries (docs/kernel.md A3).
 */
bool should_compact_retry(const struct alloc_context *ac, unsigned int order,
			  unsigned int alloc_flags, enum compact_result result,
			  enum compact_priority *prio, int *retries);

/* ---- kcompactd.c: no lock held ------------------------------------------- */

extern unsigned long sysctl_compaction_proactiveness;

/*
 * Asks for compaction in the background. kswapd calls it once it has made room.
 */
void wakeup_kcompactd(struct pglist_data *pgdat, unsigned int order,
		      enum zone_type highest_zoneidx);
/* Does what was asked for on a node, or compacts ahead of need. */
void kcompactd_run(struct pglist_data *pgdat);
/* Returns true if kcompactd_run() was asked for something. */
bool kcompactd_work_requested(const struct pglist_data *pgdat);
/*
 * Return the scores between which a node is compacted ahead of need
 * (docs/kernel.md C8).
 */
unsigned int fragmentation_score_low_wmark(void);
unsigned int fragmentation_score_high_wmark(void);
/* vm.compact_memory: compacts all zones of all nodes. */
void compact_nodes(void);
void kcompactd_init(void); /* at boot: registers the tick */

/* ---- isolate.c: migrate_lock held unless a comment says otherwise -------- */

/*
 * Isolates the pageblocks that [start, end) of one zone lies in: no request
 * gets their free pages. Returns 0, or -EBUSY with nothing changed if a page in
 * the range cannot be moved or a pageblock is isolated already.
 */
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn);
/* The reverse: the pageblocks have their types again. */
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn);
/*
 * Returns 0 if every frame of [start, end) is free and isolated, else -EBUSY.
 */
int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn);
/*
 * Takes all of [start, end) off the free lists if it is all free and isolated.
 * Returns 0 or -EBUSY. On success each frame's flags say whether it is known to
 * be zero. zone->lock is held.
 */
int take_isolated_range(struct zone *zone, unsigned long start,
			unsigned long end);

/* ---- contig.c: migrate_lock held ----------------------------------------- */

/*
 * Moves all movable pages out of [start, end). Returns 0, -EBUSY after five
 * tries, or -ENOMEM. Other pages in the range are left alone.
 */
int migrate_range_away(unsigned long start, unsigned long end, gfp_t gfp);
void release_deferred_range(struct zone *zone, unsigned long start,
			    unsigned long end);

#endif
