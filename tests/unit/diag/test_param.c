// SPDX-License-Identifier: MIT
/*
 * test_param.c - boot parameters: syntax, and what is said about bad ones
 */
#include <errno.h>
#include <stdlib.h>

#include "diag/param.h"
#include "support/child.h"

static char one[300], two[300];
static unsigned long number;
static int calls;

static int set_one(const char *value)
{
	calls++;
	snprintf(one, sizeof(one), "%s", value);
	return 0;
}
boot_param("test_one", set_one, "any text");

static int set_two(const char *value)
{
	calls++;
	snprintf(two, sizeof(two), "%s", value);
	return 0;
}
boot_param("test.two-words", set_two, "any text");

static int set_number(const char *value)
{
	return param_number(value, 4, 1UL << 30, &number);
}
boot_param("test_number", set_number, "4 to 1G");

static int set_group(const char *value)
{
	if (!strncmp(value, "other", 5))
		return -ENOENT;
	return strncmp(value, "knob", 4) ? -EINVAL : set_one(value);
}
boot_param("group.", set_group, "knob, or knob-NAME=VALUE");

static int reset(void **state)
{
	(void)state;
	one[0] = two[0] = '\0';
	number = 0;
	calls = 0;
	return 0;
}

static void parse(void *cmdline)
{
	parse_args(cmdline);
}

/* Parse and return what was said on stderr. */
static const char *said(const char *cmdline)
{
	static char text[2048];
	char *copy = strdup(cmdline);

	capture_stderr(parse, copy, text, sizeof(text));
	assert_string_equal(copy, cmdline); /* it was not written to */
	free(copy);
	return text;
}

/* No command line, an empty one, and blanks. Expect nothing to happen. */
static void test_nothing(void **state)
{
	(void)state;
	parse_args(NULL);
	assert_string_equal(said(""), "");
	assert_string_equal(said(" \t\n "), "");
	assert_int_equal(calls, 0);
}

/* Parameters between all kinds of blanks. Expect each applied in turn. */
static void test_plain(void **state)
{
	(void)state;
	assert_string_equal(said("  test_one=abc\ttest.two-words=d=e\n"), "");
	assert_string_equal(one, "abc");
	assert_string_equal(two, "d=e");
	assert_string_equal(said("test_one=first test_one=last"), "");
	assert_string_equal(one, "last");
}

/* A parameter without '=', and one with nothing behind. Expect "". */
static void test_no_value(void **state)
{
	(void)state;
	strcpy(one, "before");
	assert_string_equal(said("test_one"), "");
	assert_string_equal(one, "");
	strcpy(one, "before");
	assert_string_equal(said("test_one="), "");
	assert_string_equal(one, "");
	assert_int_equal(calls, 2);
}

/* Quotes around a value, or around all. Expect blanks kept, quotes gone,
 * and a word about one that is not closed. */
static void test_quotes(void **state)
{
	(void)state;
	assert_string_equal(said("test_one=\"a b  c\" test.two-words=x"), "");
	assert_string_equal(one, "a b  c");
	assert_string_equal(two, "x");
	assert_string_equal(said("\"test_one=d e\" test.two-words=y"), "");
	assert_string_equal(one, "d e");
	assert_string_equal(two, "y");
	assert_string_equal(said("test_one=\"never closed x=1"),
			    "kmalloc: boot parameter 'test_one=never closed "
			    "x=1': quote not closed\n");
	assert_string_equal(one, "never closed x=1");
}

/* Dashes and underscores mixed in names. Expect no difference; in values
 * they stay. */
static void test_dashes(void **state)
{
	(void)state;
	assert_string_equal(said("test-one=a-b_c test.two_words=2"), "");
	assert_string_equal(one, "a-b_c");
	assert_string_equal(two, "2");
}

/* Names that are not declared, prefixes and extensions of real ones. Expect
 * each named once and the others applied. */
static void test_unknown(void **state)
{
	const char *text = said("xyz test_on=1 test_one=ok test_ones=2");

	(void)state;
	assert_string_equal(
		text, "kmalloc: unknown boot parameter 'xyz' ignored\n"
		      "kmalloc: unknown boot parameter 'test_on' ignored\n"
		      "kmalloc: unknown boot parameter 'test_ones' ignored\n");
	assert_string_equal(one, "ok");
	assert_int_equal(calls, 1);
}

/* Values that their function refuses. Expect each named once, with those that
 * are allowed, and none kept. */
static void test_malformed(void **state)
{
	(void)state;
	assert_string_equal(said("test_number=zzz"),
			    "kmalloc: malformed boot parameter "
			    "'test_number=zzz' ignored, allowed: 4 to 1G\n");
	assert_int_equal(count_phrase(said("test_number=3 test_number "
					   "test_number=2G test_number=8x"),
				      "malformed"),
			 4);
	assert_int_equal(number, 0);
	assert_string_equal(said("test_number=16k"), "");
	assert_int_equal(number, 16384);
}

