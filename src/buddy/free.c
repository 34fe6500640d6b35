// SPDX-License-Identifier: MIT
/*
 * buddy/free.c - blocks that come back from their users
 *
 *	__free_pages, put_page ...
 *	  names_a_block		heads a block in use, of this order? or reported
 *	  put_page_testzero	the last reference?
 *	  free_pages_prepare	accounts undone; out of the frame index; clean
 *	  free_pcplist		onto this CPU's list, pcp.c, or
 *	    __free_one_page	under zone->lock, freelist.c
 *	  memory_freed		wakes requests that wait for memory
 *
 * A block that is not compound and has further references ends here all the
 * same: only its first page is kept for them, its other pages become free.
 *
 * Locking	zone->lock around __free_one_page(); none elsewhere. tick_poll()
 *		and surplus_poll() are called with none.
 * Source	Linux v6.12 mm/page_alloc.c, __free_pages() and
 *		free_pages_prepare()
 */
#include <string.h>

#include "buddy/internal.h"
#include "core/probe.h"
#include "core/tick.h"
#include "diag/warn.h"
#include "zone/badpage.h"
#include "zone/memcg.h"
#include "zone/page_debug.h"
#include "zone/surplus.h"
#include "zone/wait.h"
#include "zone/zone.h"

void memcg_uncharge(struct km_memcg *memcg, unsigned long nr)
{
	if (memcg && memcg_put(memcg, nr))
		free_pages((unsigned long)memcg, 0);
}

/* ---- is it a block in use? ----------------------------------------------- */

static noinline __cold void report_no_block(const struct page *page)
{
	unsigned int type = page_type(page);
	const char *reason;

	if (type == PAGE_BUDDY || type == PAGE_PCP)
		reason = "it is free already";
	else if (type == PAGE_ALLOCATED)
		reason = "freed with another order than allocated";
	else
		reason = "it heads no allocated block";
	report_bad_page(page, reason);
}

/*
 * Returns true if the page heads a block of this order that is in use;
 * otherwise reports why it does not.
 */
static bool names_a_block(const struct page *page, unsigned int order)
{
	if (likely(page_type(page) == PAGE_ALLOCATED &&
		   READ_ONCE(page->order) == order))
		return true;
	report_no_block(page);
	return false;
}

/*
 * Returns true if `page` points to a struct page of an online frame. Only the
 * address is looked at; nothing is read.
 */
static bool is_our_page(const struct page *page)
{
	uintptr_t at = (uintptr_t)page - (uintptr_t)arena.vmemmap;

	return at % sizeof(*page) == 0 && pfn_online(at / sizeof(*page));
}

/*
 * Undoes the page's accounting (memcg, dirty, shared). Returns false if it
 * still has a user or must be kept.
 */
static noinline bool settle_page(struct page *page, unsigned int order)
{
	u8 flags = READ_ONCE(page->flags);
	const char *reason;

	if (page->memcg) {
		memcg_uncharge(page->memcg, 1UL << order);
		page->memcg = NULL;
	}
	if (flags & PG_DIRTY)
		folio_account_cleaned(page, order);
	if ((flags & PG_SHARED) && page_shared_freed(page, 1UL << order))
		return false;
	reason = page_bad_reason(page, "PAGE_FLAGS_CHECK_AT_FREE flag(s) set",
				 PAGE_FLAGS_CHECK_AT_FREE);
	if (reason)
		bad_page(page, reason);
	return !reason;
}

/*
 * Returns false if the page must not be freed: it is bad, or
 * page_shared_freed() keeps it for now.
 */
static bool free_pages_prepare(struct page *page, unsigned int order)
{
	unsigned int marks = PAGE_FLAGS_CHECK_AT_FREE | PG_DIRTY | PG_SHARED;

	if (unlikely(!page_is_clean(page) ||
		     (READ_ONCE(page->flags) & marks)) &&
	    !settle_page(page, order))
		return false;
	probe_mm_page_free(page_to_pfn(page), order);
	if (READ_ONCE(page->flags) & PG_HEAD)
		memset(arena_index + page_to_pfn(page), 0, 1UL << order);
	WRITE_ONCE(page->flags, 0);
	page_clean(page);
	page_debug_free(page, page_to_pfn(page), 1UL << order);
	return true;
}

