// SPDX-License-Identifier: MIT
/*
 * zone/wait.c - threads that wait until memory is freed
 *
 *	waiter				freeing thread
 *	memory_waiters++
 *	seq = memory_seq
 *	looks for memory once more	frees
 *	sleeps while memory_seq == seq	if memory_waiters: memory_seq++, wake
 *	memory_waiters--
 *
 * A free that happens after the waiter has looked changes memory_seq, so the
 * waiter does not sleep through it.
 *
 * Locking	none: all words are atomic
 * Source	no counterpart: the kernel has a wait queue for each node
 */
#include <errno.h>

#include "sys/os.h"
#include "zone/wait.h"

u32 memory_waiters;
unsigned long memory_pause_ms = 1;
unsigned long memory_pauses_full;
static u32 memory_seq; /* atomic: changes when memory is freed */

u32 memory_wait_begin(void)
{
	__atomic_add_fetch(&memory_waiters, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&memory_seq, __ATOMIC_SEQ_CST);
}

void memory_wait_end(u32 seq, unsigned long ms)
{
	if (ms)
		os_futex_wait_ms(&memory_seq, seq, ms);
	__atomic_sub_fetch(&memory_waiters, 1, __ATOMIC_RELAXED);
}

void memory_wait(unsigned long ms)
{
	memory_wait_end(memory_wait_begin(), ms);
}

void memory_pause(bool (*works)(void))
{
	u32 seq = memory_wait_begin();
	int ret = 0;

	/* a thread that has read the new seq is woken by its wake, too */
	if (works() && memory_pause_ms)
		ret = os_futex_wait_ms(&memory_seq, seq, memory_pause_ms);
	memory_wait_end(seq, 0);
	if (ret == -ETIMEDOUT)
		__atomic_add_fetch(&memory_pauses_full, 1, __ATOMIC_RELAXED);
}

void memory_work_done(void)
{
	if (unlikely(__atomic_load_n(&memory_waiters, __ATOMIC_SEQ_CST)))
		memory_wake();
}

void memory_wake(void)
{
	__atomic_add_fetch(&memory_seq, 1, __ATOMIC_SEQ_CST);
	os_futex_wake_all(&memory_seq);
}
