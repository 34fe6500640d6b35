// SPDX-License-Identifier: MIT
/*
 * zone/page_debug.c - see page_debug.h
 */
#include <string.h>

#include "diag/dump_stack.h"
#include "diag/hexdump.h"
#include "diag/param.h"
#include "diag/ratelimit.h"
#include "diag/report.h"
#include "sys/os.h"
#include "zone/badpage.h"
#include "zone/mmzone.h"
#include "zone/page_debug.h"

u8 page_debugging;

static struct {
	unsigned long init_on_alloc, init_on_free, poison, unmap;
} wanted; /* constant after init */

static int set_init_on_alloc(const char *value)
{
	return param_bool(value, &wanted.init_on_alloc);
}
boot_param("init_on_alloc", set_init_on_alloc, "0, 1");

static int set_init_on_free(const char *value)
{
	return param_bool(value, &wanted.init_on_free);
}
boot_param("init_on_free", set_init_on_free, "0, 1");

static int set_page_poison(const char *value)
{
	return param_bool(value, &wanted.poison);
}
boot_param("page_poison", set_page_poison, "0, 1");

static int set_debug_pagealloc(const char *value)
{
	return param_bool(*value ? value : "1", &wanted.unmap);
}
boot_param("debug_pagealloc", set_debug_pagealloc, "0, 1; alone it means 1");

static u64 *unmapped; /* a bit for each frame, atomic; NULL: not wanted */
static unsigned long nr_unmapped; /* atomic: runs of such frames */

void page_debug_init(void)
{
	page_debugging = 0;
	if (wanted.poison && (wanted.init_on_alloc || wanted.init_on_free))
		km_report("mem auto-init: page_poison will take precedence "
			  "over init_on_alloc and init_on_free\n");
	if (wanted.poison)
		page_debugging |= PAGE_POISONING;
	else if (wanted.init_on_free)
		page_debugging |= PAGE_INIT_ON_FREE;
	if (!wanted.poison && wanted.init_on_alloc)
		page_debugging |= PAGE_INIT_ON_ALLOC;
	page_debugging |= page_owner_init();
	if (!wanted.unmap)
		return;
	unmapped = os_map(OS_PAGE_ALIGN(arena.span_frames / 8 + 8));
	if (unmapped)
		page_debugging |= PAGE_UNMAPPING;
}

/* ---- debug_pagealloc ----------------------------------------------------- */

static bool is_unmapped(unsigned long pfn)
{
	return pfn < arena.span_frames &&
	       (READ_ONCE(unmapped[pfn / BITS_PER_LONG]) &
		BIT(pfn % BITS_PER_LONG));
}

static void mark_unmapped(unsigned long pfn, unsigned long nr, unsigned int on)
{
	for (unsigned long at = pfn; at < pfn + nr; at++) {
		u64 *word = &unmapped[at / BITS_PER_LONG];

		if (on)
			__atomic_fetch_or(word, BIT(at % BITS_PER_LONG),
					  __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(word, ~BIT(at % BITS_PER_LONG),
					   __ATOMIC_RELAXED);
	}
}

/*
 * Returns how many runs of frames without access begin in these frames, or
 * right behind them.
 */
static unsigned long count_starts(unsigned long pfn, unsigned long nr)
{
	bool before = pfn && is_unmapped(pfn - 1);
	unsigned long starts = 0;

	for (unsigned long at = pfn; at <= pfn + nr; at++) {
		bool here = is_unmapped(at);

		starts += here && !before;
		before = here;
	}
	return starts;
}

static void set_access(unsigned long pfn, unsigned long nr, unsigned int on)
{
	unsigned long starts = count_starts(pfn, nr);

	if (on == 0 &&
	    (READ_ONCE(nr_unmapped) >= MAX_UNMAPPED || arena_deny(pfn, nr)))
		return;
	if (on && arena_allow(pfn, nr))
		return;
	mark_unmapped(pfn, nr, !on);
	__atomic_add_fetch(&nr_unmapped, count_starts(pfn, nr) - starts,
			   __ATOMIC_RELAXED);
}

static void map_pages(unsigned long pfn, unsigned long nr)
{
	for (unsigned long at = pfn; at < pfn + nr; at++) {
		if (!is_unmapped(at))
			continue;
		set_access(pfn, nr, 1);
		return;
	}
}

/* ---- page_poison --------------------------------------------------------- */

static bool single_bit_flip(u8 a, u8 b)
{
	return is_power_of_2(a ^ b);
}

static __cold void report_poison(const struct page *page, u8 *start, u8 *end)
{
	static struct ratelimit_state limit = RATELIMIT_STATE_INIT(5000, 10);

	while (end[-1] == PAGE_POISON)
		end--;
	if (!__ratelimit(&limit, "check_poison_mem"))
		return;
	if (end - start == 1 && single_bit_flip(*start, PAGE_POISON))
		km_report("pagealloc: single bit error\n");
	else
		km_report("pagealloc: memory corruption\n");
	print_hex_dump("", start, (size_t)(end - start));
	dump_stack();
	dump_page(page, "pagealloc: corrupted page details");
}

static void check_poison(const struct page *page, unsigned long pfn,
			 unsigned long nr)
{
	for (unsigned long at = pfn; at < pfn + nr; at++) {
		u8 *mem = pfn_to_virt(at);
		u8 *start = memchr_inv(mem, PAGE_POISON, PAGE_SIZE);

		if (start && memchr_inv(mem, 0, PAGE_SIZE))
			report_poison(page, start, mem + PAGE_SIZE);
	}
}

/* ---- pages come and go --------------------------------------------------- */

void __page_debug_alloc(const struct page *page, unsigned long pfn,
			unsigned long nr)
{
	if (PageHighMem(page))
		return;
	if (page_debugging & PAGE_UNMAPPING)
		map_pages(pfn, nr);
	if (page_debugging & PAGE_POISONING)
		check_poison(page, pfn, nr);
}

void __page_debug_free(const struct page *page, unsigned long pfn,
		       unsigned long nr)
{
	if (page_debugging & PAGE_OWNER)
		__reset_page_owner(pfn, nr);
	if (PageHighMem(page))
		return;
	if (page_debugging & PAGE_POISONING)
		memset(pfn_to_virt(pfn), PAGE_POISON, nr << PAGE_SHIFT);
	else if (page_debugging & PAGE_INIT_ON_FREE)
		memset(pfn_to_virt(pfn), 0, nr << PAGE_SHIFT);
	if (page_debugging & PAGE_UNMAPPING)
		set_access(pfn, nr, 0);
}

void __page_debug_return(const struct page *page, unsigned long pfn,
			 unsigned long nr)
{
	if (!PageHighMem(page) && (page_debugging & PAGE_UNMAPPING))
		set_access(pfn, nr, 0);
}
