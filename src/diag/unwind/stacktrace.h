// SPDX-License-Identifier: MIT
/*
 * diag/unwind/stacktrace.h - stack traces, as addresses
 *
 *	entries[0]	the return address into the caller, or `caller`
 *	entries[1]	the return address into the caller's caller
 *	...		up to main() or the start of the thread
 *
 * Where the unwinder cannot go on (machines other than x86-64, code without
 * tables) a trace ends early. A trace from `caller` always has that entry.
 *
 * Locking	none; no lock may be held, but in stack_trace_save_locked():
 *		debug builds check
 * Source	Linux include/linux/stacktrace.h
 */
#ifndef KM_DIAG_UNWIND_STACKTRACE_H
#define KM_DIAG_UNWIND_STACKTRACE_H

#include "sys/compiler.h"

#define STACK_TRACE_DEPTH 32 /* the deepest trace that callers request */

/* Saves a trace from the caller on, less `skip` entries. Returns how many. */
unsigned int stack_trace_save(unsigned long *entries, unsigned int nr,
			      unsigned int skip);
/*
 * The same with any locks held: page_owner saves traces under locks of slabs.
 * This is safe because the unwinder takes no lock of the loader.
 */
unsigned int stack_trace_save_locked(unsigned long *entries, unsigned int nr,
				     unsigned int skip);
/*
 * Saves a trace from the frame that `caller` returns into. So this library's
 * own functions are left out.
 */
unsigned int stack_trace_save_from(unsigned long *entries, unsigned int nr,
				   uintptr_t caller);

#endif
