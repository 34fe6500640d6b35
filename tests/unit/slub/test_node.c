// SPDX-License-Identifier: MIT
/*
 * test_node.c - the node's partial slabs, shrinking, and slub_check()
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

/* `nr` slabs on the node's list, the i-th with i + 1 free objects. */
static void node_partials(unsigned int nr)
{
	take_full_slabs(nr);
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab, i + 1);
	flush_cpu_slab(f.s, f.c);
	assert_int_equal(f.n->nr_partial, nr);
}

static void give_node_partials(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab + i + 1, f.per_slab - i - 1);
}

/* Slabs are taken off the node's list. Expect as many as asked for, frozen and
 * chained, then what is left, then none. */
static void test_get_partial(void **state)
{
	struct slab *slab, *next;
	unsigned int got;

	(void)state;
	node_partials(3);
	slab = get_partial_node(f.n, 2, &got);
	assert_int_equal(got, 2);
	assert_int_equal(f.n->nr_partial, 1);
	for (; slab; slab = next, got--) {
		next = slab->next;
		assert_int_equal(slab->state.counters.frozen, 1);
		unfreeze_slab(f.s, slab);
	}
	assert_int_equal(got, 0);
	slab = get_partial_node(f.n, 9, &got);
	assert_int_equal(got, 3);
	assert_null(get_partial_node(f.n, 1, &got));
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
	take_full_slabs(min + 1);
	for (unsigned int i = 0; i + 1 < min; i++)
		give((size_t)i * f.per_slab, 1);
	flush_cpu_slab(f.s, f.c);
	assert_int_equal(f.n->nr_partial, min - 1);
	for (unsigned int i = min - 1; i <= min; i++) {
		give((size_t)i * f.per_slab, 1);
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
		assert_int_equal(f.c->nr_partial, 1);
		flush_cpu_slab(f.s, f.c);
		assert_int_equal(f.n->nr_partial, min);
		assert_int_equal(f.n->nr_slabs, i == min ? min : min + 1);
	}
	for (unsigned int i = 0; i + 1 < min; i++)
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
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
	assert_null(f.c->slab);
	assert_null(f.c->partial);
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
	take(0, 1);
	slub_shrink(f.s, SHRINK_IDLE);
	assert_non_null(f.c->slab);
	slub_shrink(f.s, SHRINK_IDLE);
	assert_null(f.c->slab);
	assert_int_equal(f.n->nr_slabs, 1);
	give(0, 1);
}

/* Which object holds an address. Expect its start for every byte, and NULL
 * beyond the last object and for memory that is no slab. */
static void test_object_of(void **state)
{
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0);
	char *base;

	(void)state;
	kmem_cache_destroy(f.s);
	fixture_open(700, 0, NULL);
	take(0, 2);
	base = slab_address(slab_of(0));
	for (unsigned int at = 0; at < 2 * f.s->size; at++)
		assert_ptr_equal(f.s->ops->object_of(f.s, base + at),
				 base + at / f.s->size * f.s->size);
	assert_null(f.s->ops->object_of(f.s, base + f.per_slab * f.s->size));
	assert_null(f.s->ops->object_of(f.s, page));
	free_pages((unsigned long)page, 0);
	give(0, 2);
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
		TEST(test_get_partial), TEST(test_unfreeze_empty),
		TEST(test_shrink),	TEST(test_shrink_sorts),
		TEST(test_shrink_idle), TEST(test_object_of),
		TEST(test_check_fails),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
