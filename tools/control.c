// SPDX-License-Identifier: MIT
/*
 * control.c - writes a request into a process, and reads its answer
 *
 *	asked = 0		what was there before is no more a request
 *	request			in any pieces
 *	asked = sequence	from now on it is one
 *
 * Only words of the library's struct control_word are written, by a descriptor
 * that belongs to one address space, after its magic number was read by the
 * same descriptor. An exec in between leaves nothing to write to.
 */
#include <errno.h>
#include <time.h>

#include "control.h"

#define AT(c, member) ((c)->at + offsetof(struct control_word, member))

uint64_t control_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000UL + (uint64_t)now.tv_nsec;
}

static int read_words(struct control *c, struct control_word *w)
{
	return c->target->read(c->target, c->at, w, sizeof(*w)) ||
			       w->magic != CONTROL_MAGIC ?
		       -1 :
		       0;
}

int control_open(struct control *c, struct library *lib, struct why *why)
{
	struct place place = library_place(lib, "km_control");
	struct control_word w;

	*c = (struct control){ .target = lib->target, .at = place.at };
	if (place.size < sizeof(w))
		return because(why, "its libkmalloc %s is too old to be asked",
			       lib->release);
	if (!c->target->write || read_words(c, &w))
		return because(why, "its memory cannot be written");
	return 0;
}

/* Returns true if it is a request that the process may still obey. */
static bool is_pending(const struct control_word *w, uint64_t now_ms)
{
	return w->asked && w->asked == w->request.sequence &&
	       w->request.check == control_check(&w->request) &&
	       now_ms < w->request.deadline;
}

static int store_asked(struct control *c, uint64_t sequence)
{
	return c->target->write(c->target, AT(c, asked), &sequence,
				sizeof(sequence));
}

int control_request(struct control *c, struct control_request *r,
		    struct why *why)
{
	struct control_word w;
	pid_t pid = process_inner_pid(c->target->pid, why);

	if (pid < 0)
		return -1;
	if (read_words(c, &w))
		return because(why, "it has ended, or runs another program");
	r->sequence = control_clock();
	if (is_pending(&w, r->sequence / 1000000))
		return because(why, "another tool's request is pending");
	if (w.taken != w.answered)
		return because(why, "another tool's request is being obeyed");
	if (r->sequence <= w.taken)
		return because(why, "its clock is another one");
	r->pid = (uint32_t)pid;
	r->check = control_check(r);
	if (store_asked(c, 0) ||
	    c->target->write(c->target, AT(c, request), r, sizeof(*r)) ||
	    store_asked(c, r->sequence))
		return because(why, "its memory cannot be written");
	c->sequence = r->sequence;
	return 0;
}

static enum control_state state_of(struct control *c, int64_t *result)
{
	struct control_word w;

	if (read_words(c, &w))
		return CONTROL_GONE;
	if (w.answered == c->sequence) {
		/* read in an order of the kernel's choice: read it again */
		if (read_words(c, &w))
			return CONTROL_GONE;
		*result = w.result;
		return w.answered == c->sequence ? CONTROL_ANSWERED :
						   CONTROL_LOST;
	}
	if (w.taken == c->sequence)
		return CONTROL_BEGUN;
	if (w.taken > c->sequence || (w.asked && w.asked != c->sequence &&
				      w.asked == w.request.sequence))
		return CONTROL_LOST;
	return w.asked ? CONTROL_WAITS : CONTROL_WITHDRAWN;
}

/*
 * The library removes a request that it finds too old, and one that it has
 * answered; the second may have been read in pieces.
 */
enum control_state control_look(struct control *c, int64_t *result)
{
	enum control_state state = state_of(c, result);

	return state == CONTROL_WITHDRAWN ? state_of(c, result) : state;
}

enum control_state control_withdraw(struct control *c, int64_t *result)
{
	enum control_state state = control_look(c, result);

	if (state != CONTROL_WAITS && state != CONTROL_BEGUN)
		return state;
	if (store_asked(c, 0))
		return CONTROL_GONE;
	return control_look(c, result);
}
