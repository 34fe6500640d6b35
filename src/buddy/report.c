// SPDX-License-Identifier: MIT
/*
 * buddy/report.c - free page reporting: give free memory back to the OS
 *
 * Every tick advances zone->epoch. A block of reporting order or more that has
 * been free for two ticks is taken off its list and given to the OS. So are the
 * largest blocks of any age when more is free and resident than zone/surplus.h
 * allows. A block is put back marked PG_REPORTED: it reads as zero and uses no
 * memory.
 *
 *	free list   [resident, epoch 7]-[resident, 5]-[reported]-[reported]
 *	epoch 7           too young          goes      tail: scan ends here
 *
 * Smaller blocks stay, since one system call gives little back there and the OS
 * may have a large page around them. A trim gives them back too. An idle tick
 * does so where less than a quarter of a pageblock is in use:
 *
 *	[  |u|    | |       |u |     ]	7 of 512 frames in use: the rest goes
 *	[u| |uuu| |u| |uuuuu|  |uu| u]	half in use: stays whole
 *
 * While more than half of a pageblock that is marked for a huge page is in use,
 * no part of it goes back: the OS would cut the page in 512, and what is in use
 * would lose it. Only a trim, reclaim, a request that would fail and an idle
 * tick take parts then.
 *
 * Isolated blocks are not reported: an isolating thread is about to take them.
 *
 * The struct pages behind the head of a large block are given to the OS too.
 * Nothing refers to them while the block is whole, and they read as zero again,
 * as in a new section. Single pages that were used and freed would otherwise
 * keep 64 KiB of struct pages for each block of 4 MiB.
 *
 * Locking	zone->lock for the lists; none across the system call, when the
 *		block is PAGE_ISOLATED and so cannot be merged or taken.
 * Source	Linux v6.12 mm/page_reporting.c as a model; the delay and the
 *		order are boot parameters.
 */
#include <limits.h>

#include "buddy/internal.h"
#include "diag/param.h"
#include "core/tick.h"
#include "sys/os.h"
#include "zone/collapse.h"
#include "zone/pageblock.h"
#include "zone/surplus.h"

#define CAPACITY 32 /* blocks taken off the lists at a time */
#define PASSED_MOST 64 /* parts of huge pages that are passed over at a time */

static unsigned long delay_ms = 1000;
static unsigned long report_order = 4;

static int set_delay(const char *value)
{
	return param_number(value, 0, 86400000, &delay_ms);
}
boot_param("page_reporting.delay_ms", set_delay, "0 to 86400000");

static int set_order(const char *value)
{
	return param_number(value, 0, MAX_PAGE_ORDER, &report_order);
}
boot_param("page_reporting.page_reporting_order", set_order, "0 to 10");

static bool old_enough(const struct zone *zone, const struct page *page,
		       unsigned int flags)
{
	return (flags & REPORT_YOUNG) || (u16)(zone->epoch - page->epoch) >= 2;
}

/*
 * Returns true if half of a pageblock or more is free, with blocks that are on
 * their way to the OS. zone->lock is held.
 */
static bool half_free(unsigned long start)
{
	unsigned long nr_free = 0, nr_used = 0, step;

	for (unsigned long n = 0; n < PAGEBLOCK_PAGES; n += step) {
		const struct page *page = pfn_to_page(start + n);

		step = 1;
		if (PageBuddy(page) || READ_ONCE(page->type) == PAGE_ISOLATED) {
			step = 1UL << page->order;
			nr_free += step;
		} else {
			nr_used++;
		}
		if (nr_used > PAGEBLOCK_PAGES / 2)
			return false;
		if (nr_free >= PAGEBLOCK_PAGES / 2)
			return true;
	}
	return false;
}

/* Returns true if the block is smaller than the huge page it may lie in. */
static bool is_part_of_huge(const struct page *page)
{
	return page->order < PAGEBLOCK_ORDER &&
	       READ_ONCE(*pageblock_byte(page_to_pfn(page))) & PB_HUGE;
}

/*
 * Returns true if the block is a part of a pageblock that may be one huge page,
 * of which more than half is in use and would lose that. Trims and idle ticks
 * do not mind. zone->lock is held.
 */
