// SPDX-License-Identifier: MIT
/*
 * zone/pageset.c - how many pages a zone's per-CPU lists may hold
 *
 *	pages on the lists of one CPU
 *	  |  high_max   an eighth of the zone, shared by the node's CPUs
 *	  |  high       buddy/pcp_tune.c moves it between the two
 *	  |  high_min   the low mark, shared by the node's CPUs
 *	  |  batch      at least this much moves
 *	  0
 *
 * Locking	wmark_lock for batch, high_min and high_max, which are read
 *		relaxed
 * Invariants	PCP3  high_min <= high_max, and batch <= high_min. While the
 *		      lists are off both are 0 and batch is 1
 *						(zone_check() checks it)
 * Source	Linux v6.12 mm/page_alloc.c, zone_batchsize(), zone_highsize()
 *		(docs/kernel.md P2)
 */
#include <limits.h>

#include "zone/pageset.h"

unsigned long percpu_pagelist_high_fraction; /* 0: tunes itself */

void setup_pageset(struct per_cpu_pages *pcp)
{
	spin_lock_init(&pcp->lock, LOCK_PCP);
	pcp->batch = 1;
	for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
		INIT_LIST_HEAD(&pcp->lists[i]);
}

/*
 * Returns the batch by the managed pages of the zone, at most 63
 * (docs/kernel.md P2).
 */
static int zone_batchsize(unsigned long pages)
{
	unsigned long batch = min(pages / 4096, 64UL); /* no page */

	if (batch <= 1)
		return 1;
	return (int)rounddown_pow_of_two(batch + batch / 2) - 1;
}

/*
 * Returns how many CPUs share the zone's memory: those of its node, or all if
 * it has none.
 */
static unsigned long local_cpus(const struct zone *zone)
{
	unsigned long nr = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		nr += cpu_node[cpu] == zone_to_nid(zone);
	return nr ? nr : nr_cpu_ids;
}

static int zone_highsize(const struct zone *zone, unsigned long pages,
			 int batch)
{
	return (int)clamp(pages / local_cpus(zone), 4UL * (unsigned int)batch,
			  INT_MAX / 2UL);
}

static void set_pagesets(struct zone *zone, int batch, int lo, int hi)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];

		WRITE_ONCE(pcp->batch, batch);
		WRITE_ONCE(pcp->high_min, lo);
		WRITE_ONCE(pcp->high_max, hi);
	}
}

/*
 * The batch depends on the size that the zone may grow to, not on its managed
 * pages. So a young process does not go to the zone for each page. With mem= it
 * depends on the managed pages: one refill takes up to 32 batches, which must
 * not be more than the reserve for atomic requests.
 */
static int zone_batch(const struct zone *zone)
{
	return zone_batchsize(arena.limit_frames ? zone_managed_pages(zone) :
						   zone->spanned_pages);
}

void zone_pcp_update(struct zone *zone)
{
	unsigned long fraction = READ_ONCE(percpu_pagelist_high_fraction);
	unsigned long managed = zone_managed_pages(zone);
	int batch = zone_batch(zone), lo, hi;

	if (zone->pcp_disabled) {
		set_pagesets(zone, 1, 0, 0);
		return;
	}
	if (fraction) {
		lo = hi = zone_highsize(zone, managed / fraction, batch);
	} else {
		lo = zone_highsize(zone, low_wmark_pages(zone), batch);
		hi = max(lo, zone_highsize(zone, managed / MIN_HIGH_FRACTION,
					   batch));
	}
	set_pagesets(zone, batch, lo, hi);
}
