// SPDX-License-Identifier: MIT
/*
 * test_fault.c - which requests fail, in what order that is decided, what it
 * says
 */
#include <errno.h>
#include <pthread.h>

#include "diag/fault.h"
#include "diag/param.h"
#include "support/child.h"
#include "sys/compiler.h"

static struct fault_attr attr;

/* An attribute as it is made, which says nothing and has no end. */
static int reset(void **state)
{
	const struct fault_attr fresh = FAULT_ATTR_INITIALIZER("failtest");

	(void)state;
	attr = fresh;
	attr.verbose = 0;
	attr.times = -1;
	fault_set_nth(0);
	fault_set_task(0);
	fault_seed(1);
	return 0;
}

/* How many of `nr` requests of `size` fail. */
static unsigned int failures(unsigned int nr, long size)
{
	unsigned int failed = 0;

	while (nr--)
		failed += should_fail(&attr, size);
	return failed;
}

/* Nothing was ever asked for. Expect no failure, and fault_off() to say so. */
static void child_off(void *arg)
{
	const struct fault_attr fresh = FAULT_ATTR_INITIALIZER("failtest");

	(void)arg;
	attr = fresh;
	attr.probability = 100;
	REQUIRE(fault_off());
	REQUIRE(!should_fail(&attr, 1));
	REQUIRE(!setup_fault_attr(&attr, "1,100,0,-1"));
	REQUIRE(!fault_off());
	attr.verbose = 0;
	REQUIRE(should_fail(&attr, 1));
}

/* A new attribute. Expect the kernel's first values. */
static void test_initial(void **state)
{
	const struct fault_attr fresh = FAULT_ATTR_INITIALIZER("failtest");

	(void)state;
	assert_int_equal(fresh.probability, 0);
	assert_int_equal(fresh.interval, 1);
	assert_int_equal(fresh.times, 1);
	assert_int_equal(fresh.space, 0);
	assert_int_equal(fresh.verbose, 2);
	assert_int_equal(fresh.stacktrace_depth, 32);
	assert_int_equal(fresh.require_start, 0);
	assert_int_equal(fresh.require_end, ~0UL);
}

/* The boot string. Expect its four numbers in their places. */
static void test_setup(void **state)
{
	(void)state;
	assert_int_equal(setup_fault_attr(&attr, "3,50,4096,-1"), 0);
	assert_int_equal(attr.interval, 3);
	assert_int_equal(attr.probability, 50);
	assert_int_equal(attr.space, 4096);
	assert_int_equal(attr.times, -1);
}

/* Boot strings that are none. Expect -EINVAL and the attribute as it was. */
static void test_setup_malformed(void **state)
{
	static const char *const bad[] = {
		"",	    "1",	 "1,2",	    "1,2,3",	"1,101,0,1",
		"1,5,0,",   "1,5,0,-2",	 "a,5,0,1", "1,5,0,1x", "-1,5,0,1",
		"1,-5,0,1", "1,5,0,1,1", ",,,",	    "1,5,0,-",
	};

	(void)state;
	assert_int_equal(setup_fault_attr(&attr, "7,8,9,10"), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(setup_fault_attr(&attr, bad[i]), -EINVAL);
		assert_int_equal(attr.interval, 7);
		assert_int_equal(attr.probability, 8);
		assert_int_equal(attr.space, 9);
		assert_int_equal(attr.times, 10);
	}
}

/* Each knob by its name. Expect the value; -EINVAL out of range or without one;
 * -ENOENT for other names. */
static void test_knobs(void **state)
{
	(void)state;
	assert_int_equal(fault_attr_set(&attr, "probability=30"), 0);
	assert_int_equal(attr.probability, 30);
	assert_int_equal(fault_attr_set(&attr, "interval=4"), 0);
	assert_int_equal(attr.interval, 4);
	assert_int_equal(fault_attr_set(&attr, "times=-1"), 0);
	assert_int_equal(attr.times, -1);
	assert_int_equal(fault_attr_set(&attr, "space=100"), 0);
	assert_int_equal(attr.space, 100);
	assert_int_equal(fault_attr_set(&attr, "stacktrace_depth=0"), 0);
	assert_int_equal(attr.stacktrace_depth, 0);
	assert_int_equal(fault_attr_set(&attr, "require-start=0x1000"), 0);
	assert_int_equal(attr.require_start, 0x1000);
	assert_int_equal(fault_attr_set(&attr, "reject-end=0xffff"), 0);
	assert_int_equal(attr.reject_end, 0xffff);
	assert_int_equal(fault_attr_set(&attr, "task-filter=1"), 0);
	assert_int_equal(attr.task_filter, 1);
	assert_int_equal(
		fault_attr_set(&attr, "verbose_ratelimit_interval_ms=9"), 0);
	assert_int_equal(attr.ratelimit.interval, 9);
	assert_int_equal(fault_attr_set(&attr, "verbose_ratelimit_burst=2"), 0);
	assert_int_equal(attr.ratelimit.burst, 2);

	assert_int_equal(fault_attr_set(&attr, "probability=101"), -EINVAL);
	assert_int_equal(attr.probability, 30);
	assert_int_equal(fault_attr_set(&attr, "times=-2"), -EINVAL);
	assert_int_equal(fault_attr_set(&attr, "verbose"), -EINVAL);
	assert_int_equal(fault_attr_set(&attr, "stacktrace-depth=33"), -EINVAL);
	assert_int_equal(fault_attr_set(&attr, "prob=1"), -ENOENT);
	assert_int_equal(fault_attr_set(&attr, "=1"), -ENOENT);
}

