// SPDX-License-Identifier: MIT
/*
 * test_side.c - blocks outside the engine, and frees that are put off
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "kmem/inside.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

static size_t usable(const void *p)
{
	size_t size = 0;

	assert_int_equal(side_find(p, &size), 0);
	return size;
}

/* Blocks of many sizes and alignments. Expect all of each to be its own. */
static void test_blocks(void **state)
{
	static const size_t sizes[] = { 0,    1,     16,      17,     1000,
					4096, 70000, 3 * MIB, 9 * MIB };
	unsigned char *p[ARRAY_SIZE(sizes) * 3];
	unsigned int nr = 0;

	(void)state;
	for (size_t align = 16; align <= MIB; align <<= 8)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			p[nr] = side_alloc(sizes[i], align);
			assert_non_null(p[nr]);
			assert_int_equal((uintptr_t)p[nr] % align, 0);
			assert_true(usable(p[nr]) >= max(sizes[i], 1UL));
			memset(p[nr], (int)nr, usable(p[nr]));
			nr++;
		}
	for (unsigned int i = 0; i < nr; i++) {
		for (size_t at = 0; at < usable(p[i]); at++)
			assert_int_equal(p[i][at], i);
		assert_int_equal(side_free(p[i]), 0);
	}
}

/* More than there can be. Expect NULL. */
static void test_too_much(void **state)
{
	(void)state;
	assert_null(side_alloc(SIZE_MAX, 16));
	assert_null(side_alloc(PTRDIFF_MAX, 16));
	assert_null(side_alloc(16, 1UL << 63));
	assert_null(side_alloc(1UL << 50, 16));
}

/* A segment whose last block goes. Expect it to be used from the front
 * again. */
static void test_reuse(void **state)
{
	void *first = side_alloc(600000, 16), *p;

	(void)state;
	memset(first, 1, 600000);
	assert_int_equal(side_free(first), 0);
	for (int i = 0; i < 100; i++) {
		p = side_alloc(600000, 16);
		assert_ptr_equal(p, first);
		assert_int_equal(((char *)p)[500000], 0); /* was given back */
		((char *)p)[500000] = 1;
		assert_int_equal(side_free(p), 0);
	}
}

/* What is no block, or no more. Expect that to be told. */
static void test_bad_pointers(void **state)
{
	char *p = side_alloc(100, 16), local;
	size_t size;

	(void)state;
	assert_int_equal(side_find(&local, &size), -ENOENT);
	assert_int_equal(side_free(&local), -ENOENT);
	assert_int_equal(side_find(p + 16, &size), -EINVAL);
	assert_int_equal(side_find(p + 1, &size), -EINVAL);
	assert_int_equal(side_free(p), 0);
	assert_int_equal(side_free(p), -EINVAL);
	assert_int_equal(side_find(p, &size), -EINVAL);
}

static void *churn(void *arg)
{
	uint64_t rng = (uintptr_t)arg;
	unsigned char *p[8] = { 0 };

	for (int i = 0; i < 20000; i++) {
		unsigned int k = test_below(&rng, 8);
		size_t n = test_below(&rng, 3000) + 1;

		if (p[k] && (*p[k] != k || side_free(p[k])))
			return (void *)1;
		p[k] = side_alloc(n, 16);
		if (!p[k])
			return (void *)2;
		*p[k] = (unsigned char)k;
	}
	for (int k = 0; k < 8; k++)
		if (p[k] && side_free(p[k]))
			return (void *)3;
	return NULL;
}

/* Four threads at once. Expect no block to have two owners. */
static void test_threads(void **state)
{
	pthread_t t[4];
	void *ret;

	(void)state;
	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, churn, (void *)(i + 1)), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &ret);
		assert_null(ret);
	}
}

/* The calls of malloc in the middle of one. Expect the side to serve them. */
static void test_family_inside(void **state)
{
	unsigned char *small = malloc(100), *run = malloc(100000);
	unsigned char *area = malloc(6 * MIB), *p, *q;
	size_t size;

	(void)state;
	memset(small, 1, 100);
	memset(run, 2, 100000);
	memset(area, 3, 6 * MIB);
	assert_true(kmem_enter());
	p = malloc(300000);
	q = calloc(50000, 1);
	assert_int_equal(side_find(p, &size), 0);
	assert_int_equal(side_find(q, &size), 0);
	assert_int_equal(q[0] | q[49999], 0);
	assert_true(malloc_usable_size(p) >= 300000);
	p = realloc(p, 400000);
	assert_int_equal(side_find(p, &size), 0);
	q = realloc(q, 0);
	assert_null(q);
	small = realloc(small, 50000);
	run = realloc(run, 200000);
	area = realloc(area, 7 * MIB);
	assert_int_equal(side_find(small, &size), 0);
	assert_int_equal(side_find(run, &size), 0);
	assert_int_equal(side_find(area, &size), 0);
	assert_int_equal(small[99], 1);
	assert_int_equal(run[99999], 2);
	assert_int_equal(area[6 * MIB - 1], 3);
	q = memalign(65536, 40000);
	assert_int_equal((uintptr_t)q % 65536, 0);
	assert_int_equal(side_find(q, &size), 0);
	errno = 0;
	assert_null(malloc(PTRDIFF_MAX));
	assert_int_equal(errno, ENOMEM);
	kmem_leave();

	/* Outside they are blocks like any other. */
	small = realloc(small, 80);
	assert_int_equal(side_find(small, &size), -ENOENT);
	assert_int_equal(small[79], 1);
	free(small);
	free(run);
	free(area);
	free(p);
	free(q);
}

/* Frees of the engine's blocks inside. Expect them to be done after it,
 * once. */
static void test_put_off(void **state)
{
	size_t before = mallinfo2().uordblks;
	void *run = malloc(100000), *area = malloc(5 * MIB);
	void *aligned = memalign(4096, 4096);

	(void)state;
	assert_true(kmem_enter());
	free(run);
	free(area);
	side_put_off(aligned, 0);
	kmem_leave();
	assert_int_equal(mallinfo2().uordblks, before);
	assert_false(kmem_is_inside());
}

static void free_twice(void *arg)
{
	void *p;

	(void)arg;
	kmem_enter();
	p = malloc(100000);
	free(p);
	free(p);
}

/* A block of the side freed twice. Expect the line that says so. */
static void test_misuse(void **state)
{
	(void)state;
	assert_true(child_aborts(free_twice, NULL, "is not allocated memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_bad_pointers),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_family_inside),
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
