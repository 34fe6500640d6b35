// SPDX-License-Identifier: MIT
/*
 * shim/count.c - each call of the malloc family, counted while stats= is on
 *
 * Fast paths count nothing, and what they do cannot be told from slow ones: a
 * loop of malloc and free moves one cursor to and fro for ever. So with stats=
 * the classes have no cursors where fast paths look: those are in far slots
 * (kmem/far.c), every call misses, and slow paths count.
 *
 *	          cursor[class]        far slot           counted
 *	usual     main of the class    -                  nothing
 *	stats=    misses for ever      main of the class  every call
 *
 * Sheaves, slabs and pages do what they always do; a call takes some times as
 * long.
 *
 * Locking	none: counters are atomic
 */
#include "shim/count.h"

bool count_on;
unsigned long count_calls[NR_CALLS];

void count_start(void)
{
	count_on = true;
}
