// SPDX-License-Identifier: MIT
/*
 * compaction/compaction.h - move pages together until a large block is free
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
 *	extfrag.c	the texts of fragmentation
 *
 * A given range of frames is request/contig.c, and frames that go offline are
 * request/hotplug.c.
 *
 * Locking	migrate_lock (rank LOCK_MIGRATE): one thread at a time moves
 *		pages. Compaction only tries it; fork waits for it.
 * Source	Linux v6.12 include/linux/compaction.h, mm/internal.h
 *		(docs/kernel.md C1-C8)
 */
#ifndef KM_COMPACTION_COMPACTION_H
#define KM_COMPACTION_COMPACTION_H

#include <kmalloc/gfp.h>

#include "compaction/migrate.h"
#include "zone/zonelist.h"

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

/* ---- compact.c: no lock held --------------------------------------------- */

#define COMPACT_CLUSTER_MAX 32 /* pages isolated at a time */

void compaction_init(struct zone *zone); /* at boot */
void compaction_defer_reset(struct zone *zone, int order,
			    unsigned int alloc_success);

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

/* ---- kcompactd.c: no lock held ------------------------------------------- */

/*
 * Asks for compaction in the background. kswapd calls it once it has made room.
 */
void wakeup_kcompactd(struct pglist_data *pgdat, unsigned int order,
		      enum zone_type highest_zoneidx);
/* Does what was asked for on a node, or compacts ahead of need. */
void kcompactd_run(struct pglist_data *pgdat);
/* Returns true if kcompactd_run() was asked for something. */
bool kcompactd_work_requested(const struct pglist_data *pgdat);
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

#endif
