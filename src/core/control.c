// SPDX-License-Identifier: MIT
/*
 * core/control.c - obeys a request that a tool wrote into this process
 *
 *	asked	0 ---- N ----------------------------- 0
 *	taken	M --------- N ----------------------------
 *			    | asked is still N: obey
 *	answered M -------------------------------- N ----
 *
 * Nothing of a request is trusted. It holds the number of an action, which a
 * constant table must have, and numbers, which lie in bounds of that table; the
 * action's own function has the last word. A request is left alone if it is
 * torn, or for another process: a child of vfork() has this memory, too. One
 * that is too old, or not newer than the last one, is removed.
 *
 * Locking	none. One thread at a time obeys: the one that stores `taken`,
 *		while `answered` is the same as the old value of `taken`.
 * Invariants	CONTROL1  a request is obeyed at most once
 *		CONTROL2  none is obeyed that was withdrawn before it was taken
 *				(unit.core.control checks both)
 * Source	ours
 */
#include <errno.h>

#include "core/control.h"
#include "sys/os.h"

extern const struct control_action __start_km_controls[]
	__attribute__((weak, visibility("hidden")));
extern const struct control_action __stop_km_controls[]
	__attribute__((weak, visibility("hidden")));

struct control_word km_control = { .magic = CONTROL_MAGIC };
enum control_mode control_mode;

/* Removes a request, unless another one has taken its place. */
static void remove_request(u64 sequence)
{
	__atomic_compare_exchange_n(&km_control.asked, &sequence, 0, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Returns true if it is whole, and meant for this process. */
static bool copy_request(struct control_request *r, u64 sequence)
{
	const struct control_request *from = &km_control.request;

	r->sequence = READ_ONCE(from->sequence);
	r->deadline = READ_ONCE(from->deadline);
	r->pid = READ_ONCE(from->pid);
	r->action = READ_ONCE(from->action);
	for (unsigned int i = 0; i < CONTROL_NUMBERS; i++)
		r->number[i] = READ_ONCE(from->number[i]);
	return r->sequence == sequence &&
	       control_check(r) == READ_ONCE(from->check) &&
	       r->pid == (u32)os_pid();
}

static bool control_allowed(void)
{
	return control_mode == CONTROL_ON ||
	       (control_mode == CONTROL_DEFAULT && !os_secure());
}

static const struct control_action *find_action(u32 nr)
{
	const struct control_action *action;

	for (action = __start_km_controls; action < __stop_km_controls;
	     action++)
		if (action->nr == nr)
			return action;
	return NULL;
}

/* Returns the result of a request, or -errno if it is refused. */
static long run_request(const struct control_request *r, unsigned long now)
{
	const struct control_action *action = find_action(r->action);

	if (!control_allowed())
		return -EPERM;
	if (!action)
		return -ENOSYS;
	if (r->deadline - now > CONTROL_LONGEST_MS)
		return -ERANGE;
	for (unsigned int i = 0; i < CONTROL_NUMBERS; i++)
		if (r->number[i] > action->most[i])
			return -ERANGE;
	return action->fn(r->number);
}

/* Takes a request: from now on no other thread does. */
static bool take_request(u64 sequence)
{
	u64 before = READ_ONCE(km_control.taken);

	return before < sequence &&
	       __atomic_load_n(&km_control.answered, __ATOMIC_ACQUIRE) ==
		       before &&
	       __atomic_compare_exchange_n(&km_control.taken, &before, sequence,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

static void answer_request(u64 sequence, long result)
{
	WRITE_ONCE(km_control.result, (s64)result);
	__atomic_store_n(&km_control.answered, sequence, __ATOMIC_RELEASE);
	remove_request(sequence);
}

__cold void control_obey(unsigned long now_ms)
{
	u64 sequence = __atomic_load_n(&km_control.asked, __ATOMIC_ACQUIRE);
	struct control_request r;
	long result = -ECANCELED;

	if (!copy_request(&r, sequence))
		return;
	if (now_ms >= r.deadline ||
	    sequence <= READ_ONCE(km_control.answered)) {
		remove_request(sequence);
		return;
	}
	if (!take_request(sequence))
		return;
	if (__atomic_load_n(&km_control.asked, __ATOMIC_SEQ_CST) == sequence)
		result = run_request(&r, now_ms);
	answer_request(sequence, result);
}

void control_fork_child(void)
{
	WRITE_ONCE(km_control.asked, 0);
	WRITE_ONCE(km_control.answered, READ_ONCE(km_control.taken));
}
