// SPDX-License-Identifier: MIT
/*
 * reclaim/wakeups.c - whether a node's kswapd is a thread, and waking it
 *
 *	kswapd_wait	1: it is asked for. The thread sleeps on this word while
 *			it is 0; at a tick it is looked at.
 *
 * Locking	none: the words of the node are atomic
 * Source	Linux v6.12 mm/vmscan.c, wakeup_kswapd() (docs/kernel.md K1)
 */
#include "reclaim/internal.h"
#include "sys/os.h"

bool kswapd_is_thread(const pg_data_t *pgdat)
{
	return READ_ONCE(pgdat->kswapd_thread) == THREAD_RUNS;
}

void wakeup_kswapd_node(pg_data_t *pgdat)
{
	if (!__atomic_exchange_n(&pgdat->kswapd_wait, 1, __ATOMIC_ACQ_REL) &&
	    kswapd_is_thread(pgdat))
		os_futex_wake(&pgdat->kswapd_wait);
}
