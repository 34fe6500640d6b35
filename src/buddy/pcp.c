// SPDX-License-Identifier: MIT
/*
 * buddy/pcp.c - per-CPU lists of small blocks in front of zone->lock
 *
 *	list 3 * order + migratetype, orders 0..3
 *
 *	  head -> hot ... cold <- tail
 *	  allocation and free at the head; a batch comes from and goes back
 *	  to the zone at the tail, under one zone->lock
 *
 * The lists belong to real CPUs, not to threads, so nothing has to be done
 * when a thread ends. The CPU may change between the choice of a pageset and
 * its use: its lock makes that harmless.
 *
 * Locking	pcp->lock (rank LOCK_PCP), only tried but for draining;
 *		zone->lock inside
 * Invariants	P1  count is the sum of 2^order over the lists
 *		P2  blocks on the lists have type PAGE_PCP (zone_check proves)
 * Source	Linux v6.12 mm/page_alloc.c (kernel-facts P1-P6); the high
 *		mark is fixed here: docs/divergence.md B
 */
#include "buddy/internal.h"
#include "sys/os.h"

unsigned int smp_cpu(void)
{
	unsigned int cpu = (unsigned int)os_cpu();

	return likely(cpu < nr_cpu_ids) ? cpu : cpu % nr_cpu_ids;
}

static struct per_cpu_pages *this_pageset(struct zone *zone)
{
	return &zone->pageset[smp_cpu()];
}

/* kernel-facts P2: the batch by what the zone manages, at most 63 pages. */
static int zone_batchsize(unsigned long pages)
{
	unsigned long batch = min(pages / 4096, 64UL);

	if (batch <= 1)
		return 1;
	return (int)rounddown_pow_of_two(batch + batch / 2) - 1;
}

void setup_pageset(struct per_cpu_pages *pcp)
{
	spin_lock_init(&pcp->lock, LOCK_PCP);
	pcp->batch = 1;
	for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
		INIT_LIST_HEAD(&pcp->lists[i]);
}

/*
 * The batch is that of the size the zone may grow to, not of what it manages
 * now, so that a young process does not go to the zone for each page.
 */
void zone_pcp_update(struct zone *zone)
{
	int batch = zone_batchsize(zone->spanned_pages);

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];

		WRITE_ONCE(pcp->batch, batch);
		WRITE_ONCE(pcp->high, 6 * batch);
	}
}

static unsigned int pcp_index(unsigned int order, unsigned int mt)
{
	return order * MIGRATE_PCPTYPES + mt;
}

static void pcp_add(struct per_cpu_pages *pcp, struct list_head *list,
		    struct page *page, unsigned int order)
{
	set_page_type(page, PAGE_PCP);
	page->order = (u8)order;
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

/* Refill one list: a batch of pages, as blocks of this order. */
static void rmqueue_bulk(struct zone *zone, struct per_cpu_pages *pcp,
			 unsigned int order, unsigned int mt,
			 unsigned int alloc_flags)
{
	struct list_head *list = &pcp->lists[pcp_index(order, mt)];
	int nr = max(pcp->batch >> order, 1);

	spin_lock(&zone->lock);
	WRITE_ONCE(pcp->epoch, zone->epoch);
	while (nr--) {
		struct page *page = __rmqueue(zone, order, mt, alloc_flags);

		if (!page)
			break;
		page->migratetype = (u8)mt;
		pcp_add(pcp, list->prev, page, order); /* at the tail */
	}
	spin_unlock(&zone->lock);
}

struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt, unsigned int alloc_flags)
{
	struct per_cpu_pages *pcp = this_pageset(zone);
	struct list_head *list = &pcp->lists[pcp_index(order, mt)];
	struct page *page = NULL;

	if (!spin_trylock(&pcp->lock))
		return NULL;
	if (list_empty(list))
		rmqueue_bulk(zone, pcp, order, mt, alloc_flags);
	if (!list_empty(list)) {
		bool cold = alloc_flags & ALLOC_COLD;

		page = pcp_take(pcp, cold ? list->prev : list->next);
		pcp->allocated += 1UL << order;
	}
	spin_unlock(&pcp->lock);
	return page;
}

/* Take `nr` pages off the cold ends, list by list in turn. */
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
		__free_one_page(zone, page, page->order);
	}
	spin_unlock(&zone->lock);
}

/* A freed page goes on the list of its pageblock's type, not its own. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned int mt = get_pageblock_migratetype(page_to_pfn(page));
	struct per_cpu_pages *pcp = this_pageset(zone);
	unsigned int index;

	if (unlikely(mt >= MIGRATE_PCPTYPES)) {
		if (mt == MIGRATE_ISOLATE)
			return false;
		mt = MIGRATE_MOVABLE;
	}
	index = pcp_index(order, mt);
	if (!spin_trylock(&pcp->lock))
		return false;
	page->migratetype = (u8)mt;
	pcp_add(pcp, &pcp->lists[index], page, order);
	pcp->freed += 1UL << order;
	if (pcp->count >= pcp->high)
		free_pcppages_bulk(zone, pcp, pcp->batch, index);
	spin_unlock(&pcp->lock);
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