static bool breaks_huge(const struct page *page, unsigned int flags)
{
	return !(flags & (REPORT_SMALL | REPORT_SPARSE)) &&
	       is_part_of_huge(page) &&
	       !half_free(ALIGN_DOWN(page_to_pfn(page), PAGEBLOCK_PAGES));
}

/* Blocks off their lists, on their way to the OS and back. */
struct report {
	struct zone *zone;
	struct page *blocks[CAPACITY];
	int nr;
	unsigned long most; /* pages still to be given */
	unsigned long pages; /* that the OS took */
	unsigned long broken; /* of these parts of huge pages, this time */
	bool refused; /* it refused some */
};

/* Takes a free block off its list. zone->lock is held. */
static void isolate_block(struct report *r, struct page *page)
{
	del_page_from_free_list(r->zone, page, page->order);
	set_page_type(page, PAGE_ISOLATED);
	r->blocks[r->nr++] = page;
}

/*
 * Takes up to CAPACITY blocks that are due off one list. No block is taken of
 * which less than half is still to be given.
 */
static void isolate_blocks(struct report *r, struct list_head *list,
			   unsigned int flags)
{
	struct page *page, *next;
	int passed = 0;

	r->nr = 0;
	list_for_each_entry_safe(page, next, list, lru) {
		unsigned long pages = 1UL << page->order;

		if (PageReported(page) || r->nr == CAPACITY ||
		    r->most < pages / 2 || passed == PASSED_MOST)
			break;
		if (!old_enough(r->zone, page, flags))
			continue;
		if (breaks_huge(page, flags)) {
			passed++;
			continue;
		}
		isolate_block(r, page);
		r->most -= min(r->most, pages);
	}
}

/* In one page of the machine. */
#define STRUCT_PAGES (OS_PAGE_SIZE / sizeof(struct page))

/*
 * Gives the struct pages to the OS that share no page with the head's. It may
 * fail.
 */
static void give_tails_to_os(struct page *page)
{
	unsigned long nr = 1UL << page->order;

	if (nr > STRUCT_PAGES)
		os_discard(page + STRUCT_PAGES,
			   (nr - STRUCT_PAGES) * sizeof(*page));
}

static int give_to_os(struct page *page)
{
	unsigned long pfn = page_to_pfn(page), nr = 1UL << page->order;
	int ret;

	if (PageHighMem(page))
		ret = arena_punch(pfn, nr);
	else
		ret = arena_discard(pfn, nr);
	if (!ret)
		give_tails_to_os(page);
	return ret;
}

/*
 * Gives the blocks to the OS and puts them back on their lists. Those that the
 * OS refuses (memory that the program locked) go back to the head.
 */
static void report_isolated(struct report *r)
{
	struct zone *zone = r->zone;
	unsigned long before = r->pages;

	if (!r->nr)
		return;
	r->broken = 0;
	for (int i = 0; i < r->nr; i++) {
		struct page *page = r->blocks[i];

		if (give_to_os(page)) {
			r->refused = true;
			continue;
		}
		WRITE_ONCE(page->flags, READ_ONCE(page->flags) | PG_REPORTED);
		r->pages += 1UL << page->order;
		if (is_part_of_huge(page))
			r->broken += 1UL << page->order;
	}
	spin_lock(&zone->lock);
	for (int i = 0; i < r->nr; i++)
		__free_one_page(zone, r->blocks[i], r->blocks[i]->order);
	turnover_given(&zone->turnover, r->pages - before,
		       zone->free_pages - zone->unreported);
	turnover_broken(&zone->turnover, r->broken);
	spin_unlock(&zone->lock);
}

/* A further turn would find a refused block again, so none follows. */
static void report_list(struct report *r, struct list_head *list,
			unsigned int flags)
{
	do {
		spin_lock(&r->zone->lock);
		isolate_blocks(r, list, flags);
		spin_unlock(&r->zone->lock);
		report_isolated(r);
	} while (r->nr == CAPACITY && !r->refused);
}

/* ---- blocks below the reporting order ------------------------------------ */

/*
 * Takes up to CAPACITY blocks of one pageblock off their lists, if less than a
 * quarter of it is in use. Else its blocks stay together, so that the OS may
 * keep a large page there. zone->lock is held.
 */