/* A value longer than any buffer. Expect it refused, not silently cut. */
static void test_too_long(void **state)
{
	char line[6000] = "test_one=";

	(void)state;
	memset(line + strlen(line), 'x', 5800);
	strcpy(line + 5800, " test.two-words=kept");
	assert_int_equal(count_phrase(said(line), "allowed: 255 bytes\n"), 1);
	assert_string_equal(one, "");
	assert_string_equal(two, "kept");
}

/* Numbers with each suffix. Expect the bytes and where the number ended. */
static void test_memparse(void **state)
{
	static const struct {
		const char *text;
		unsigned long value;
		const char *rest;
	} rows[] = {
		{ "0", 0, "" },		 { "123", 123, "" },
		{ "4k", 4096, "" },	 { "4K", 4096, "" },
		{ "3m", 3UL << 20, "" }, { "3M,5", 3UL << 20, ",5" },
		{ "2g", 2UL << 30, "" }, { "2G", 2UL << 30, "" },
		{ "1T", 1UL << 40, "" }, { "1t", 1UL << 40, "" },
		{ "12x", 12, "x" },	 { "", 0, "" },
		{ "7KB", 7168, "B" },	 { "0x1fK", 31UL << 10, "" },
		{ "0XAb,", 171, "," },	 { "0xg", 0, "xg" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *end;

		assert_int_equal(memparse(rows[i].text, &end), rows[i].value);
		assert_string_equal(end, rows[i].rest);
	}
	assert_int_equal(memparse("5k", NULL), 5120);
}

/* Words for yes and no, and others. Expect 1, 0, -EINVAL and no change. */
static void test_bool(void **state)
{
	static const struct {
		const char *text;
		unsigned long want;
	} rows[] = {
		{ "1", 1 },   { "y", 1 },  { "Y", 1 },	{ "yes", 1 },
		{ "t", 1 },   { "on", 1 }, { "ON", 1 }, { "0", 0 },
		{ "n", 0 },   { "No", 0 }, { "f", 0 },	{ "off", 0 },
		{ "", 77 },   { "2", 77 }, { "o", 77 }, { "x", 77 },
		{ "-1", 77 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long value = 77;

		assert_int_equal(param_bool(rows[i].text, &value),
				 rows[i].want == 77 ? -EINVAL : 0);
		assert_int_equal(value, rows[i].want);
	}
}

/* A name that ends in a dot. Expect all that begins with it to go there with
 * what follows the dot, the errors to be named in full, and the bare name to
 * be unknown. */
static void test_group(void **state)
{
	(void)state;
	assert_string_equal(said("group.knob-one=a=b"), "");
	assert_string_equal(one, "knob-one=a=b");
	assert_string_equal(said("group.knob"), "");
	assert_string_equal(one, "knob");
	assert_string_equal(
		said("group.other=1"),
		"kmalloc: unknown boot parameter 'group.other' ignored\n");
	assert_string_equal(
		said("group.bad=1"),
		"kmalloc: malformed boot parameter 'group.bad=1' ignored, "
		"allowed: knob, or knob-NAME=VALUE\n");
	assert_int_equal(count_phrase(said("group. group"), "unknown"), 2);
}

/* Limits, rubbish behind, nothing, too large for a word. Expect -EINVAL and
 * the variable as it was. */
static void test_number(void **state)
{
	static const char *const bad[] = { "",
					   "9",
					   "101",
					   "x",
					   "50x",
					   "-50",
					   " 50",
					   "1T",
					   "18446744073709551666",
					   "18014398509481985k" };
	unsigned long value = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(param_number(bad[i], 10, 100, &value),
				 -EINVAL);
		assert_int_equal(value, 77);
	}
	assert_int_equal(param_number("10", 10, 100, &value), 0);
	assert_int_equal(value, 10);
	assert_int_equal(param_number("100", 10, 100, &value), 0);
	assert_int_equal(value, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, reset),
		cmocka_unit_test_setup(test_plain, reset),
		cmocka_unit_test_setup(test_no_value, reset),
		cmocka_unit_test_setup(test_quotes, reset),
		cmocka_unit_test_setup(test_dashes, reset),
		cmocka_unit_test_setup(test_unknown, reset),
		cmocka_unit_test_setup(test_malformed, reset),
		cmocka_unit_test_setup(test_too_long, reset),
		cmocka_unit_test_setup(test_memparse, reset),
		cmocka_unit_test_setup(test_number, reset),
		cmocka_unit_test_setup(test_bool, reset),
		cmocka_unit_test_setup(test_group, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
