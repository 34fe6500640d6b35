// SPDX-License-Identifier: MIT
/*
 * test_control.c - requests from outside: what is obeyed, and what is not
 */
#include <signal.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include "core/task.h"
#include "core/tick.h"
#include "support/ask.h"
#include "support/child.h"
#include "support/single_step.h"

#define MOST 100

static int calls;
static u64 got[CONTROL_NUMBERS];
static void (*meanwhile)(void); /* while it is obeyed */
static unsigned long secure; /* AT_SECURE */

/* In place of libc's. */
unsigned long getauxval(unsigned long type)
{
	return type == AT_SECURE ? secure : 0;
}

static long note_call(const u64 *number)
{
	void (*fn)(void) = meanwhile;

	calls++;
	got[0] = number[0];
	got[1] = number[1];
	meanwhile = NULL;
	if (fn)
		fn();
	return number[0] == 13 ? -EBUSY : 7;
}
control_action(CONTROL_SET, note_call, MOST, MOST / 2);

static long note_plain(const u64 *number)
{
	return note_call(number);
}
control_action(CONTROL_TRIM, note_plain, 0, 0);

/* Requests within their bounds. Expect each to be obeyed once, with its
 * numbers and its result, and the word to be free afterwards. */
static void child_obeyed(void *arg)
{
	(void)arg;
	REQUIRE(!control_asked());
	REQUIRE(ask_now(CONTROL_SET, MOST, MOST / 2) == 7);
	REQUIRE(calls == 1 && got[0] == MOST && got[1] == MOST / 2);
	REQUIRE(!control_asked() && km_control.taken == km_control.answered);
	REQUIRE(ask_now(CONTROL_SET, 13, 0) == -EBUSY);
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == 7 && calls == 3);
	control_obey(os_now_ms());
	REQUIRE(calls == 3);
}

/* Numbers beyond their bounds, and an action that is in no table. Expect a
 * refusal for each, and no call. */
static void child_bounds(void *arg)
{
	(void)arg;
	REQUIRE(ask_now(CONTROL_SET, MOST + 1, 0) == -ERANGE);
	REQUIRE(ask_now(CONTROL_SET, 0, MOST / 2 + 1) == -ERANGE);
	REQUIRE(ask_now(CONTROL_SET, UINT64_MAX, 0) == -ERANGE);
	REQUIRE(ask_now(CONTROL_TRIM, 1, 0) == -ERANGE);
	REQUIRE(ask_now(CONTROL_TRIM, 0, 1) == -ERANGE);
	REQUIRE(ask_now(CONTROL_SHRINK, 0, 0) == -ENOSYS);
	REQUIRE(ask_now(0, 0, 0) == -ENOSYS);
	REQUIRE(ask_now((enum control_nr)0x80000002U, 0, 0) == -ENOSYS);
	REQUIRE(calls == 0 && !control_asked());
}

/* Deadlines that have passed, that are this very millisecond, and that are too
 * far away. Expect the first two to be removed without an answer, the third to
 * be refused, and the one before it to be obeyed. */
static void child_deadline(void *arg)
{
	struct control_request r = { .action = CONTROL_TRIM };
	unsigned long now = os_now_ms();

	(void)arg;
	r.deadline = now - 1;
	write_request(&r);
	control_obey(now);
	REQUIRE(!control_asked() && !km_control.taken);
	r = (struct control_request){ .action = CONTROL_TRIM, .deadline = now };
	write_request(&r);
	control_obey(now);
	REQUIRE(!control_asked() && !km_control.taken && !calls);
	r = (struct control_request){ .action = CONTROL_TRIM,
				      .deadline = now + 1 };
	write_request(&r);
	control_obey(now);
	REQUIRE(km_control.answered == r.sequence && calls == 1);
	r = (struct control_request){
		.action = CONTROL_TRIM, .deadline = now + CONTROL_LONGEST_MS + 1
	};
	write_request(&r);
	control_obey(now);
	REQUIRE(km_control.answered == r.sequence && calls == 1);
	REQUIRE(km_control.result == -ERANGE);
	r = (struct control_request){ .action = CONTROL_TRIM,
				      .deadline = now + CONTROL_LONGEST_MS };
	write_request(&r);
	control_obey(now);
	REQUIRE(km_control.result == 7 && calls == 2);
}

