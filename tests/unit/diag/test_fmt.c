// SPDX-License-Identifier: MIT
/*
 * test_fmt.c - km_snprintf() against the C library's
 */
#include <limits.h>

#include "diag/fmt.h"
#include "support/child.h"

/* Format with both and compare text and length. */
#define SAME(...)                                                      \
	do {                                                           \
		char ours[128], theirs[128];                           \
		int n = km_snprintf(ours, sizeof(ours), __VA_ARGS__);  \
		int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
		assert_string_equal(ours, theirs);                     \
		assert_int_equal(n, m);                                \
	} while (0)

/* Each conversion with width, '-', '0', l, z and t. Expect libc's text. */
static void test_table(void **state)
{
	(void)state;
	SAME("plain");
	SAME("100%%");
	SAME("%s|%8s|%-8s|", "abc", "abc", "abc");
	SAME("%2s|%c|%4c|%-4c|", "longer", 'x', 'y', 'z');
	SAME("%d %d %d", 0, INT_MAX, INT_MIN);
	SAME("%ld %ld", LONG_MAX, LONG_MIN);
	SAME("%5d|%-5d|%05d|%05d|%3d", 42, 42, 42, -42, -12345);
	SAME("%u %lu %zu", UINT_MAX, ULONG_MAX, SIZE_MAX);
	SAME("%x %lx %08x %8x|%-8x|", 255U, ULONG_MAX, 0xbeefU, 1U, 2U);
	SAME("pfn:%05lx", 0x12UL);
	SAME("%.3s|%.0s|%.9s|%8.2s|%-8.2s|", "abc4", "ab", "ab", "xyz", "xyz");
	SAME("%*s|%*d|%.*s|", 6, "ab", 4, 7, 2, "abc");
	SAME("%p %20p|%-20p|", (void *)test_table, (void *)16, (void *)16);
	SAME("%i %td %5lu|%-5lu|%03d", -7, (ptrdiff_t)-8, 42UL, 42UL, 7);
}

/* The flags '+', ' ' and '#', alone and with a width. Expect libc's text. */
static void test_flags(void **state)
{
	(void)state;
	SAME("%+d %+d %+5d|%-+5d|%+05d", 3, -3, 3, 3, 3);
	SAME("% d|% d|% 5d|%+ld", 3, -3, 3, LONG_MAX);
	SAME("%#x %#lx %#x|%#10x|%-#10x|%#010x", 255U, ULONG_MAX, 0U, 0xabcU,
	     0xabcU, 0xabcU);
	SAME("%X %#X %08lX", 0xbeefU, 0xbeefU, 0xbeefUL);
}

/* Precision of numbers and strings. Expect libc's text. */
static void test_precision(void **state)
{
	const char unended[] = { 'a', 'b', 'c' };

	(void)state;
	SAME("%.3d|%.3d|%.0d|%.0d|%.d", 7, -7, 0, 5, 0);
	SAME("%8.3d|%-8.3d|%8.5x|%.8lu|%3.1u", 7, -7, 0xabU, 123UL, 98765U);
	SAME("%d.%03d %2d.%03d", 0, 42, -1, 0);
	SAME("%.2s|%.0s|%.9s|%6.2s|%-6.2s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.3s|", unended);
	SAME("%#.4x|%+.3d|%#10.4x", 0xabU, 5, 0xabU);
}

/* Width and precision from the arguments. Expect libc's text, also for
 * negative ones: on the left, and none. */
static void test_star(void **state)
{
	(void)state;
	SAME("%*d|%-*d|%*d|%0*d", 6, 42, 6, 42, -6, 42, 6, 42);
	SAME("%.*s|%*.*s|%.*s|%.*d", 2, "abc", 5, 1, "abc", -1, "abc", 4, 42);
	SAME("%*s|%*lu|", 8, "abc", 20, ULONG_MAX);
}

/* NULL for a string. Expect "(null)" and no crash. */
static void test_null_string(void **state)
{
	const char *volatile none = NULL;
	char buf[32];

	(void)state;
	km_snprintf(buf, sizeof(buf), "<%s>", none);
	assert_string_equal(buf, "<(null)>");
}

