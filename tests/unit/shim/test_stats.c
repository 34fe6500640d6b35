// SPDX-License-Identifier: MIT
/*
 * test_stats.c - what is said when a process ends, and which process says it
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "diag/param.h"
#include "shim/info.h"
#include "support/child.h"

#define MIB (1UL << 20)

static char path[64];

/* A process with this command line, that takes some memory and exits. */
static void child_ends(void *arg)
{
	static char cmdline[128];
	void *run = malloc(50000), *area = malloc(6 * MIB);

	snprintf(cmdline, sizeof(cmdline), arg, getpid());
	parse_args(cmdline);
	memset(area, 1, 6 * MIB);
	memset(run, 1, 50000);
	exit(0);
}

static const char *said(const char *cmdline)
{
	static struct child_end end;

	child_run(child_ends, (void *)(uintptr_t)cmdline, &end);
	assert_int_equal(end.status, 0);
	return end.err;
}

/* The number in front of the first `label` in text. */
static unsigned long number_before(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	if (!at)
		fail_msg("no '%s' in %s", label, text);
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return strtoul(at, NULL, 10);
}

/*
 * stats= with the number of the process, after the start. Expect the lines of
 * docs/shim.md with what it has, but none of calls: those were not counted.
 */
static void test_summary(void **state)
{
	const char *text = said("stats=%d");

	(void)state;
	assert_int_equal(count_phrase(text, "\n"), 7);
	assert_int_equal(count_phrase(text, ", served by "), 1);
	assert_int_equal(count_phrase(text, "\n  the library's "), 1);
	assert_int_equal(count_phrase(text, "\n  calls "), 0);
	assert_int_equal(strncmp(text, "kmalloc: stats of process ", 26), 0);
	assert_int_equal(count_phrase(text, "\n  memory        peak "), 1);
	assert_int_equal(count_phrase(text, " resident, now "), 1);
	assert_int_equal(count_phrase(text, "\n  small objects "), 1);
	assert_int_equal(count_phrase(text, " cached in 1 threads\n"), 1);
	assert_int_equal(count_phrase(text, "\n  traffic       "), 1);
	assert_int_equal(count_phrase(text, "\n  slabs         "), 1);
	assert_int_equal(count_phrase(text, "\n  large         "), 1);
	assert_true(number_before(text, " runs (") >= 1);
	assert_int_equal(count_phrase(text, " 1 areas (6.0 MiB)"), 1);
	assert_true(number_before(text, " ever\n") > 0);
	assert_true(number_before(text, " refills, ") > 0);
}

/* The number of another process. Expect silence. */
static void test_not_this_one(void **state)
{
	(void)state;
	assert_string_equal(said("stats=1"), "");
	assert_string_equal(said(""), "");
}

/* Values that are none. Expect the parameter named, and no summary. */
static void test_malformed(void **state)
{
	(void)state;
	assert_string_equal(said("stats=x"),
			    "kmalloc: malformed boot parameter "
			    "'stats=x' ignored, allowed: a process number\n");
	assert_string_equal(said("stats=0"),
			    "kmalloc: malformed boot parameter "
			    "'stats=0' ignored, allowed: a process number\n");
	assert_string_equal(
		said("stats_file="),
		"kmalloc: malformed boot parameter "
		"'stats_file=' ignored, allowed: a path of up to 244 bytes\n");
}

static size_t read_file(char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (size_t)(n > 0 ? n : 0);
}

/* stats_file= with two processes. Expect a line of each in it, none on
 * stderr. */
static void test_file(void **state)
{
	char cmdline[80], text[1024], comm[32];
	int pid, len = 0;
	unsigned long refills, flushes, slabs, large, peak, locks;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/km-test-stats.%d", getpid());
	unlink(path);
	snprintf(cmdline, sizeof(cmdline), "stats_file=%s", path);
	assert_string_equal(said(cmdline), "");
	assert_string_equal(said(cmdline), "");
	assert_true(read_file(text, sizeof(text)) > 0);
	unlink(path);
	assert_int_equal(count_phrase(text, "\n"), 2);
	assert_int_equal(sscanf(text,
				"pid=%d comm=%31s refills=%lu flushes=%lu "
				"slabs=%lu large=%lu peak=%lu locks=%lu\n%n",
				&pid, comm, &refills, &flushes, &slabs, &large,
				&peak, &locks, &len),
			 8);
	assert_int_equal(strncmp(text + len, "pid=", 4), 0);
	assert_int_equal(strncmp(comm, "unit_shim_stats", 15), 0);
	assert_true(refills > 0 && slabs > 0 && large >= 2 && locks > 0);
	assert_true(peak > 6 * MIB && peak < 1024 * MIB);
}

/* As child_ends(), under a name that would forge a line. */
static void child_named(void *arg)
{
	prctl(PR_SET_NAME, "x y\npid=1\033");
	child_ends(arg);
}

/* A process whose name has a line in it. Expect one line, with the name in
 * octal where it is not plain. */
static void test_escaped_name(void **state)
{
	char cmdline[80], text[1024];
	struct child_end end;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/km-test-stats.%d", getpid());
	unlink(path);
	snprintf(cmdline, sizeof(cmdline), "stats_file=%s", path);
	child_run(child_named, cmdline, &end);
	assert_int_equal(end.status, 0);
	assert_true(read_file(text, sizeof(text)) > 0);
	unlink(path);
	assert_int_equal(count_phrase(text, "\n"), 1);
	assert_int_equal(count_phrase(text, "pid="), 2);
	assert_int_equal(
		count_phrase(text, " comm=x\\040y\\012pid=1\\033 refills"), 1);
}

/* A symbolic link in the place of the file. Expect a line on stderr, and
 * nothing where it points to; but /dev/stderr is written to. */
static void test_link(void **state)
{
	char cmdline[80], target[80], text[256];
	const char *err;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/km-test-stats.%d", getpid());
	snprintf(target, sizeof(target), "%s.target", path);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
	snprintf(cmdline, sizeof(cmdline), "stats_file=%s", path);
	snprintf(text, sizeof(text),
		 "kmalloc: stats_file: %s cannot be written\n", path);
	assert_string_equal(said(cmdline), text);
	assert_int_equal(access(target, F_OK), -1);
	unlink(path);
	err = said("stats_file=/dev/stderr");
	assert_int_equal(count_phrase(err, " refills="), 1);
	assert_int_equal(count_phrase(err, "cannot be written"), 0);
}

/* A file that cannot be written. Expect a line, and the end it would have. */
static void test_no_file(void **state)
{
	(void)state;
	assert_string_equal(
		said("stats_file=/nonexistent/file"),
		"kmalloc: stats_file: /nonexistent/file cannot be written\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_not_this_one),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_escaped_name),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
