// SPDX-License-Identifier: MIT
/*
 * test_stat.c - what is counted of a cache (docs/kernel.md V8)
 */
#include "fixture.h"
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"

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

static unsigned long sum(enum stat_item item)
{
	return kmem_stat_sum(f.s, item);
}

/* Every count has a name, its own. Expect the kernel's. */
static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < NR_SLUB_STAT_ITEMS; i++) {
		assert_non_null(kmem_stat_names[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(kmem_stat_names[i],
						kmem_stat_names[j]);
	}
	assert_string_equal(kmem_stat_names[ALLOC_FASTPATH], "alloc_fastpath");
	assert_string_equal(kmem_stat_names[SHEAF_RETURN_SLOW],
			    "sheaf_return_slow");
}

/* Objects go out and come back through sheaves. Expect what sheaves moved, and
 * slabs made and given back, to be counted to the last. */
static void test_flow(void **state)
{
	const unsigned int nr = 10 * f.per_slab;
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	for (unsigned int i = 0; i < nr; i++)
		f.objs[i] = kmem_cache_alloc(f.s, GFP_KERNEL);
	assert_int_equal(sum(ALLOC_SLAB), f.n->nr_slabs);
	assert_int_equal(sum(ALLOC_SLAB), f.s->slabs_ever);
	assert_int_equal(sum(SHEAF_REFILL), f.s->in_use);
	assert_int_equal(sum(ALLOC_SLOWPATH), 0);
	assert_int_equal(sum(ALLOC_FASTPATH), sum(SHEAF_REFILL));
	assert_int_equal(sum(BARN_GET), 0);
	assert_int_not_equal(sum(BARN_GET_FAIL), 0);
	assert_int_equal(sum(SHEAF_ALLOC), 1);
	for (unsigned int i = 0; i < nr; i++)
		kmem_cache_free(f.s, f.objs[i]);
	assert_in_range(sum(FREE_FASTPATH), nr - 12, nr + 12);
	assert_int_equal(sum(FREE_SLOWPATH), 0);
	assert_int_equal(sum(BARN_PUT), 1);
	kmem_owner_flush(owner);
	barn_shrink(f.s, SHRINK_ALL);
	assert_int_equal(sum(SHEAF_FLUSH), sum(SHEAF_REFILL));
	assert_int_equal(sum(SHEAF_FREE), sum(SHEAF_ALLOC));
	slub_shrink(f.s, SHRINK_ALL);
	assert_int_equal(sum(FREE_SLAB), sum(ALLOC_SLAB));
	assert_int_equal(sum(CPUSLAB_FLUSH), f.c ? 1 : 0);
}

/* Slabs change lists. Expect each way to be counted. */
static void test_lists(void **state)
{
	const unsigned int min = f.s->min_partial;

	(void)state;
	NEEDS_CPU_SLAB();
	f.s->cpu_partial_slabs = 1;
	take_full_slabs(min + 4);
	for (unsigned int i = 0; i < 3; i++)
		give((size_t)i * f.per_slab, 1);
	assert_int_equal(sum(CPU_PARTIAL_FREE), 3);
	assert_int_equal(sum(CPU_PARTIAL_DRAIN), 2);
	take(0, 1);
	assert_int_equal(sum(CPU_PARTIAL_ALLOC), 1);
	take(f.per_slab, 1);
	assert_int_equal(sum(ALLOC_FROM_PARTIAL), 1);
	assert_int_equal(sum(CPU_PARTIAL_NODE), 0);
	give(f.per_slab, 1);
	assert_int_equal(sum(FREE_FROZEN), 1);
	take(f.per_slab, 1);
	for (unsigned int i = 0; i < min + 4; i++) {
		if (i == 2)
			continue;
		give((size_t)i * f.per_slab, f.per_slab);
	}
	give((size_t)2 * f.per_slab + 1, f.per_slab - 1);
	assert_int_not_equal(sum(FREE_ADD_PARTIAL), 0);
}

/* The same in the form 7.0, and what 7.0 has no more. Expect these at 0. */
static void test_lists7(void **state)
{
	const unsigned int min = f.s->min_partial;

	(void)state;
	if (f.c)
		skip();
	take_full_slabs(min + 4);
	for (unsigned int i = 0; i < min + 4; i++)
		give((size_t)i * f.per_slab, 1);
	assert_int_equal(sum(FREE_ADD_PARTIAL), min + 4);
	assert_int_equal(sum(FREE_REMOVE_PARTIAL), 0);
	for (unsigned int i = 0; i < min + 4; i++)
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
	assert_int_equal(sum(FREE_REMOVE_PARTIAL), 5);
	assert_int_equal(sum(FREE_SLAB), 5);
	for (int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		if (strstr(kmem_stat_names[i], "cpu") || i == FREE_FROZEN ||
		    i == ALLOC_FROM_PARTIAL || i == ALLOC_REFILL)
			assert_int_equal(sum((enum stat_item)i), 0);
}

/* A count is cleared. Expect it alone at zero. */
static void test_clear(void **state)
{
	(void)state;
	take(0, 1);
	give(0, 1);
	kmem_stat(f.s, ORDER_FALLBACK);
	assert_int_equal(sum(ALLOC_SLAB), 1);
	kmem_stat_clear(f.s, ALLOC_SLAB);
	assert_int_equal(sum(ALLOC_SLAB), 0);
	assert_int_equal(sum(ORDER_FALLBACK), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_names),  TEST(test_flow),  TEST(test_lists),
		TEST(test_lists7), TEST(test_clear),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
