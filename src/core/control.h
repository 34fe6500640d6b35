// SPDX-License-Identifier: MIT
/*
 * core/control.h - what the process does because a tool asked it to
 *
 * A file declares beside its function what can be asked:
 *
 *	static long set_from_outside(const u64 *number) { ... }
 *	control_action(CONTROL_SET, set_from_outside, UINT64_MAX, UINT64_MAX);
 *
 * tick_poll() looks for a request, so it is obeyed where a tick could run: the
 * caller holds no lock and has no structure half changed. The words themselves
 * are in control_word.h.
 */
#ifndef KM_CORE_CONTROL_H
#define KM_CORE_CONTROL_H

#include "core/control_word.h"
#include "sys/compiler.h"

/* Constant, so that no write can make a request call something else. */
struct control_action {
	u32 nr; /* CONTROL_ */
	/* Obeys. Returns 0 or more, or -errno. No lock is held. */
	long (*fn)(const u64 *number);
	u64 most[CONTROL_NUMBERS]; /* 0: the action has no such number */
};

#define control_action(action_nr, function, most_0, most_1)                   \
	static const struct control_action control_##function __attribute__(( \
		section("km_controls"), used, aligned(sizeof(void *)))) = {   \
		action_nr, function, { most_0, most_1 }                       \
	}

enum control_mode {
	CONTROL_DEFAULT, /* on, but not in a program with more rights */
	CONTROL_OFF,
	CONTROL_ON
};

extern struct control_word km_control;
extern enum control_mode control_mode; /* constant after init */

/* Obeys what is asked, if it is due. For tick_poll(); `now` is in ms. */
void control_obey(unsigned long now_ms);
/* In the child of fork: the request was for the parent. */
void control_fork_child(void);

static inline bool control_asked(void)
{
	return READ_ONCE(km_control.asked) != 0;
}

#endif
