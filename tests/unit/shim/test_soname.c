// SPDX-License-Identifier: MIT
/*
 * test_soname.c - the soname that a file gives itself
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim/dlopen.h"
#include "support/child.h"

/* libc, by the path that it was loaded from. Expect its soname. */
static void test_libc(void **state)
{
	char soname[SONAME_MAX] = "";
	Dl_info info;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)getpid, &info));
	assert_int_equal(soname_of_file(info.dli_fname, soname), 0);
	assert_string_equal(soname, "libc.so.6");
}

/* A program, a file that is not there, a folder. Expect an error of each. */
static void test_none(void **state)
{
	char soname[SONAME_MAX];

	(void)state;
	assert_int_equal(soname_of_file("/proc/self/exe", soname), -ENOENT);
	assert_int_equal(soname_of_file("/no/such/file", soname), -ENOENT);
	assert_true(soname_of_file("/proc", soname) < 0);
}

/* Every length that a file may be cut to. Expect the soname or an error. */
static void test_cut(void **state)
{
	char path[] = "/tmp/km-soname.XXXXXX", soname[SONAME_MAX];
	static char image[8192];
	Dl_info info;
	int from, to;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)getpid, &info));
	from = open(info.dli_fname, O_RDONLY);
	assert_int_equal(read(from, image, sizeof(image)), sizeof(image));
	close(from);
	to = mkstemp(path);
	assert_true(to >= 0);
	for (size_t len = 0; len < sizeof(image); len += 1 + len / 16) {
		assert_int_equal(pwrite(to, image, len, 0), len);
		assert_true(soname_of_file(path, soname) < 0);
	}
	unlink(path);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libc),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
