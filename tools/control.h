// SPDX-License-Identifier: MIT
/*
 * control.h - asks a process that runs to do something
 *
 *	control_open		finds the words, in a target that can be written
 *	control_request		writes a request
 *	control_look		is it answered?
 *	control_withdraw	no more; it may have been obeyed meanwhile
 *
 * The protocol is in src/core/control_word.h.
 */
#ifndef KM_TOOLS_CONTROL_H
#define KM_TOOLS_CONTROL_H

#include "core/control_word.h"
#include "library.h"

struct control {
	struct target *target;
	uint64_t at; /* of the words */
	uint64_t sequence; /* of the request that was written */
};

enum control_state {
	CONTROL_GONE, /* the process has ended, or runs another program */
	CONTROL_LOST, /* another tool's request is there in its place */
	CONTROL_WAITS, /* nothing has happened yet */
	CONTROL_BEGUN, /* the process is obeying */
	CONTROL_ANSWERED,
	CONTROL_WITHDRAWN /* it was not obeyed, nor will be */
};

/* The monotonic clock, ns. */
uint64_t control_clock(void);
/* Returns 0, or -1 with the reason. */
int control_open(struct control *c, struct library *lib, struct why *why);
/*
 * Writes a request: action, number and deadline are the caller's, all else is
 * filled in. Returns 0, or -1 with the reason: another one is pending.
 */
int control_request(struct control *c, struct control_request *r,
		    struct why *why);
/* Stores the result where it is CONTROL_ANSWERED. */
enum control_state control_look(struct control *c, int64_t *result);
/*
 * Takes the request back. Returns CONTROL_WITHDRAWN; or CONTROL_BEGUN: look
 * again for the answer; or CONTROL_ANSWERED with the result, which is
 * -ECANCELED if the process saw the withdrawal; or one of the first two.
 */
enum control_state control_withdraw(struct control *c, int64_t *result);

#endif
