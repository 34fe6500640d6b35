// SPDX-License-Identifier: MIT
/*
 * test_proc_exit.c - texts when the program ends, of the program alone
 *
 * The program runs itself: "mode" is what it does there, after its parameters
 * were read from the environment as the start of the engine reads them.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "diag/param.h"
#include "diag/proc.h"
#include "core/start.h"
#include "support/child.h"
#include "sys/os.h"

static int numbers_show(struct seq_file *m, const char *path)
{
	(void)path;
	for (int i = 0; i < 3000; i++)
		seq_printf(m, "%d\n", i);
	return 0;
}
proc_file("test_numbers", numbers_show, NULL);

static int hello_show(struct seq_file *m, const char *path)
{
	seq_printf(m, "hello of %s\n", path);
	return strcmp(path, "fail") ? 0 : -5;
}
proc_file("test/", hello_show, NULL);

struct run {
	char mode[32], env[300];
};

static void run_self(void *arg)
{
	struct run *run = arg;
	char *argv[] = { run->mode, run->mode, NULL };
	char *env[] = { run->env, NULL };

	execve("/proc/self/exe", argv, env);
	_exit(127);
}

/* What a program with this command line says on stderr. */
static const char *said(const char *mode, const char *cmdline)
{
	static struct child_end end;
	struct run run;

	snprintf(run.mode, sizeof(run.mode), "%s", mode);
	snprintf(run.env, sizeof(run.env), "KMALLOC_CMDLINE=%s", cmdline);
	child_run(run_self, &run, &end);
	if (end.status)
		fail_msg("%s: status %#x: %s", mode, (unsigned int)end.status,
			 end.err);
	return end.err;
}

/* One name, several, a name given twice. Expect their texts in that order. */
static void test_names(void **state)
{
	(void)state;
	assert_string_equal(said("end", "proc_at_exit=test/a"), "hello of a\n");
	assert_string_equal(said("end", "proc_at_exit=test/a,test/b,test/a"),
			    "hello of a\nhello of b\nhello of a\n");
	assert_string_equal(said("end", "proc-at-exit=\"test/a b\" proc=1:x"),
			    "hello of a b\n");
}

/* A text of many pages. Expect all of it. */
static void test_long(void **state)
{
	const char *text = said("end", "proc_at_exit=test_numbers");

	(void)state;
	assert_int_equal(strncmp(text, "0\n1\n2\n3\n", 8), 0);
	text = said("end", "proc_at_exit=test_numbers,test/behind");
	/* all that child_run() keeps */
	assert_int_equal(strlen(text), sizeof((struct child_end){ 0 }.err) - 1);
	assert_string_equal(said("count", "proc_at_exit=test_numbers"),
			    "13890\n");
}

/* Names of nothing. Expect one line for each, and the others shown. */
static void test_unknown(void **state)
{
	(void)state;
	assert_string_equal(said("end", "proc_at_exit=xyz,test/a,,test"),
			    "kmalloc: proc_at_exit: there is no text 'xyz', "
			    "ignored\n"
			    "kmalloc: proc_at_exit: there is no text '', "
			    "ignored\n"
			    "kmalloc: proc_at_exit: there is no text 'test', "
			    "ignored\n"
			    "hello of a\n");
	assert_string_equal(said("end", "proc_at_exit=test/fail"),
			    "kmalloc: proc_at_exit: test/fail: error 5\n");
}

/* No memory for the text. Expect that to be said. */
static void test_no_memory(void **state)
{
	(void)state;
	assert_string_equal(said("nomem", "proc_at_exit=test/a"),
			    "kmalloc: proc_at_exit: test/a: error 12\n");
}

/* Values that mean nothing. Expect each named once. */
static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"proc_at_exit=", "proc_at_exit", "proc=",	"proc=:test/a",
		"proc=12",	 "proc=12:",	 "proc=test/a", "proc=9999999:a"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(count_phrase(said("end", bad[i]), "malformed"),
				 1);
}

/* Children that were forked, and such that executed a program. Expect the
 * text once, from the parent; and a bad name mentioned once. */
static void test_children(void **state)
{
	(void)state;
	assert_string_equal(said("fork", "proc_at_exit=test/a"),
			    "hello of a\n");
	assert_string_equal(said("spawn", "x=\"1 2\" proc_at_exit=test/a,no "
					  "proc_at_exit=test/b"),
			    "kmalloc: unknown boot parameter 'x' ignored\n"
			    "kmalloc: proc_at_exit: there is no text 'no', "
			    "ignored\n"
			    "kmalloc: unknown boot parameter 'x' ignored\n"
			    "hello of b\n");
}

/* The process executes another program in its place. Expect the text from
 * that one. */
static void test_exec(void **state)
{
	(void)state;
	assert_string_equal(said("exec", "proc_at_exit=test/a"),
			    "hello of a\n");
}

/* The names that are in a longer one, or in a value. Expect the environment
 * to keep them. */
static void test_environment(void **state)
{
	(void)state;
	assert_int_equal(
		count_phrase(said("env", "a=proc_at_exit=1 "
					 "no_proc_at_exit=2 proc_at_exit=xyz "
					 "proc_at_exits=3"),
			     "a=proc_at_exit=1 no_proc_at_exit=2 proc=0"),
		1);
	assert_int_equal(count_phrase(said("env", "proc_at_exits=3 "
						  "\"proc-at-exit=xyz\""),
				      "proc_at_exits=3 \"proc=0"),
			 1);
}

/* The engine never started. Expect silence. */
static void test_no_engine(void **state)
{
	(void)state;
	assert_string_equal(said("down", "proc_at_exit=test/a"), "");
}

static void print_env(void)
{
	dprintf(2, "%s\n", getenv("KMALLOC_CMDLINE"));
}

static void print_length(void)
{
	static char text[20000];

	dprintf(2, "%ld\n", proc_read("test_numbers", text, sizeof(text)));
	_exit(0);
}

static void fork_and_wait(const char *mode)
{
	if (!fork()) {
		if (mode)
			execl("/proc/self/exe", mode, mode, NULL);
		proc_print_at_exit();
		exit(0);
	}
	wait(NULL);
}

static int as_program(const char *mode)
{
	parse_args(os_getenv("KMALLOC_CMDLINE"));
	smp_store_release(&engine_up, strcmp(mode, "down") ? 1 : 0);
	if (!strcmp(mode, "fork"))
		fork_and_wait(NULL);
	else if (!strcmp(mode, "spawn"))
		fork_and_wait("end");
	else if (!strcmp(mode, "exec"))
		execl("/proc/self/exe", "end", "end", NULL);
	else if (!strcmp(mode, "env"))
		print_env();
	else if (!strcmp(mode, "nomem"))
		os_fail_calls(1, 1000);
	else if (!strcmp(mode, "count"))
		print_length();
	proc_print_at_exit();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_no_engine),
	};

	if (argc > 1)
		return as_program(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
