// SPDX-License-Identifier: MIT
/*
 * test_eh_frame.c - the frames of unwind tables, and their object
 */
#include <errno.h>
#include <gnu/libc-version.h>

#include "diag/unwind/eh_frame.h"
#include "support/child.h"

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
			    (uintptr_t)child_run };
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
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
