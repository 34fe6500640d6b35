// SPDX-License-Identifier: MIT
/*
 * test_node.c - the node's partial slabs
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

/* Slabs are taken off the node's list. Expect as many as asked for, frozen and
 * chained, then what is left, then none. */
static void test_get_partial(void **state)
{
	struct slab *slab, *next;
	unsigned int got;

	(void)state;
	NEEDS_CPU_SLAB();
	node_partials(3);
	slab = get_partial_node(f.s, f.n, 2, &got);
	assert_int_equal(got, 2);
	assert_int_equal(f.n->nr_partial, 1);
	for (; slab; slab = next, got--) {
		next = slab->next;
		assert_int_equal(slab->state.counters.frozen, 1);
		unfreeze_slab(f.s, slab);
	}
	assert_int_equal(got, 0);
	slab = get_partial_node(f.s, f.n, 9, &got);
	assert_int_equal(got, 3);
	assert_null(get_partial_node(f.s, f.n, 1, &got));
	assert_int_equal(got, 0);
	for (; slab; slab = next) {
		next = slab->next;
		unfreeze_slab(f.s, slab);
	}
	slub_check(f.s);
	give_node_partials(3);
}

/* A CPU gives up an empty slab. Expect the node to keep it if its list is
 * shorter than min_partial, and else the buddy to have it. */
static void test_unfreeze_empty(void **state)
{
	const unsigned int min = f.s->min_partial;

	(void)state;
	NEEDS_CPU_SLAB();
	take_full_slabs(min + 1);
	for (unsigned int i = 0; i + 1 < min; i++)
		give((size_t)i * f.per_slab, 1);
	flush_cpu();
	assert_int_equal(f.n->nr_partial, min - 1);
	for (unsigned int i = min - 1; i <= min; i++) {
		give((size_t)i * f.per_slab, 1);
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
		assert_int_equal(f.c->nr_partial, 1);
		flush_cpu();
		assert_int_equal(f.n->nr_partial, min);
		assert_int_equal(f.n->nr_slabs, i == min ? min : min + 1);
	}
	for (unsigned int i = 0; i + 1 < min; i++)
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_get_partial),
		TEST(test_unfreeze_empty),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
