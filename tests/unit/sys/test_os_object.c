// SPDX-License-Identifier: MIT
/*
 * test_os_object.c - the objects that the loader has mapped
 */
#include <errno.h>
#include <gnu/libc-version.h>

#include "support/child.h"
#include "sys/os.h"

/*
 * Code of this program, code of libc, and a variable on the stack. Expect the
 * objects of the first two by name, around their addresses, and none for it.
 */
static void test_find(void **state)
{
	uintptr_t here = (uintptr_t)&test_find,
		  there = (uintptr_t)&gnu_get_libc_version;
	struct os_object object;

	(void)state;
	assert_int_equal(os_find_object(here, &object), 0);
	assert_string_equal(object.name, "");
	assert_in_range(here, object.start, object.end - 1);
	assert_in_range(object.eh_frame_hdr, object.start, object.end - 1);
	assert_int_equal(os_find_object(there, &object), 0);
	assert_non_null(strstr(object.name, "/libc.so.6"));
	assert_in_range(there, object.start, object.end - 1);
	assert_true(object.bias && object.bias <= there);
	assert_int_equal(os_find_object((uintptr_t)&object, &object), -ENOENT);
}

/*
 * Ranges that end before code, begin in it, or hold data alone. Expect the
 * start of the segment for those that touch code.
 */
static void test_code(void **state)
{
	uintptr_t here = (uintptr_t)&test_code, low;
	static int data;

	(void)state;
	low = os_find_code(here, here + 1);
	assert_true(low && low <= here);
	assert_true(os_find_code(low - 1, low + 1) == low);
	assert_true(os_find_code(here, here + (1UL << 30)) != 0);
	assert_true(os_find_code((uintptr_t)&data, (uintptr_t)&data + 1) == 0);
	assert_true(os_find_code((uintptr_t)&low, (uintptr_t)&low + 8) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
