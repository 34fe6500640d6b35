// SPDX-License-Identifier: MIT
/*
 * test_deepbind.c - for which files the flag of dlopen() is removed
 *
 * What a plug-in finds then is conformance.deepbind.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag/param.h"
#include "shim/dlopen.h"
#include "support/child.h"

static void set(void *line)
{
	parse_args(line);
}

/* Sets the parameter; what it says about it. */
static const char *said(char *line)
{
	static char text[1024];

	capture_stderr(set, line, text, sizeof(text));
	return text;
}

/* The three policies. Expect the flag to be removed from all, from none, and
 * from all but those named; from the program itself like from the others. */
static void test_policies(void **state)
{
	(void)state;
	assert_true(deepbind_masked("liba.so"));
	assert_true(deepbind_masked(NULL));
	parse_args("deepbind=keep");
	assert_false(deepbind_masked("liba.so"));
	assert_false(deepbind_masked(NULL));
	parse_args("deepbind=keep:liba.so");
	assert_false(deepbind_masked("liba.so"));
	assert_true(deepbind_masked("libb.so"));
	assert_true(!deepbind_masked(NULL));
	parse_args("deepbind=mask");
	assert_true(deepbind_masked("liba.so"));
}

/* Names in lists, whole and in part, with and without a path. Expect the last
 * part of the path to be compared, all of it and with one whole name. */
static void test_names(void **state)
{
	static const struct {
		const char *line, *file;
		bool masked;
	} rows[] = {
		{ "deepbind=keep:a.so,b.so,c.so", "a.so", false },
		{ "deepbind=keep:a.so,b.so,c.so", "b.so", false },
		{ "deepbind=keep:a.so,b.so,c.so", "c.so", false },
		{ "deepbind=keep:a.so,b.so,c.so", "/no/such/b.so", false },
		{ "deepbind=keep:a.so,b.so,c.so", "/b.so/no", true },
		{ "deepbind=keep:a.so,b.so,c.so", "a.s", true },
		{ "deepbind=keep:a.so,b.so,c.so", "a.so.1", true },
		{ "deepbind=keep:a.so,b.so,c.so", "a.so,b.so", true },
		{ "deepbind=keep:a.so,b.so,c.so", "", true },
		{ "deepbind=keep:a.so,,c.so,", "c.so", false },
		{ "deepbind=keep:a.so,,c.so,", "/no/such/", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		parse_args(rows[i].line);
		if (deepbind_masked(rows[i].file) != rows[i].masked)
			fail_msg("%s: %s", rows[i].line, rows[i].file);
	}
}

/* A file that has another name than the soname in it: libc by its path, and a
 * link to it. Expect the soname to be compared too. */
static void test_soname(void **state)
{
	char folder[] = "/tmp/km-deepbind.XXXXXX", link[64];
	Dl_info info;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)getpid, &info));
	assert_non_null(mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/plugin.so", folder);
	assert_int_equal(symlink(info.dli_fname, link), 0);
	parse_args("deepbind=keep:libc.so.6");
	assert_false(deepbind_masked(info.dli_fname));
	assert_false(deepbind_masked(link));
	parse_args("deepbind=keep:libother.so.6");
	assert_true(deepbind_masked(link));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* Values that are none: no name, a list that is too long, another word. Expect
 * each to be named, and the policy to stay. */
static void test_malformed(void **state)
{
	char line[300] = "deepbind=keep:";
	char none[] = "deepbind=keep:", other[] = "deepbind=maske";

	(void)state;
	parse_args("deepbind=keep:kept.so");
	assert_non_null(strstr(said(none), "deepbind"));
	assert_non_null(strstr(said(other), "mask, keep, keep:NAME"));
	memset(line + strlen(line), 'x', 256 - strlen(line));
	assert_non_null(strstr(said(line), "malformed boot parameter"));
	assert_false(deepbind_masked("kept.so"));
	assert_true(deepbind_masked("x.so"));
	line[255] = '\0'; /* the longest parameter */
	assert_string_equal(said(line), "");
	assert_false(deepbind_masked(line + strlen("deepbind=keep:")));
	parse_args("deepbind=mask");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_soname),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
