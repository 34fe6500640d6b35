// SPDX-License-Identifier: MIT
/*
 * zone/wait.h - waiting until memory is freed: see wait.c
 */
#ifndef KM_ZONE_WAIT_H
#define KM_ZONE_WAIT_H

#include "sys/compiler.h"

/* Waits until a thread frees pages, for at most `ms`. */
void memory_wait(unsigned long ms);
/*
 * The same in two steps, so that the caller can try once more between them. ms
 * 0: does not wait.
 */
u32 memory_wait_begin(void);
void memory_wait_end(u32 seq, unsigned long ms);

void memory_wake(void);
extern u32 memory_waiters; /* atomic */

/*
 * Waits for memory while another thread works at it, for memory_pause_ms at
 * most. The function given reads a word that the worker changes before it calls
 * memory_work_done(). Both accesses are sequentially consistent, so no end is
 * missed.
 */
void memory_pause(bool (*works)(void));
void memory_work_done(void);

extern unsigned long memory_pause_ms; /* constant except in tests */
extern unsigned long memory_pauses_full; /* that timed out; atomic */

/* Called after each free. */
static inline void memory_freed(void)
{
	if (unlikely(READ_ONCE(memory_waiters)))
		memory_wake();
}

#endif
