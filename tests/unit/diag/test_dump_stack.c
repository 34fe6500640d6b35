// SPDX-License-Identifier: MIT
/*
 * test_dump_stack.c - stack traces as text
 */
#include "diag/dump_stack.h"
#include "support/child.h"

static void say_where(void *arg)
{
	(void)arg;
	dump_stack();
}

/* dump_stack(). Expect a line that names the thread, and one for each frame. */
static void test_dump(void **state)
{
	char said[4096];

	(void)state;
	capture_stderr(say_where, NULL, said, sizeof(said));
	assert_int_equal(strncmp(said, "CPU: ", 5), 0);
	assert_non_null(strstr(said, " Comm: "));
	assert_non_null(strstr(said, "\nCall Trace:\n say_where+0x"));
	assert_non_null(strstr(said, "\n test_dump+0x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
	};

#if !defined(__x86_64__)
	return 77; /* only x86-64 has an unwinder */
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
