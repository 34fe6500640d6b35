// SPDX-License-Identifier: MIT
/*
 * test_refill.c - where objects come from: docs/kernel.md U2 and U3
 */
#include "fixture.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* The first objects of a cache. Expect one new slab, handed out in order of
 * addresses, that belongs to this CPU. */
static void test_new_slab(void **state)
{
	(void)state;
	NEEDS_CPU_SLAB();
	take(0, 3);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(f.s->in_use, 3);
	assert_ptr_equal(f.objs[0], slab_address(slab_of(0)));
	assert_ptr_equal(f.objs[1], (char *)f.objs[0] + f.s->size);
	assert_ptr_equal(f.objs[2], (char *)f.objs[1] + f.s->size);
	assert_ptr_equal(f.c->slab, slab_of(0));
	assert_int_equal(f.c->slab->state.counters.frozen, 1);
	assert_int_equal(f.c->nr_fresh, f.per_slab - 3);
	give(0, 3);
}

/* More is asked for than one slab has. Expect it all, from two slabs, and in
 * the batch the first slab's objects last, where its user begins. */
static void test_more_than_a_slab(void **state)
{
	const unsigned int nr = f.per_slab + 3;

	(void)state;
	assert_int_equal(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, f.objs, nr),
			 nr);
	assert_int_equal(f.n->nr_slabs, 2);
	assert_ptr_equal(f.objs[nr - 1], slab_address(slab_of(nr - 1)));
	for (unsigned int i = 4; i < nr; i++)
		assert_ptr_equal(f.objs[i - 1], (char *)f.objs[i] + f.s->size);
	assert_ptr_equal(f.objs[2], slab_address(slab_of(0)));
	assert_ptr_equal(f.objs[0], (char *)f.objs[2] + 2 * f.s->size);
	slub_check(f.s);
	give(0, nr);
}

/* Objects come back to the slab of this CPU. Expect them before a new slab,
 * last freed first, and fresh ones before those. */
static void test_cpu_slab_first(void **state)
{
	void *a, *b;

	(void)state;
	NEEDS_CPU_SLAB();
	take(0, f.per_slab);
	a = f.objs[4];
	b = f.objs[5];
	slab_flush(f.s, &(void *){ a }, 1);
	slab_flush(f.s, &(void *){ b }, 1);
	assert_ptr_equal(f.c->slab, slab_of(4));
	assert_int_equal(f.c->nr_partial, 0);
	take(MAX_OBJECTS - 2, 2);
	assert_ptr_equal(f.objs[MAX_OBJECTS - 2], b);
	assert_ptr_equal(f.objs[MAX_OBJECTS - 1], a);
	assert_int_equal(f.n->nr_slabs, 1);
	give(0, f.per_slab);
}

/* A slab on this CPU's partial list, one on the node's. Expect this CPU's to be
 * used first, then the node's, and only then a new one. */
static void test_partial_order(void **state)
{
	struct slab *mine, *nodes;
	void *obj;

	(void)state;
	NEEDS_CPU_SLAB();
	take_full_slabs(2);
	mine = slab_of(0);
	nodes = slab_of(f.per_slab);
	assert_ptr_not_equal(mine, nodes);
	give(f.per_slab, 1);
	flush_cpu();
	assert_int_equal(f.n->nr_partial, 1);
	give(0, 1);
	assert_int_equal(f.c->nr_partial, 1);
	slub_check(f.s);

	assert_int_equal(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &obj, 1),
			 1);
	assert_ptr_equal(virt_to_slab(obj), mine);
	assert_int_equal(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &obj, 1),
			 1);
	assert_ptr_equal(virt_to_slab(obj), nodes);
	assert_int_equal(f.n->nr_slabs, 2);
	take(2 * f.per_slab, 1);
	assert_int_equal(f.n->nr_slabs, 3);
	give(0, 2 * f.per_slab + 1);
}

/* The node has many partial slabs (U3). Expect one to be used and half of
 * cpu_partial_slabs to be parked on this CPU. */
static void test_parking(void **state)
{
	const unsigned int parked = f.s->cpu_partial_slabs / 2;
	const unsigned int slabs = parked + 4;

	(void)state;
	NEEDS_CPU_SLAB();
	assert_true(parked > 0);
	take_full_slabs(slabs);
	for (unsigned int i = 0; i < slabs; i++)
		give((size_t)i * f.per_slab, 1);
	flush_cpu();
	assert_int_equal(f.n->nr_partial, slabs);
	take(0, 1);
	assert_int_equal(f.c->nr_partial, parked);
	assert_int_equal(f.n->nr_partial, slabs - 1 - parked);
	slub_check(f.s);
	for (unsigned int i = 1; i < slabs; i++)
		take((size_t)i * f.per_slab, 1);
	assert_int_equal(f.n->nr_slabs, slabs);
	give(0, slabs * f.per_slab);
}

/* This CPU's slab is flushed half used. Expect the unused objects not to count,
 * and the slab to be taken up again where it was left. */
static void test_flush_cpu_slab(void **state)
{
	struct slab *slab;

	(void)state;
	NEEDS_CPU_SLAB();
	take(0, 6);
	give(4, 1);
	slab = slab_of(0);
	flush_cpu();
	assert_null(f.c->slab);
	assert_int_equal(slab->state.counters.inuse, 5);
	assert_int_equal(slab->state.counters.frozen, 0);
	assert_int_equal(slab->carved, 6);
	assert_int_equal(f.n->nr_partial, 1);
	slub_check(f.s);
	take(100, 2);
	assert_ptr_equal(f.objs[100], f.objs[4]);
	assert_ptr_equal(f.objs[101], (char *)f.objs[5] + f.s->size);
	give(0, 4);
	give(5, 1);
	give(100, 2);
}

/* A slab is emptied in no order. Expect its objects in the order of their
 * addresses again, from the first on. */
static void test_carved_anew(void **state)
{
	char *base;

	(void)state;
	take(0, f.per_slab);
	base = slab_address(slab_of(0));
	for (unsigned int i = 0; i < f.per_slab; i++)
		give(i * 7 % f.per_slab, 1);
	assert_int_equal(f.s->in_use, 0);
	slub_check(f.s);
	take(0, f.per_slab);
	for (unsigned int i = 0; i < f.per_slab; i++)
		assert_ptr_equal(f.objs[i], base + i * f.s->size);
	assert_int_equal(f.n->nr_slabs, 1);
	slub_check(f.s);
	give(0, f.per_slab);
}

/*
 * A new slab of small objects. Expect the memory behind the objects that were
 * handed out not to have been written to.
 */
static void test_carving_writes_nothing(void **state)
{
	const char *end;

	(void)state;
	take(0, 1);
	end = (char *)slab_address(slab_of(0)) + f.per_slab * f.s->size;
	memset((void *)(uintptr_t)((char *)f.objs[0] + f.s->size), 0x77,
	       (size_t)(end - (char *)f.objs[0]) - f.s->size);
	flush_cpu();
	slub_check(f.s);
	take(1, f.per_slab - 1);
	for (const char *p = (char *)f.objs[0] + f.s->size; p < end; p++)
		assert_int_equal(*p, 0x77);
	give(0, f.per_slab);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new_slab),	   TEST(test_more_than_a_slab),
		TEST(test_cpu_slab_first), TEST(test_partial_order),
		TEST(test_parking),	   TEST(test_flush_cpu_slab),
		TEST(test_carved_anew),	   TEST(test_carving_writes_nothing),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
