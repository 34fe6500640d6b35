// SPDX-License-Identifier: MIT
/*
 * test_control.c - the tool's side of a request
 *
 *	struct control_word	stands for the process's memory; what the
 *				process does between two accesses is `process`
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"

#define PLACE 0x10000UL

static struct control_word words;
static unsigned int accesses, process_at; /* the process runs before that one */
static void (*process)(void);
static bool gone;
static uint64_t touched_from, touched_to; /* what was written */

static int access_words(uint64_t at, size_t size)
{
	if (++accesses == process_at)
		process();
	return gone || at < PLACE || at + size > PLACE + sizeof(words) ? -1 : 0;
}

static int read_words(struct target *t, uint64_t at, void *to, size_t size)
{
	(void)t;
	if (access_words(at, size))
		return -1;
	memcpy(to, (char *)&words + (at - PLACE), size);
	return 0;
}

static int write_words(struct target *t, uint64_t at, const void *from,
		       size_t size)
{
	(void)t;
	if (access_words(at, size))
		return -1;
	memcpy((char *)&words + (at - PLACE), from, size);
	if (at < touched_from)
		touched_from = at;
	if (at + size > touched_to)
		touched_to = at + size;
	return 0;
}

static struct target target = { .read = read_words,
				.write = write_words,
				.live = true };
static struct control control = { &target, PLACE, 0 };

static int begin_words(void **state)
{
	(void)state;
	words = (struct control_word){ .magic = CONTROL_MAGIC };
	target.pid = getpid();
	control.sequence = 0;
	accesses = process_at = 0;
	touched_from = UINT64_MAX;
	touched_to = 0;
	gone = false;
	return 0;
}

static uint64_t ms_from_now(unsigned int ms)
{
	return control_clock() / 1000000 + ms;
}

/* Returns 0, or -1 with the reason in *why. */
static int request(struct why *why)
{
	struct control_request r = { .deadline = ms_from_now(60000),
				     .action = CONTROL_SET,
				     .number = { 3, 4 } };

	return control_request(&control, &r, why);
}

static void must_request(void)
{
	struct why why;

	assert_int_equal(request(&why), 0);
	accesses = 0;
}

static void take(void)
{
	words.taken = words.asked ? words.asked : control.sequence;
}

static void answer(void)
{
	take();
	words.result = 5;
	words.answered = words.taken;
	words.asked = 0;
}

static void see_withdrawal(void)
{
	take();
	words.result = -ECANCELED;
	words.answered = words.taken;
}

/* Write a request. Expect it whole, with a fitting check, for this process, and
 * nothing else written. */
static void test_request(void **state)
{
	(void)state;
	must_request();
	assert_true(words.asked && words.asked == control.sequence);
	assert_int_equal(words.request.sequence, words.asked);
	assert_int_equal(words.request.check, control_check(&words.request));
	assert_int_equal(words.request.pid, (uint32_t)getpid());
	assert_int_equal(words.request.action, CONTROL_SET);
	assert_int_equal(words.request.number[0], 3);
	assert_int_equal(words.request.number[1], 4);
	assert_int_equal(touched_from,
			 PLACE + offsetof(struct control_word, asked));
	assert_int_equal(touched_to,
			 PLACE + offsetof(struct control_word, taken));
}

static bool is_whole(void)
{
	return words.asked && words.asked == words.request.sequence &&
	       words.request.check == control_check(&words.request);
}

static void expect_none(void)
{
	assert_false(is_whole());
	assert_int_equal(words.asked, 0);
}

/* Look from inside before each access of a request, where an old one that has
 * ended is still there. Expect no request before the last write. */
static void test_order(void **state)
{
	(void)state;
	words.request.sequence = words.asked = 1;
	words.request.check = control_check(&words.request);
	process = expect_none;
	for (process_at = 3; process_at <= 4; process_at++) {
		must_request();
		assert_true(is_whole());
		words.request.deadline = 0; /* it is too old */
		words.request.check = control_check(&words.request);
	}
}

/* Write one while another one is pending, is being obeyed, is torn, or too old.
 * Expect a refusal for the first two. */
