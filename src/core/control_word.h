/* SPDX-License-Identifier: MIT */
/*
 * core/control_word.h - a request from outside the process, and its answer
 *
 *	kmalloc-info --pid			the process
 *	 request, then asked = N  ----------->	 at a slow path: asked is not 0
 *						 taken = N; still asked?
 *	 answered is N?  <-------------------	 result, then answered = N
 *	 or asked = 0, then: is taken N?
 *
 * Writes through /proc/PID/mem may arrive in any pieces, and another tool may
 * write meanwhile. So a request is one only if its check fits, and `asked` is
 * its sequence number.
 *
 * A request is withdrawn by storing 0 in `asked`. The library stores `taken`
 * before it looks at `asked` again, and the tool the other way round. So at
 * least one of them sees the other: if `taken` is not N after the withdrawal,
 * the request is never obeyed. If it is, the answer says whether it was.
 *
 * All words are integers. None of them is a pointer, a length or an offset.
 * The layout stays as it is under the name km_control (diag/observe.h); another
 * layout gets another name.
 *
 * Included by the library and by tools/, so it needs nothing of src.
 */
#ifndef KM_CORE_CONTROL_WORD_H
#define KM_CORE_CONTROL_WORD_H

#include <stdint.h>

#define CONTROL_MAGIC 0x6b6d2d6173672031UL
#define CONTROL_NUMBERS 2U
#define CONTROL_LONGEST_MS 3600000UL /* a deadline is no further away */

enum control_nr {
	CONTROL_TRIM = 1, /* gives back what is free */
	CONTROL_SHRINK = 2, /* number[0]: control_name() of a cache */
	CONTROL_SET = 3, /* control_name() of a knob, and its value */
	CONTROL_PROFILE = 4, /* number[0]: 1, or 0 */
};

struct control_request {
	uint64_t sequence; /* ns of the monotonic clock when it was written */
	uint64_t deadline; /* ms of that clock: from then on it is ignored */
	uint32_t pid; /* of the process, as itself sees it */
	uint32_t action; /* CONTROL_ */
	uint64_t number[CONTROL_NUMBERS]; /* 0 where the action has none */
	uint64_t check; /* control_check() */
};

struct control_word {
	uint64_t magic; /* CONTROL_MAGIC */
	/* the tool writes these */
	uint64_t asked; /* the sequence number; 0: nothing is asked */
	struct control_request request;
	/* the library writes these, and 0 in asked when it has obeyed */
	uint64_t taken; /* the last request that it began, or ended */
	uint64_t answered;
	int64_t result; /* of `answered`: 0 or more, or -errno */
};

static inline uint64_t control_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15UL;
	return hash ^ hash >> 29;
}

/* Returns what belongs in request->check. */
static inline uint64_t control_check(const struct control_request *r)
{
	uint64_t hash = control_mix(CONTROL_MAGIC, r->sequence);

	hash = control_mix(hash, r->deadline);
	hash = control_mix(hash, (uint64_t)r->pid << 32 | r->action);
	for (unsigned int i = 0; i < CONTROL_NUMBERS; i++)
		hash = control_mix(hash, r->number[i]);
	return hash;
}

/* Returns the number that stands for a name. */
static inline uint64_t control_name(const char *name)
{
	uint64_t hash = CONTROL_MAGIC;

	for (; *name; name++)
		hash = control_mix(hash, (unsigned char)*name);
	return hash;
}

#endif
