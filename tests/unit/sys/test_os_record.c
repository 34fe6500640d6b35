// SPDX-License-Identifier: MIT
/*
 * test_os_record.c - a file that is written through mappings of it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/child.h"
#include "sys/os.h"

static char folder[64], path[80];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/km-test-record.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* A new file, and the path once more. Expect -EEXIST then, and rights. */
static void test_new(void **state)
{
	long fd = os_open_record(path, OS_RECORD_NEW), again;
	struct stat st;

	(void)state;
	assert_true(fd >= 200);
	assert_int_equal(fcntl((int)fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat((int)fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(os_open_record(path, OS_RECORD_NEW), -EEXIST);
	again = os_open_record(path, 0);
	assert_true(again >= 200 && again != fd);
	assert_true(os_file_id((int)fd) == os_file_id((int)again));
	os_close((int)fd);
	os_close((int)again);
}

/* A symbolic link. Expect -EEXIST for a new file and -ELOOP for an old one. */
static void test_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(os_open_record(path, OS_RECORD_NEW), -EEXIST);
	assert_int_equal(os_open_record(path, 0), -ELOOP);
}

/* Blocks for a range with bytes in it. Expect them kept, and a longer file. */
static void test_extend(void **state)
{
	int fd = (int)os_open_record(path, OS_RECORD_NEW);
	struct stat st;
	char byte = 0;

	(void)state;
	assert_int_equal(os_file_extend(fd, 0, PAGE_SIZE), 0);
	assert_int_equal(os_file_write(fd, "x", 1, 100), 0);
	assert_int_equal(os_file_extend(fd, 0, 3 * PAGE_SIZE), 0);
	assert_int_equal(os_pread_all(fd, &byte, 1, 100), 0);
	assert_int_equal(byte, 'x');
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 3 * PAGE_SIZE);
	assert_true(st.st_blocks >= 3 * 8);
	os_close(fd);
}

static void limited(void *arg)
{
	struct rlimit limit = { PAGE_SIZE, PAGE_SIZE };
	int fd = (int)os_open_record(path, OS_RECORD_NEW);

	(void)arg;
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	REQUIRE(!os_file_extend(fd, 0, PAGE_SIZE));
	REQUIRE(os_file_extend(fd, PAGE_SIZE, PAGE_SIZE) == -EFBIG);
	os_close(fd);
}

/* Beyond RLIMIT_FSIZE. Expect -EFBIG, and no signal. */
static void test_limit(void **state)
{
	struct child_end end;

	(void)state;
	child_run(limited, NULL, &end);
	expect_quiet(&end);
}

/* A page that is wiped in children, and one that is not. Expect zeroes. */
static void test_wipe(void **state)
{
	char *page = os_map(2 * PAGE_SIZE);
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(page);
	assert_int_equal(os_wipe_on_fork(page, PAGE_SIZE), 0);
	page[0] = page[PAGE_SIZE] = 1;
	pid = fork();
	if (!pid)
		_exit(page[0] || page[PAGE_SIZE] != 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(page[0], 1);
	os_release(page, 2 * PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_extend, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
