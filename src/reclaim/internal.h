// SPDX-License-Identifier: MIT
/*
 * reclaim/internal.h - shared by the files that reclaim
 *
 * Locking	no lock is held by callers
 */
#ifndef KM_RECLAIM_INTERNAL_H
#define KM_RECLAIM_INTERNAL_H

#include "reclaim/reclaim.h"

/* ---- shrinker.c ---------------------------------------------------------- */

/*
 * Calls all shrinkers. priority: 12 (a little) to 0 (everything). Returns the
 * number of objects freed.
 */
unsigned long shrink_slab(gfp_t gfp, int nid, int priority);
/* Returns how many pages the rooms could free, by their own count. */
unsigned long reclaimable_pages(gfp_t gfp, int nid);

/* ---- vmscan.c ------------------------------------------------------------ */

#define DEF_PRIORITY 12
#define SWAP_CLUSTER_MAX 32UL /* goal of one reclaim, in pages */

struct scan_control {
	unsigned long nr_to_reclaim; /* pages */
	unsigned long nr_reclaimed; /* so far */
	gfp_t gfp_mask;
	unsigned int order;
	int priority; /* 12: a little, 0: everything */
	enum zone_type reclaim_idx;
};

/* Asks all shrinkers once. Returns how many pages were reclaimed. */
unsigned long shrink_node(pg_data_t *pgdat, struct scan_control *sc);

/* ---- balance.c, wakeups.c, kswapd.c -------------------------------------- */

enum { THREAD_NONE, THREAD_RUNS, THREAD_FAILED }; /* pgdat->kswapd_thread */

#define for_each_zone_below(zone, pgdat, idx) \
	for (zone = &(pgdat)->node_zones[0];  \
	     zone <= &(pgdat)->node_zones[(idx)]; zone++)

/* Returns true if the node's kswapd has a thread; else it runs at ticks. */
bool kswapd_is_thread(const pg_data_t *pgdat);
void wakeup_kswapd_node(pg_data_t *pgdat); /* wakes it in any case */

/*
 * Returns true if a zone up to idx is above its high mark for this order, or
 * can still grow.
 */
bool pgdat_balanced(pg_data_t *pgdat, unsigned int order, enum zone_type idx);
/* Stores the boosts of the node's zones up to idx and returns their sum. */
unsigned long pgdat_boost(pg_data_t *pgdat, enum zone_type idx,
			  unsigned long boosts[MAX_NR_ZONES]);

#endif