/* A sequence number again, and an older one. Expect both to be removed. */
static void child_sequence(void *arg)
{
	struct control_request r = { .action = CONTROL_TRIM, .sequence = 50 };

	(void)arg;
	write_request(&r);
	control_obey(os_now_ms());
	REQUIRE(calls == 1 && km_control.answered == 50);
	km_control.asked = 50;
	control_obey(os_now_ms());
	REQUIRE(calls == 1 && !control_asked());
	r = (struct control_request){ .action = CONTROL_TRIM, .sequence = 49 };
	write_request(&r);
	control_obey(os_now_ms());
	REQUIRE(calls == 1 && !control_asked() && km_control.answered == 50);
}

/* Requests of which some words have not arrived, one word at a time. Expect
 * that none is obeyed, nor touched; and that the whole one is, later. */
static void child_torn(void *arg)
{
	struct control_request r = { .action = CONTROL_SET,
				     .number = { 5, 6 } };
	u64 *words = (u64 *)&km_control.request;

	(void)arg;
	for (size_t i = 0; i < sizeof(r) / 8; i++) {
		write_request(&r);
		words[i] ^= 1UL << (7 * i);
		control_obey(os_now_ms());
		REQUIRE(calls == 0 && control_asked() && !km_control.taken);
	}
	write_request(&r);
	km_control.asked++;
	control_obey(os_now_ms());
	REQUIRE(calls == 0 && control_asked());
	write_request(&r);
	control_obey(os_now_ms());
	REQUIRE(calls == 1 && got[0] == 5 && got[1] == 6);
}

/* A request for another process, as a child of vfork() sees it. Expect it to be
 * left as it is. */
static void child_other_process(void *arg)
{
	struct control_request r = { .action = CONTROL_TRIM,
				     .pid = (u32)os_pid() + 1 };

	(void)arg;
	write_request(&r);
	control_obey(os_now_ms());
	REQUIRE(calls == 0 && km_control.asked == r.sequence);
	REQUIRE(!km_control.taken);
}

/* A fork while a request waits, or is being obeyed. Expect the child to have
 * none, and to obey its own. */
static void child_forked(void *arg)
{
	struct control_request r = { .action = CONTROL_TRIM };

	(void)arg;
	write_request(&r);
	control_fork_child();
	REQUIRE(!control_asked());
	km_control.taken = 30;
	km_control.answered = 20;
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == -ETIME && calls == 0);
	control_fork_child();
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == 7 && calls == 1);
}

static void ask_again(void)
{
	struct control_request r = { .action = CONTROL_TRIM };

	write_request(&r);
	control_obey(os_now_ms());
}

/* Another request while one is obeyed. Expect it to be obeyed, too, but
 * afterwards, and the answer of the first not to remove it. */
static void child_meanwhile(void *arg)
{
	(void)arg;
	meanwhile = ask_again;
	ask_now(CONTROL_SET, 1, 0);
	REQUIRE(calls == 1 && control_asked());
	REQUIRE(km_control.answered + 1 == km_control.asked);
	control_obey(os_now_ms());
	REQUIRE(calls == 2 && !control_asked());
}

/* What may switch it off and on. Expect a refusal with control=off, and under
 * AT_SECURE without control=on. */
static void child_allowed(void *arg)
{
	(void)arg;
	control_mode = CONTROL_OFF;
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == -EPERM);
	control_mode = CONTROL_DEFAULT;
	secure = 1;
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == -EPERM);
	REQUIRE(ask_now(CONTROL_SET, MOST + 1, 0) == -EPERM && calls == 0);
	control_mode = CONTROL_ON;
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == 7);
	control_mode = CONTROL_DEFAULT;
	secure = 0;
	REQUIRE(ask_now(CONTROL_TRIM, 0, 0) == 7 && calls == 2);
}

/* Polls with a request, without ticks, by a thread that reclaims, and by one
 * that reads the clock. Expect the first to obey, and the others not. */
static void child_polled(void *arg)
{
	struct control_request r = { .action = CONTROL_TRIM };

	(void)arg;
	tick_last_ms = os_now_ms();
	tick_interval_ms = 3600000;
	write_request(&r);
	current->flags |= PF_MEMALLOC;
	tick_poll();
	REQUIRE(calls == 0);
	current->flags = 0;
	current->no_ticks = 1;
	tick_poll();
	REQUIRE(calls == 0);
	current->no_ticks = 0;
	lock_fork_begin();
	tick_poll();
	REQUIRE(calls == 0);
	lock_fork_end();
	tick_poll();
	REQUIRE(calls == 1 && !control_asked());
	tick_poll();
	REQUIRE(calls == 1);
}

