// SPDX-License-Identifier: MIT
/*
 * core/stacktrace.h - who called whom, as addresses and as text
 *
 *	entries[0]	the return address into whoever asked, or `caller`
 *	entries[1]	that into its caller
 *	...		up to main() or the start of the thread
 *
 * Where the unwinder knows nothing (other machines than x86-64, code without
 * tables) a trace ends early; one that was to begin at a caller has that one.
 *
 * Locking	none, and none may be held but for stack_trace_save_locked(): a
 *		debug build checks
 * Source	Linux include/linux/stacktrace.h
 */
#ifndef KM_CORE_STACKTRACE_H
#define KM_CORE_STACKTRACE_H

#include "sys/compiler.h"

#define STACK_TRACE_DEPTH 32 /* the deepest anybody asks for */

/* From the caller on, without the first `skip`: how many. */
unsigned int stack_trace_save(unsigned long *entries, unsigned int nr,
			      unsigned int skip);
/*
 * The same under whatever locks: for page_owner, whose pages are taken under those
 * of slabs. That is safe as long as the unwinder takes none of the loader's.
 */
unsigned int stack_trace_save_locked(unsigned long *entries, unsigned int nr,
				     unsigned int skip);
/*
 * From the frame that `caller` returns into on, so that our own functions are
 * left out, however they call one another.
 */
unsigned int stack_trace_save_from(unsigned long *entries, unsigned int nr,
				   uintptr_t caller);
/* A line for each on stderr: " function+0x12/0x40 [library]". */
void stack_trace_print(const unsigned long *entries, unsigned int nr,
		       unsigned int spaces);
/* What this thread is doing: a line that says who it is, and its stack. */
void dump_stack(void);
/* The same with a stack that was saved before. */
void dump_stack_entries(const unsigned long *entries, unsigned int nr);

#endif
