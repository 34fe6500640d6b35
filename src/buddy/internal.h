// SPDX-License-Identifier: MIT
/*
 * buddy/internal.h - shared by the files of free memory alone
 */
#ifndef KM_BUDDY_INTERNAL_H
#define KM_BUDDY_INTERNAL_H

#include "buddy/buddy.h"
#include "buddy/freelist.h"
#include "zone/pageblock.h"
#include "zone/watermark.h"

/* ---- freelist.c, rmqueue.c: zone->lock held ------------------------------ */

/* Takes a block of that type, or of another by the rules of fallback.c. */
struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt,
		       unsigned int alloc_flags);
/* Takes the smallest block of exactly that type, and cuts it. */
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				unsigned int mt);
/*
 * Puts the upper halves of a block of order `high` back, down to `low`, which a
 * request gets.
 */
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt);

/* ---- fallback.c: zone->lock held ----------------------------------------- */

/*
 * Claims a pageblock, or a larger block, of another type. Returns true if one
 * was claimed.
 */
bool __rmqueue_claim(struct zone *zone, unsigned int order, unsigned int mt,
		     unsigned int alloc_flags);
/* Takes the smallest block of another type; its pageblock keeps its type. */
struct page *__rmqueue_steal(struct zone *zone, unsigned int order,
			     unsigned int mt);
/* pageblock.rule=4.4: claims or steals in one step. */
struct page *__rmqueue_fallback_44(struct zone *zone, unsigned int order,
				   unsigned int mt);
/*
 * Moves all free blocks of the pageblock to the lists of type mt, and sets its
 * type. Returns how many pages moved.
 */
unsigned long move_freepages_block(struct zone *zone, unsigned long start,
				   unsigned int mt);
extern bool pageblock_rule_44; /* constant after init */

/* ---- free.c -------------------------------------------------------------- */

/*
 * Drops one reference. Returns true if it was the last. If the caller holds the
 * only reference, only migration of movable pages can take another, so no
 * atomic is needed.
 */
static inline bool put_page_testzero(struct page *page)
{
	if (likely(smp_load_acquire(&page->_refcount) == 1 &&
		   !(READ_ONCE(page->flags) & PG_MOVABLE_OPS))) {
		WRITE_ONCE(page->_refcount, 0U);
		return true;
	}
	return __atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

/* ---- pcp.c --------------------------------------------------------------- */

/* Gives the pages of one CPU's lists back to the zone. */
void drain_pages(struct zone *zone, struct per_cpu_pages *pcp);

#define PCP_TICK_EVERY 32 /* allocations between two polls for a tick */

/* Returns false if the lists are busy; the caller still owns the page then. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order,
		  unsigned int flags);
void pcp_tick(struct zone *zone); /* shrinks the lists, empties idle ones */

/* ---- pcp_tune.c ---------------------------------------------------------- */

/* pcp->lock held */
int nr_pcp_alloc(const struct zone *zone, struct per_cpu_pages *pcp,
		 unsigned int order);
void pcp_count_free(struct per_cpu_pages *pcp, unsigned int order);
bool pcp_free_high(struct per_cpu_pages *pcp, unsigned int order);
int nr_pcp_free(const struct zone *zone, struct per_cpu_pages *pcp,
		unsigned int free_high);
int nr_pcp_decay(struct per_cpu_pages *pcp);

#endif
