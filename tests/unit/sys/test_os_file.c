// SPDX-License-Identifier: MIT
/*
 * test_os_file.c - a file of memory, through the OS seam
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/child.h"
#include "sys/os.h"

#define NR 8
#define SIZE (NR * PAGE_SIZE)

static int fd;
static char *place; /* SIZE bytes, reserved */

/* A file of NR pages; the bytes of page n are n + 1. */
static int setup(void **state)
{
	char page[PAGE_SIZE];

	(void)state;
	fd = os_memfd("test");
	assert_true(fd >= 0);
	assert_int_equal(os_file_resize(fd, SIZE), 0);
	for (unsigned int n = 0; n < NR; n++) {
		memset(page, (int)n + 1, PAGE_SIZE);
		assert_int_equal(
			os_file_write(fd, page, PAGE_SIZE, n * PAGE_SIZE), 0);
	}
	place = os_place(SIZE);
	assert_non_null(place);
	assert_int_equal(os_reserve(place, SIZE), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	os_close(fd);
	assert_int_equal(os_release(place, SIZE), 0);
	return 0;
}

static void map(unsigned int at, unsigned int nr, unsigned int page,
		unsigned int prot)
{
	assert_int_equal(os_map_file(place + at * PAGE_SIZE, nr * PAGE_SIZE, fd,
				     page * PAGE_SIZE, prot),
			 0);
}

static void assert_page(unsigned int at, char value)
{
	assert_int_equal(place[at * PAGE_SIZE], value);
	assert_int_equal(place[(at + 1) * PAGE_SIZE - 1], value);
}

static void write_there(void *at)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)at = 77;
}

static void read_there(void *at)
{
	signal(SIGSEGV, SIG_DFL);
	(void)*(volatile char *)at;
}

static bool survives(void (*fn)(void *), unsigned int at)
{
	struct child_end end;

	child_run(fn, place + at * PAGE_SIZE, &end);
	return !end.status;
}

/* A new file. Expect no size, a number that leaves the small ones to the
 * program, and one that exec closes. */
static void test_new(void **state)
{
	int other = os_memfd("other");
	struct stat st;

	(void)state;
	assert_int_equal(fstat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
	assert_true(other > 10);
	os_close(other);
}

/* No high number is free. Expect a low one, closed by exec too; and -EMFILE
 * when there is none. */
static void child_low_number(void *arg)
{
	struct rlimit few = { 16, 16 };
	int low;

	(void)arg;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &few));
	low = os_memfd("low");
	REQUIRE(low >= 0 && low < 16);
	REQUIRE(fcntl(low, F_GETFD) == FD_CLOEXEC);
	while (low >= 0)
		low = os_memfd("low");
	REQUIRE(low == -EMFILE);
}

/* Runs of pages, not in their order and one of them twice. Expect each page
 * where it was mapped, and what is written at one place at the other. */
static void test_map(void **state)
{
	(void)state;
	map(0, 3, 5, OS_PROT_READ | OS_PROT_WRITE);
	map(3, 1, 0, OS_PROT_READ | OS_PROT_WRITE);
	map(7, 1, 6, OS_PROT_READ | OS_PROT_WRITE);
	assert_page(0, 6);
	assert_page(2, 8);
	assert_page(3, 1);
	assert_page(7, 7);
	place[PAGE_SIZE] = 99;
	assert_int_equal(place[7 * PAGE_SIZE], 99);
	assert_false(survives(read_there, 4));
}

/* Pages that can be read only, and then written. Expect exactly that. */
static void test_protect(void **state)
{
	(void)state;
	map(0, 2, 0, OS_PROT_READ);
	assert_true(survives(read_there, 0));
	assert_false(survives(write_there, 0));
	assert_int_equal(
		os_protect(place, PAGE_SIZE, OS_PROT_READ | OS_PROT_WRITE), 0);
	assert_true(survives(write_there, 0));
	assert_false(survives(write_there, 1));
	assert_page(1, 2);
}

/* Places are unmapped, with nothing and with zeros behind. Expect no access and
 * zeros there, the file as it was, and the pages beside untouched. */
