// SPDX-License-Identifier: MIT
/*
 * diag/dump_stack.h - stack traces as text, on stderr
 *
 * Locking	none may be held in dump_stack(): debug builds check
 * Source	Linux lib/dump_stack.c, include/linux/stacktrace.h: the calls
 */
#ifndef KM_DIAG_DUMP_STACK_H
#define KM_DIAG_DUMP_STACK_H

#include "diag/unwind/stacktrace.h"

/* Prints a line for each on stderr: " function+0x12/0x40 [library]". */
void stack_trace_print(const unsigned long *entries, unsigned int nr,
		       unsigned int spaces);
/* Prints a line that names this thread, and its stack. */
void dump_stack(void);
/* The same with a trace that was saved before. */
void dump_stack_entries(const unsigned long *entries, unsigned int nr);

#endif
