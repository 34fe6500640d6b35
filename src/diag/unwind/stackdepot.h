// SPDX-License-Identifier: MIT
/*
 * diag/unwind/stackdepot.h - each distinct stack trace once, named by a number
 *
 *	bucket[hash] -> record -> record		handle: pool and place
 *	                  |  hash, handle, nr, entries[nr]
 *	pool 0 [rec|rec|rec.....]  pool 1 [rec|......]	256 KiB each, up to 256
 *
 * Programs allocate in few places, so the traces of a million objects are some
 * thousand records. What is saved stays for ever.
 *
 * Locking	none: records are pushed by compare and exchange, room in a
 *		pool is taken by compare and exchange
 * Invariants	DEPOT1  a handle names the same entries for ever
 *		DEPOT2  traces of one thread that are equal have one handle
 *				(unit.diag.unwind.stackdepot checks both)
 * Source	the interface of Linux lib/stackdepot.c
 */
#ifndef KM_DIAG_UNWIND_STACKDEPOT_H
#define KM_DIAG_UNWIND_STACKDEPOT_H

#include "sys/compiler.h"

typedef u32 depot_stack_handle_t; /* 0: none */

/*
 * Returns the handle of this trace. 0: the trace is empty or longer than
 * STACK_TRACE_DEPTH, or there is no memory for it.
 */
depot_stack_handle_t stack_depot_save(const unsigned long *entries,
				      unsigned int nr);
/*
 * Finds the trace of a handle. Returns the number of entries, 0 for none. A
 * handle that was overwritten gives none, or a wrong trace, and no crash.
 */
unsigned int stack_depot_fetch(depot_stack_handle_t handle,
			       const unsigned long **entries);
/* Reads the number of different traces, and the bytes they take. */
void stack_depot_stat(unsigned long *records, unsigned long *bytes);

#endif
