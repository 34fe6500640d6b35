// SPDX-License-Identifier: MIT
/*
 * test_eh_read.c - numbers and pointers of unwind tables
 */
#include "diag/unwind/eh_read.h"
#include "support/child.h"

static struct eh_reader reader(const void *bytes, size_t size)
{
	const u8 *at = bytes;

	return (struct eh_reader){ at, at + size };
}

/*
 * Numbers of variable length, from the DWARF standard and the ends of the
 * range. Expect their values, and the reader behind them.
 */
static void test_leb(void **state)
{
	static const u8 u[] = { 2,    127,  0x80, 1,	0x81, 1,
				0x80, 0x7f, 0xff, 0xff, 0xff, 0xff,
				0xff, 0xff, 0xff, 0xff, 0xff, 1 };
	static const u8 s[] = { 2,    0x7e, 0xff, 0,	0x81, 0x7f,
				0x80, 1,    0x80, 0x80, 0x80, 0x80,
				0x80, 0x80, 0x80, 0x80, 0x80, 0x7f };
	struct eh_reader r = reader(u, sizeof(u));

	(void)state;
	assert_int_equal(eh_uleb(&r), 2);
	assert_int_equal(eh_uleb(&r), 127);
	assert_int_equal(eh_uleb(&r), 128);
	assert_int_equal(eh_uleb(&r), 129);
	assert_int_equal(eh_uleb(&r), 127 << 7);
	assert_true(eh_uleb(&r) == ~0UL);
	assert_ptr_equal(r.at, r.end);
	r = reader(s, sizeof(s));
	assert_int_equal(eh_sleb(&r), 2);
	assert_int_equal(eh_sleb(&r), -2);
	assert_int_equal(eh_sleb(&r), 127);
	assert_int_equal(eh_sleb(&r), -127);
	assert_int_equal(eh_sleb(&r), 128);
	assert_true(eh_sleb(&r) == INT64_MIN);
	assert_ptr_equal(r.at, r.end);
}

/* A piece that ends too early. Expect zeroes, and no reading beyond. */
static void test_short(void **state)
{
	static const u8 bytes[] = { 0x85, 0x86 };
	struct eh_reader r = reader(bytes, 2);

	(void)state;
	assert_int_equal(eh_uleb(&r), 5 | 6 << 7);
	assert_int_equal(eh_u8(&r), 0);
	r = reader(bytes, 2);
	assert_int_equal(eh_fixed(&r, 4), 0);
	assert_ptr_equal(r.at, r.end);
	assert_int_equal(eh_sleb(&r), 0);
	r = reader(bytes, 2);
	assert_int_equal(eh_fixed(&r, 2), 0x8685);
}

/* Pointers in each encoding that linkers write. Expect them relative to what
 * they say, and 0 for one that is unknown. */
static void test_pointer(void **state)
{
	static const u8 minus[8] = { 0xf0, 0xff, 0xff, 0xff,
				     0xff, 0xff, 0xff, 0xff };
	uintptr_t here = (uintptr_t)minus;
	struct {
		u8 encoding, bytes;
		uintptr_t value;
	} cases[] = {
		{ 0x00, 8, -16UL },	 { 0x02, 2, 0xfff0 },
		{ 0x03, 4, 0xfffffff0 }, { 0x04, 8, -16UL },
		{ 0x0a, 2, -16UL },	 { 0x0b, 4, -16UL },
		{ 0x0c, 8, -16UL },	 { 0x1b, 4, here - 16 },
		{ 0x3b, 4, 1000 - 16 },	 { 0x13, 4, here + 0xfffffff0 },
		{ 0x0f, 8, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct eh_reader r = reader(minus, 8);

		assert_true(eh_pointer(&r, cases[i].encoding, 1000) ==
			    cases[i].value);
		assert_ptr_equal(r.at, minus + cases[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