#if defined(SINGLE_STEP_FLAG) && !KM_SANITIZE_THREAD
/* What another thread, or a tool, does at one instruction of control_obey(). */
#define STRIDE 3 /* unoptimized code is long */
static unsigned int step, at_step;
static void (*at_once)(void);

/* Steps no further than there. */
static void count_step(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (step++ != at_step)
		return;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &=
		~SINGLE_STEP_FLAG;
	at_once();
}

/* Returns false behind the last instruction. */
static bool obey_stepwise(unsigned int nr, void (*fn)(void))
{
	const struct sigaction act = { .sa_sigaction = count_step,
				       .sa_flags = SA_SIGINFO };
	unsigned long now = os_now_ms();

	sigaction(SIGTRAP, &act, NULL);
	step = 0;
	at_step = nr;
	at_once = fn;
	calls = 0;
	single_step_on();
	control_obey(now);
	single_step_off();
	return step > nr;
}

static u64 taken_then;

static void withdraw_now(void)
{
	__atomic_store_n(&km_control.asked, 0, __ATOMIC_SEQ_CST);
	taken_then = km_control.taken;
}

/* A request that is withdrawn at one instruction after another. Expect that it
 * is not obeyed if it was not taken by then; that the answer says which, if it
 * was; and each of the three ends to happen: between taking it and looking
 * again are few instructions, so none is left out. */
static void child_withdrawn(void *arg)
{
	int early = 0, seen = 0, late = 0;
	bool more = true;

	(void)arg;
	for (unsigned int nr = 0; more; nr++) {
		struct control_request r = { .action = CONTROL_TRIM };

		write_request(&r);
		more = obey_stepwise(nr, withdraw_now);
		REQUIRE(!more || km_control.asked == 0);
		if (more && taken_then != r.sequence) {
			REQUIRE(!calls);
			early++;
			continue;
		}
		REQUIRE(km_control.answered == r.sequence);
		REQUIRE(km_control.result == (calls ? 7 : -ECANCELED));
		seen += !calls;
		late += calls;
	}
	REQUIRE(early && seen && late);
}

static void obey_now(void)
{
	control_obey(os_now_ms());
}

/* Another thread that looks at one instruction after another. Expect one of the
 * two to obey. */
static void child_two_threads(void *arg)
{
	bool more = true;

	(void)arg;
	for (unsigned int nr = 0; more; nr += STRIDE) {
		struct control_request r = { .action = CONTROL_TRIM };

		write_request(&r);
		more = obey_stepwise(nr, obey_now);
		REQUIRE(calls == 1 && km_control.result == 7);
		REQUIRE(km_control.answered == r.sequence);
		REQUIRE(!control_asked());
	}
}

static u64 second_sequence;

static void replace_now(void)
{
	struct control_request r = { .action = CONTROL_SET,
				     .number = { 40, 41 } };

	r.sequence = second_sequence;
	write_request(&r);
}

/* A request in place of another one, at one instruction after another. Expect
 * the first to be obeyed or not, the second to be obeyed, and no mixture. */
static void child_replaced(void *arg)
{
	bool more = true;
	int first;

	(void)arg;
	for (unsigned int nr = 0; more; nr += STRIDE) {
		struct control_request r = { .action = CONTROL_SET,
					     .number = { 30, 31 } };

		write_request(&r);
		second_sequence = r.sequence + 1;
		more = obey_stepwise(nr, replace_now);
		first = calls;
		REQUIRE(first < 2 && (!first || got[1] == got[0] + 1));
		if (!more)
			break;
		if (km_control.answered != second_sequence)
			control_obey(os_now_ms());
		REQUIRE(km_control.answered == second_sequence);
		REQUIRE(!control_asked() && got[0] == 40 && got[1] == 41);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_obeyed),
		child_test(child_bounds),
		child_test(child_deadline),
		child_test(child_sequence),
		child_test(child_torn),
		child_test(child_forked),
		child_test(child_other_process),
		child_test(child_meanwhile),
		child_test(child_allowed),
		child_test(child_polled),
#if defined(SINGLE_STEP_FLAG) && !KM_SANITIZE_THREAD
		child_test(child_withdrawn),
		child_test(child_two_threads),
		child_test(child_replaced),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
