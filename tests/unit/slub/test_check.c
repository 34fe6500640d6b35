// SPDX-License-Identifier: MIT
/*
 * test_check.c - slub_check() sees each invariant broken
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

static void wrong_length(void *arg)
{
	(void)arg;
	f.n->nr_partial++;
	slub_check(f.s);
}

static void wrong_inuse(void *arg)
{
	struct slab *slab = arg;

	slab->state.counters.inuse++;
	slub_check(f.s);
}

static void broken_freelist(void *arg)
{
	struct slab *slab = arg;

	slab->state.freelist = (char *)slab->state.freelist + 8;
	slub_check(f.s);
}

/* SLUB1 to SLUB3 are broken one by one. Expect slub_check() to end the
 * program each time. */
static void test_check_fails(void **state)
{
	struct slab *slab;

	(void)state;
	node_partials(2);
	slab = list_first_entry(&f.n->partial, struct slab, list);
	slub_check(f.s);
	expect_abort(wrong_length, NULL, "BUG: nr != n->nr_partial");
	expect_abort(wrong_inuse, slab, "BUG: slab->state.counters.inuse");
	expect_abort(broken_freelist, slab, "is not the start of an object");
	give_node_partials(2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_check_fails),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
