// SPDX-License-Identifier: MIT
/*
 * buddy/pcp_tune.c - how long the per-CPU lists are, how much moves at a time
 *
 *	pages on the lists of one CPU
 *	  |  high_max   zone/pageset.c sets these
 *	  |  high       moves between: up with refills and long runs of frees,
 *	  |             down with ticks and when the zone is short
 *	  |  high_min
 *	  |  batch      at least this much moves
 *	  0
 *
 *	refills in a row	batch, 2 batch, 4 batch ... 32 batch
 *	frees in a row		as many pages as were freed in a row
 *
 * Locking	pcp->lock for high, free_count and alloc_factor
 * Source	Linux v6.12 mm/page_alloc.c, nr_pcp_alloc(), nr_pcp_high(),
 *		decay_pcp_high() (docs/kernel.md P2-P5)
 */
#include "buddy/internal.h"

/* A batch grows by 2^5 at the most. */
#define PCP_BATCH_SCALE_MAX 5

/* ---- one refill ---------------------------------------------------------- */

static int clamp_high(struct per_cpu_pages *pcp)
{
	int lo = READ_ONCE(pcp->high_min), hi = READ_ONCE(pcp->high_max);

	WRITE_ONCE(pcp->high, clamp(pcp->high, lo, hi));
	return pcp->high;
}

static bool tunes_itself(const struct per_cpu_pages *pcp)
{
	return READ_ONCE(pcp->high_min) != READ_ONCE(pcp->high_max);
}

/* Returns how many blocks of this order a refill takes (docs/kernel.md P4). */
int nr_pcp_alloc(const struct zone *zone, struct per_cpu_pages *pcp,
		 unsigned int order)
{
	int batch = READ_ONCE(pcp->batch), high = clamp_high(pcp), nr = batch;

	if (unlikely(high < batch))
		return 1;
	if (!order) {
		int room;

		nr = batch << pcp->alloc_factor;
		if (tunes_itself(pcp) && !zone_flag(zone, ZONE_BELOW_HIGH)) {
			high = min(high + nr, READ_ONCE(pcp->high_max));
			WRITE_ONCE(pcp->high, high);
		}
		room = max(high - pcp->count - batch, batch);
		if (nr <= room && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
			pcp->alloc_factor++;
		nr = min(nr, room);
	}
	return nr > 1 ? max(nr >> order, 2) : nr;
}

/* ---- one free ------------------------------------------------------------ */

/*
 * Returns true if blocks of order 1 to 3 are freed one after the other. Other
 * CPUs will use them, so the lists are emptied rather than filled
 * (docs/kernel.md P5).
 */
bool pcp_free_high(struct per_cpu_pages *pcp, unsigned int order)
{
	bool again = pcp->flags & PCPF_PREV_FREE_HIGH_ORDER;

	if (!order || order > PAGE_ALLOC_COSTLY_ORDER) {
		pcp->flags &= (u8)~PCPF_PREV_FREE_HIGH_ORDER;
		return false;
	}
	pcp->flags |= PCPF_PREV_FREE_HIGH_ORDER;
	return again && pcp->free_count >= READ_ONCE(pcp->batch);
}

void pcp_count_free(struct per_cpu_pages *pcp, unsigned int order)
{
	int most = READ_ONCE(pcp->batch) << PCP_BATCH_SCALE_MAX;

	pcp->alloc_factor >>= 1;
	pcp->free_count = min(pcp->free_count + (1 << order), most);
}

/*
 * Returns how many pages the lists may keep now, and adapts pcp->high for later
 * (docs/kernel.md P5).
 */
static int nr_pcp_high(const struct zone *zone, struct per_cpu_pages *pcp,
		       unsigned int free_high)
{
	int lo = READ_ONCE(pcp->high_min), batch = READ_ONCE(pcp->batch);
	int high = clamp_high(pcp), freed = max(pcp->free_count, batch);

	if (!high)
		return 0;
	if (free_high) {
		WRITE_ONCE(pcp->high,
			   max(high - (batch << PCP_BATCH_SCALE_MAX), lo));
		return 0;
	}
	if (zone_flag(zone, ZONE_RECLAIM_ACTIVE)) {
		WRITE_ONCE(pcp->high, max(high - freed, lo));
		return min(4 * batch, pcp->high);
	}
	if (!tunes_itself(pcp))
		return high;
	if (zone_flag(zone, ZONE_BELOW_HIGH)) {
		WRITE_ONCE(pcp->high, max(high - freed, lo));
		return max(pcp->count, lo);
	}
	if (pcp->count >= high && high < pcp->free_count + batch) {
		WRITE_ONCE(pcp->high, pcp->free_count + batch);
		return clamp_high(pcp);
	}
	return high;
}

/* Returns how many pages go back to the zone after this free, or 0. */
int nr_pcp_free(const struct zone *zone, struct per_cpu_pages *pcp,
		unsigned int free_high)
{
	int batch = READ_ONCE(pcp->batch);
	int high = nr_pcp_high(zone, pcp, free_high);

	if (pcp->count < high)
		return 0;
	if (free_high)
		return min(pcp->count, batch << PCP_BATCH_SCALE_MAX);
	if (high < batch)
		return 1;
	return clamp(pcp->free_count, batch, high - batch);
}

/*
 * Called at a tick: lowers high by an eighth, down to high_min. Returns how
 * many pages are above it then.
 */
int nr_pcp_decay(struct per_cpu_pages *pcp)
{
	int batch = READ_ONCE(pcp->batch), high = clamp_high(pcp);
	int lo = READ_ONCE(pcp->high_min);

	if (high > lo) {
		high = max(high - (high >> 3), lo);
		high = max(high, pcp->count - (batch << PCP_BATCH_SCALE_MAX));
		WRITE_ONCE(pcp->high, high);
	}
	return max(pcp->count - high, 0);
}
