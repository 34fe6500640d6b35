// SPDX-License-Identifier: MIT
/*
 * request/memcg.c - groups that pay for pages
 *
 * A request with __GFP_ACCOUNT is charged to the group that its thread is in,
 * in whole pages. The charge ends when the pages are freed, by any thread.
 * page->memcg of the first page is the group that pays. A slab of an accounted
 * cache is charged as a whole, to the group of the thread that allocated it.
 *
 *	thread -> current->memcg --charge--> [ refs = pages + 1 ][ limit ]
 *	                page->memcg --------'        uncharge
 *
 * A destroyed group keeps its struct until no page is charged to it.
 *
 * Locking	none: refs is atomic; only a thread itself changes its group
 * Invariants	MEMCG1  refs = pages charged, plus 1 until it is destroyed
 *		MEMCG2  page->memcg != NULL <=> its block is part of refs
 *						(unit.request.memcg checks both)
 * Source	Linux v6.12 mm/memcontrol.c as a model: one level, pages only,
 *		no reclaim by group
 */
#include <errno.h>

#include <kmalloc/memcg.h>

#include "buddy/internal.h"
#include "core/task.h"

struct km_memcg {
	unsigned long refs; /* MEMCG1; atomic */
	unsigned long limit; /* pages; relaxed */
	unsigned long max_usage; /* pages; relaxed, an estimate */
	unsigned long failcnt; /* refused charges; atomic */
	u8 alive; /* 0 once destroyed; relaxed */
};

static void put_refs(struct km_memcg *memcg, unsigned long nr)
{
	unsigned long old = __atomic_fetch_sub(&memcg->refs, nr,
					       __ATOMIC_ACQ_REL);

	BUG_ON(old < nr);
	if (old == nr)
		free_pages((unsigned long)memcg, 0);
}

static unsigned long bytes_to_pages(unsigned long long bytes)
{
	return bytes > ~0UL - PAGE_SIZE ? ~0UL >> PAGE_SHIFT :
					  (unsigned long)bytes >> PAGE_SHIFT;
}

struct km_memcg *km_memcg_create(unsigned long long limit)
{
	struct km_memcg *memcg = (void *)get_zeroed_page(GFP_KERNEL);

	if (!memcg)
		return NULL;
	memcg->refs = 1;
	memcg->alive = 1;
	memcg->limit = bytes_to_pages(limit);
	return memcg;
}

void km_memcg_destroy(struct km_memcg *memcg)
{
	if (!memcg)
		return;
	if (current->memcg == memcg)
		current->memcg = NULL;
	BUG_ON(!__atomic_exchange_n(&memcg->alive, 0, __ATOMIC_RELAXED));
	put_refs(memcg, 1);
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
	unsigned long pages = bytes_to_pages(limit);

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
	unsigned long pages;

	if (!memcg)
		return 0;
	pages = __atomic_add_fetch(&memcg->refs, nr, __ATOMIC_RELAXED) - 1;
	if (pages > READ_ONCE(memcg->limit) && !(gfp & __GFP_NOFAIL)) {
		__atomic_fetch_add(&memcg->failcnt, 1, __ATOMIC_RELAXED);
		put_refs(memcg, nr);
		return -ENOMEM;
	}
	if (pages > READ_ONCE(memcg->max_usage))
		WRITE_ONCE(memcg->max_usage, pages);
	page->memcg = memcg;
	return 0;
}

void memcg_uncharge(struct km_memcg *memcg, unsigned long nr)
{
	if (memcg)
		put_refs(memcg, nr);
}