/* Probability 0 and 100, then 30 of 10,000. Expect none, all, and a number
 * within five standard deviations. */
static void test_probability(void **state)
{
	unsigned int failed;

	(void)state;
	assert_int_equal(failures(100, 1), 0);
	attr.probability = 100;
	assert_int_equal(failures(100, 1), 100);
	attr.probability = 30;
	failed = failures(10000, 1);
	assert_in_range(failed, 2770, 3230);
}

/* The same seed twice, another one. Expect the same requests to fail,
 * others. */
static void test_seed(void **state)
{
	char first[300], again[300];

	(void)state;
	attr.probability = 50;
	fault_seed(42);
	for (unsigned int i = 0; i < sizeof(first); i++)
		first[i] = should_fail(&attr, 1);
	parse_args("fault_seed=42");
	for (unsigned int i = 0; i < sizeof(first); i++)
		again[i] = should_fail(&attr, 1);
	assert_memory_equal(first, again, sizeof(first));
	fault_seed(43);
	for (unsigned int i = 0; i < sizeof(first); i++)
		again[i] = should_fail(&attr, 1);
	assert_memory_not_equal(first, again, sizeof(first));
}

/* times=3. Expect three failures and then none; the count stops at 0. */
static void test_times(void **state)
{
	(void)state;
	attr.probability = 100;
	attr.times = 3;
	assert_int_equal(failures(10, 1), 3);
	assert_int_equal(attr.times, 0);
}

/* interval=4. Expect every fourth request to fail and no other. */
static void test_interval(void **state)
{
	(void)state;
	attr.probability = 100;
	attr.interval = 4;
	for (unsigned int i = 1; i <= 40; i++)
		assert_int_equal(should_fail(&attr, 1), i % 4 == 0);
}

/* space=100. Expect requests to pass while there is more left than they ask
 * for, each taking its size; and such a one not to count for the interval. */
static void test_space(void **state)
{
	(void)state;
	attr.probability = 100;
	attr.interval = 2;
	attr.space = 100;
	assert_false(should_fail(&attr, 60));
	assert_int_equal(attr.space, 40);
	assert_false(should_fail(&attr, 40)); /* not more than asked: first */
	assert_true(should_fail(&attr, 40)); /* second */
	assert_int_equal(attr.space, 40);
	assert_false(should_fail(&attr, 30));
	assert_int_equal(attr.space, 10);
}

/* task-filter. Expect failures in marked threads only. */
static void test_task_filter(void **state)
{
	(void)state;
	attr.probability = 100;
	attr.task_filter = 1;
	assert_int_equal(failures(5, 1), 0);
	fault_set_task(1);
	assert_int_equal(failures(5, 1), 5);
	fault_set_task(0);
	assert_int_equal(failures(5, 1), 0);
}

/* fail-nth. Expect the third request to fail, whatever probability, times,
 * space and task filter say, and the count down to be seen. */
static void test_nth(void **state)
{
	(void)state;
	attr.times = 0;
	attr.space = 1000;
	attr.task_filter = 1;
	fault_set_nth(3);
	assert_false(should_fail(&attr, 1));
	assert_int_equal(fault_nth(), 2);
	assert_false(should_fail(&attr, 1));
	assert_true(should_fail(&attr, 1));
	assert_int_equal(fault_nth(), 0);
	assert_int_equal(attr.space, 1000);
	assert_false(should_fail(&attr, 1));
}

/* fail-nth with an attribute that would fail always. Expect it alone to decide:
 * no failure before the n-th. */
static void test_nth_alone(void **state)
{
	(void)state;
	attr.probability = 100;
	fault_set_nth(2);
	assert_false(should_fail(&attr, 1));
	assert_true(should_fail(&attr, 1));
	assert_true(should_fail(&attr, 1)); /* by probability again */
}

static void *other_thread(void *arg)
{
	assert_int_equal(fault_nth(), 0);
	*(unsigned int *)arg = failures(10, 1);
	return NULL;
}

/* fail-nth of this thread. Expect another one to be left alone. */
static void test_nth_is_of_a_thread(void **state)
{
	unsigned int failed = 99;
	pthread_t t;

	(void)state;
	fault_set_nth(1);
	assert_int_equal(pthread_create(&t, NULL, other_thread, &failed), 0);
	pthread_join(t, NULL);
	assert_int_equal(failed, 0);
	assert_int_equal(fault_nth(), 1);
}