static void test_unmap(void **state)
{
	(void)state;
	map(0, 4, 0, OS_PROT_READ | OS_PROT_WRITE);
	assert_int_equal(os_unmap_file(place + PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(os_unmap_file_zero(place + 2 * PAGE_SIZE, PAGE_SIZE),
			 0);
	assert_false(survives(read_there, 1));
	assert_page(2, 0);
	place[2 * PAGE_SIZE] = 55;
	assert_page(0, 1);
	assert_page(3, 4);
	map(0, 4, 0, OS_PROT_READ | OS_PROT_WRITE);
	assert_page(1, 2);
	assert_page(2, 3);
}

/* A hole is punched. Expect zeros there, at the place it is mapped too, the
 * size as it was, and os_file_data() to step over it. */
static void test_punch(void **state)
{
	size_t start = 0, end = 0;
	struct stat st;

	(void)state;
	map(0, NR, 0, OS_PROT_READ | OS_PROT_WRITE);
	assert_int_equal(os_file_punch(fd, 0, 2 * PAGE_SIZE), 0);
	assert_int_equal(os_file_punch(fd, 4 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
	assert_page(1, 0);
	assert_page(2, 3);
	assert_page(4, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, SIZE);
	/* reading the holes has made pages for them */
	assert_int_equal(os_unmap_file(place, SIZE), 0);
	assert_int_equal(os_file_punch(fd, 0, 2 * PAGE_SIZE), 0);
	assert_int_equal(os_file_punch(fd, 4 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
	assert_true(os_file_data(fd, &start, &end));
	assert_int_equal(start, 2 * PAGE_SIZE);
	assert_int_equal(end, 4 * PAGE_SIZE);
	start = end;
	assert_false(os_file_data(fd, &start, &end));
	assert_int_equal(start, 4 * PAGE_SIZE);
}

/* A view for a moment. Expect the file's pages from the offset on, writable. */
static void test_view(void **state)
{
	char *view = os_view_file(fd, 2 * PAGE_SIZE, 3 * PAGE_SIZE);

	(void)state;
	assert_non_null(view);
	assert_int_equal(view[0], 4);
	assert_int_equal(view[2 * PAGE_SIZE - 1], 5);
	view[0] = 44;
	map(0, 1, 3, OS_PROT_READ);
	assert_int_equal(place[0], 44);
	assert_int_equal(os_release(view, 2 * PAGE_SIZE), 0);
}

/* Other pages of the file at a place that one run is mapped at. Expect them
 * there, where the system can do so. */
static void test_remap(void **state)
{
	(void)state;
	map(0, 4, 0, OS_PROT_READ | OS_PROT_WRITE);
	if (os_remap_file(place + PAGE_SIZE, 2 * PAGE_SIZE, 5 * PAGE_SIZE))
		skip();
	assert_page(0, 1);
	assert_page(1, 6);
	assert_page(2, 7);
	assert_page(3, 4);
}

/* Pages that a child of fork() does not get, and gets again. Expect the first
 * child to end by SIGSEGV. */
static void test_fork(void **state)
{
	(void)state;
	map(0, 2, 0, OS_PROT_READ | OS_PROT_WRITE);
	assert_int_equal(os_dont_fork(place, PAGE_SIZE), 0);
	assert_false(survives(read_there, 0));
	assert_true(survives(read_there, 1));
	assert_int_equal(os_do_fork(place, PAGE_SIZE), 0);
	assert_true(survives(read_there, 0));
}

/* Every call told to fail. Expect -ENOMEM or NULL of each, a file and mappings
 * that did not change, and errno untouched. */
static void test_failure(void **state)
{
	struct stat st;

	(void)state;
	map(0, 2, 0, OS_PROT_READ | OS_PROT_WRITE);
	errno = 4711;
	os_fail_calls(1, 1000);
	assert_int_equal(os_memfd("none"), -ENOMEM);
	assert_int_equal(os_file_resize(fd, 0), -ENOMEM);
	assert_int_equal(os_file_punch(fd, 0, SIZE), -ENOMEM);
	assert_int_equal(os_file_write(fd, "x", 1, 0), -ENOMEM);
	assert_int_equal(os_map_file(place, PAGE_SIZE, fd, 0, OS_PROT_READ),
			 -ENOMEM);
	assert_int_equal(os_protect(place, PAGE_SIZE, 0), -ENOMEM);
	assert_int_equal(os_unmap_file(place, PAGE_SIZE), -ENOMEM);
	assert_int_equal(os_unmap_file_zero(place, PAGE_SIZE), -ENOMEM);
	assert_null(os_view_file(fd, PAGE_SIZE, 0));
	assert_int_equal(os_remap_file(place, PAGE_SIZE, PAGE_SIZE), -ENOMEM);
	assert_int_equal(os_dont_fork(place, PAGE_SIZE), -ENOMEM);
	assert_int_equal(os_do_fork(place, PAGE_SIZE), -ENOMEM);
	assert_int_equal(os_mem_calls, 12);
	os_fail_calls(0, 0);
	assert_page(0, 1);
	assert_page(1, 2);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, SIZE);
	assert_int_equal(errno, 4711);
}

/* Calls that the system refuses. Expect its -errno. */
static void test_refused(void **state)
{
	char *none = (char *)1;

	(void)state;
	assert_int_equal(os_file_resize(-1, SIZE), -EBADF);
	assert_int_equal(os_file_write(-1, "x", 1, 0), -EBADF);
	assert_int_equal(os_file_write(fd, none, 1, 0), -EFAULT);
	assert_int_equal(os_map_file(place + 1, PAGE_SIZE, fd, 0, OS_PROT_READ),
			 -EINVAL);
	assert_int_equal(os_protect(none, PAGE_SIZE, OS_PROT_READ), -EINVAL);
	assert_null(os_view_file(-1, PAGE_SIZE, 0));
	assert_false(os_file_data(-1, &(size_t){ 0 }, &(size_t){ 0 }));
}

/* RLIMIT_FSIZE. Expect -EFBIG beyond it, and no signal, which the kernel would
 * send. */
static void child_file_size(void *arg)
{
	struct rlimit limit = { SIZE, SIZE };
	int other = os_memfd("limited");

	(void)arg;
	signal(SIGXFSZ, SIG_DFL);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	REQUIRE(!os_file_resize(other, SIZE));
	REQUIRE(os_file_resize(other, SIZE + 1) == -EFBIG);
}

/* The number of mappings a process may have. Expect what the system says. */
static void test_max_map_count(void **state)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long nr = 65530;

	(void)state;
	if (file) {
		assert_int_equal(fscanf(file, "%lu", &nr), 1);
		fclose(file);
	}
	assert_int_equal(os_max_map_count(), nr);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new),		  child_test(child_low_number),
		TEST(test_map),		  TEST(test_protect),
		TEST(test_unmap),	  TEST(test_punch),
		TEST(test_view),	  TEST(test_remap),
		TEST(test_fork),	  TEST(test_failure),
		TEST(test_refused),	  child_test(child_file_size),
		TEST(test_max_map_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
