// SPDX-License-Identifier: MIT
/*
 * test_shrink.c - empty slabs are given back
 */
#include "fixture.h"
#include "kmem/slab_ops.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(1024, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* A shrink. Expect the empty slabs to go, at once and all of them, and every
 * slab with an object to stay. */
static void test_shrink(void **state)
{
	(void)state;
	take_full_slabs(4);
	give(0, f.per_slab); /* empty */
	give(f.per_slab, 1); /* partial */
	take(MAX_OBJECTS - 1, 1); /* on a CPU */
	give(MAX_OBJECTS - 1, 1);
	slub_shrink(f.s, SHRINK_ALL);
	assert_int_equal(f.n->nr_slabs, 3);
	assert_int_equal(f.n->nr_partial, 1);
	assert_true(!f.c || (!f.c->slab && !f.c->partial));
	slub_check(f.s);
	give(f.per_slab + 1, 3 * f.per_slab - 1);
}

/* Slabs of all degrees of fullness, in any order. Expect a shrink to put those
 * with the fewest free objects first, and those with more than 32 last. */
static void test_shrink_sorts(void **state)
{
	static const unsigned int frees[] = { 9, 40, 1, 25, 32, 2, 9, 33, 5 };
	unsigned int nr = ARRAY_SIZE(frees), last = 0, seen = 0;
	struct slab *slab;

	(void)state;
	fixture_close();
	fixture_open(64, 0, NULL);
	assert_int_equal(f.per_slab, 64);
	take_full_slabs(nr);
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab, frees[i]);
	slub_shrink(f.s, SHRINK_ALL);
	list_for_each_entry(slab, &f.n->partial, list) {
		unsigned int nr_free = slab->state.counters.objects -
				       slab->state.counters.inuse;

		if (++seen <= nr - 2) {
			assert_true(nr_free >= last);
			last = nr_free;
		} else {
			assert_true(nr_free > 32);
		}
	}
	assert_int_equal(seen, nr);
	assert_int_equal(last, 32);
	slub_check(f.s);
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab + frees[i], f.per_slab - frees[i]);
}

/* A shrink of what is idle. Expect what was used since the last one to stay on
 * its CPU, until the next. */
static void test_shrink_idle(void **state)
{
	(void)state;
	NEEDS_CPU_SLAB();
	take(0, 1);
	slub_shrink(f.s, SHRINK_IDLE);
	assert_non_null(f.c->slab);
	slub_shrink(f.s, SHRINK_IDLE);
	assert_null(f.c->slab);
	assert_int_equal(f.n->nr_slabs, 1);
	give(0, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_shrink),
		TEST(test_shrink_sorts),
		TEST(test_shrink_idle),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
