// SPDX-License-Identifier: MIT
/*
 * test_seq_file.c - texts that are printed into memory, and into files
 */
#include "diag/seq_file.h"
#include "support/child.h"

/*
 * A text in a buffer that holds its beginning, and in none. Expect the full
 * length counted, and as much stored as fits with its NUL.
 */
static void test_memory(void **state)
{
	char buf[8];
	struct seq_file m = { .buf = buf, .size = sizeof(buf) };
	struct seq_file none = { .buf = NULL };

	(void)state;
	seq_printf(&m, "%d:", 12);
	seq_puts(&m, "ab%d");
	seq_flush(&m); /* for files alone */
	assert_string_equal(buf, "12:ab%d");
	seq_putc(&m, '!');
	seq_printf(&m, "%s", "more");
	assert_string_equal(buf, "12:ab%d");
	assert_int_equal(m.count, 12);
	seq_printf(&none, "%s", "nowhere");
	assert_int_equal(none.count, 7);
}

static void print_to_file(void *arg)
{
	char buf[16];
	struct seq_file m = { .buf = buf, .size = sizeof(buf), .fd = 2 };

	(void)arg;
	for (int i = 0; i < 100; i++)
		seq_printf(&m, "<%d>", i);
	seq_puts(&m, "a line that is longer than the buffer");
	seq_putc(&m, '!');
	seq_flush(&m);
	seq_flush(&m);
}

/* A text that goes to a file through a small buffer. Expect all of it in
 * order, and only a piece that is larger than the buffer cut. */
static void test_to_file(void **state)
{
	char expected[1024] = "", text[1024];

	(void)state;
	for (int i = 0; i < 100; i++)
		sprintf(expected + strlen(expected), "<%d>", i);
	strcat(expected, "a line that is !");
	capture_stderr(print_to_file, NULL, text, sizeof(text));
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_to_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
