// SPDX-License-Identifier: MIT
/*
 * request/holes.c - the stretches of free frames between runs, by length
 *
 * The free lists have blocks, and a hole between two runs is several of them.
 * So that a run finds the hole that it fills best, holes are noted by length,
 * in bins of four to a doubling. A note is a hint: blocks are taken and freed
 * without a word to this file. It is measured anew before it is used.
 *
 *	run  free                run     free                     run
 *	|####|1|.2.|...4...|.1|##...##|.2.|....8....|...4...|.1|####|
 *	     `-- 8 frames at a ---'       `--- 15 frames at b ----'
 *
 *	bin	  8..9   10..11   12..13   14..15   16..19   20..23 ...
 *	notes	  a,8                      b,15
 *
 * A bin has room for HOLE_WAYS notes; a new one then replaces the oldest. Holes
 * that were never noted, or are so no more, are found in the free lists.
 *
 * Locking	zone->lock
 * Invariants	HOLES1  a note's length belongs to its bin, and a bin has its
 *		    bit set if and only if it has a note
 *					(holes_check() checks it)
 * Source	no counterpart
 */
#include "core/bitops.h"
#include "request/holes.h"
#include "zone/pageblock.h"

#define SHORTEST 8UL

static unsigned int bin_of(unsigned long nr)
{
	unsigned int log = ilog2(nr);

	return (log - 3) * 4 + (nr >> (log - 2) & 3);
}

/* ---- stretches ----------------------------------------------------------- */

static bool is_usable(const struct fit *fit, const struct page *page)
{
	return PageBuddy(page) && fit->types >> page->migratetype & 1;
}

/* Returns true if the frames on both sides of pfn may be one stretch. */
static bool may_pass(const struct zone *zone, unsigned long pfn)
{
	return pfn % MAX_ORDER_NR_PAGES ||
	       (pfn > zone->zone_start_pfn && pfn < zone_end_pfn(zone) &&
		pfn_online(pfn - 1) && pfn_online(pfn));
}

/* Returns the usable block that ends at pfn, or NULL. */
static const struct page *block_before(const struct fit *fit, unsigned long pfn)
{
	unsigned long most = 1UL << MAX_PAGE_ORDER;

	if (!may_pass(fit->zone, pfn))
		return NULL;
	if (pfn % MAX_ORDER_NR_PAGES)
		most = pfn & -pfn;
	for (unsigned long nr = 1; nr <= most; nr *= 2) {
		const struct page *page = pfn_to_page(pfn - nr);

		if (PageBuddy(page))
			return 1UL << page->order == nr &&
					       is_usable(fit, page) ?
				       page :
				       NULL;
	}
	return NULL;
}

/*
 * Returns where the stretch around the block at pfn begins. The search ends
 * after a few largest blocks: the stretch is long enough there.
 */
static unsigned long stretch_start(const struct fit *fit, unsigned long pfn)
{
	const struct page *page = block_before(fit, pfn);
	unsigned long start = pfn;

	while (page && pfn - start < LONGEST - MAX_ORDER_NR_PAGES) {
		start = page_to_pfn(page);
		page = block_before(fit, start);
	}
	return start;
}

struct stretch stretch_around(const struct fit *fit, unsigned long pfn)
{
	unsigned long start = stretch_start(fit, pfn), end = pfn;

	do {
		end += 1UL << pfn_to_page(end)->order;
	} while (end - start < LONGEST && may_pass(fit->zone, end) &&
		 is_usable(fit, pfn_to_page(end)));
	return (struct stretch){ start, min(end - start, LONGEST) };
}

/* ---- notes --------------------------------------------------------------- */

void hole_add(struct zone *zone, struct stretch hole)
{
	struct holes *holes = zone->holes;
	unsigned int bin, at;

	if (hole.nr < SHORTEST || hole.nr >= MAX_ORDER_NR_PAGES)
		return;
	bin = bin_of(hole.nr);
	holes->bins |= 1U << bin;
	if (holes->count[bin] < HOLE_WAYS) {
		at = holes->count[bin]++;
	} else {
		at = holes->oldest[bin];
		holes->oldest[bin] = (u8)((at + 1) % HOLE_WAYS);
	}
	holes->notes[bin][at] = (struct hole){ (u32)hole.pfn, (u32)hole.nr };
}

/* Returns the head of the free block that a frame lies in, or NULL. */
static const struct page *block_around(unsigned long pfn)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		const struct page *page = pfn_to_page(pfn >> order << order);

		if (PageBuddy(page))
			return page->order >= order ? page : NULL;
	}
	return NULL;
}

void hole_note(struct zone *zone, unsigned long pfn)
{
	const struct page *page = block_around(pfn);
	struct fit fit = { .zone = zone };

	lock_assert_held(&zone->lock);
	if (!page)
		return;
	fit.types = 1U << page->migratetype;
	hole_add(zone, stretch_around(&fit, page_to_pfn(page)));
}

/* Takes the note of the shortest hole with room out of a bin. */
static struct stretch take_note(struct holes *holes, unsigned int bin,
				unsigned long nr)
{
	struct hole *notes = holes->notes[bin], *best = NULL;
	struct stretch hole = { 0, 0 };

	for (unsigned int i = 0; i < holes->count[bin]; i++)
		if (notes[i].nr >= nr && (!best || notes[i].nr < best->nr))
			best = &notes[i];
	if (best) {
		hole = (struct stretch){ best->pfn, best->nr };
		*best = notes[--holes->count[bin]];
		if (!holes->count[bin])
			holes->bins &= ~(1U << bin);
	}
	return hole;
}

/* Returns true if a note still says what is there. */
static bool note_holds(const struct fit *fit, struct stretch hole)
{
	struct stretch now;

	if (!pfn_online(hole.pfn) || !is_usable(fit, pfn_to_page(hole.pfn)))
		return false;
	now = stretch_around(fit, hole.pfn);
	if (now.pfn == hole.pfn && now.nr == hole.nr)
		return true;
	hole_add(fit->zone, now);
	return false;
}

struct stretch hole_take(const struct fit *fit)
{
	struct holes *holes = fit->zone->holes;
	u32 from = ~0U << bin_of(max(fit->nr, SHORTEST));

	lock_assert_held(&fit->zone->lock);
	if (fit->nr >= MAX_ORDER_NR_PAGES)
		return (struct stretch){ 0, 0 };
	while (holes->bins & from) {
		unsigned int bin = __ffs(holes->bins & from);
		struct stretch hole = take_note(holes, bin, fit->nr);

		if (hole.nr && note_holds(fit, hole))
			return hole;
		if (!hole.nr) /* all of the bin are too short */
			from = ~0U << bin << 1;
	}
	return (struct stretch){ 0, 0 };
}

void holes_check(const struct zone *zone)
{
	const struct holes *holes = zone->holes;

	for (unsigned int bin = 0; bin < NR_HOLE_BINS; bin++) {
		BUG_ON(!holes->count[bin] != !(holes->bins >> bin & 1));
		BUG_ON(holes->count[bin] > HOLE_WAYS);
		for (unsigned int i = 0; i < holes->count[bin]; i++)
			BUG_ON(bin_of(holes->notes[bin][i].nr) != bin);
	}
}
