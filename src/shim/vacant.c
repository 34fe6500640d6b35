// SPDX-License-Identifier: MIT
/*
 * shim/vacant.c - words of check in freed runs and areas
 *
 *	run	| word word |      ...      | word (its last 8 bytes) | word |
 *		first frame		    last frame
 *	area	| word word |      ...				      | word |
 *
 * free() writes these words, each to a place that is not 0: that page is
 * resident then. When the memory is taken again, by a run or an area, they are
 * looked at. One that has changed ends the program, for it was written after it
 * was freed. 0 is no change: the OS had the page meanwhile.
 *
 * Freed runs are joined, cut, and made slabs. Where words are, the marks of
 * their frames say (kmem/marks.h). A new run looks at its frames first, and so
 * clears their marks. A new slab clears them, and so does a long name of a
 * cache. No other code of the preload libraries writes to frames. One that was
 * not taken has its words, or 0. Freed areas are joined and cut too: a table
 * has the last few that were freed. An area that has an end of one again takes
 * it out of the table.
 *
 * Options that write to free pages themselves, such as page_poison, have no
 * words. Nor have children of fork, which would copy pages for them.
 *
 * Locking	none: the memory is its caller's, and so are the marks. An entry
 *		of the table is one word, and atomic.
 *		No frame in use has a mark that says so, and no area in use
 *		has an end of an entry.
 * Tests	misuse.vacant.*, misuse.table.*
 * Source	no counterpart
 */
#include "diag/report.h"
#include "kmem/inherited.h"
#include "kmem/marks.h"
#include "shim/block.h"
#include "shim/vacant.h"
#include "zone/page_debug.h"

/* Marks of a frame: of its first bytes, and of its last ones. */
enum { MARK_FRONT, MARK_BACK };
#define HAS_FRONT 1U
#define HAS_LAST 0x8000U /* the low 12 bits are its place in the frame */
#define HAS_END 0x4000U

#define NR_AREAS 16
#define AREA_PAGES_BITS 28

static u64 areas[NR_AREAS]; /* atomic: first page, number of pages; or 0 */
static u32 areas_next; /* atomic */

static bool wants_words(void)
{
	return block_checks && !page_debugging && !kmem_forks;
}

/* Writes the word to a place that is not 0. Returns true if it did. */
static bool word_leave(char *at)
{
	if (!word_get(at))
		return false;
	word_put(at, block_word);
	return true;
}

static bool put_front(char *p)
{
	bool first = word_leave(p);

	return word_leave(p + 8) || first;
}

static void word_look(char *at)
{
	if (unlikely(word_is_written(at)))
		km_panic("kmalloc: malloc(): %p was written after it was "
			 "freed\n",
			 at);
	if (!word_differs(at, block_word))
		word_put(at, 0);
}

/* ---- runs ---------------------------------------------------------------- */

void vacant_run(const struct page *page, size_t size)
{
	unsigned long pfn = page_to_pfn(page), nr = page->nr_pages;
	char *p = page_to_virt(page), *end = p + (nr << PAGE_SHIFT);
	size_t slack = (nr << PAGE_SHIFT) - size;
	unsigned int back = 0;
	u16 *marks;

	if (!wants_words() || kmem_marks_cover(pfn, nr))
		return;
	marks = kmem_marks + pfn * MARKS_PER_FRAME;
	if (put_front(p))
		marks[MARK_FRONT] = HAS_FRONT;
	if (size >= FRONT_BYTES && slack <= PAGE_SIZE - 8 &&
	    word_leave(p + size - 8))
		back = HAS_LAST | ((size - 8) & (PAGE_SIZE - 1));
	if (slack >= 8 && word_leave(end - 8))
		back |= HAS_END;
	marks += (nr - 1) * MARKS_PER_FRAME;
	marks[MARK_BACK] = (u16)back;
}

static noinline void look_at_frame(char *p, u16 *marks)
{
	unsigned int back = marks[MARK_BACK];

	if (marks[MARK_FRONT]) {
		word_look(p);
		word_look(p + 8);
	}
	if (back & HAS_LAST)
		word_look(p + (back & (PAGE_SIZE - 1)));
	if (back & HAS_END)
		word_look(p + PAGE_SIZE - 8);
	marks[MARK_FRONT] = marks[MARK_BACK] = 0;
}

void vacant_look(unsigned long pfn, unsigned long nr)
{
	unsigned long end = smp_load_acquire(&kmem_marks_end);

	for (end = min(end, pfn + nr); pfn < end; pfn++) {
		u16 *marks = kmem_marks + pfn * MARKS_PER_FRAME;

		if (unlikely(word_get(marks)))
			look_at_frame(pfn_to_virt(pfn), marks);
	}
}

/* ---- areas --------------------------------------------------------------- */

void vacant_area(const struct large_area *area)
{
	size_t size = large_size(area);
	char *p = (char *)area->va.va_start;
	u64 entry = (u64)(uintptr_t)p >> PAGE_SHIFT << AREA_PAGES_BITS;
	u32 at = __atomic_fetch_add(&areas_next, 1, __ATOMIC_RELAXED);
	bool any;

	if (!wants_words() || area->va.flags & LARGE_AREA_DIRECT ||
	    size >> PAGE_SHIFT >> AREA_PAGES_BITS ||
	    (uintptr_t)p >> (64 - AREA_PAGES_BITS + PAGE_SHIFT))
		return;
	any = put_front(p);
	any |= word_leave(p + size - 8);
	if (any)
		__atomic_store_n(&areas[at % NR_AREAS],
				 entry | size >> PAGE_SHIFT, __ATOMIC_RELEASE);
}

/* Looks at the words of an area of which [start, end) is in use again. */
static void look_at_area(u64 *place, u64 entry, uintptr_t start, uintptr_t end,
			 uintptr_t readable)
{
	uintptr_t from = entry >> AREA_PAGES_BITS << PAGE_SHIFT;
	uintptr_t to = from +
		       ((entry & (BIT(AREA_PAGES_BITS) - 1)) << PAGE_SHIFT);
	bool front = from >= start && from < end;
	bool back = to > start && to <= end;

	if ((!front && !back) ||
	    !__atomic_compare_exchange_n(place, &entry, 0, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	if (front && from < readable) {
		word_look((char *)from);
		word_look((char *)from + 8);
	}
	if (back && to <= readable)
		word_look((char *)to - 8);
}

void vacant_look_area(const struct large_area *area, enum vacant_memory how)
{
	uintptr_t start = area->va.va_start, readable = start;

	if (how == VACANT_KEPT) /* but not its guard */
		readable += large_size(area);
	for (unsigned int i = 0; i < NR_AREAS; i++) {
		u64 entry = __atomic_load_n(&areas[i], __ATOMIC_ACQUIRE);

		if (entry)
			look_at_area(&areas[i], entry, start, area->va.va_end,
				     readable);
	}
}
