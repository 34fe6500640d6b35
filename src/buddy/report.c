// SPDX-License-Identifier: MIT
/*
 * buddy/report.c - free page reporting: give free memory back to the OS
 *
 * Every tick advances zone->epoch. A block of reporting order or more that has
 * been free for two ticks is taken off its list and given to the OS. It is put
 * back marked PG_REPORTED: it reads as zero and uses no memory.
 *
 *	free list   [resident, epoch 7]-[resident, 5]-[reported]-[reported]
 *	epoch 7           too young          goes      tail: scan ends here
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
#include "buddy/internal.h"
#include "diag/param.h"
#include "core/tick.h"
#include "sys/os.h"

#define CAPACITY 32 /* blocks taken off the lists at a time */

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

/* Takes up to CAPACITY blocks that are due off one list. Returns how many. */
static int isolate_blocks(struct zone *zone, struct list_head *list,
			  unsigned int flags, struct page **blocks)
{
	struct page *page, *next;
	int nr = 0;

	list_for_each_entry_safe(page, next, list, lru) {
		if (PageReported(page) || nr == CAPACITY)
			break;
		if (!old_enough(zone, page, flags))
			continue;
		del_page_from_free_list(zone, page, page->order);
		set_page_type(page, PAGE_ISOLATED);
		blocks[nr++] = page;
	}
	return nr;
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
 * Blocks that the OS refuses (memory that the program locked) go back to the
 * head of their list. The next turn would find them again, so this one is the
 * last. Returns the pages given.
 */
static unsigned long report_list(struct zone *zone, struct list_head *list,
				 unsigned int flags)
{
	struct page *blocks[CAPACITY];
	unsigned long pages = 0;
	bool refused = false;
	int nr;

	do {
		spin_lock(&zone->lock);
		nr = isolate_blocks(zone, list, flags, blocks);
		spin_unlock(&zone->lock);
		if (!nr)
			break;
		for (int i = 0; i < nr; i++) {
			struct page *page = blocks[i];

			if (give_to_os(page)) {
				refused = true;
				continue;
			}
			page->flags |= PG_REPORTED;
			pages += 1UL << page->order;
		}
		spin_lock(&zone->lock);
		for (int i = 0; i < nr; i++)
			__free_one_page(zone, blocks[i], blocks[i]->order);
		spin_unlock(&zone->lock);
	} while (nr == CAPACITY && !refused);
	return pages;
}

unsigned long page_reporting_process(struct zone *zone, unsigned int flags)
{
	unsigned long pages = 0;

	if (!READ_ONCE(zone->unreported))
		return 0;
	for (int order = MAX_PAGE_ORDER; order >= (int)report_order; order--)
		for (unsigned int mt = 0; mt < MIGRATE_ISOLATE; mt++)
			pages += report_list(
				zone, &zone->free_area[order].free_list[mt],
				flags);
	return pages;
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
		page_reporting_process(zone,
				       flags & TICK_IDLE ? REPORT_YOUNG : 0);
	}
}

static const struct tick reporting = { .fn = reporting_tick };

void page_reporting_init(void)
{
	tick_interval_ms = max(delay_ms / 2, 1UL);
	tick_register(&reporting);
}
