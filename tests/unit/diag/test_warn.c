// SPDX-License-Identifier: MIT
/*
 * test_warn.c - warnings, and the two kinds of assertion that end the program
 */
#include "core/bug.h"
#include "diag/param.h"
#include "diag/warn.h"
#include "support/child.h"

static void child_warns(void *arg)
{
	for (int i = 0; i < 5; i++)
		REQUIRE(WARN_ONCE(i & 1, "%d is odd", i) == (i & 1));
	for (int i = 0; i < 5; i++)
		pr_warn_once("kmalloc: said %d\n", i);
	if (arg)
		parse_args(arg);
	WARN_ONCE(1, "that was %s", "all");
}

/* Warnings in a loop. Expect each place to speak once, with its message and its
 * name, and the program to go on. */
static void test_once(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_warns, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "WARNING: CPU: "), 2);
	assert_int_equal(count_phrase(end.err, " at test_warn.c:"), 2);
	assert_int_equal(count_phrase(end.err, " child_warns()\n"), 2);
	assert_int_equal(count_phrase(end.err, "1 is odd\nWARNING: "), 1);
	assert_int_equal(count_phrase(end.err, "3 is odd\n"), 0);
	assert_int_equal(count_phrase(end.err, "that was all\nWARNING: "), 1);
	assert_int_equal(count_phrase(end.err, "kmalloc: said 0\n"), 1);
}

static void child_warns_always(void *arg)
{
	for (long i = 0; i < 3; i++)
		REQUIRE(WARN(i != 1, "number %ld", i) == (i != 1));
	(void)arg;
}

/* A warning that may come more than once. Expect it each time. */
static void test_always(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_warns_always, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "WARNING: CPU: "), 2);
	assert_int_equal(count_phrase(end.err, "number 0\n"), 1);
	assert_int_equal(count_phrase(end.err, "number 1\n"), 0);
	assert_int_equal(count_phrase(end.err, "number 2\n"), 1);
}

/* A warning in a program that holds the library. Expect the stack, from the
 * place up to main(), where stacks can be walked. */
static void test_trace(void **state)
{
	struct child_end end;

	(void)state;
#if !defined(__x86_64__)
	skip();
#endif
	child_run(child_warns_always, NULL, &end);
	assert_int_equal(count_phrase(end.err,
				      "Call Trace:\n child_warns_always"
				      "+0x"),
			 2);
	assert_int_equal(count_phrase(end.err, "\n main+0x"), 2);
}

/* panic_on_warn, in the three ways to ask for it. Expect the warning to be the
 * end, but not if it is 0. */
static void test_panic_on_warn(void **state)
{
	static const char phrase[] = "Kernel panic - not syncing: kmalloc: "
				     "panic_on_warn set ...\n";
	struct child_end end;

	(void)state;
	assert_true(child_aborts(child_warns,
				 (void *)(uintptr_t) "panic_on_warn", phrase));
	assert_true(child_aborts(
		child_warns, (void *)(uintptr_t) "panic_on_warn=1", phrase));
	assert_true(child_aborts(
		child_warns, (void *)(uintptr_t) "panic-on-warn=y", phrase));
	child_run(child_warns, (void *)(uintptr_t) "panic_on_warn=0", &end);
	assert_int_equal(end.status, 0);
}

static void child_bug(void *arg)
{
	BUG_ON(!arg);
	BUG_ON(arg);
}

/* BUG_ON. Expect nothing of a false one, and the condition and the place of a
 * true one. */
static void test_bug(void **state)
{
	int something;

	(void)state;
	assert_true(child_aborts(child_bug, &something,
				 "kmalloc: BUG: arg at test_warn.c:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_always),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_panic_on_warn),
		cmocka_unit_test(test_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
