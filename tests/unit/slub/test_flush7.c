// SPDX-License-Identifier: MIT
/*
 * test_flush7.c - what becomes of slabs when objects come back, in the form 7.0
 */
#include "fixture.h"
#include "slub/detached.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	assert_null(f.c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* The first free into a full slab. Expect it at the end of the node's list. */
static void test_full_to_partial(void **state)
{
	struct slab *slab;

	(void)state;
	take_full_slabs(2);
	give(3, 1);
	slab = slab_of(3);
	assert_int_equal(f.n->nr_partial, 1);
	assert_int_equal(slab->state.counters.frozen, 0);
	assert_int_equal(slab->state.counters.inuse, f.per_slab - 1);
	assert_ptr_equal(slab->state.freelist, f.objs[3]);
	give(f.per_slab, 1);
	assert_ptr_equal(list_first_entry(&f.n->partial, struct slab, list),
			 slab);
	slub_check(f.s);
	give(0, 3);
	give(4, f.per_slab - 4);
	give(f.per_slab + 1, f.per_slab - 1);
}

static void hold_and_give(void *arg)
{
	(void)arg;
	spin_lock(&f.n->list_lock);
	give(3, 5);
	spin_unlock(&f.n->list_lock);
}

/* Frees into a partial slab that stays partial, with the list lock held. Expect
 * them not to ask for it. */
static void test_no_lock(void **state)
{
	(void)state;
	take_full_slabs(1);
	give(0, 3);
	hold_and_give(NULL);
	slub_check(f.s);
	give(8, f.per_slab - 8);
}

/* A batch with chains of more full slabs than can wait, each of two objects
 * that are no neighbours in the batch. Expect each slab on the list once. */
static void test_many_full(void **state)
{
	enum { SLABS = 2 * MAX_PENDING + 5 };
	void *batch[2 * SLABS];

	(void)state;
	take_full_slabs(SLABS);
	for (unsigned int i = 0; i < SLABS; i++) {
		batch[i] = f.objs[(size_t)i * f.per_slab];
		batch[SLABS + i] = f.objs[(size_t)i * f.per_slab + 1];
	}
	slab_flush(f.s, batch, 2 * SLABS);
	assert_int_equal(f.n->nr_partial, SLABS);
	assert_int_equal(f.s->in_use, SLABS * (f.per_slab - 2));
	slub_check(f.s);
	for (unsigned int i = 0; i < SLABS; i++)
		give((size_t)i * f.per_slab + 2, f.per_slab - 2);
}

/* Slabs become empty, in one batch. Expect them kept up to min_partial of the
 * list, and given back beyond it. */
static void test_empty(void **state)
{
	const unsigned int min = f.s->min_partial, slabs = min + 3;
	void *batch[MAX_OBJECTS];
	unsigned int nr = 0;

	(void)state;
	take_full_slabs(slabs);
	for (unsigned int i = 0; i < slabs; i++) {
		give((size_t)i * f.per_slab, f.per_slab - 1);
		batch[nr++] = f.objs[(size_t)(i + 1) * f.per_slab - 1];
	}
	assert_int_equal(f.n->nr_partial, slabs);
	slab_flush(f.s, batch, nr);
	slub_check(f.s);
	assert_int_equal(f.n->nr_slabs, min - 1);
	assert_int_equal(f.n->nr_partial, min - 1);
}

/* A whole slab comes back in one chain, from full to empty. Expect it on the
 * list while that is short, else with the page allocator. */
static void test_full_to_empty(void **state)
{
	const unsigned int min = f.s->min_partial;

	(void)state;
	take_full_slabs(min + 1);
	for (unsigned int i = 0; i < min; i++) {
		give((size_t)i * f.per_slab, f.per_slab);
		assert_int_equal(f.n->nr_partial, i + 1);
	}
	give((size_t)min * f.per_slab, f.per_slab);
	assert_int_equal(f.n->nr_partial, min);
	assert_int_equal(f.n->nr_slabs, min);
	slub_check(f.s);
}

static void flush_again(void *arg)
{
	void *batch[] = { f.objs[1], f.objs[f.per_slab], f.objs[1] };

	(void)arg;
	slab_flush(f.s, batch, 3);
}

/* An object that is free already, and one twice in chains that wait. Expect an
 * abort that says so. */
static void test_double_free(void **state)
{
	(void)state;
	take_full_slabs(2);
	expect_abort(flush_again, NULL, "double free of");
	give(1, 1);
	expect_abort(flush_again, NULL, "double free of");
	give(0, 1);
	give(2, 2 * f.per_slab - 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_full_to_partial), TEST(test_no_lock),
		TEST(test_many_full),	    TEST(test_empty),
		TEST(test_full_to_empty),   TEST(test_double_free),
	};

	setenv("KMALLOC_CMDLINE", "slub=7.0", 1);
	return cmocka_run_group_tests(tests, slub_start, NULL);
}
