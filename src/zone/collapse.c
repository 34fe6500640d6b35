// SPDX-License-Identifier: MIT
/*
 * zone/collapse.c - pageblocks that have become dense become huge pages
 *
 * What a heap had before it was large has no mark (thp.c), so its oldest
 * objects lie in pages of 4 KiB for ever. Once there are marks, a tick asks for
 * one of these pageblocks to be made a huge page (MADV_COLLAPSE, Linux 6.1).
 * The kernel copies its pages into a new one. It asks neither for the mark nor
 * for how many pages are there, so the choice is made here:
 *
 *	pfn 0	|skipped ..|####### slabs #######|#### slabs ####|  run  |
 *		 not mapped   dense twice: taken   dense at this    no slab:
 *			      at the next tick	   look		    stays
 *
 * Dense is a pageblock of which at least DENSE frames are slabs. Slabs are
 * written to; a run may be a table of which little is. A pageblock of which
 * pages went back to the OS waits, as do all when the process has forked: the
 * pages that it shares with its child would be copied.
 *
 * Locking	tick_lock for all here; arena.low_given is atomic
 * Invariants	COLLAPSE1  PB_HUGE is set for a pageblock that was collapsed,
 *			   until pages of it go back
 *					(unit.zone.collapse checks it)
 * Source	none; the kernel does the same by itself where memory is
 *		marked (khugepaged)
 */
#include <errno.h>

#include "arena/arena.h"
#include "core/tick.h"
#include "sys/os.h"
#include "zone/collapse.h"
#include "zone/pageblock.h"
#include "zone/pressure.h"
#include "zone/surplus.h"
#include "zone/thp.h"
#include "zone/zone.h"

#define DENSE (PAGEBLOCK_PAGES - PAGEBLOCK_PAGES / 32)
#define WAIT 120 /* ticks: a minute */

static u8 ticks_left[ARENA_LOW_BLOCKS]; /* until the pageblock is looked at */
static u64 dense_before, collapsed;
static u8 wanted_wait; /* all shall wait: relaxed */
static u8 collapse_off; /* relaxed */

static unsigned long low_pfn(unsigned int block)
{
	return (unsigned long)block * PAGEBLOCK_PAGES;
}

/* Pages of these pageblocks went to the OS, or all shall wait. */
static void let_wait(u64 given)
{
	for (unsigned int n = 0; n < ARENA_LOW_BLOCKS; n++) {
		if (given & 1UL << n)
			ticks_left[n] = WAIT;
		else if (ticks_left[n])
			ticks_left[n]--;
		if (given & collapsed & 1UL << n)
			__atomic_fetch_and(pageblock_byte(low_pfn(n)),
					   (u8)~PB_HUGE, __ATOMIC_RELAXED);
	}
	collapsed &= ~given;
	dense_before &= ~given;
}

/* Returns true if the pageblock is one whose first frames are not mapped. */
static bool has_skipped(unsigned long pfn)
{
	struct zone *zone;

	for_each_zone(zone)
		if (zone->first_frame && zone->zone_start_pfn == pfn)
			return true;
	return false;
}

/*
 * Returns how many frames of a pageblock are slabs. Others change them
 * meanwhile, by memset(), which is no race that matters here.
 */
static noinline __attribute__((no_sanitize("thread"))) unsigned long
slabs_in(unsigned long pfn)
{
	unsigned long slabs = 0;

	for (unsigned long n = 0; n < PAGEBLOCK_PAGES; n++)
		slabs += READ_ONCE(arena_index[pfn + n]) != 0;
	return slabs;
}

static bool is_dense(unsigned long pfn)
{
	if (!pfn_online(pfn) || !pfn_online(pfn + PAGEBLOCK_PAGES - 1) ||
	    READ_ONCE(*pageblock_byte(pfn)) & PB_HUGE || has_skipped(pfn))
		return false;
	return slabs_in(pfn) >= DENSE;
}

/* A pageblock may have gone offline meanwhile. */
static void note_collapsed(unsigned int block)
{
	unsigned long pfn = low_pfn(block);

	spin_lock(&arena_lock);
	if (pfn_online(pfn)) {
		__atomic_fetch_or(pageblock_byte(pfn), PB_HUGE,
				  __ATOMIC_RELAXED);
		collapsed |= 1UL << block;
	}
	spin_unlock(&arena_lock);
}

/*
 * A refusal is for now, such as no huge page that is free, but for a kernel
 * that does not know the advice: that looks at it before it looks at the range.
 */
static void collapse_block(unsigned int block)
{
	void *at = pfn_to_virt(low_pfn(block));
	int ret = os_collapse(at, PAGEBLOCK_PAGES << PAGE_SHIFT);

	if (!ret)
		note_collapsed(block);
	else if (ret == -EINVAL && os_collapse(at, 0) == -EINVAL)
		WRITE_ONCE(collapse_off, (u8)1);
	ticks_left[block] = WAIT;
}

void thp_collapse_tick(void)
{
	u64 given = __atomic_exchange_n(&arena.low_given, 0, __ATOMIC_RELAXED);
	u64 dense = 0, due;

	if (READ_ONCE(wanted_wait)) {
		WRITE_ONCE(wanted_wait, (u8)0);
		given |= ~collapsed;
	}
	let_wait(given);
	if (READ_ONCE(collapse_off) || !thp_has_marks() ||
	    pressure_near(surplus_used() + PAGEBLOCK_PAGES))
		return;
	for (unsigned int n = 0; n < ARENA_LOW_BLOCKS; n++)
		if (!ticks_left[n] && is_dense(low_pfn(n)))
			dense |= 1UL << n;
	due = dense & dense_before;
	dense_before = dense;
	if (due)
		collapse_block(__ffs(due));
}

void thp_collapse_fork_parent(void)
{
	WRITE_ONCE(wanted_wait, (u8)1);
}

void thp_collapse_fork_child(void)
{
	WRITE_ONCE(collapse_off, (u8)1);
}
