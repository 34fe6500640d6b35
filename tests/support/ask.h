/* SPDX-License-Identifier: MIT */
/*
 * tests/support/ask.h - asks this process for something, as a tool would
 */
#ifndef TEST_ASK_H
#define TEST_ASK_H

#include <errno.h>

#include "core/control.h"
#include "sys/os.h"

/* Writes a request that differs from a good one in what `r` has already. */
static inline void write_request(struct control_request *r)
{
	if (!r->sequence)
		r->sequence = km_control.taken + 1;
	if (!r->deadline)
		r->deadline = os_now_ms() + 60000;
	if (!r->pid)
		r->pid = (uint32_t)os_pid();
	if (!r->check)
		r->check = control_check(r);
	km_control.request = *r;
	km_control.asked = r->sequence;
}

/* Returns the answer to a request that the process looks at now. */
static inline long ask_now(enum control_nr action, uint64_t first,
			   uint64_t second)
{
	struct control_request r = { .action = action,
				     .number = { first, second } };

	write_request(&r);
	control_obey(os_now_ms());
	return km_control.answered == r.sequence ? (long)km_control.result :
						   -ETIME;
}

#endif
