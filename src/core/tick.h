// SPDX-License-Identifier: MIT
/*
 * core/tick.h - periodic work without a thread: done on the way past
 *
 * Slow paths call tick_poll(). When the interval has passed since the last
 * run, the caller runs every registered function. A library in other people's
 * processes owns no thread and no timer, so "after a second" means "at the
 * first slow path a second later". If that was long in coming (TICK_IDLE),
 * whatever the layers hold has been idle all the while.
 *
 *	slow paths   | |||   ||  ||              |
 *	ticks          ^     ^   ^               ^ TICK_IDLE
 *	               last  + interval          last + 2 intervals or more
 *
 * Upper layers come first, so that what they give up goes all the way down.
 *
 * Locking	one runner at a time (rank LOCK_TICK, only ever tried).
 */
#ifndef KM_CORE_TICK_H
#define KM_CORE_TICK_H

#include "core/list.h"
#include "core/lock.h"

struct tick {
	struct list_head list; /* constant after init */
	void (*fn)(unsigned int flags);
};

#define TICK_IDLE 1 /* no slow path was taken for an interval or more */

extern unsigned long tick_interval_ms; /* constant after init */
extern unsigned long tick_last_ms; /* relaxed */
extern spinlock_t tick_lock;

void tick_register(struct tick *tick); /* layers from below to above */
void tick_run(unsigned long now_ms); /* all of them now; caller: no locks */
/*
 * Run them if they are due. The caller holds no lock and is in the middle of
 * nothing, for the functions go through all layers and call the program's
 * shrinkers; a thread that is reclaiming already (PF_MEMALLOC) runs none.
 * Returns the time, in ms.
 */
unsigned long tick_poll(void);

#endif
