// SPDX-License-Identifier: MIT
/*
 * test_reap.c - what lies idle goes back a little at a time: docs/kernel.md S6
 */
#include "fixture.h"
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	f.s->shared = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_owner_check(kmem_owner_get());
	fixture_close();
	return 0;
}

/*
 * This owner has `nr` free objects in its array, which was not touched since
 * the last reap.
 */
static void untouched_array(unsigned int nr)
{
	alloc(0, nr);
	kmem_owner_flush(kmem_owner_get());
	release(0, nr);
	assert_int_equal(array_avail(), nr);
	pass_ms(REAPTIMEOUT_AC);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_int_equal(array_avail(), nr);
}

/* How much of an untouched array goes. Expect a fifth of the limit, rounded
 * up, or half of what there is if that is less. */
static void test_drain_count(void **state)
{
	(void)state;
	assert_int_equal(drain_count(54, 54), 11);
	assert_int_equal(drain_count(54, 11), 11);
	assert_int_equal(drain_count(54, 10), 5);
	assert_int_equal(drain_count(120, 120), 24);
	assert_int_equal(drain_count(120, 1), 1);
	assert_int_equal(drain_count(120, 0), 0);
	assert_int_equal(drain_count(1, 1), 1);
}

/* An array that is used, then left alone. Expect the first look to take
 * nothing, and each later one its part, the oldest first, until none is
 * left. */
static void test_array(void **state)
{
	unsigned int left = 40;

	(void)state;
	untouched_array(40);
	while (left) {
		unsigned int goes = drain_count(f.s->limit, left);

		pass_ms(REAPTIMEOUT_AC);
		cache_reap_array(kmem_owner_get(), f.s);
		left -= goes;
		assert_int_equal(array_avail(), left);
		assert_int_equal(f.s->in_use, left);
		if (left)
			assert_ptr_equal(((void **)kmem_owner_get()
						  ->cursor[f.s->slot])[-1],
					 f.objs[39]);
	}
	assert_int_equal(left, 0);
}

/* The owner has an empty array aside, for its next flush. Expect it to go when
 * the other was not touched, and not before. */
static void test_spare(void **state)
{
	struct kmem_owner_slot *slot;
	unsigned long arrays;

	(void)state;
	untouched_array(40);
	arrays = region_used();
	slot = kmem_slot(kmem_owner_get(), f.s);
	slot->spare = sheaf_alloc(f.s);
	pass_ms(REAPTIMEOUT_AC - 1);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_non_null(slot->spare);
	pass_ms(1);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_null(slot->spare);
	assert_int_equal(region_used(), arrays);
}

/* Looks that come too early, and one after use. Expect nothing to go. */
static void test_array_touched(void **state)
{
	(void)state;
	untouched_array(40);
	pass_ms(REAPTIMEOUT_AC - 1);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_int_equal(array_avail(), 40);
	alloc(0, 1);
	pass_ms(REAPTIMEOUT_AC);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_int_equal(array_avail(), 39);
	pass_ms(REAPTIMEOUT_AC);
	cache_reap_array(kmem_owner_get(), f.s);
	assert_int_equal(array_avail(), 39 - 11);
	release(0, 1);
}

/* An array that was refilled and emptied again between two looks stands where
 * it stood. Expect it to count as touched: the next batch is a whole one. */
static void test_refill_touches(void **state)
{
	(void)state;
	f.n->free_limit = 1000;
	take(0, 10 * f.per_slab);
	give(0, 10 * f.per_slab);
	alloc(0, 16);
	assert_int_equal(array_avail(), 0);
	pass_ms(REAPTIMEOUT_AC);
	cache_reap_array(kmem_owner_get(), f.s);
	alloc(16, 16);
	assert_int_equal(array_avail(), 0); /* it had not been touched: 16 */
	alloc(32, 1);
	assert_int_equal(array_avail(), ALIGN(f.s->batchcount, f.per_slab) - 1);
	release(0, 33);
}

/* Shared arrays. Expect the first look after use to take nothing, the next a
 * fifth of their limit, and looks in less than four seconds none. */
static void test_shared(void **state)
{
	const unsigned int batch = f.s->batchcount, limit = 8 * batch;
	unsigned int part = (limit + 4) / 5;

	(void)state;
	f.s->shared = 8;
	take(0, limit);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(put_shared(i * batch, batch), batch);
	f.n->shared_touched = 1;
	pass_ms(2 * REAPTIMEOUT_NODE);
	cache_reap(f.s);
	assert_int_equal(shared_avail(f.n), limit);
	cache_reap(f.s);
	assert_int_equal(shared_avail(f.n), limit);
	pass_ms(REAPTIMEOUT_NODE - 1);
	cache_reap(f.s);
	assert_int_equal(shared_avail(f.n), limit);
	pass_ms(1);
	cache_reap(f.s);
	assert_int_equal(shared_avail(f.n), limit - part);
	assert_int_equal(f.s->in_use, limit - part);
	assert_null(slab_of(0)); /* the oldest, and no others */
	assert_non_null(slab_of(part));
	slab_check(f.s);
}

/* Slabs without objects. Expect none to go if they were used since the last
 * look, else a fifth of free_limit, in slabs, rounded up, the oldest first. */
static void test_free_slabs(void **state)
{
	unsigned int slabs = 20, part = 5;
	void *oldest, *first_kept;

	(void)state;
	f.n->free_limit = slabs * f.per_slab + 1;
	take_full_slabs(slabs);
	oldest = f.objs[0];
	first_kept = f.objs[part * f.per_slab];
	give(0, slabs * f.per_slab);
	expect_slabs(0, 0, slabs);
	take(0, 1);
	give(0, 1);
	pass_ms(2 * REAPTIMEOUT_NODE);
	cache_reap(f.s);
	expect_slabs(0, 0, slabs);
	pass_ms(REAPTIMEOUT_NODE);
	cache_reap(f.s);
	expect_slabs(0, 0, slabs - part);
	assert_int_equal(f.n->nr_slabs, slabs - part);
	assert_null(virt_to_desc(oldest));
	assert_non_null(virt_to_desc(first_kept));
}

/* The whole of it by ticks: a shrink of what is idle, as they ask for, time
 * and again. Expect everything to be gone after a minute, and every page. */
static void test_by_ticks(void **state)
{
	(void)state;
	f.s->shared = 8;
	alloc(0, 1000);
	release(0, 1000);
	assert_int_not_equal(shared_avail(f.n), 0);
	for (unsigned int ms = 0; ms < 120000; ms += 500) {
		pass_ms(500);
		kmem_reclaim(SHRINK_IDLE);
		slab_check(f.s);
	}
	assert_int_equal(array_avail(), 0);
	assert_int_equal(shared_avail(f.n), 0);
	expect_slabs(0, 0, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_drain_count),	  TEST(test_array),
		TEST(test_array_touched), TEST(test_refill_touches),
		TEST(test_shared),	  TEST(test_spare),
		TEST(test_free_slabs),	  TEST(test_by_ticks),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
