// SPDX-License-Identifier: MIT
/*
 * test_extras.c - calls that other systems' mallocs have
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "shim/exports.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

static int is_zero(const char *p, size_t size)
{
	while (size && !p[size - 1])
		size--;
	return !size;
}

/* reallocf that fails, and that does not. Expect the block freed either way
 * that it is not kept. */
static void test_reallocf(void **state)
{
	size_t before = mallinfo2().uordblks;
	char *p = malloc(100);

	(void)state;
	strcpy(p, "kept");
	p = reallocf(p, 5000);
	assert_string_equal(p, "kept");
	assert_null(reallocf(p, SIZE_MAX));
	assert_int_equal(mallinfo2().uordblks, before);
	assert_null(reallocf(malloc(10), 0));
	assert_int_equal(mallinfo2().uordblks, before);
}

/* reallocarr. Expect the new block in place of the old pointer, or an error
 * number with pointer and errno as they were. */
static void test_reallocarr(void **state)
{
	char *p = NULL, *was;

	(void)state;
	errno = 77;
	assert_int_equal(reallocarr(&p, 10, 10), 0);
	assert_int_equal(malloc_usable_size(p), 112);
	strcpy(p, "kept");
	was = p;
	assert_int_equal(reallocarr(&p, SIZE_MAX / 2, 3), EOVERFLOW);
	assert_int_equal(reallocarr(&p, SIZE_MAX / 2, 1), ENOMEM);
	assert_ptr_equal(p, was);
	assert_int_equal(reallocarr(&p, 1000, 100), 0);
	assert_string_equal(p, "kept");
	assert_int_equal(reallocarr(&p, 0, 8), 0);
	assert_null(p);
	assert_int_equal(errno, 77);
}

/* recallocarray. Expect the old bytes, zeroes behind them, and errors told
 * apart. */
static void test_recallocarray(void **state)
{
	char *p = recallocarray(NULL, 0, 10, 10);

	(void)state;
	assert_true(is_zero(p, 100));
	memset(p, 'x', 100);
	p = recallocarray(p, 10, 20, 10);
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(p[i], i < 100 ? 'x' : 0);
	p = recallocarray(p, 20, 5, 10);
	assert_int_equal(p[49], 'x');
	errno = 0;
	assert_null(recallocarray(p, 5, SIZE_MAX / 2, 10));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(recallocarray(p, SIZE_MAX / 2, 5, 10));
	assert_int_equal(errno, EINVAL);
	freezero(p, 50);
}

/* freezero. Expect the bytes gone before the block is. */
static void test_freezero(void **state)
{
	char *p, *q;

	(void)state;
	for (int i = 0; i < 20; i++)
		free(malloc(64)); /* the first calls have no sheaf */
	p = malloc(64);
	memset(p, 'x', 64);
	freezero(p, 64);
	q = malloc(64);
	assert_ptr_equal(q, p); /* the last one freed is the next one out */
	assert_true(is_zero(q, 64));
	free(q);
	freezero(NULL, 100);
}

/* The size that a request would get. Expect what malloc then gives. */
static void test_good_size(void **state)
{
	(void)state;
	for (size_t size = 0; size < 6 * MIB; size += 1 + size / 5) {
		void *p = malloc(size);

		assert_int_equal(malloc_good_size(size), malloc_usable_size(p));
		assert_int_equal(malloc_size(p), malloc_usable_size(p));
		free(p);
	}
	assert_int_equal(malloc_good_size(SIZE_MAX), SIZE_MAX);
	assert_int_equal(malloc_size(NULL), 0);
}

/* nallocx with alignments in its flags. Expect room for both; 0 if absurd. */
static void test_nallocx(void **state)
{
	(void)state;
	assert_int_equal(nallocx(100, 0), 112);
	assert_int_equal(nallocx(100, 6), 128);
	assert_int_equal(nallocx(1, 12), 4096);
	assert_int_equal(nallocx(SIZE_MAX, 0), 0);
	assert_int_equal(nallocx(1, 63), 0);
}

/* Addresses inside blocks. Expect the bytes to the end; of others, SIZE_MAX. */
static void test_object_size(void **state)
{
	char *small = malloc(100), *run = malloc(50000),
	     *area = malloc(5 * MIB);
	char *other = mmap(NULL, PAGE_SIZE, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	for (size_t at = 0; at < 112; at++)
		assert_int_equal(malloc_object_size(small + at), 112 - at);
	assert_int_equal(malloc_object_size(run), 13 * PAGE_SIZE);
	assert_int_equal(malloc_object_size(run + 50000),
			 13 * PAGE_SIZE - 50000);
	assert_int_equal(malloc_object_size(area + MIB), 4 * MIB);
	assert_int_equal(malloc_object_size(other), SIZE_MAX);
	assert_int_equal(malloc_object_size(NULL), 0);
	free(small);
	free(run);
	free(area);
	munmap(other, PAGE_SIZE);
}

/* The calls that say how much there is. Expect it usable, to the last byte. */
static void test_at_least(void **state)
{
	struct sized_ptr got = alloc_at_least(100);

	(void)state;
	assert_int_equal(got.size, 112);
	memset(got.ptr, 1, got.size);
	sdallocx(got.ptr, 100, 0);
	got = aligned_alloc_at_least(64, 100);
	assert_int_equal(got.size, 128);
	assert_int_equal((uintptr_t)got.ptr % 64, 0);
	free(got.ptr);
	got = alloc_at_least(SIZE_MAX);
	assert_null(got.ptr);
	assert_int_equal(got.size, 0);
}

/* _aligned_malloc has its arguments the other way round. Expect that. */
static void test_aligned_malloc(void **state)
{
	void *p = _aligned_malloc(100, 512);

	(void)state;
	assert_int_equal((uintptr_t)p % 512, 0);
	assert_int_equal(malloc_usable_size(p), 512);
	free(p);
	errno = 0;
	assert_null(_aligned_malloc(512, 100));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reallocf),
		cmocka_unit_test(test_reallocarr),
		cmocka_unit_test(test_recallocarray),
		cmocka_unit_test(test_freezero),
		cmocka_unit_test(test_good_size),
		cmocka_unit_test(test_nallocx),
		cmocka_unit_test(test_object_size),
		cmocka_unit_test(test_at_least),
		cmocka_unit_test(test_aligned_malloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
