// SPDX-License-Identifier: MIT
/*
 * zone/surplus.h - free memory that is still resident, and how much may be
 *
 *	free and perhaps resident, in pages
 *	  |  surplus	  goes back at the next call that holds no lock
 *	  |  bound	  follows what is in use, and learns: surplus.c
 *	  |  3/4 bound	  what is left then
 *	  0
 *
 * A free that puts a zone above its mark, or an area that is freed, makes
 * surplus_wanted 1. The slow path that the free is part of polls when it has
 * let go of all locks. So memory goes back by the call that freed it.
 *
 * Locking	zone->lock for what is in the zone, vm_space.lock for
 *		surplus_areas; tick_lock for what was learned, and held while
 *		memory goes back
 */
#ifndef KM_ZONE_SURPLUS_H
#define KM_ZONE_SURPLUS_H

#include "core/tick.h"
#include "zone/mmzone.h"

/* What large areas (vmap/large) add to the counts. */
struct surplus_areas {
	unsigned long used; /* pages in use; vm_space.lock */
	unsigned long lazy; /* pages beyond vmap.lazy_max; vm_space.lock */
	struct turnover turnover; /* vm_space.lock */
};

extern struct surplus_areas surplus_areas;
extern u8 surplus_wanted; /* 1: the bound may be passed; relaxed */

/* Called under zone->lock when memory has become free. */
static inline void surplus_note(const struct zone *zone)
{
	if (unlikely(zone->unreported > READ_ONCE(zone->surplus_mark)))
		WRITE_ONCE(surplus_wanted, (u8)1);
}

void surplus_run(void);

/*
 * Gives what is above the bound back to the OS, if there may be any. Nothing
 * happens while this or another thread does so, or runs a tick. No lock is
 * held.
 */
static inline void surplus_poll(void)
{
	if (unlikely(READ_ONCE(surplus_wanted)))
		surplus_run();
}

/* The heap has grown: near a limit, less free memory may stay now. */
void surplus_grown(void);
/* One tick: what was learned fades. tick_lock is held. */
void surplus_tick(unsigned int flags);

/* ---- turnover: the lock of *t is held ------------------------------------ */

/*
 * Free pages were given to the OS, which now has `absent` of the free pages. A
 * block that has merged with one that was given is given again as a whole.
 */
static inline void turnover_given(struct turnover *t, unsigned long pages,
				  unsigned long absent)
{
	WRITE_ONCE(t->returned, t->returned + pages);
	WRITE_ONCE(t->lately, min(t->lately + pages, absent));
}

/* So many of the pages that were given to the OS were parts of huge pages. */
static inline void turnover_broken(struct turnover *t, unsigned long pages)
{
	t->broken = min(t->broken + pages, t->lately);
}

/*
 * A request takes free pages. `absent` is not 0 if the OS has them: those that
 * it got lately went back too early.
 */
static inline void turnover_taken(struct turnover *t, unsigned long pages,
				  unsigned int absent)
{
	if (!absent) {
		WRITE_ONCE(t->reused, t->reused + pages);
		return;
	}
	pages = min(pages, t->lately);
	WRITE_ONCE(t->lately, t->lately - pages);
	WRITE_ONCE(t->refaulted, t->refaulted + pages);
}

/*
 * Pages that were taken are parts of a huge page. If such a page was broken
 * lately, a fault for each of them is the smaller loss: what else is in use
 * there has no huge page any longer. So they count HUGE_COSTS times.
 */
#define HUGE_COSTS 4

static inline void turnover_huge_taken(struct turnover *t, unsigned long pages)
{
	pages = min(pages, t->broken);
	t->broken -= pages;
	WRITE_ONCE(t->refaulted, t->refaulted + (HUGE_COSTS - 1) * pages);
}

/* At a tick: half of what the OS got lately counts as long ago. */
static inline void turnover_tick(struct turnover *t, unsigned int flags)
{
	WRITE_ONCE(t->lately, flags & TICK_IDLE ? 0 : t->lately / 2);
	t->broken = min(t->broken, t->lately);
}

/* ---- counts -------------------------------------------------------------- */

struct surplus_stat {
	unsigned long dirty, bound; /* pages, now */
	unsigned long returned, refaulted; /* pages, ever */
};

/* Returns the pages in use, also by large areas; without a lock. */
unsigned long surplus_used(void);
/* Counts without a lock. */
void surplus_stat(struct surplus_stat *stat);

#endif
