// SPDX-License-Identifier: MIT
/*
 * kmem/forked.c - what the ticks of a parent leave alone
 *
 * A parent shares its slabs with the child until one of the two writes to them.
 * A tick that empties sheaves writes to each object that it frees. So ticks put
 * off for a while what is only idle:
 *
 *	fork	first tick			tick
 *	  |---------|-- KMEM_CHILD_MS, forks or not --|  all that is idle
 *
 * Locking	tick_lock for held_since
 */
#include "core/tick.h"
#include "kmem/forked.h"

static bool forked; /* atomic: ticks are to hold, or do */
static unsigned long held_since; /* tick_lock: ms; 0: ticks do not hold */

void kmem_forked_parent(void)
{
	WRITE_ONCE(forked, true);
}

bool kmem_forked_holds(void)
{
	if (likely(!READ_ONCE(forked)))
		return false;
	if (!held_since)
		held_since = tick_last_ms;
	if (tick_last_ms - held_since < KMEM_CHILD_MS)
		return true;
	held_since = 0;
	WRITE_ONCE(forked, false);
	return false;
}
