// SPDX-License-Identifier: MIT
/*
 * compaction/internal.h - shared by the files that move pages
 */
#ifndef KM_COMPACTION_INTERNAL_H
#define KM_COMPACTION_INTERNAL_H

#include "buddy/freelist.h"
#include "compaction/compaction.h"

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
 * Returns the score of a node, the sum over its zones by their share of it
 * (docs/kernel.md C8).
 */
unsigned int fragmentation_score_node(struct pglist_data *pgdat);
unsigned int fragmentation_score_zone(struct zone *zone);

extern unsigned long sysctl_compaction_proactiveness;

/*
 * Return the scores between which a node is compacted ahead of need
 * (docs/kernel.md C8).
 */
unsigned int fragmentation_score_low_wmark(void);
unsigned int fragmentation_score_high_wmark(void);

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
bool compaction_restarting(struct zone *zone, int order);

#endif