/* Exempt, nested. Expect no failure, by probability or nth, until the outer
 * end. */
static void test_exempt(void **state)
{
	(void)state;
	attr.probability = 100;
	fault_set_nth(1);
	fault_exempt_begin();
	fault_exempt_begin();
	assert_false(should_fail(&attr, 1));
	fault_exempt_end();
	assert_false(should_fail(&attr, 1));
	fault_exempt_end();
	assert_int_equal(fault_nth(), 1);
	assert_true(should_fail(&attr, 1));
}

/* A function with a section of its own, so that its ends are known. */
extern const char __start_asks_text[], __stop_asks_text[];

__attribute__((section("asks_text"))) static noinline bool asks(void)
{
	bool ret = should_fail(&attr, 1);

	__asm__ volatile("" ::: "memory");
	return ret;
}

#if defined(__x86_64__)
/* A filter on the callers. Expect failures only with a required caller, and
 * with no rejected one; none with a depth of 0; fail-nth is filtered too. */
static void test_stack_filter(void **state)
{
	(void)state;
	attr.probability = 100;
	attr.require_start = (unsigned long)__start_asks_text;
	attr.require_end = (unsigned long)__stop_asks_text;
	assert_true(asks());
	assert_false(should_fail(&attr, 1));
	fault_set_nth(1);
	assert_false(should_fail(&attr, 1));
	assert_int_equal(fault_nth(), 1);
	assert_true(asks());
	attr.stacktrace_depth = 0;
	assert_false(asks());
	attr.stacktrace_depth = 32;
	attr.require_start = 0;
	attr.require_end = ~0UL;
	attr.reject_start = (unsigned long)__start_asks_text;
	attr.reject_end = (unsigned long)__stop_asks_text;
	assert_false(asks());
	assert_true(should_fail(&attr, 1));
}
#endif

static void fail_once(void *arg)
{
	(void)arg;
	should_fail(&attr, 1);
}

/* verbose 0, 1, 2, and FAULT_NOWARN. Expect silence, the kernel's two lines,
 * a stack behind them, silence; with what is left before the failure. */
static void test_message(void **state)
{
	static const char line[] =
		"FAULT_INJECTION: forcing a failure.\n"
		"name failtest, interval 1, probability 100, space 0, times 5\n";
	char said[4096];

	(void)state;
	attr.probability = 100;
	capture_stderr(fail_once, NULL, said, sizeof(said));
	assert_string_equal(said, "");
	attr.verbose = 1;
	attr.times = 5;
	capture_stderr(fail_once, NULL, said, sizeof(said));
	assert_string_equal(said, line);
	attr.verbose = 2;
	attr.times = 5;
	capture_stderr(fail_once, NULL, said, sizeof(said));
	assert_int_equal(strncmp(said, line, strlen(line)), 0);
	assert_non_null(strstr(said, "Call Trace:"));
	assert_true(should_fail_ex(&attr, 1, FAULT_NOWARN));
}

static void fail_often(void *arg)
{
	(void)arg;
	failures(25, 1);
}

/* 25 failures at once with a burst of 10, one more when the interval is over.
 * Expect ten messages, then the number of those that were held back. */
static void test_ratelimit(void **state)
{
	static char said[16384];

	(void)state;
	attr.probability = 100;
	attr.verbose = 1;
	attr.ratelimit.interval = 1000000;
	capture_stderr(fail_often, NULL, said, sizeof(said));
	assert_int_equal(count_phrase(said, "forcing a failure"), 10);
	attr.ratelimit.begin = 1; /* long ago */
	attr.ratelimit.interval = 1;
	capture_stderr(fail_once, NULL, said, sizeof(said));
	assert_non_null(
		strstr(said, "failtest: 15 callbacks suppressed\nFAULT_"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_off),
		cmocka_unit_test_setup(test_initial, reset),
		cmocka_unit_test_setup(test_setup, reset),
		cmocka_unit_test_setup(test_setup_malformed, reset),
		cmocka_unit_test_setup(test_knobs, reset),
		cmocka_unit_test_setup(test_probability, reset),
		cmocka_unit_test_setup(test_seed, reset),
		cmocka_unit_test_setup(test_times, reset),
		cmocka_unit_test_setup(test_interval, reset),
		cmocka_unit_test_setup(test_space, reset),
		cmocka_unit_test_setup(test_task_filter, reset),
		cmocka_unit_test_setup(test_nth, reset),
		cmocka_unit_test_setup(test_nth_alone, reset),
		cmocka_unit_test_setup(test_nth_is_of_a_thread, reset),
		cmocka_unit_test_setup(test_exempt, reset),
#if defined(__x86_64__)
		cmocka_unit_test_setup(test_stack_filter, reset),
#endif
		cmocka_unit_test_setup(test_message, reset),
		cmocka_unit_test_setup(test_ratelimit, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
