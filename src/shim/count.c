// SPDX-License-Identifier: MIT
/*
 * shim/count.c - each call of the malloc family, counted while stats= is on
 *
 * Fast paths count nothing, and leave no trace: a loop of malloc and free moves
 * one cursor to and fro for ever. So with stats= the cursors are in far slots
 * (kmem/far.c), where fast paths do not look. Every call then takes a slow
 * path, which counts.
 *
 *	          cursor[class]        far slot           counted
 *	usual     main of the class    -                  nothing
 *	stats=    misses for ever      main of the class  every call
 *
 * Sheaves, slabs and pages work as usual; a call takes a few times as long.
 *
 * Locking	none: counters are atomic
 * Tests	unit.shim.stats, preload.calls
 */
#include "diag/param.h"
#include "diag/report.h"
#include "shim/count.h"
#include "sys/os.h"

bool count_on;
unsigned long count_calls[NR_CALLS];
static unsigned long stats_pid; /* constant after start */

bool count_wanted(void)
{
	return stats_pid && stats_pid == (unsigned long)os_pid();
}

static int set_stats(const char *value)
{
	int ret = param_number(value, 1, 1UL << 22, &stats_pid);

	if (!ret && count_wanted())
		km_report_keep();
	return ret;
}
boot_param("stats", set_stats, "a process number");

void count_start(void)
{
	count_on = true;
}
