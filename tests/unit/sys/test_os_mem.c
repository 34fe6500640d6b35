// SPDX-License-Identifier: MIT
/*
 * test_os_mem.c - the contract of the memory calls of the OS seam
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "sys/os.h"
#include "support/child.h"
#include "support/resident.h"

#define SIZE (16 * PAGE_SIZE)

static void touch(void *addr)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)addr = 1;
}

static int is_writable(void *addr)
{
	struct child_end end;

	child_run(touch, addr, &end);
	return !end.status;
}

static int is_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i])
			return 0;
	return 1;
}

/* A place that nothing is mapped at. */
static char *place(void)
{
	char *p = os_place(SIZE);

	assert_non_null(p);
	assert_false(is_writable(p));
	return p;
}

/* Commit, write, discard, release, commit again. Expect access and zeroes as
 * the contract says at each step. */
static void test_life(void **state)
{
	char *p = place();

	(void)state;
	assert_int_equal(os_commit(p, SIZE / 2), 0);
	assert_true(is_zero(p, SIZE / 2));
	memset(p, 1, SIZE / 2);
	assert_false(is_writable(p + SIZE / 2));
	assert_int_equal(resident_in(p, 8), 8);
	assert_int_equal(os_discard(p, SIZE / 2), 0);
	assert_int_equal(resident_in(p, 8), 0);
	assert_true(is_zero(p, SIZE / 2));
	memset(p, 1, SIZE / 2);
	assert_int_equal(os_release(p, SIZE / 2), 0);
	assert_false(is_writable(p));
	assert_int_equal(os_commit(p, SIZE), 0);
	assert_true(is_zero(p, SIZE));
	assert_int_equal(os_release(p, SIZE), 0);
	assert_false(is_writable(p));
}

/* A page committed for reading, then made writable. Expect zeroes and a fault
 * on a write, then none. */
static void test_readonly(void **state)
{
	char *p = place();

	(void)state;
	assert_int_equal(os_commit_readonly(p, SIZE), 0);
	assert_true(is_zero(p, SIZE));
	assert_false(is_writable(p));
	assert_int_equal(os_make_writable(p, SIZE), 0);
	assert_true(is_writable(p));
	os_release(p, SIZE);
}

/* Mapping where something is, in each way. Expect -EEXIST with the old bytes in
 * place, also where only one page is in the way; then success. */
