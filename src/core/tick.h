// SPDX-License-Identifier: MIT
/*
 * core/tick.h - periodic work without a thread: slow paths do it
 *
 * Slow paths call tick_poll(). When the interval has passed since the last
 * run, the caller runs every registered function. A library in other people's
 * processes owns no thread and no timer, so "after a second" means "at the
 * first slow path a second later". If no
 * slow path ran for an interval or more (TICK_IDLE), all that the rooms keep
 * was idle meanwhile.
 *
 *	slow paths   | |||   ||  ||              |
 *	ticks          ^     ^   ^               ^ TICK_IDLE
 *	               last  + interval          last + 2 intervals or more
 *
 * Higher rooms run first, so that lower rooms can free what they give up.
 *
 * Locking	one runner at a time (rank LOCK_TICK, only ever tried).
 */
#ifndef KM_CORE_TICK_H
#define KM_CORE_TICK_H

#include "core/lock.h"

/* Constant, so that no write can make a tick call something else. */
struct tick {
	void (*fn)(unsigned int flags);
	/*
	 * Gives up to so many pages of free memory back to the OS, or a few
	 * more. Returns how many. NULL: the room has none.
	 */
	unsigned long (*trim)(unsigned long pages);
	/*
	 * Frees what the room keeps for later requests, as far as this thread
	 * can, since the program frees nearly all it has. NULL: nothing.
	 */
	void (*drain)(void);
};

#define TICK_IDLE 1 /* no slow path was taken for an interval or more */

extern unsigned long tick_interval_ms; /* constant after init */
extern unsigned long tick_last_ms; /* relaxed */
extern spinlock_t tick_lock;

void tick_register(const struct tick *tick); /* lower rooms first */
void tick_run(unsigned long now_ms); /* runs all now; no lock is held */
/* Gives pages back, of the upper rooms first. tick_lock is held. */
void tick_trim(unsigned long pages);
/* Lets the rooms free what they keep, the upper ones first. The same. */
void tick_drain(void);
/*
 * Runs all functions if a tick is due, and obeys what was asked from outside
 * (control.h). Both use all rooms and call the program's shrinkers, so the
 * caller holds no lock and has no structure half changed. A thread that is
 * reclaiming (PF_MEMALLOC) does neither. Returns the time in ms.
 */
unsigned long tick_poll(void);

#endif
