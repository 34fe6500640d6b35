// SPDX-License-Identifier: MIT
/*
 * buddy/buddy.h - what other rooms may ask of free memory
 *
 *	freelist.c	the lists of a zone: split, merge (freelist.h)
 *	rmqueue.c	which list serves a request
 *	fallback.c	a block of another type, if there is none of the own
 *	highatomic.c	pageblocks for requests that cannot wait
 *	pcp.c, pcp_tune.c	per-CPU lists in front of the lock
 *	prep.c, free.c	blocks that come into use, and back
 *	grow.c, report.c	frames from the OS, and back
 *	check.c		the invariants
 *
 * Locking	no lock is held by callers, unless a comment says otherwise
 */
#ifndef KM_BUDDY_BUDDY_H
#define KM_BUDDY_BUDDY_H

#include <kmalloc/gfp.h>

#include "zone/mmzone.h"
#include "zone/zonelist.h"

/* ---- rmqueue.c, fallback.c, highatomic.c --------------------------------- */

/*
 * Takes a block from the zone's free lists, past the per-CPU lists. Urgent
 * requests may take from HighAtomic pageblocks. Returns NULL if none fits.
 */
struct page *rmqueue_buddy(struct zone *zone, unsigned int order,
			   unsigned int mt, unsigned int alloc_flags);

/*
 * Returns true if a request of type mt could claim the pageblock of a free
 * block of this order and of another type. zone->lock is held.
 */
bool can_claim_fallback(const struct zone *zone, unsigned int order,
			unsigned int mt);

/* Reserves the pageblock of a block for requests like the one it has served. */
void reserve_highatomic_pageblock(struct zone *zone, struct page *page,
				  unsigned int order);
/*
 * Gives one reserved pageblock that has free memory the type of this request.
 * Returns true if there was one. Each zone keeps one unless `force` is 1.
 */
bool unreserve_highatomic_pageblock(const struct alloc_context *ac,
				    unsigned int force);

/* ---- prep.c -------------------------------------------------------------- */

/*
 * Returns false if the page is not clean: it was reported, and is never used
 * again.
 */
bool check_new_page(struct page *page);
/* Enters a block into the frame index: each of its frames leads to its head. */
void prep_compound_page(struct page *page, unsigned int order);
/* Makes a block that is off the lists one in use, as the request wants it. */
void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned int alloc_flags);

/*
 * Returns true if the memory of this block, which was just allocated, is known
 * to be zero.
 */
static inline bool page_known_zero(const struct page *page)
{
	return PageReported(page);
}

/* ---- free.c -------------------------------------------------------------- */

/*
 * As __free_pages() and put_page(), but no tick runs. For callers that hold a
 * lock of the library or are in the middle of their work.
 */
void page_block_free(struct page *page, unsigned int order);
void page_block_put(struct page *page);

#define FREE_COLD 1 /* not touched lately: goes to the cold end */
#define FREE_TICK 2 /* the caller may run ticks */
/* Frees a block whose last reference is gone. flags: FREE_. No lock is held. */
void __free_pages_ok(struct page *page, unsigned int order, unsigned int flags);

/*
 * Uncharges pages that are free now from the group. NULL: they were not
 * charged. Frees the struct of a destroyed group with its last page.
 */
void memcg_uncharge(struct km_memcg *memcg, unsigned long nr);

/* ---- pcp.c --------------------------------------------------------------- */

/*
 * Puts single pages, not prepared yet, into the empty slots of an array.
 * Returns how many.
 */
unsigned long fill_from_pcplist(struct zone *zone, unsigned int mt,
				unsigned long nr, struct page **array);
/* Returns NULL if the lists are busy or the zone is empty. */
struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt, unsigned int alloc_flags);

/* Returns true if the per-CPU lists take blocks of this order. */
static inline bool pcp_allowed_order(unsigned int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == PAGEBLOCK_ORDER;
}

/* Gives the pages of all per-CPU lists back to the free lists. */
void drain_all_pages(struct zone *zone);
/*
 * Gives the lists of a CPU that no thread uses any more back to the zones. The
 * caller holds no lock.
 */
void page_alloc_cpu_dead(unsigned int cpu);

/* Until zone_pcp_enable() no page stays on a per-CPU list. */
void zone_pcp_disable(struct zone *zone);
void zone_pcp_enable(struct zone *zone);

/* ---- grow.c -------------------------------------------------------------- */

/*
 * Puts more frames on the free lists. Returns 0 or -ENOMEM. `seen` is what the
 * caller read as managed: if there is more by now, another thread has grown the
 * zone.
 */
int deferred_grow_zone(struct zone *zone, unsigned long seen);
/*
 * Puts one largest block of the deferred frames on the free lists. arena_lock
 * is held.
 */
void release_deferred(struct zone *zone);
/*
 * Returns true if the zone may be able to grow, as far as can be told without a
 * try.
 */
bool zone_can_grow(const struct zone *zone);

/* ---- report.c ------------------------------------------------------------ */

void page_reporting_init(void);
/*
 * Gives free blocks of reporting order and above to the OS; with REPORT_YOUNG
 * also those that became free lately. With REPORT_SMALL, blocks of every order;
 * with REPORT_SPARSE also smaller ones in pageblocks that are less than a
 * quarter in use, whenever they became free. Returns the pages given. No lock
 * is held during the system call.
 */
#define REPORT_YOUNG 1
#define REPORT_SMALL 2
#define REPORT_SPARSE 4
unsigned long page_reporting_process(struct zone *zone, unsigned int flags);

/* ---- check.c ------------------------------------------------------------- */

/*
 * Checks the invariants of the zone and the sum of its frames; BUG if one does
 * not hold.
 */
void zone_check(struct zone *zone);

struct zone_stat {
	unsigned long managed, free, pcp, deferred; /* pages */
	unsigned long resident_free; /* pages free but not given to the OS */
};

/* Counts without a lock. */
void zone_stat(struct zone *zone, struct zone_stat *stat);

#endif
