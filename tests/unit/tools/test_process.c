// SPDX-License-Identifier: MIT
/*
 * test_process.c - which processes the tools look at
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "target.h"

static bool is_listed(pid_t pid)
{
	pid_t *all = process_all();
	bool found = false;

	assert_non_null(all);
	for (const pid_t *p = all; *p; p++)
		found |= *p == pid;
	free(all);
	return found;
}

/* List this process, a child that waits, and the same one when it has ended.
 * Expect the first two alone: what has no program cannot be looked at, and is
 * no process to look for. */
static void test_all(void **state)
{
	siginfo_t info;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit((int)read(ends[0], &info, 1));
	}
	assert_true(is_listed(getpid()));
	assert_true(is_listed(pid));
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(is_listed(pid));
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
