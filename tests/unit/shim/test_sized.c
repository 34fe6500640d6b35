// SPDX-License-Identifier: MIT
/*
 * test_sized.c - free_sized and free_aligned_sized
 */
#include <malloc.h>
#include <stdlib.h>

#include "kmem/held.h"
#include "kmem/sheaf.h"
#include "shim/exports.h"
#include "shim/shim.h"
#include "support/child.h"

/* Is p the object that this thread's next malloc() of its class returns? */
static bool is_newest(const void *p)
{
	const struct kmem_cache *s = shim_cache_of(p);

	return cursor_has(kmem_this_owner->cursor[s->slot], p, 1);
}

/* Makes room in this thread's sheaf of a size, so that a free hits. */
static void take_some(size_t size)
{
	for (unsigned int i = 0; i < 8; i++)
		assert_non_null(malloc(size));
}

/* Blocks of all sizes up to 40,000 bytes. Expect them freed; a small one, if
 * its size has its class, by a move of the cursor alone. */
static void test_sizes(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 40000; size += 1 + size / 50) {
		void *p = malloc(size);

		free_sized(p, size);
		if (size <= MAX_SMALL)
			assert_true(is_newest(p));
	}
	free_sized(NULL, 10);
	free_aligned_sized(NULL, 16, 10);
}

/* More blocks than a sheaf holds. Expect each to be freed, and all to be used
 * again. */
static void test_flood(void **state)
{
	static void *p[5000];
	size_t before;

	(void)state;
	before = mallinfo2().uordblks;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = malloc(48);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		free_sized(p[i], 48);
	kmem_owner_check(kmem_this_owner);
	assert_int_equal(mallinfo2().uordblks, before);
}

/* Blocks at alignments. Expect the same. */
static void test_aligned(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 4096; align *= 2) {
		for (size_t size = 0; size <= 4096; size += 1 + size / 3) {
			void *p = aligned_alloc(align, size);

			free_aligned_sized(p, align, size);
			assert_true(is_newest(p));
		}
	}
}

/* Blocks that realloc left where they were, of another class than their size.
 * Expect them freed. */
static void test_resized(void **state)
{
	(void)state;
	for (size_t size = 33; size < 1000; size += 7) {
		void *p = malloc(size), *q = realloc(p, size / 2 + 1);

		free_sized(q, size / 2 + 1);
		assert_true(is_newest(q));
	}
	take_some(64);
	take_some(128);
	for (unsigned int i = 0; i < 8; i++) { /* each starts a smaller one */
		void *p = malloc(128);

		free_sized(p, 64);
		assert_true(is_newest(p));
	}
}

/* What a program may be wrong about: sizes of more than the block has, two
 * frees, an address inside. Expect the line that says so, at once. */
static void wrong_size(void *arg)
{
	char *p[2] = { malloc(60), malloc(60) };

	take_some(60);
	take_some(*(const size_t *)arg);
	/* one of the two could start an object of 128 bytes */
	free_sized((uintptr_t)p[0] % 128 ? p[1] : p[0], *(const size_t *)arg);
	_exit(0);
}

static void wrong_size_aligned(void *arg)
{
	free_aligned_sized(aligned_alloc(64, 60), 64, *(const size_t *)arg);
	_exit(0);
}

static void free_twice(void *arg)
{
	void *volatile p = malloc(*(const size_t *)arg);

	take_some(*(const size_t *)arg);
	free_sized(p, *(const size_t *)arg);
	free_sized(p, *(const size_t *)arg);
	_exit(0);
}

static void free_inner(void *arg)
{
	char *volatile p = malloc(*(const size_t *)arg);

	take_some(*(const size_t *)arg);
	free_sized(p + 16, *(const size_t *)arg);
	_exit(0);
}

static void test_wrong(void **state)
{
	size_t sizes[] = { 65, 80, 128, 500, 5000, 50000 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		expect_abort(wrong_size, &sizes[i], "free_sized");
		expect_abort(wrong_size_aligned, &sizes[i],
			     "free_aligned_sized");
		expect_abort(free_twice, &sizes[i], "kmalloc: ");
		expect_abort(free_inner, &sizes[i], "kmalloc: ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	cmocka_unit_test(test_flood),
		cmocka_unit_test(test_aligned), cmocka_unit_test(test_resized),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
