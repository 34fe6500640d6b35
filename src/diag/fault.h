// SPDX-License-Identifier: MIT
/*
 * diag/fault.h - make allocations fail on purpose
 *
 * A struct fault_attr says how often the requests of one kind are to fail:
 * failslab (kmem/) and fail_page_alloc (buddy/) have one each. The code that
 * serves such requests calls should_fail_ex() before anything is done for them.
 *
 *	request -> this thread's fail-nth set?  it alone decides (n, n-1 .. 0)
 *	        -> probability 0?		no
 *	        -> task filter, times, stack filter?
 *	        -> space left to be granted?	no, and less of it
 *	        -> every interval-th		no to the others
 *	        -> random % 100 < probability	it fails; times goes down
 *
 * The loader ends the program when an allocation fails. Code that serves it
 * calls fault_exempt_begin() first: nothing fails in this thread until the end.
 *
 * Locking	none: times, space and count are atomic, the rest is set by boot
 *		parameters, or while no other thread allocates
 * Invariants	FAULT1  fault_armed is 0 only if nothing can fail
 *		FAULT2  with one thread and one seed the same requests fail
 *					(unit.diag.fault checks both)
 * Source	Linux lib/fault-inject.c (docs/kernel.md D14)
 */
#ifndef KM_DIAG_FAULT_H
#define KM_DIAG_FAULT_H

#include "diag/ratelimit.h"

struct fault_attr {
	const char *name; /* constant */
	unsigned long probability; /* percent; 0: never */
	unsigned long interval; /* only every n-th of such requests */
	unsigned long count; /* atomic: requests that got so far */
	int times; /* atomic: failures left; -1: no end */
	int space; /* atomic: granted before the first, in units of size */
	unsigned long verbose; /* 0 nothing, 1 a line, 2 a stack trace too */
	unsigned long stacktrace_depth; /* callers to look at; 0: none */
	unsigned long require_start, require_end; /* a caller must lie here */
	unsigned long reject_start, reject_end; /* no caller may lie here */
	unsigned long task_filter; /* 1: marked threads only */
	struct ratelimit_state ratelimit; /* of the messages */
};

#define FAULT_ATTR_INITIALIZER(attr_name)                                     \
	{                                                                     \
		.name = (attr_name), .interval = 1, .times = 1, .verbose = 2, \
		.stacktrace_depth = 32, .require_end = ~0UL,                  \
		.ratelimit = RATELIMIT_STATE_INIT(5000, 10),                  \
	}

#define FAULT_NOWARN 1 /* fail without a message */

extern u8 fault_armed __hidden; /* relaxed */

/* Returns true if nothing can fail; a cheap test for fast paths. */
static inline bool fault_off(void)
{
	return likely(!READ_ONCE(fault_armed));
}

/* Returns true if this request of `size` units is to fail. No lock is held. */
bool should_fail_ex(struct fault_attr *attr, long size, unsigned int flags);
bool should_fail(struct fault_attr *attr, long size);

/*
 * Reads "<interval>,<probability>,<space>,<times>". Returns 0, or -EINVAL with
 * no change.
 */
int setup_fault_attr(struct fault_attr *attr, const char *str);
/*
 * Sets one knob, "<name>=<value>", named like its file in the kernel's debugfs:
 * probability, interval, times, space, verbose, verbose_ratelimit_interval_ms,
 * verbose_ratelimit_burst, stacktrace-depth, require-start, require-end,
 * reject-start, reject-end, task-filter. Returns 0, -EINVAL, or -ENOENT for an
 * unknown name.
 */
int fault_attr_set(struct fault_attr *attr, const char *knob);

/* ---- this thread --------------------------------------------------------- */

/* The n-th request from here on fails, whatever the attributes say; 0: off. */
void fault_set_nth(unsigned int n);
unsigned int fault_nth(void); /* requests left, the failing one included */
void fault_set_task(unsigned int marked); /* 1: task-filter means this one */
void fault_exempt_begin(void); /* may be nested */
void fault_exempt_end(void);

/* The same seed gives the same failures. */
void fault_seed(u64 seed);

#endif
