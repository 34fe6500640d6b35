// SPDX-License-Identifier: MIT
/*
 * zone/memcg.c - groups that pay for pages
 *
 * A request with __GFP_ACCOUNT is charged to the group that its thread is in,
 * in whole pages. The charge ends when the pages are freed, by any thread.
 * page->memcg of the first page is the group that pays. A slab of an accounted
 * cache is charged as a whole, to the group of the thread that allocated it.
 *
 *	thread -> current->memcg --charge--> [ refs = pages + 1 ][ limit ]
 *	                page->memcg --------'        uncharge
 *
 * A destroyed group keeps its struct until no page is charged to it. The struct
 * is a page too: request/memcg.c takes it, memcg_uncharge() gives it back.
 *
 * Locking	none: refs is atomic; only a thread itself changes its group
 * Invariants	MEMCG1  refs = pages charged, plus 1 until it is destroyed
 *		MEMCG2  page->memcg != NULL <=> its block is part of refs
 *						(unit.request.memcg checks both)
 * Tests	unit.request.memcg
 * Source	Linux v6.12 mm/memcontrol.c as a model: one level, pages only,
 *		no reclaim by group
 */
#include <errno.h>

#include "core/bug.h"
#include "core/task.h"
#include "zone/memcg.h"
#include "zone/mmzone.h"

unsigned long memcg_bytes_to_pages(unsigned long long bytes)
{
	return bytes > ~0UL - PAGE_SIZE ? ~0UL >> PAGE_SHIFT :
					  (unsigned long)bytes >> PAGE_SHIFT;
}

unsigned long long km_memcg_usage(const struct km_memcg *memcg)
{
	unsigned long refs = READ_ONCE(memcg->refs);

	return (refs - READ_ONCE(memcg->alive)) << PAGE_SHIFT;
}

unsigned long long km_memcg_max_usage(const struct km_memcg *memcg)
{
	return READ_ONCE(memcg->max_usage) << PAGE_SHIFT;
}

unsigned long km_memcg_failcnt(const struct km_memcg *memcg)
{
	return READ_ONCE(memcg->failcnt);
}

int km_memcg_set_limit(struct km_memcg *memcg, unsigned long long limit)
{
	unsigned long pages = memcg_bytes_to_pages(limit);

	if (km_memcg_usage(memcg) >> PAGE_SHIFT > pages)
		return -EBUSY;
	WRITE_ONCE(memcg->limit, pages);
	return 0;
}

struct km_memcg *km_memcg_current(void)
{
	return current->memcg;
}

struct km_memcg *km_memcg_set_current(struct km_memcg *memcg)
{
	struct km_memcg *old = current->memcg;

	current->memcg = memcg;
	return old;
}

struct km_memcg *page_memcg(struct page *page)
{
	return page_type(page) == PAGE_SLAB ? page_slab_memcg(page) :
					      page->memcg;
}

/* ---- for the page allocator ---------------------------------------------- */

int memcg_charge_page(struct page *page, gfp_t gfp, unsigned long nr)
{
	struct km_memcg *memcg = current->memcg;
	unsigned long refs, pages;

	if (!memcg)
		return 0;
	refs = READ_ONCE(memcg->refs);
	do {
		pages = refs - 1 + nr;
		if (pages > READ_ONCE(memcg->limit) && !(gfp & __GFP_NOFAIL)) {
			__atomic_fetch_add(&memcg->failcnt, 1,
					   __ATOMIC_RELAXED);
			return -ENOMEM;
		}
	} while (!__atomic_compare_exchange_n(&memcg->refs, &refs, refs + nr,
					      false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	if (pages > READ_ONCE(memcg->max_usage))
		WRITE_ONCE(memcg->max_usage, pages);
	page->memcg = memcg;
	return 0;
}

bool memcg_put(struct km_memcg *memcg, unsigned long nr)
{
	unsigned long old = __atomic_fetch_sub(&memcg->refs, nr,
					       __ATOMIC_ACQ_REL);

	BUG_ON(old < nr);
	return old == nr;
}
