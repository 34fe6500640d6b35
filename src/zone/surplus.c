// SPDX-License-Identifier: MIT
/*
 * zone/surplus.c - how much free memory may stay resident: a bound that learns
 *
 *	bound =	the largest of	vm.free_dirty_bytes
 *				vm.free_dirty_ratio % of what is in use
 *				1/64 of the peak
 *		+ quick, up to SLOPE x (in use - 1/32 of the peak)
 *		+ slow
 *		but no more than the limit of the cgroup leaves: pressure.c
 *
 * `quick` is the free memory that was taken again lately, resident or given
 * back. A heap that goes up and down has much of it, and keeps what it needs
 * from the first valley on. It does not count where little is in use: such a
 * program is giving up all it has, and slabs that its arrays have objects of
 * are what is in use. Up to a twentieth of the peak it is a twelfth of that at
 * most.
 *
 * Pages of a huge page of which a part was given back count four times when
 * they are taken again soon: what else is in use there has lost it as well.
 *
 * `slow` is for those that free all and build it anew. A page that is given
 * back and soon wanted again adds 1/SLOW page at first, and up to 1/4 page the
 * more was learned: an eighth of all after ten turns, nearly all after thirty.
 *
 * Both fade at ticks: a quarter of quick, a sixteenth of slow. After an idle
 * time nothing is left of either.
 *
 *	free	...|///////////////|	bound passed: back to 3/4 of it. Rooms
 *	   0      3/4 bound      bound	give, the upper ones first (tick.h)
 *
 * What the rooms above keep, such as empty slabs, counts as in use. So where
 * less than a quarter of a peak of 32 MiB or more is in use, they free it
 * (tick_drain()), and again when a quarter of what was in use then is gone.
 *
 * Each zone has a mark, at which a free has the total looked at. It lies as far
 * above what the zone has as the bound leaves room. If what is above the bound
 * cannot go, since it is in blocks that are too small, the mark lies an eighth
 * of the bound higher.
 *
 * Locking	tick_lock; counters of zones and areas are read without theirs
 * Invariants	SURPLUS1  after surplus_run() no zone has more resident free
 *			  pages than its mark, unless a thread frees meanwhile
 *						(unit.zone.surplus checks it)
 * Source	none
 */
#include <limits.h>

#include "core/task.h"
#include "core/tick.h"
#include "diag/param.h"
#include "zone/pressure.h"
#include "zone/surplus.h"
#include "zone/sysctl.h"

#define STEP 64UL /* pages: marks are at least so far apart */
#define SLOW 256UL /* refaults for the first page more */
#define FASTER 64 /* times as many pages, once all was learned */
#define SLOPE 16UL /* pages of quick for a page in use */
#define DRAIN_PEAK (32UL << 20 >> PAGE_SHIFT) /* of less, rooms keep little */
#define TURNS 8 /* of one call, while others free */

static unsigned long free_dirty_bytes = 4UL << 20; /* relaxed */
static unsigned long free_dirty_ratio = 12; /* percent; relaxed */

struct surplus_areas surplus_areas;
u8 surplus_wanted;

/* tick_lock, all; pages */
static unsigned long surplus_bound; /* read without */
static unsigned long surplus_peak;
static unsigned long learned_quick, learned_slow; /* slow: in 1/SLOW */
static unsigned long seen_reused, seen_refaulted;
static unsigned long drain_below = ULONG_MAX; /* so little in use */

static int set_dirty_bytes(const char *value)
{
	return param_number(value, 0, 1UL << 46, &free_dirty_bytes);
}
boot_param("page_reporting.dirty_bytes", set_dirty_bytes, "bytes, such as 4M");

static int set_dirty_ratio(const char *value)
{
	return param_number(value, 0, 100, &free_dirty_ratio);
}
boot_param("page_reporting.dirty_ratio", set_dirty_ratio, "0 to 100");

/* ---- the sums ------------------------------------------------------------ */

struct surplus_sum {
	unsigned long used, dirty; /* pages, now */
	unsigned long reused, returned, refaulted; /* pages, ever */
	unsigned int zones;
};

static void sum_up(struct surplus_sum *sum)
{
	const struct turnover *areas = &surplus_areas.turnover;
	struct zone *zone;

	*sum = (struct surplus_sum){
		.used = READ_ONCE(surplus_areas.used),
		.dirty = READ_ONCE(surplus_areas.lazy),
		.reused = READ_ONCE(areas->reused),
		.returned = READ_ONCE(areas->returned),
		.refaulted = READ_ONCE(areas->refaulted),
	};
	for_each_zone(zone) {
		unsigned long managed = zone_managed_pages(zone);

		if (!managed)
			continue;
		sum->zones++;
		sum->used += managed -
			     min(READ_ONCE(zone->free_pages), managed);
		sum->dirty += READ_ONCE(zone->unreported);
		sum->reused += READ_ONCE(zone->turnover.reused);
		sum->returned += READ_ONCE(zone->turnover.returned);
		sum->refaulted += READ_ONCE(zone->turnover.refaulted);
	}
}

unsigned long surplus_used(void)
{
	struct surplus_sum sum;

	sum_up(&sum);
	return sum.used;
}

/* ---- the bound ----------------------------------------------------------- */

