// SPDX-License-Identifier: MIT
/*
 * diag/unwind/stacktrace.c - see stacktrace.h
 */
#include "core/lock.h"
#include "diag/unwind/stacktrace.h"
#include "diag/unwind/unwind.h"

#define MOST_FRAMES 64 /* of this library, at most */

/* Sets the cursor to the caller of the function that calls this. */
static __always_inline int begin_walk(struct unwind_cursor *c)
{
	int ret;

	VM_BUG_ON((lock_held & ~LOCK_GATES) && !lock_is_fork_owner());
	ret = unwind_here(c);
	return ret ? ret : unwind_step(c);
}

noinline unsigned int stack_trace_save(unsigned long *entries, unsigned int nr,
				       unsigned int skip)
{
	struct unwind_cursor c;
	unsigned int got = 0;
	int ret;

	for (ret = begin_walk(&c); !ret && got < nr; ret = unwind_step(&c)) {
		if (skip)
			skip--;
		else
			entries[got++] = c.reg[UNWIND_PC];
	}
	return got;
}

noinline unsigned int stack_trace_save_locked(unsigned long *entries,
					      unsigned int nr,
					      unsigned int skip)
{
	struct unwind_cursor c;
	unsigned int got = 0;
	int ret = unwind_here(&c);

	for (skip++; !ret && got < nr; ret = unwind_step(&c)) {
		if (skip)
			skip--;
		else
			entries[got++] = c.reg[UNWIND_PC];
	}
	return got;
}

noinline unsigned int stack_trace_save_from(unsigned long *entries,
					    unsigned int nr, uintptr_t caller)
{
	struct unwind_cursor c;
	unsigned int got = 0, frames = 0;
	int ret;

	for (ret = begin_walk(&c); !ret && got < nr; ret = unwind_step(&c)) {
		if (!got && c.reg[UNWIND_PC] != caller) {
			if (frames++ == MOST_FRAMES)
				break;
			continue;
		}
		entries[got++] = c.reg[UNWIND_PC];
	}
	if (!got && nr)
		entries[got++] = caller;
	return got;
}
