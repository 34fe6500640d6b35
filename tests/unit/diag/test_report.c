// SPDX-License-Identifier: MIT
/*
 * test_report.c - lines on stderr, also when the program has closed it
 */
#include <fcntl.h>

#include "diag/report.h"
#include "support/child.h"

static void report(void *arg)
{
	km_report("one %s of %d\n", (const char *)arg, 2);
}

/* A report on stderr. Expect the formatted text, cut at 511 bytes. */
static void test_report(void **state)
{
	char text[2048], line[] = "line", longer[1001];

	(void)state;
	capture_stderr(report, line, text, sizeof(text));
	assert_string_equal(text, "one line of 2\n");
	memset(longer, 'x', 1000);
	longer[1000] = '\0';
	capture_stderr(report, longer, text, sizeof(text));
	assert_int_equal(strlen(text), 511);
}

static void close_and_report(void *arg)
{
	int reuse = *(int *)arg;

	km_report_keep();
	km_report_keep();
	close(2);
	if (!reuse) {
		km_report_to(km_report_fd(), "kept\n");
		return;
	}
	/* another file under the number of our copy */
	dup2(open("/dev/null", O_WRONLY), km_report_fd());
	if (km_report_fd() != 2)
		_exit(1);
}

/* The program closes stderr. Expect what is said later to get there all the
 * same; and not into a file that took the place of the copy. */
static void test_kept(void **state)
{
	struct child_end end;
	int reuse = 0;

	(void)state;
	assert_int_equal(km_report_fd(), 2);
	child_run(close_and_report, &reuse, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "kept\n");
	reuse = 1;
	child_run(close_and_report, &reuse, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "");
}

static void panic(void *arg)
{
	(void)arg;
	km_panic("kmalloc: the end of %s\n", "it");
}

/* A panic in a child. Expect its line, then SIGABRT. */
static void test_panic(void **state)
{
	(void)state;
	assert_true(child_aborts(panic, NULL, "kmalloc: the end of it\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