static void isolate_sparse(struct report *r, unsigned long start)
{
	const unsigned long end = start + PAGEBLOCK_PAGES;
	unsigned long pfn, step, nr_free = 0;
	struct page *small[CAPACITY];
	int nr = 0;

	for (pfn = start; pfn < end; pfn += step) {
		struct page *page = pfn_to_page(pfn);

		step = 1;
		if (!PageBuddy(page))
			continue;
		step = 1UL << page->order;
		nr_free += step;
		if (!PageReported(page) && nr < CAPACITY &&
		    page->migratetype < MIGRATE_ISOLATE)
			small[nr++] = page;
	}
	if (4 * nr_free <= 3 * PAGEBLOCK_PAGES)
		return;
	for (int i = 0; i < nr; i++)
		isolate_block(r, small[i]);
}

/* Returns true if a free block reaches from an earlier pageblock into this. */
static bool block_reaches(unsigned long start)
{
	const struct page *head = pfn_to_page(
		ALIGN_DOWN(start, MAX_ORDER_NR_PAGES));

	return PageBuddy(head) && page_to_pfn(head) < start &&
	       head->order > PAGEBLOCK_ORDER;
}

static void report_sparse(struct report *r)
{
	struct zone *zone = r->zone;
	unsigned long pfn = zone->zone_start_pfn;

	for (; pfn < READ_ONCE(zone->populated_end); pfn += PAGEBLOCK_PAGES) {
		do {
			spin_lock(&zone->lock);
			r->nr = 0;
			if (pfn_online(pfn) && !block_reaches(pfn))
				isolate_sparse(r, pfn);
			spin_unlock(&zone->lock);
			report_isolated(r);
		} while (r->nr == CAPACITY && !r->refused);
	}
}

static void report_order_of(struct report *r, int order, unsigned int flags)
{
	struct free_area *area = &r->zone->free_area[order];

	for (unsigned int mt = 0; mt < MIGRATE_ISOLATE; mt++)
		report_list(r, &area->free_list[mt], flags);
}

unsigned long page_reporting_process(struct zone *zone, unsigned int flags)
{
	const int least = flags & REPORT_SMALL ? 0 : (int)report_order;
	struct report r = { .zone = zone, .most = ULONG_MAX };

	if (!READ_ONCE(zone->unreported))
		return 0;
	for (int order = MAX_PAGE_ORDER; order >= least; order--)
		report_order_of(&r, order, flags);
	if (flags & REPORT_SPARSE && READ_ONCE(zone->unreported))
		report_sparse(&r);
	return r.pages;
}

/* Gives up to so many pages, of the largest blocks first. */
static unsigned long reporting_trim(unsigned long most)
{
	struct report r = { .most = most };

	for (int order = MAX_PAGE_ORDER; order >= (int)report_order; order--)
		for_each_zone(r.zone)
			if (READ_ONCE(r.zone->unreported))
				report_order_of(&r, order, REPORT_YOUNG);
	return r.pages;
}

/* Forgets, by and by, which pages the OS got lately. */
static void forget_given(struct zone *zone, unsigned int flags)
{
	spin_lock(&zone->lock);
	turnover_tick(&zone->turnover, flags);
	spin_unlock(&zone->lock);
}

static void reporting_tick(unsigned int flags)
{
	struct zone *zone;

	for_each_zone(zone) {
		spin_lock(&zone->lock);
		WRITE_ONCE(zone->epoch, (u16)(zone->epoch + 1));
		spin_unlock(&zone->lock);
		if (flags & TICK_IDLE)
			drain_all_pages(zone);
		else
			pcp_tick(zone);
		page_reporting_process(
			zone,
			flags & TICK_IDLE ? REPORT_YOUNG | REPORT_SPARSE : 0);
		forget_given(zone, flags);
	}
	surplus_tick(flags);
	thp_collapse_tick();
}

static const struct tick reporting = {
	.fn = reporting_tick,
	.trim = reporting_trim,
};

void page_reporting_init(void)
{
	tick_interval_ms = max(delay_ms / 2, 1UL);
	tick_register(&reporting);
}
