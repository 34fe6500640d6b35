// SPDX-License-Identifier: MIT
/*
 * buddy/pcp.c - per-CPU lists of small blocks in front of zone->lock
 *
 *	list  0 .. 11	3 * order + migratetype, orders 0 to 3
 *	list 12, 13	blocks of the size of a pageblock, not Movable, Movable
 *
 *	  head -> hot ... cold <- tail
 *	  allocation and free use the head, or the tail for cold pages;
 *	  batches come from and go back to the zone at the tail, under one
 *	  zone->lock
 *
 * The lists belong to real CPUs, not to threads. When a thread exits and fewer
 * threads than CPUs remain, the lists of the CPU it ran on are drained. A
 * thread may change its CPU between the choice of a pageset and its use: the
 * lock makes that harmless. How long the lists get: pcp_tune.c.
 *
 * Locking	pcp->lock (rank LOCK_PCP), taken by trylock only, except to
 *		drain; zone->lock inside
 * Invariants	PCP1  count is the sum of 2^order over the lists
 *		PCP2  blocks on the lists have type PAGE_PCP
 *						(zone_check() checks both)
 * Source	Linux v6.12 mm/page_alloc.c (docs/kernel.md P1-P7)
 */
#include "buddy/internal.h"
#include "core/probe.h"
#include "core/tick.h"
#include "sys/os.h"
#include "zone/numa.h"
#include "zone/pageset.h"
#include "zone/surplus.h"

static struct per_cpu_pages *this_pageset(struct zone *zone)
{
	return &zone->pageset[smp_cpu()];
}

static unsigned int pcp_index(unsigned int order, unsigned int mt)
{
	if (order == PAGEBLOCK_ORDER)
		return NR_LOWORDER_PCP_LISTS + (mt == MIGRATE_MOVABLE);
	return order * MIGRATE_PCPTYPES + mt;
}

static void pcp_add(struct per_cpu_pages *pcp, struct list_head *list,
		    struct page *page, unsigned int order)
{
	WRITE_ONCE(page->order, (u8)order);
	set_page_type(page, PAGE_PCP);
	list_add(&page->lru, list);
	WRITE_ONCE(pcp->count, pcp->count + (1 << order));
}

static struct page *pcp_take(struct per_cpu_pages *pcp, struct list_head *from)
{
	struct page *page = list_entry(from, struct page, lru);

	list_del(&page->lru);
	set_page_type(page, PAGE_NONE);
	WRITE_ONCE(pcp->count, pcp->count - (1 << page->order));
	return page;
}

/*
 * Refills one list with blocks from the zone, as many as it has of those asked
 * for.
 */
static void rmqueue_bulk(struct zone *zone, struct per_cpu_pages *pcp,
			 unsigned int order, unsigned int mt,
			 unsigned int alloc_flags)
{
	struct list_head *list = &pcp->lists[pcp_index(order, mt)];
	int nr = nr_pcp_alloc(zone, pcp, order);

	spin_lock(&zone->lock);
	WRITE_ONCE(pcp->epoch, zone->epoch);
	while (nr--) {
		struct page *page = __rmqueue(zone, order, mt, alloc_flags);

		if (!page)
			break;
		WRITE_ONCE(page->migratetype, (u8)mt);
		pcp_add(pcp, list->prev, page, order); /* at the tail */
	}
	spin_unlock(&zone->lock);
}

/*
 * A program may only ever meet full lists, so allocations from them poll the
 * clock too.
 */
static __always_inline void pcp_poll(unsigned long allocs,
				     unsigned int alloc_flags)
{
	if (unlikely(!(allocs % PCP_TICK_EVERY)) && (alloc_flags & ALLOC_TICK))
		tick_poll();
}

struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt, unsigned int alloc_flags)
{
	struct per_cpu_pages *pcp = this_pageset(zone);
	struct list_head *list = &pcp->lists[pcp_index(order, mt)];
	struct page *page = NULL;
	unsigned long allocs = 1;

	if (!spin_trylock(&pcp->lock))
		return NULL;
	pcp->free_count >>= 1;
	if (list_empty(list))
		rmqueue_bulk(zone, pcp, order, mt, alloc_flags);
	if (!list_empty(list)) {
		bool cold = alloc_flags & ALLOC_COLD;

		page = pcp_take(pcp, cold ? list->prev : list->next);
		count_locked(&pcp->allocated, 1UL << order);
		allocs = pcp->allocs + 1;
		WRITE_ONCE(pcp->allocs, allocs);
	}
	spin_unlock(&pcp->lock);
	pcp_poll(allocs, alloc_flags);
	return page;
}

unsigned long fill_from_pcplist(struct zone *zone, unsigned int mt,
				unsigned long nr, struct page **array)
{
	struct per_cpu_pages *pcp = this_pageset(zone);
	struct list_head *list = &pcp->lists[pcp_index(0, mt)];
	unsigned long filled = 0;

	if (!spin_trylock(&pcp->lock))
		return 0;
	for (unsigned long i = 0; i < nr; i++) {
		if (array[i])
			continue;
		if (list_empty(list))
			rmqueue_bulk(zone, pcp, 0, mt, WMARK_LOW);
		if (list_empty(list))
			break;
		array[i] = pcp_take(pcp, list->next);
		filled++;
	}
	count_locked(&pcp->allocated, filled);
	count_locked(&pcp->allocs, filled);
	spin_unlock(&pcp->lock);
	return filled;
}

