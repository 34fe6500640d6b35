// SPDX-License-Identifier: MIT
/*
 * diag/ratelimit.h - limits how often a message is printed
 *
 *	|x x x . . .|x x . |	burst 3 in each interval; the rest is counted
 *
 * Locking	none: two threads at the edge of an interval may both begin it
 * Source	Linux lib/ratelimit.c as a model
 */
#ifndef KM_DIAG_RATELIMIT_H
#define KM_DIAG_RATELIMIT_H

#include "sys/compiler.h"

struct ratelimit_state {
	unsigned long interval; /* ms; 0: no limit; constant after init */
	int burst; /* constant after init */
	int printed; /* atomic: in this interval */
	int missed; /* atomic: in this interval */
	unsigned long begin; /* atomic: ms; 0: none has begun */
};

#define RATELIMIT_STATE_INIT(ms, nr)             \
	{                                        \
		.interval = (ms), .burst = (nr), \
	}

/*
 * Returns true if `what` may be printed now. After an interval in which it was
 * not, one line tells how often: "WHAT: N callbacks suppressed".
 */
bool __ratelimit(struct ratelimit_state *rs, const char *what);

#endif
