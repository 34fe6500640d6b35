// SPDX-License-Identifier: MIT
/*
 * test_eh_frame.c - numbers and pointers of unwind tables, and their object
 */
#include <errno.h>
#include <gnu/libc-version.h>

#include "diag/unwind/eh_frame.h"
#include "support/child.h"

static struct eh_reader reader(const void *bytes, size_t size)
{
	const u8 *at = bytes;

	return (struct eh_reader){ at, at + size };
}

/* Numbers of variable length, from the DWARF standard and the ends of the
 * range. Expect their values, and the reader behind them. */
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

/* A function of this program and one of libc. Expect their objects by name, and
 * frames that hold what is looked for and no more than one function. */
static void test_find(void **state)
{
	uintptr_t pcs[] = { (uintptr_t)test_find + 1,
			    (uintptr_t)&gnu_get_libc_version + 1 };
	struct eh_object object[2];
	struct eh_frame frame;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(eh_find_object(pcs[i], &object[i]), 0);
		assert_in_range(pcs[i], object[i].start, object[i].end - 1);
		assert_int_equal(eh_find_frame(&object[i], pcs[i], &frame), 0);
		assert_in_range(pcs[i], frame.start, frame.end - 1);
		assert_int_equal(frame.ra_reg, 16); /* of x86-64 */
		assert_int_equal(frame.data_align, -8);
		assert_int_equal(frame.signal, 0);
	}
	assert_string_equal(object[0].name, "");
	assert_non_null(strstr(object[1].name, "libc.so"));
	assert_int_equal(eh_find_object(16, &object[0]), -ENOENT);
	assert_int_equal(eh_find_object((uintptr_t)&frame, &object[0]),
			 -ENOENT);
}

/* A program without .eh_frame_hdr. Expect the same frames as by that table, and
 * none for an address outside. */
static void test_scan(void **state)
{
	uintptr_t pcs[] = { (uintptr_t)test_find + 1, (uintptr_t)test_scan + 9,
			    (uintptr_t)test_leb };
	struct eh_frame by_table, by_scan;
	struct eh_object object;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(pcs); i++) {
		assert_int_equal(eh_find_object(pcs[i], &object), 0);
		assert_int_equal(eh_find_frame(&object, pcs[i], &by_table), 0);
		object.hdr = 0;
		assert_int_equal(eh_program_frames(&object), 0);
		assert_int_equal(eh_find_frame(&object, pcs[i], &by_scan), 0);
		assert_int_equal(by_table.start, by_scan.start);
		assert_int_equal(by_table.end, by_scan.end);
		assert_ptr_equal(by_table.rest.at, by_scan.rest.at);
		assert_int_equal(by_table.ra_reg, by_scan.ra_reg);
	}
	assert_int_equal(eh_find_frame(&object, 16, &by_scan), -ENOENT);
	object.frames = object.frames_end = 0;
	assert_int_equal(eh_find_frame(&object, pcs[0], &by_scan), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb),	cmocka_unit_test(test_short),
		cmocka_unit_test(test_pointer), cmocka_unit_test(test_find),
		cmocka_unit_test(test_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
