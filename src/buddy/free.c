// SPDX-License-Identifier: MIT
/*
 * buddy/free.c - return blocks of pages to a zone, merging buddies
 *
 * A zone keeps free memory as blocks of 2^order pages, each aligned to its
 * own size. Two blocks of one order whose frame numbers differ in bit `order`
 * only are buddies. When both are free they merge to a block of the next order.
 *
 *	pfn     0   1   2   3   4   5   6   7
 *	      [in use ][fr][ 3][ free, order 2 ]  3 comes back
 *	      [in use ][order1][ free, order 2 ]  2+3 merge; 0+1 in use: stop
 *
 * A block whose memory was given to the OS (PG_REPORTED) goes to the tail of
 * its list. A block that may be resident goes to the head, so that touched
 * memory is handed out first. A merged block is PG_REPORTED only if both
 * halves were.
 *
 * Locking	zone->lock (rank LOCK_ZONE), held by every __function. No
 *		system call is made while it is held.
 * Invariants	BUDDY1  PageBuddy(p) <=> p heads a block on free_area[order]
 *		BUDDY2  no block below MAX_PAGE_ORDER lies beside a free buddy
 *			of its order whose type it could merge with
 *		BUDDY3  nr_free is the length of the lists of its order
 *		BUDDY4  a block is on the list of its pageblock's type
 *		BUDDY5  free_pages, unreported, nr_isolated and
 *			nr_free_highatomic are sums over the lists
 *					(zone_check() checks all)
 * Source	Linux v6.12 mm/page_alloc.c, __free_one_page()
 *		(docs/kernel.md B1-B5); without guard pages:
 *		docs/divergence.md B
 */
#include <string.h>

#include "zone/page_debug.h"
#include "compaction/compact.h"
#include "core/tick.h"
#include "diag/warn.h"

/* Counts free pages apart that only some requests may have. */
static void account_type(struct zone *zone, unsigned int mt, long pages)
{
	unsigned long *counter;

	if (likely(migratetype_is_mergeable(mt)))
		return;
	counter = mt == MIGRATE_ISOLATE ? &zone->nr_isolated :
					  &zone->nr_free_highatomic;
	WRITE_ONCE(*counter, *counter + (unsigned long)pages);
}

void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt)
{
	struct free_area *area = &zone->free_area[order];

	set_page_type(page, PAGE_BUDDY);
	WRITE_ONCE(page->order, (u8)order);
	WRITE_ONCE(page->migratetype, (u8)mt);
	page->epoch = zone->epoch;
	if (PageReported(page)) {
		list_add_tail(&page->lru, &area->free_list[mt]);
	} else {
		list_add(&page->lru, &area->free_list[mt]);
		WRITE_ONCE(zone->unreported, zone->unreported + (1UL << order));
	}
	WRITE_ONCE(area->nr_free, area->nr_free + 1);
	WRITE_ONCE(zone->free_pages, zone->free_pages + (1UL << order));
	account_type(zone, mt, 1L << order);
}

void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order)
{
	struct free_area *area = &zone->free_area[order];

	VM_BUG_ON(!PageBuddy(page) || page->order != order);
	list_del(&page->lru);
	set_page_type(page, PAGE_NONE);
	WRITE_ONCE(area->nr_free, area->nr_free - 1);
	WRITE_ONCE(zone->free_pages, zone->free_pages - (1UL << order));
	account_type(zone, page->migratetype, -(1L << order));
	if (!PageReported(page))
		WRITE_ONCE(zone->unreported, zone->unreported - (1UL << order));
}

/* Returns the block beside this one if it is free and of the same order. */
static struct page *find_buddy(unsigned long pfn, unsigned int order)
{
	struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

	return PageBuddy(buddy) && buddy->order == order ? buddy : NULL;
}

/*
 * Returns true if the two blocks may merge. From pageblock size on their types
 * must be equal, or both types that may mix; the buddy then gets the type of
 * the block.
 */
static bool may_merge(unsigned long pfn, unsigned long buddy_pfn)
{
	unsigned int mt = get_pageblock_migratetype(pfn);
	unsigned int buddy_mt = get_pageblock_migratetype(buddy_pfn);

	if (mt == buddy_mt)
		return true;
	if (!migratetype_is_mergeable(mt) ||
	    !migratetype_is_mergeable(buddy_mt))
		return false;
	set_pageblock_migratetype(buddy_pfn, mt);
	return true;
}

/* Returns true if a waiting compaction run has taken the block. */
static bool capture_block(struct zone *zone, unsigned long pfn,
			  unsigned int order, u8 reported)
{
	struct page *page = pfn_to_page(pfn);

	WRITE_ONCE(page->flags, reported);
	set_page_links(page, zone);
	return compaction_capture(zone, page, order,
				  get_pageblock_migratetype(pfn));
}

/*
 * Each turn takes one free buddy off its list and doubles the block in hand. So
 * there are at most MAX_PAGE_ORDER turns, and stopping restores BUDDY2. Zones
 * consist of largest blocks: a buddy is always online and of this zone.
 */