static void test_pending(void **state)
{
	struct why why;

	(void)state;
	must_request();
	assert_int_equal(request(&why), -1);
	assert_non_null(strstr(why.text, "request is pending"));
	words.request.check++;
	must_request();
	words.request.deadline = ms_from_now(0);
	words.request.check = control_check(&words.request);
	must_request();
	take();
	words.asked = 0;
	assert_int_equal(request(&why), -1);
	assert_non_null(strstr(why.text, "being obeyed"));
	words.answered = words.taken;
	must_request();
	words.asked = 0;
	words.taken = words.answered = control_clock() + 1000000000000UL;
	assert_int_equal(request(&why), -1);
	assert_non_null(strstr(why.text, "clock"));
}

/* Look while nothing happens, while it is obeyed, and afterwards; and when the
 * first look saw but a part of the answer. Expect the states in turn, and the
 * result. */
static void test_look(void **state)
{
	int64_t result = 0;

	(void)state;
	must_request();
	assert_int_equal(control_look(&control, &result), CONTROL_WAITS);
	take();
	assert_int_equal(control_look(&control, &result), CONTROL_BEGUN);
	answer();
	assert_int_equal(control_look(&control, &result), CONTROL_ANSWERED);
	assert_int_equal(result, 5);
	must_request();
	words.asked = 0;
	process = answer;
	process_at = 2;
	assert_int_equal(control_look(&control, &result), CONTROL_ANSWERED);
}

/* Words of other tools, of a process that is gone, and of one that found the
 * request too old. Expect to be told so. */
static void test_lost(void **state)
{
	int64_t result;

	(void)state;
	must_request();
	words.asked = words.request.sequence = control.sequence + 1;
	assert_int_equal(control_look(&control, &result), CONTROL_LOST);
	words.asked = 0;
	assert_int_equal(control_look(&control, &result), CONTROL_WITHDRAWN);
	words.taken = control.sequence + 1;
	assert_int_equal(control_look(&control, &result), CONTROL_LOST);
	words.magic++;
	assert_int_equal(control_look(&control, &result), CONTROL_GONE);
	words.magic--;
	gone = true;
	assert_int_equal(control_look(&control, &result), CONTROL_GONE);
	assert_int_equal(control_withdraw(&control, &result), CONTROL_GONE);
}

/* Withdraw a request, to which the process does something at each access in
 * turn. Expect the answer wherever there was one, CONTROL_BEGUN where there is
 * none yet, and else that it is withdrawn. */
static void test_withdraw(void **state)
{
	int64_t result;

	(void)state;
	for (unsigned int at = 0; at < 6; at++) {
		enum control_state state;
		bool answered;

		begin_words(NULL);
		must_request();
		process = answer;
		process_at = at;
		state = control_withdraw(&control, &result);
		answered = at && accesses >= at;
		assert_int_equal(state, answered ? CONTROL_ANSWERED :
						   CONTROL_WITHDRAWN);
		if (answered)
			assert_int_equal(result, 5);
		assert_int_equal(words.asked, 0);
	}
	for (unsigned int at = 1; at < 4; at++) {
		begin_words(NULL);
		must_request();
		process = take;
		process_at = at;
		assert_int_equal(control_withdraw(&control, &result),
				 CONTROL_BEGUN);
		assert_int_equal(words.asked, 0);
		see_withdrawal();
		assert_int_equal(control_look(&control, &result),
				 CONTROL_ANSWERED);
		assert_int_equal(result, -ECANCELED);
	}
}

/* Requests that differ in one word, and names that differ in a letter. Expect
 * other checks and numbers. */
static void test_numbers(void **state)
{
	struct control_request r = { 0 };
	uint64_t *word = (uint64_t *)&r, plain = control_check(&r);

	(void)state;
	for (size_t i = 0; i < offsetof(struct control_request, check) / 8; i++)
		for (unsigned int bit = 0; bit < 64; bit++) {
			word[i] ^= 1UL << bit;
			assert_int_not_equal(control_check(&r), plain);
			word[i] ^= 1UL << bit;
		}
	assert_int_not_equal(control_name("malloc-16"),
			     control_name("malloc-61"));
	assert_int_not_equal(control_name("malloc-1"),
			     control_name("malloc-16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request, begin_words),
		cmocka_unit_test_setup(test_order, begin_words),
		cmocka_unit_test_setup(test_pending, begin_words),
		cmocka_unit_test_setup(test_look, begin_words),
		cmocka_unit_test_setup(test_lost, begin_words),
		cmocka_unit_test_setup(test_withdraw, begin_words),
		cmocka_unit_test_setup(test_numbers, begin_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
