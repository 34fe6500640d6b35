// SPDX-License-Identifier: MIT
/*
 * test_warn.c - warnings, and the two kinds of assertion that end the program
 */
#include "core/bug.h"
#include "core/param.h"
#include "support/child.h"

static void child_warns(void *arg)
{
	for (int i = 0; i < 5; i++)
		REQUIRE(WARN_ON_ONCE(i & 1) == (i & 1));
	for (int i = 0; i < 5; i++)
		pr_warn_once("kmalloc: said %d\n", i);
	if (arg)
		parse_args(arg);
	WARN_ON_ONCE(1);
}

/* Warnings in a loop. Expect each place to speak once, with its name, and the
 * program to go on. */
static void test_once(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_warns, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "WARNING: at test_warn.c:"), 2);
	assert_int_equal(count_phrase(end.err, " child_warns()\n"), 2);
	assert_int_equal(count_phrase(end.err, "kmalloc: said 0\n"), 1);
	assert_int_equal(count_phrase(end.err, "\n"), 3);
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
		cmocka_unit_test(test_panic_on_warn),
		cmocka_unit_test(test_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