static void merge_and_add(struct zone *zone, struct page *page,
			  unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	u8 reported = page->flags & PG_REPORTED;

	for (;;) {
		struct page *buddy = NULL;

		if (unlikely(zone->capture) &&
		    capture_block(zone, pfn, order, reported))
			return;
		if (order < MAX_PAGE_ORDER)
			buddy = find_buddy(pfn, order);
		if (!buddy || (order >= PAGEBLOCK_ORDER &&
			       !may_merge(pfn, page_to_pfn(buddy))))
			break;
		del_page_from_free_list(zone, buddy, order);
		reported &= buddy->flags;
		pfn &= ~(1UL << order); /* head of the merged block */
		order++;
	}
	page = pfn_to_page(pfn);
	WRITE_ONCE(page->flags, reported);
	set_page_links(page, zone);
	add_to_free_list(zone, page, order, get_pageblock_migratetype(pfn));
}

/*
 * A block larger than a pageblock is freed by pageblocks, each to the list of
 * its type.
 */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order)
{
	u8 flags = page->flags & PG_REPORTED;
	unsigned int piece = min(order, (unsigned int)PAGEBLOCK_ORDER);

	lock_assert_held(&zone->lock);
	VM_BUG_ON(page_to_pfn(page) & ((1UL << order) - 1));
	set_page_type(page, PAGE_NONE); /* it may become a tail */
	for (unsigned long n = 0; n < 1UL << order; n += 1UL << piece) {
		WRITE_ONCE(page[n].flags, flags);
		merge_and_add(zone, page + n, piece);
	}
}

/*
 * Returns the largest order of an aligned block that begins at pfn and ends at
 * or before `end`.
 */
static unsigned int range_order(unsigned long pfn, unsigned long end)
{
	unsigned int order = ilog2(end - pfn);

	if (pfn)
		order = min(order, __ffs(pfn));
	return min(order, (unsigned int)MAX_PAGE_ORDER);
}

void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags)
{
	while (pfn < end) {
		unsigned int order = range_order(pfn, end);
		struct page *page = pfn_to_page(pfn);

		WRITE_ONCE(page->flags, flags & PG_REPORTED);
		__free_one_page(zone, page, order);
		pfn += 1UL << order;
	}
}

/* ---- whole blocks -------------------------------------------------------- */

/*
 * Returns true if the page heads a block of this order that is in use;
 * otherwise reports why it does not.
 */
static bool names_a_block(const struct page *page, unsigned int order)
{
	unsigned int type = page_type(page);
	const char *reason;

	if (likely(type == PAGE_ALLOCATED && READ_ONCE(page->order) == order))
		return true;
	if (type == PAGE_BUDDY || type == PAGE_PCP)
		reason = "it is free already";
	else if (type == PAGE_ALLOCATED)
		reason = "freed with another order than allocated";
	else
		reason = "it heads no allocated block";
	report_bad_page(page, reason);
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

int (*page_shared_freed)(struct page *page, unsigned long nr);

/*
 * Undoes the page's accounting (memcg, dirty, shared). Returns false if it
 * still has a user or must be kept.
 */
static noinline bool settle_page(struct page *page, unsigned int order)
{
	const char *reason;

	if (page->memcg) {
		memcg_uncharge(page->memcg, 1UL << order);
		page->memcg = NULL;
	}
	if (page->flags & PG_DIRTY)
		folio_account_cleaned(page, order);
	if ((page->flags & PG_SHARED) && page_shared_freed(page, 1UL << order))
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

	if (unlikely(!page_is_clean(page) || (page->flags & marks)) &&
	    !settle_page(page, order))
		return false;
	if (page->flags & PG_HEAD)
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
		spin_unlock(&zone->lock);
		if (flags & FREE_TICK)
			tick_poll();
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
	if (!names_a_block(page, READ_ONCE(page->order)))
		return NULL;
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

/* ---- runs ---------------------------------------------------------------- */

void free_page_run(struct page *page, unsigned long nr)
{
	trim_page_run(page, 0, nr);
}

void trim_page_run(struct page *page, unsigned long keep, unsigned long nr)
{
	struct zone *zone = page_zone(page);
	unsigned long pfn = page_to_pfn(page);

	if (keep == nr)
		return;
	memcg_uncharge(page->memcg, nr - keep);
	if (!keep)
		page->memcg = NULL;
	if (!keep && unlikely(page->flags & PG_SHARED) &&
	    page_shared_freed(page, nr))
		return;
	page_debug_free(page, pfn + keep, nr - keep);
	if (!keep) {
		page->lru.prev = NULL;
		page_clean(page);
		set_page_type(page, PAGE_NONE);
	}
	spin_lock(&zone->lock);
	count_locked(&zone->freed, nr - keep);
	__free_range(zone, pfn + keep, pfn + nr, 0);
	spin_unlock(&zone->lock);
	memory_freed();
}