static void learn_needs(const struct surplus_sum *sum)
{
	unsigned long reused = sum->reused - seen_reused;
	unsigned long refaulted = sum->refaulted - seen_refaulted;

	seen_reused = sum->reused;
	seen_refaulted = sum->refaulted;
	surplus_peak = max(surplus_peak, sum->used + sum->dirty);
	learned_quick = min(learned_quick + reused + refaulted, surplus_peak);
	learned_slow += refaulted + refaulted * FASTER * (learned_slow / SLOW) /
					    max(surplus_peak, 1UL);
	learned_slow = min(learned_slow, surplus_peak * SLOW);
}

/* Returns how many pages may stay while so many are in use. */
static unsigned long bound_for(unsigned long used)
{
	unsigned long pages = READ_ONCE(free_dirty_bytes) >> PAGE_SHIFT, quick;

	pages = max(pages, used * READ_ONCE(free_dirty_ratio) / 100);
	pages = max(pages, surplus_peak / 64);
	used -= min(used, surplus_peak / 32);
	quick = min(learned_quick, used * SLOPE);
	if (used < surplus_peak / 48)
		quick = min(quick, surplus_peak / 12);
	return pages + quick + learned_slow / SLOW;
}

/*
 * A page that becomes free is in use no more, which lowers the bound by up to
 * SLOPE pages and an eighth. So a mark lies within what is then left of the
 * room.
 */
static void place_marks(unsigned long room, unsigned int zones)
{
	unsigned long step = max(room / (SLOPE + 2) / max(zones, 1U), STEP);
	struct zone *zone;

	for_each_zone(zone)
		WRITE_ONCE(zone->surplus_mark,
			   READ_ONCE(zone->unreported) + step);
}

/*
 * Lets the rooms free what they keep if the program frees nearly all it has,
 * and more than what may stay in any case.
 */
static void drain_rooms(struct surplus_sum *sum)
{
	if (sum->used >= surplus_peak / 4 || surplus_peak < DRAIN_PEAK)
		drain_below = ULONG_MAX;
	else if (sum->used < drain_below &&
		 sum->dirty > READ_ONCE(free_dirty_bytes) >> PAGE_SHIFT) {
		tick_drain();
		sum_up(sum);
		drain_below = sum->used / 4 * 3;
	}
}

/*
 * Gives back what is above the bound. tick_lock is held. The rooms' functions
 * may fail: then what is above it stays until the marks are passed.
 */
static void trim_to_bound(void)
{
	struct surplus_sum sum;
	unsigned long bound;

	sum_up(&sum);
	learn_needs(&sum);
	drain_rooms(&sum);
	bound = min(bound_for(sum.used), pressure_room(sum.used, sum.dirty));
	WRITE_ONCE(surplus_bound, bound);
	if (sum.dirty > bound) {
		tick_trim(sum.dirty - bound / 4 * 3);
		sum_up(&sum);
	}
	place_marks(sum.dirty < bound ? bound - sum.dirty : bound / 8,
		    sum.zones);
}

/*
 * A thread that finds tick_lock taken leaves surplus_wanted set, and the holder
 * looks at it once more. Its exchange comes before its try, the holder's load
 * after the unlock, so that the last free of all is not forgotten.
 */
void surplus_run(void)
{
	if (current->no_ticks || (current->flags & PF_MEMALLOC))
		return;
	for (int turn = 0; turn < TURNS; turn++) {
		__atomic_exchange_n(&surplus_wanted, 1, __ATOMIC_SEQ_CST);
		if (!spin_trylock(&tick_lock))
			return;
		WRITE_ONCE(surplus_wanted, (u8)0);
		trim_to_bound();
		spin_unlock(&tick_lock);
		if (!__atomic_load_n(&surplus_wanted, __ATOMIC_SEQ_CST))
			return;
	}
}

void surplus_grown(void)
{
	if (pressure_limited())
		WRITE_ONCE(surplus_wanted, (u8)1);
}

void surplus_tick(unsigned int flags)
{
	learned_quick -= DIV_ROUND_UP(learned_quick, 4);
	learned_slow -= DIV_ROUND_UP(learned_slow, 16);
	surplus_peak -= surplus_peak / 8;
	if (flags & TICK_IDLE)
		learned_quick = learned_slow = 0;
	pressure_tick();
	trim_to_bound();
}

void surplus_stat(struct surplus_stat *stat)
{
	struct surplus_sum sum;

	sum_up(&sum);
	*stat = (struct surplus_stat){
		.dirty = sum.dirty,
		.bound = READ_ONCE(surplus_bound),
		.returned = sum.returned,
		.refaulted = sum.refaulted,
	};
}

/* ---- knobs --------------------------------------------------------------- */

/* A lower bound takes effect at the next free. */
static void bound_changed(void)
{
	WRITE_ONCE(surplus_wanted, (u8)1);
}

static const struct ctl_table free_dirty_bytes_ctl __sysctl = {
	.procname = "vm.free_dirty_bytes",
	.data = &free_dirty_bytes,
	.nr = 1,
	.hi = LONG_MAX,
	.outside = true,
	.changed = bound_changed,
};

static const struct ctl_table free_dirty_ratio_ctl __sysctl = {
	.procname = "vm.free_dirty_ratio",
	.data = &free_dirty_ratio,
	.nr = 1,
	.hi = 100,
	.outside = true,
	.changed = bound_changed,
};