/* Every buffer size around the length. Expect a cut text, the full length. */
static void test_truncation(void **state)
{
	const char whole[] = "value 12345 end";

	(void)state;
	for (size_t size = 0; size < sizeof(whole) + 4; size++) {
		char buf[64];
		size_t kept = size ? size - 1 : 0;
		int n;

		memset(buf, '#', sizeof(buf));
		n = km_snprintf(buf, size, "value %d end", 12345);
		assert_int_equal(n, sizeof(whole) - 1);
		if (kept > sizeof(whole) - 1)
			kept = sizeof(whole) - 1;
		assert_memory_equal(buf, whole, kept);
		assert_int_equal(buf[size], '#');
		if (size)
			assert_int_equal(buf[kept], '\0');
	}
}

/* A format that ends in the middle of a conversion. Expect it to stop. */
static void test_cut_format(void **state)
{
	char buf[32], format[] = "abc%08l";
	int (*volatile print)(char *, size_t, const char *, ...) = km_snprintf;

	(void)state;
	assert_int_equal(print(buf, sizeof(buf), format), 3);
	assert_string_equal(buf, "abc");
}

/* Bytes for people, around each unit. Expect one decimal, cut off. */
static void test_bytes(void **state)
{
	static const struct {
		unsigned long bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ (1UL << 20) - 1, "1023.9 KiB" },
		{ 12UL * 1048576 + 524288, "12.5 MiB" },
		{ 3UL << 30, "3.0 GiB" },
		{ 1UL << 40, "1.0 TiB" },
		{ ULONG_MAX, "16383.9 PiB" },
	};
	int (*volatile print)(char *, size_t, const char *, ...) = km_snprintf;
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print(buf, sizeof(buf), "%H", rows[i].bytes);
		assert_string_equal(buf, rows[i].text);
	}
	print(buf, sizeof(buf), "[%10H]", 1024UL);
	assert_string_equal(buf, "[   1.0 KiB]");
}

/* Names with bytes that a terminal or a reader of lines would obey. Expect
 * octal for them and for '\\', with '#' for blanks too; width and precision as
 * of "%s", in bytes printed and in bytes of the name. */
static void test_escaped(void **state)
{
	static const struct {
		const char *format, *name, *text;
	} rows[] = {
		{ "<%pE>", "kmalloc-64 a~", "<kmalloc-64 a~>" },
		{ "<%pE>", "a\nb\tc\\d", "<a\\012b\\011c\\134d>" },
		{ "<%pE>", "\033[2J\177\302\233\1",
		  "<\\033[2J\\177\\302\\233\\001>" },
		{ "<%#pE>", "a b\n", "<a\\040b\\012>" },
		{ "<%6pE>", "\n", "<  \\012>" },
		{ "<%-6pE>", "a\n", "<a\\012 >" },
		{ "<%.2pE>", "a\nb", "<a\\012>" },
		{ "<%pE>", NULL, "<(null)>" },
	};
	int (*volatile print)(char *, size_t, const char *, ...) = km_snprintf;
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print(buf, sizeof(buf), rows[i].format, rows[i].name);
		assert_string_equal(buf, rows[i].text);
	}
	assert_int_equal(print(buf, 4, "%pE", "a\nb"), 6);
	assert_string_equal(buf, "a\\0");
}

/* Addresses in nothing, in data, in libc. Expect hexadecimal, and names with
 * offset, size and library. */
static void test_symbols(void **state)
{
	char text[KSYM_SYMBOL_LEN], want[64];
	uintptr_t fn = (uintptr_t)&test_symbols;

	(void)state;
	sprint_symbol(text, 0x10);
	assert_string_equal(text, "0x10");
	sprint_symbol(text, fn + 5);
	assert_int_equal(strncmp(text, "test_symbols+0x5/0x", 19), 0);
	assert_null(strchr(text, '['));
	km_snprintf(want, sizeof(want), "<%pS>", (void *)(fn + 5));
	assert_int_equal(strncmp(want, "<test_symbols+0x5/0x", 20), 0);
	sprint_symbol(text, (uintptr_t)&daemon + 3);
	assert_int_equal(strncmp(text, "daemon+0x3/0x", 13), 0);
	assert_non_null(strstr(text, " [libc.so.6]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_precision),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_null_string),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_cut_format),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
