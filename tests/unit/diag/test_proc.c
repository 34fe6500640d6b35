// SPDX-License-Identifier: MIT
/*
 * test_proc.c - texts by name: finding, counting, cutting, writing
 */
#include <errno.h>
#include <limits.h>

#include "diag/proc.h"
#include "support/child.h"

static char shown[32], written[64];

static int plain_show(struct seq_file *m, const char *path)
{
	snprintf(shown, sizeof(shown), "%s", path);
	seq_printf(m, "%s %3d|", "count", 7);
	seq_puts(m, "100%s");
	seq_putc(m, '\n');
	return 0;
}
proc_file("test_plain", plain_show, NULL);

static int folder_show(struct seq_file *m, const char *path)
{
	snprintf(shown, sizeof(shown), "%s", path);
	seq_printf(m, "begun\n");
	return strcmp(path, "nothing") ? 0 : -ENOENT;
}

static int folder_write(const char *path, const char *text)
{
	unsigned long value;
	int ret = proc_number(text, 0, 9, &value);

	if (!ret)
		snprintf(written, sizeof(written), "%s=%lu", path, value);
	return ret;
}
proc_file("test/", folder_show, folder_write);

#define PLAIN "count   7|100%s\n"

/* A text into buffers of every size. Expect all of it counted, what fits
 * stored and ended, and nothing behind the buffer touched. */
static void test_every_size(void **state)
{
	const size_t len = strlen(PLAIN);

	(void)state;
	assert_int_equal(proc_read("test_plain", NULL, 0), len);
	for (size_t size = 1; size < len + 5; size++) {
		size_t kept = size - 1 < len ? size - 1 : len;
		char buf[64];

		memset(buf, '#', sizeof(buf));
		assert_int_equal(proc_read("test_plain", buf, size), len);
		assert_memory_equal(buf, PLAIN, kept);
		assert_int_equal(buf[kept], '\0');
		assert_int_equal(buf[size], '#');
	}
}

/* Whole names, folders and what is below them. Expect the function of each
 * called with the rest of the name. */
static void test_names(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(proc_read("test_plain", buf, sizeof(buf)),
			 strlen(PLAIN));
	assert_string_equal(shown, "");
	assert_int_equal(proc_read("test/a/b", buf, sizeof(buf)), 6);
	assert_string_equal(shown, "a/b");
	assert_int_equal(proc_read("test/", buf, sizeof(buf)), 6);
	assert_string_equal(shown, "");
}

/* Names that are not declared, and arguments that cannot be. Expect -ENOENT
 * and -EINVAL, and an empty text. */
static void test_bad_names(void **state)
{
	static const char *const bad[] = { "test",	   "test_plai",
					   "test_plainer", "test_plain/",
					   "xtest_plain",  "test/nothing",
					   "/test/" };
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		strcpy(buf, "before");
		assert_int_equal(proc_read(bad[i], buf, sizeof(buf)), -ENOENT);
		assert_string_equal(buf, "");
	}
	assert_int_equal(proc_read(NULL, buf, sizeof(buf)), -EINVAL);
	assert_int_equal(proc_read("test_plain", NULL, 1), -EINVAL);
	assert_int_equal(proc_read("test_plain", buf, 1UL + LONG_MAX), -EINVAL);
	assert_int_equal(proc_read("test_plaiN", NULL, 0), -ENOENT);
}

/* The list of names. Expect each once, one a line. */
static void test_list(void **state)
{
	char buf[1024];
	long len = proc_read("", buf, sizeof(buf));

	(void)state;
	assert_int_equal(len, strlen(buf));
	assert_int_equal(count_phrase(buf, "test_plain\n"), 1);
	assert_int_equal(count_phrase(buf, "test/\n"), 1);
}

/* Writes. Expect them with the rest of the name, or -EACCES, -ENOENT,
 * -EINVAL. */
static void test_write(void **state)
{
	(void)state;
	assert_int_equal(proc_write("test/x/y", "5"), 0);
	assert_string_equal(written, "x/y=5");
	assert_int_equal(proc_write("test/z", "6\n"), 0);
	assert_string_equal(written, "z=6");
	assert_int_equal(proc_write("test/z", "10"), -EINVAL);
	assert_int_equal(proc_write("test_plain", "1"), -EACCES);
	assert_int_equal(proc_write("test", "1"), -ENOENT);
	assert_int_equal(proc_write(NULL, "1"), -EINVAL);
	assert_int_equal(proc_write("test/z", NULL), -EINVAL);
}

/* What may and may not be written as a number. Expect one newline allowed,
 * nothing else behind it. */
static void test_number(void **state)
{
	static const char *const bad[] = { "",
					   "\n",
					   "7\n\n",
					   "7 ",
					   "7\n8",
					   "x",
					   "-1",
					   "101",
					   "000000000000000000000000000000000"
					   "7" };
	unsigned long value = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(proc_number(bad[i], 0, 100, &value), -EINVAL);
	assert_int_equal(value, 77);
	assert_int_equal(proc_number("100\n", 0, 100, &value), 0);
	assert_int_equal(value, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
