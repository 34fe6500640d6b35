// SPDX-License-Identifier: MIT
/*
 * test_bug.c - assertions that end the program with a line
 */
#include "core/bug.h"
#include "support/child.h"

static int called;

static bool is_odd(int n)
{
	called++;
	return n % 2;
}

/* Conditions that do not hold. Expect each evaluated once, and nothing said. */
static void child_quiet(void *arg)
{
	(void)arg;
	BUG_ON(is_odd(2));
	REQUIRE(called == 1);
	VM_BUG_ON(is_odd(2));
	REQUIRE(called == 1 + IS_ENABLED(KM_DEBUG));
}

enum { END_LINE = __LINE__ + 4 };

static void end_it(void *arg)
{
	BUG_ON(is_odd(*(int *)arg) && 100 % 3);
}

/* One that holds. Expect its text, also with a '%', its place, then SIGABRT. */
static void test_end(void **state)
{
	char want[128];
	int three = 3;

	(void)state;
	snprintf(want, sizeof(want),
		 "kmalloc: BUG: is_odd(*(int *)arg) && 100 %% 3 at "
		 "test_bug.c:%d\n",
		 END_LINE);
	assert_true(child_aborts(end_it, &three, want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_quiet),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
