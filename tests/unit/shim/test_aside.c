// SPDX-License-Identifier: MIT
/*
 * test_aside.c - the malloc family while the engine may not be used
 *
 * Each test is inside of the engine, as a signal handler or a thread that waits
 * for a fork is. What the exported calls make of it is unit.shim.side.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kmem/inside.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

static bool is_aside(const void *p)
{
	size_t usable;

	return !side_find(p, &usable);
}

/* Blocks, and one that cannot be. Expect them beside the engine, errno as it
 * was, and ENOMEM for the last. */
static void test_alloc(void **state)
{
	void *p, *q;

	(void)state;
	assert_true(kmem_enter());
	errno = 4711;
	p = malloc_aside(100, 16);
	q = malloc_aside(5 * MIB, 4096);
	assert_int_equal(errno, 4711);
	assert_true(is_aside(p) && is_aside(q));
	assert_int_equal((uintptr_t)q % 4096, 0);
	assert_null(malloc_aside(SIZE_MAX, 16));
	assert_int_equal(errno, ENOMEM);
	free_aside(p, 0);
	free_aside(q, 0);
	assert_false(is_aside(q));
	kmem_leave();
}

/* Sizes of blocks of each kind. Expect those that free() would count with; 0
 * for what begins none, and for an area inside, whose size needs a lock; the
 * right one outside. */
static void test_usable(void **state)
{
	char *small = malloc(100), *run = malloc(100000), *area;
	void *aside = side_alloc(1000, 16);
	size_t small_size = malloc_usable_size(small);
	size_t run_size = malloc_usable_size(run), area_size;

	(void)state;
	area = malloc(5 * MIB);
	area_size = malloc_usable_size(area);
	assert_true(kmem_enter());
	assert_int_equal(usable_size_aside(small), small_size);
	assert_int_equal(usable_size_aside(run), run_size);
	assert_int_equal(usable_size_aside(run + PAGE_SIZE), 0);
	assert_true(usable_size_aside(aside) >= 1000);
	assert_int_equal(usable_size_aside(area), 0);
	kmem_leave();
	assert_int_equal(usable_size_aside(area), area_size);
	assert_true(area_size >= 5 * MIB);
	free(small);
	free(run);
	free(area);
	side_free(aside);
}

/* Blocks of each kind grow and shrink. Expect the bytes that both sizes have,
 * in a block beside the engine, and the old block free afterwards. */
static void test_resize(void **state)
{
	static const size_t sizes[] = { 100, 100000, 5 * MIB };
	static const size_t new_sizes[] = { 1, 99, 101, 4096, 200000, 6 * MIB };
	size_t before = mallinfo2().uordblks;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(new_sizes); i++) {
		size_t size = sizes[i / ARRAY_SIZE(new_sizes)];
		size_t new_size = new_sizes[i % ARRAY_SIZE(new_sizes)];
		unsigned char *p = malloc(size);
		void *out;

		memset(p, 5, size);
		assert_true(kmem_enter());
		assert_int_equal(realloc_aside(p, new_size, 0, &out), 0);
		assert_true(is_aside(out));
		p = out;
		assert_int_equal(p[0], 5);
		assert_int_equal(p[min(size, new_size) - 1], 5);
		assert_int_equal(realloc_aside(p, 0, 0, &out), 0);
		assert_null(out);
		assert_false(is_aside(p));
		kmem_leave();
	}
	assert_int_equal(mallinfo2().uordblks, before);
}

/* No memory for the new block. Expect NULL, and the old one as it was. */
static void test_resize_short(void **state)
{
	unsigned char *p = malloc(100);
	void *out = p;

	(void)state;
	p[99] = 3;
	assert_true(kmem_enter());
	assert_int_equal(realloc_aside(p, SIZE_MAX / 2, 0, &out), 0);
	assert_null(out);
	kmem_leave();
	assert_int_equal(p[99], 3);
	assert_true(malloc_usable_size(p) >= 100);
	free(p);
}

/* A block of another allocator. Expect -ENOENT: that resizes it itself. */
static void test_foreign(void **state)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *out = page;

	(void)state;
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_true(kmem_enter());
	assert_int_equal(realloc_aside(page, 100, 0, &out), -ENOENT);
	assert_null(out);
	kmem_leave();
	munmap(page, 4096);
}

static void free_inside(void *arg)
{
	kmem_enter();
	free_aside(arg, 0);
}

/* An address in a block beside the engine. Expect the line of free(). */
static void test_wild(void **state)
{
	char *p = side_alloc(1000, 16);

	(void)state;
	assert_true(
		child_aborts(free_inside, p + 16, "is not allocated memory"));
	assert_int_equal(side_free(p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_resize_short),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_wild),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
