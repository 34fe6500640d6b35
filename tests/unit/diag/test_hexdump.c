// SPDX-License-Identifier: MIT
/*
 * test_hexdump.c - rows of bytes, and the first byte that differs
 */
#include "diag/hexdump.h"
#include "support/child.h"

static unsigned char bytes[64] __attribute__((aligned(16)));
static size_t len;

static void dump(void *arg)
{
	(void)arg;
	print_hex_dump("Object   ", bytes, len);
}

/* 19 bytes, printable and not. Expect two rows, the characters of the short one
 * in the same column. */
static void test_rows(void **state)
{
	char said[512], want[512];

	(void)state;
	for (unsigned int i = 0; i < 19; i++)
		bytes[i] = (unsigned char)(0x1e + i);
	bytes[18] = 0x7f;
	len = 19;
	capture_stderr(dump, NULL, said, sizeof(said));
	snprintf(want, sizeof(want),
		 "Object   %016lx: 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b "
		 "2c 2d  .. !\"#$%%&'()*+,-\n"
		 "Object   %016lx: 2e 2f 7f                                   "
		 "      ./.\n",
		 (unsigned long)bytes, (unsigned long)bytes + 16);
	assert_string_equal(said, want);
	len = 0;
	capture_stderr(dump, NULL, said, sizeof(said));
	assert_string_equal(said, "");
}

/* One byte that differs, at each place of a range of each start and length.
 * Expect its address; without it, NULL. */
static void test_memchr_inv(void **state)
{
	(void)state;
	memset(bytes, 0x6b, sizeof(bytes));
	for (size_t start = 0; start < 9; start++) {
		for (size_t n = 0; n < 40; n++) {
			assert_null(memchr_inv(bytes + start, 0x6b, n));
			for (size_t at = 0; at < n; at++) {
				bytes[start + at] = 0x6a;
				assert_ptr_equal(memchr_inv(bytes + start, 0x6b,
							    n),
						 bytes + start + at);
				bytes[start + at] = 0x6b;
			}
		}
	}
	assert_null(memchr_inv(bytes, 0x16b, 8)); /* of an int, one byte */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_memchr_inv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