/* Takes `nr` pages off the cold ends, from one list after the other. */
static void free_pcppages_bulk(struct zone *zone, struct per_cpu_pages *pcp,
			       int nr, unsigned int index)
{
	nr = min(nr, pcp->count);
	spin_lock(&zone->lock);
	WRITE_ONCE(pcp->epoch, zone->epoch);
	while (nr > 0) {
		struct list_head *list = &pcp->lists[index];
		struct page *page;

		if (++index == NR_PCP_LISTS)
			index = 0;
		if (list_empty(list))
			continue;
		page = pcp_take(pcp, list->prev);
		nr -= 1 << page->order;
		probe_mm_page_pcpu_drain(page_to_pfn(page), page->order,
					 page->migratetype);
		__free_one_page(zone, page, page->order);
	}
	surplus_note(zone);
	spin_unlock(&zone->lock);
}

/* Clears ZONE_BELOW_HIGH if the zone is above its high mark again. */
static void review_below_high(struct zone *zone)
{
	if (zone_flag(zone, ZONE_BELOW_HIGH) &&
	    zone_watermark_ok(zone, 0, high_wmark_pages(zone), ZONE_MOVABLE, 0))
		zone_clear_flag(zone, ZONE_BELOW_HIGH);
}

/*
 * Fast exit: returns true if nr_pcp_free() would return 0 and change nothing.
 */
static bool pcp_is_short(const struct zone *zone,
			 const struct per_cpu_pages *pcp)
{
	return pcp->count < READ_ONCE(pcp->high_min) &&
	       pcp->free_count < READ_ONCE(pcp->batch) &&
	       !zone_flag(zone, ZONE_BELOW_HIGH | ZONE_RECLAIM_ACTIVE);
}

/* A freed page goes on the list of its pageblock's type, not its own. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order,
		  unsigned int flags)
{
	unsigned int mt = get_pageblock_migratetype(page_to_pfn(page));
	struct per_cpu_pages *pcp = this_pageset(zone);
	struct list_head *list;
	int surplus = 0;

	if (unlikely(mt >= MIGRATE_PCPTYPES)) {
		if (mt == MIGRATE_ISOLATE)
			return false;
		mt = MIGRATE_MOVABLE;
	}
	if (!spin_trylock(&pcp->lock))
		return false;
	list = &pcp->lists[pcp_index(order, mt)];
	WRITE_ONCE(page->migratetype, (u8)mt);
	pcp_add(pcp, flags & FREE_COLD ? list->prev : list, page, order);
	count_locked(&pcp->freed, 1UL << order);
	pcp_count_free(pcp, order);
	if (unlikely(!pcp_is_short(zone, pcp)))
		surplus = nr_pcp_free(zone, pcp, pcp_free_high(pcp, order));
	if (unlikely(surplus)) {
		free_pcppages_bulk(zone, pcp, surplus, pcp_index(order, mt));
		review_below_high(zone);
	}
	spin_unlock(&pcp->lock);
	/*
	 * a whole pageblock always has a surplus: too often to poll the clock
	 */
	if (unlikely(surplus) && (flags & FREE_TICK)) {
		if (order < PAGEBLOCK_ORDER)
			tick_poll();
		surplus_poll();
	}
	return true;
}

void drain_pages(struct zone *zone, struct per_cpu_pages *pcp)
{
	if (!READ_ONCE(pcp->count))
		return;
	spin_lock(&pcp->lock);
	free_pcppages_bulk(zone, pcp, pcp->count, 0);
	spin_unlock(&pcp->lock);
}

void drain_all_pages(struct zone *zone)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		drain_pages(zone, &zone->pageset[cpu]);
}

void page_alloc_cpu_dead(unsigned int cpu)
{
	struct zone *zone;

	for_each_zone(zone)
		drain_pages(zone, &zone->pageset[cpu]);
}

/*
 * Returns true if the pageset was neither refilled nor emptied for two ticks.
 */
static bool is_idle(const struct zone *zone, const struct per_cpu_pages *pcp)
{
	return (u16)(READ_ONCE(zone->epoch) - READ_ONCE(pcp->epoch)) >= 2;
}

void pcp_tick(struct zone *zone)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];
		u16 epoch = READ_ONCE(pcp->epoch);
		int surplus;

		if (!READ_ONCE(pcp->count))
			continue;
		if (is_idle(zone, pcp)) {
			drain_pages(zone, pcp);
			continue;
		}
		spin_lock(&pcp->lock);
		surplus = nr_pcp_decay(pcp);
		if (surplus) { /* and a batch: the next free stays low */
			surplus += READ_ONCE(pcp->batch);
			free_pcppages_bulk(zone, pcp, surplus, 0);
			WRITE_ONCE(pcp->epoch, epoch); /* the decay is no use */
		}
		spin_unlock(&pcp->lock);
	}
}

/* ---- switched off -------------------------------------------------------- */

/* Waits until every thread that is using a pageset is done with it. */
static void wait_for_pagesets(struct zone *zone)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		spin_lock(&zone->pageset[cpu].lock);
		spin_unlock(&zone->pageset[cpu].lock);
	}
}

/* May be nested; the last zone_pcp_enable() ends it. */
void zone_pcp_disable(struct zone *zone)
{
	spin_lock(&wmark_lock);
	zone->pcp_disabled++;
	zone_set_flag(zone, ZONE_PCP_DISABLED);
	zone_pcp_update(zone);
	spin_unlock(&wmark_lock);
	wait_for_pagesets(zone);
	drain_all_pages(zone);
}

void zone_pcp_enable(struct zone *zone)
{
	spin_lock(&wmark_lock);
	BUG_ON(!zone->pcp_disabled);
	if (!--zone->pcp_disabled)
		zone_clear_flag(zone, ZONE_PCP_DISABLED);
	zone_pcp_update(zone);
	spin_unlock(&wmark_lock);
}
