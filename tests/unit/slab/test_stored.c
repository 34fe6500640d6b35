// SPDX-License-Identifier: MIT
/*
 * test_stored.c - objects in shared arrays are marked, and what the marks tell
 */
#include <errno.h>

#include "fixture.h"
#include "kmem/slab_ops.h"
#include "slab/numbers.h"

#define NR 24U

static int setup(void **state)
{
	(void)state;
	fixture_open(256, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* Opens caches with a map and without in turn; 2 NR objects are taken. */
static bool next_cache(unsigned int turn)
{
	static const unsigned int sizes[] = { 256, 512, 32 };

	if (turn == ARRAY_SIZE(sizes))
		return false;
	fixture_close();
	fixture_open(sizes[turn], 0, NULL);
	take(0, 2 * NR);
	return true;
}

static bool is_stored(size_t i)
{
	return slab_is_stored(f.s, slab_of(i),
			      obj_to_index(f.s, slab_of(i), f.objs[i]));
}

static void mark(size_t from)
{
	assert_int_equal(slab_mark_stored(f.s, f.objs + from, NR), 0);
}

/* Objects are marked and cleared. Expect marks on these and no others, slabs
 * that are sound all the time, and no mark left. */
static void test_mark(void **state)
{
	(void)state;
	for (unsigned int turn = 0; next_cache(turn); turn++) {
		assert_int_equal(has_map(f.s), turn < 2);
		mark(NR);
		for (size_t i = 0; i < 2 * NR; i++)
			assert_int_equal(is_stored(i), i >= NR);
		slab_check(f.s);
		slab_clear_stored(f.s, f.objs + NR, NR);
		for (size_t i = 0; i < 2 * NR; i++)
			assert_false(is_stored(i));
		give(0, 2 * NR);
	}
}

static void flush_copy(void *arg)
{
	(void)arg;
	mark(0);
	f.objs[NR] = f.objs[NR / 2];
	give(NR, NR);
}

static void mark_copy(void *arg)
{
	(void)arg;
	mark(0);
	f.objs[2 * NR - 1] = f.objs[0];
	mark(NR);
}

static void mark_twice(void *arg)
{
	(void)arg;
	f.objs[NR - 1] = f.objs[NR - 2];
	mark(0);
}

static void mark_free(void *arg)
{
	(void)arg;
	give(NR, 1);
	f.objs[1] = f.objs[NR];
	mark(0);
}

static void clear_other(void *arg)
{
	(void)arg;
	mark(0);
	f.objs[3] = f.objs[NR + 3];
	slab_clear_stored(f.s, f.objs, NR);
}

/* A stored object in a batch for the slabs too, or on its way to another shared
 * array, or twice in one; one that is free; one that is taken and was not
 * stored. Expect the end by a double free. */
static void test_copies(void **state)
{
	(void)state;
	for (unsigned int turn = 0; next_cache(turn); turn++) {
		expect_abort(flush_copy, NULL, "double free of");
		expect_abort(mark_copy, NULL, "double free of");
		expect_abort(mark_twice, NULL, "double free of");
		expect_abort(mark_free, NULL, "double free of");
		expect_abort(clear_other, NULL, "double free of");
		give(0, 2 * NR);
	}
}

static void mark_inner(void *arg)
{
	(void)arg;
	f.objs[5] = (char *)f.objs[5] + 8;
	mark(0);
}

static void mark_wild(void *arg)
{
	(void)arg;
	f.objs[5] = (void *)__get_free_pages(GFP_KERNEL, 0);
	mark(0);
}

/* What is no object, and another cache's. Expect the end; and that none is
 * marked. */
static void test_no_objects(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 256, 0,
						     SLAB_NO_MERGE, NULL);
	void *own;

	(void)state;
	for (unsigned int turn = 0; next_cache(turn); turn++) {
		expect_abort(mark_inner, NULL, "not the start");
		expect_abort(mark_wild, NULL, "not allocated");
		own = f.objs[NR - 1];
		slab_refill(other, GFP_KERNEL, NUMA_NO_NODE, &f.objs[NR - 1],
			    1);
		assert_int_equal(slab_mark_stored(f.s, f.objs, NR), -EINVAL);
		for (size_t i = 0; i < NR - 1; i++)
			assert_false(is_stored(i));
		slab_flush(other, &f.objs[NR - 1], 1);
		f.objs[NR - 1] = own;
		give(0, 2 * NR);
	}
	kmem_cache_destroy(other);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_mark),
		TEST(test_copies),
		TEST(test_no_objects),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