static void test_if_free(void **state)
{
	char *p = os_map(SIZE);

	(void)state;
	assert_non_null(p);
	memset(p, 7, SIZE);
	assert_int_equal(os_commit(p, SIZE), -EEXIST);
	assert_int_equal(os_commit_readonly(p, SIZE), -EEXIST);
	assert_int_equal(os_reserve(p + PAGE_SIZE, PAGE_SIZE), -EEXIST);
	assert_int_equal(p[0] + p[SIZE - 1], 14);
	os_release(p, SIZE - PAGE_SIZE);
	assert_int_equal(os_commit(p, SIZE), -EEXIST);
	assert_false(is_writable(p));
	assert_int_equal(p[SIZE - 1], 7);
	os_release(p + SIZE - PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(os_reserve(p, SIZE), 0);
	assert_false(is_writable(p));
	assert_int_equal(os_commit(p, SIZE), -EEXIST);
	os_release(p, SIZE);
}

/* A mapping moved to another place and grown. Expect its bytes there, zeroes
 * behind, and a hole where it was. */
static void test_move(void **state)
{
	char *p = os_map(4 * PAGE_SIZE), *to = os_place(SIZE);

	(void)state;
	assert_int_equal(os_reserve(to, SIZE), 0);
	memset(p, 5, 4 * PAGE_SIZE);
	assert_int_equal(os_move(p, 4 * PAGE_SIZE, to, SIZE), 0);
	assert_int_equal(to[0] + to[4 * PAGE_SIZE - 1], 10);
	assert_true(is_zero(to + 4 * PAGE_SIZE, SIZE - 4 * PAGE_SIZE));
	assert_int_equal(os_reserve(p, 4 * PAGE_SIZE), 0);
	os_release(p, 4 * PAGE_SIZE);
	assert_int_equal(os_move(to, SIZE, NULL, PAGE_SIZE), 0);
	assert_int_equal(to[PAGE_SIZE - 1], 5);
	assert_false(is_writable(to + PAGE_SIZE));
	os_release(to, PAGE_SIZE);
}

/* A range of two mappings. Expect each to be one, and nothing over the border
 * between them, with nothing changed. */
static void test_one_mapping(void **state)
{
	char *p = os_map(SIZE);

	(void)state;
	memset(p, 3, SIZE);
	assert_true(os_one_mapping(p, SIZE));
	assert_int_equal(madvise(p + 3 * PAGE_SIZE, SIZE - 3 * PAGE_SIZE,
				 MADV_DONTFORK),
			 0);
	assert_true(os_one_mapping(p, 3 * PAGE_SIZE));
	assert_false(os_one_mapping(p, 4 * PAGE_SIZE));
	assert_true(os_one_mapping(p + 3 * PAGE_SIZE, SIZE - 3 * PAGE_SIZE));
	assert_false(os_one_mapping(p + 2 * PAGE_SIZE, SIZE - 2 * PAGE_SIZE));
	assert_int_equal(p[0] + p[SIZE - 1], 6);
	os_release(p, SIZE);
}

/* A mapping resized wherever it fits. Expect its bytes and zeroes behind. */
static void test_remap(void **state)
{
	char *p = os_map(PAGE_SIZE);

	(void)state;
	memset(p, 9, PAGE_SIZE);
	p = os_remap(p, PAGE_SIZE, SIZE);
	assert_non_null(p);
	assert_int_equal(p[PAGE_SIZE - 1], 9);
	assert_true(is_zero(p + PAGE_SIZE, SIZE - PAGE_SIZE));
	p = os_remap(p, SIZE, PAGE_SIZE);
	assert_non_null(p);
	assert_int_equal(p[0], 9);
	os_release(p, PAGE_SIZE);
}

/* Every call told to fail, and calls that the system refuses. Expect NULL or
 * -errno, no mapping changed, and errno untouched. */
static void test_failure(void **state)
{
	char *p = os_map(SIZE);

	(void)state;
	memset(p, 3, SIZE);
	errno = 4711;
	os_fail_calls(1, 1000);
	assert_null(os_place(SIZE));
	assert_null(os_map(SIZE));
	assert_null(os_remap(p, SIZE, 2 * SIZE));
	assert_int_equal(os_commit(p, SIZE), -ENOMEM);
	assert_int_equal(os_commit_readonly(p, SIZE), -ENOMEM);
	assert_int_equal(os_discard(p, SIZE), -ENOMEM);
	assert_int_equal(os_reserve(p, SIZE), -ENOMEM);
	assert_int_equal(os_move(p, SIZE, NULL, 2 * SIZE), -ENOMEM);
	assert_int_equal(os_release(p, SIZE), -ENOMEM);
	os_fail_calls(0, 0);
	assert_int_equal(p[0] + p[SIZE - 1], 6);
	assert_true(is_writable(p));
	assert_null(os_map(1UL << 60));
	assert_null(os_remap(p, SIZE, 1UL << 60));
	assert_int_equal(os_discard((void *)1, PAGE_SIZE), -EINVAL);
	assert_int_equal(errno, 4711);
	os_release(p, SIZE);
}

/* Calls 3 and 4 told to fail. Expect these two to, and the count to run. */
static void test_fail_window(void **state)
{
	char *p = os_map(SIZE);

	(void)state;
	os_fail_calls(3, 2);
	assert_int_equal(os_mem_calls, 0);
	for (int call = 1; call <= 6; call++) {
		int ret = os_discard(p, SIZE);

		assert_int_equal(ret, call == 3 || call == 4 ? -ENOMEM : 0);
		assert_int_equal(os_mem_calls, call);
	}
	os_fail_calls(0, 0);
	os_release(p, SIZE);
}

/* Huge pages are asked for. Expect the kernel's answer, and a range that is not
 * mapped to be refused. */
static void test_huge(void **state)
{
	size_t size = 4 << 20;
	char *p = os_map(size);
	int ret;

	(void)state;
	ret = os_huge(p, size);
	assert_int_equal(ret, madvise(p, size, MADV_HUGEPAGE) ? -EINVAL : 0);
	os_fail_calls(1, 1);
	assert_int_equal(os_huge(p, size), -ENOMEM);
	os_fail_calls(0, 0);
	os_release(p, size);
	assert_true(os_huge(p, size) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_if_free),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_one_mapping),
		cmocka_unit_test(test_remap),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_fail_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
