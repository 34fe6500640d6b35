// SPDX-License-Identifier: MIT
/*
 * shim/trace.h - alloc_trace=: each call of the malloc family in a file
 *
 * While it is on every call takes a slow path, as with stats= (count.c). These
 * functions are called there.
 */
#ifndef KM_SHIM_TRACE_H
#define KM_SHIM_TRACE_H

#include "shim/trace_file.h"
#include "sys/compiler.h"

extern bool trace_on __hidden; /* constant after the start */

/*
 * Opens the file if alloc_trace= asks for one. Before the caches are made.
 */
void trace_start(void);
/* The child of fork() gets a file of its own. */
void trace_fork_child(void);

__cold void __trace_call(enum trace_op op, const void *p, size_t size,
			 unsigned int align);
__cold void __trace_resized(const void *old, const void *p, size_t size);

/* After a block was allocated, before one is freed or resized. */
static inline void trace_call(enum trace_op op, const void *p, size_t size)
{
	if (unlikely(trace_on))
		__trace_call(op, p, size, 0);
}

static inline void trace_aligned(const void *p, size_t size, size_t align)
{
	if (unlikely(trace_on))
		__trace_call(TRACE_MALLOC, p, size,
			     (unsigned int)__builtin_ctzl(align));
}

#endif