void __free_pages_ok(struct page *page, unsigned int order, unsigned int flags)
{
	struct zone *zone = page_zone(page);

	if (!free_pages_prepare(page, order))
		return;
	if (!pcp_allowed_order(order) ||
	    !free_pcplist(zone, page, order, flags)) {
		spin_lock(&zone->lock);
		count_locked(&zone->freed, 1UL << order);
		__free_one_page(zone, page, order);
		surplus_note(zone);
		spin_unlock(&zone->lock);
		if (flags & FREE_TICK) {
			tick_poll();
			surplus_poll();
		}
	}
	memory_freed();
}

/*
 * Frees all pages but the first of a block that is not compound, because
 * another user holds a reference to the first page. That user keeps the first
 * page.
 */
static void free_tails(struct page *page, unsigned int order, u8 flags,
		       struct km_memcg *memcg)
{
	while (order--) {
		struct page *tail = page + (1UL << order);

		set_page_links(tail, page_zone(page));
		WRITE_ONCE(tail->order, (u8)order);
		WRITE_ONCE(tail->flags, flags & (PG_DIRTY | PG_SHARED));
		page_clean(tail);
		tail->memcg = memcg;
		set_page_type(tail, PAGE_ALLOCATED);
		__free_pages_ok(tail, order, 0);
	}
}

static __always_inline void do_free_pages(struct page *page, unsigned int order,
					  unsigned int free_flags)
{
	struct km_memcg *memcg;
	bool compound;
	u8 flags;

	if (WARN_ONCE(!page || !is_our_page(page),
		      "__free_pages: %p is no page", (const void *)page) ||
	    !names_a_block(page, order))
		return;
	memcg = page->memcg;
	flags = READ_ONCE(page->flags);
	compound = flags & PG_HEAD;
	if (order &&
	    !compound) /* set before the put: the last put frees one page */
		WRITE_ONCE(page->order, (u8)0);
	if (put_page_testzero(page))
		__free_pages_ok(page, order, free_flags);
	else if (!compound)
		free_tails(page, order, flags, memcg);
}

void __free_pages(struct page *page, unsigned int order)
{
	do_free_pages(page, order, FREE_TICK);
}

void page_block_free(struct page *page, unsigned int order)
{
	do_free_pages(page, order, 0);
}

void free_hot_cold_page(struct page *page, int cold)
{
	if (!WARN_ONCE(!page || !is_our_page(page),
		       "free_hot_cold_page: %p is no page",
		       (const void *)page) &&
	    names_a_block(page, 0) && put_page_testzero(page))
		__free_pages_ok(page, 0, FREE_TICK | (cold ? FREE_COLD : 0));
}

/*
 * Returns the first page of the block in use that `page` is in: of a __GFP_COMP
 * block its head, else the page itself. Otherwise returns NULL and reports a
 * page that is foreign or not in use.
 */
static struct page *page_in_use(struct page *page)
{
	if (WARN_ONCE(!page || !is_our_page(page),
		      "get_page, put_page: %p is no page", (void *)page))
		return NULL;
	page = compound_head(page);
	/* Its order may change: do_free_pages() by another user of the page. */
	if (unlikely(page_type(page) != PAGE_ALLOCATED)) {
		report_no_block(page);
		return NULL;
	}
	if (likely(READ_ONCE(page->_refcount)))
		return page;
	report_bad_page(page, "it has no reference");
	return NULL;
}

void get_page(struct page *page)
{
	page = page_in_use(page);
	if (page)
		__atomic_fetch_add(&page->_refcount, 1, __ATOMIC_RELAXED);
}

static __always_inline void do_put_page(struct page *page,
					unsigned int free_flags)
{
	bool compound;
	unsigned int order;

	page = page_in_use(page);
	if (!page)
		return;
	compound = READ_ONCE(page->flags) & PG_HEAD;
	order = compound ? READ_ONCE(page->order) : 0;
	if (!put_page_testzero(page))
		return;
	WRITE_ONCE(page->order, (u8)order);
	__free_pages_ok(page, order, free_flags);
}

void put_page(struct page *page)
{
	do_put_page(page, FREE_TICK);
}

void page_block_put(struct page *page)
{
	do_put_page(page, 0);
}

void free_pages(unsigned long addr, unsigned int order)
{
	struct page *page = virt_to_page((void *)addr);

	if (!addr)
		return;
	if (WARN_ONCE(!page || addr % PAGE_SIZE,
		      "free_pages: bad address (%#lx)", addr))
		return;
	__free_pages(page, order);
}
