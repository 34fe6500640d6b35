// SPDX-License-Identifier: MIT
/*
 * test_array.c - an owner's array_cache runs empty and full: S1, S3, S4
 */
#include <pthread.h>

#include "fixture.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/thread.h"

#define LIMIT 54U /* of 512 bytes */
#define BATCH 27U

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	assert_int_equal(f.s->limit, LIMIT);
	assert_int_equal(f.s->batchcount, BATCH);
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

/* The first allocation of an owner. Expect an array with the limits of the
 * cache, and what one new slab has in it. */
static void test_first(void **state)
{
	struct array_cache *ac;

	(void)state;
	assert_null(cpu_cache_get(kmem_owner_get(), f.s));
	alloc(0, 1);
	ac = cpu_cache_get(kmem_owner_get(), f.s);
	assert_int_equal(ac->limit, LIMIT);
	assert_int_equal(ac->batchcount, BATCH);
	assert_ptr_equal(ac->cache, f.s);
	assert_int_equal(array_avail(), f.per_slab - 1);
	assert_int_equal(f.s->in_use, f.per_slab);
	release(0, 1);
}

/* There are free objects enough. Expect 16 of them for an array that was not
 * touched, and for one that was batchcount and the rest of the last slab; but
 * not more than the array holds. */
static void test_batches(void **state)
{
	(void)state;
	f.n->free_limit = 1000;
	take(0, 20 * f.per_slab);
	give(0, 15 * f.per_slab);
	alloc(200, 1);
	assert_int_equal(array_avail(), 16 - 1);
	alloc(201, 15);
	assert_int_equal(array_avail(), 0);
	alloc(216, 1);
	assert_int_equal(array_avail(), ALIGN(BATCH, f.per_slab) - 1);
	assert_int_equal(f.s->refills, 2);
	expect_slabs(0, 11, 9);
	release(200, 17);
	kmem_owner_flush(kmem_owner_get());
	f.s->batchcount = LIMIT - 1; /* of 56 in seven slabs */
	alloc(200, 17);
	assert_int_equal(array_avail(), LIMIT - 1);
	f.s->batchcount = BATCH;
	release(200, 17);
	give(15 * f.per_slab, 5 * f.per_slab);
}

/* Last in, first out. Expect the object freed last to be handed out first. */
static void test_lifo(void **state)
{
	(void)state;
	alloc(0, 3);
	release(0, 3);
	for (size_t i = 3; i-- > 0;)
		assert_ptr_equal(kmem_cache_alloc(f.s, 0), f.objs[i]);
	release(0, 3);
}

/* More frees than the limit. Expect the oldest batchcount to go to the slabs,
 * and the newest to stay, in their order. */
static void test_flush_oldest(void **state)
{
	unsigned long flushed;

	(void)state;
	alloc(0, 3 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	flushed = f.s->flushed;
	assert_int_equal(f.s->in_use, 3 * LIMIT);
	release(0, LIMIT);
	assert_int_equal(array_avail(), LIMIT);
	assert_int_equal(f.s->in_use, 3 * LIMIT);
	release(LIMIT, 1);
	assert_int_equal(array_avail(), LIMIT - BATCH + 1);
	assert_int_equal(f.s->in_use, 3 * LIMIT - BATCH);
	assert_int_equal(f.s->flushed, flushed + BATCH);
	for (size_t i = LIMIT + 1; i-- > BATCH;)
		assert_ptr_equal(kmem_cache_alloc(f.s, 0), f.objs[i]);
	release(BATCH, 3 * LIMIT - BATCH);
}

/* A program at the edge of an array. Expect no flush and no refill with every
 * call. */
static void test_no_thrash(void **state)
{
	unsigned long calls;

	(void)state;
	alloc(0, 2 * LIMIT);
	release(0, LIMIT + 1);
	calls = f.s->flushes + f.s->refills;
	for (unsigned int i = 0; i < 100; i++) {
		f.objs[0] = kmem_cache_alloc(f.s, 0);
		kmem_cache_free(f.s, f.objs[0]);
	}
	assert_int_equal(f.s->flushes + f.s->refills, calls);
	alloc(0, LIMIT + 1);
	release(0, 2 * LIMIT);
}

/* The CPU has slots. Expect flushes to fill them, as far as they go, before the
 * slabs see an object, and a refill to take an array. */
static void test_shared(void **state)
{
	const unsigned int room = 2 * BATCH;

	(void)state;
	f.s->shared = 2;
	alloc(0, 6 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	assert_int_equal(f.s->in_use, 6 * LIMIT);
	release(0, LIMIT + 1);
	assert_int_equal(shared_avail(f.n), BATCH);
	release(LIMIT + 1, BATCH);
	assert_int_equal(shared_avail(f.n), room);
	assert_int_equal(f.s->in_use, 6 * LIMIT);
	kmem_slot(kmem_owner_get(), f.s)->retired = 0; /* as after a refill */
	release(LIMIT + 1 + BATCH, BATCH);
	assert_int_equal(shared_avail(f.n), room);
	assert_int_equal(f.s->in_use, 6 * LIMIT - BATCH);
	slab_check(f.s);

	alloc(0, array_avail() + 1);
	assert_int_equal(shared_avail(f.n), room - BATCH);
	release(LIMIT + 1 + 2 * BATCH, 6 * LIMIT - (LIMIT + 1 + 2 * BATCH));
	release(0, LIMIT - BATCH + 2);
}

/* The slots are full. Expect a flush to go to the slabs without a look at the
 * array in them, whose numbers are wrong. */
static void test_room_is_a_word(void **state)
{
	struct array_cache *ac;

	(void)state;
	f.s->shared = 1;
	alloc(0, 2 * LIMIT);
	assert_int_equal(put_shared(0, BATCH), BATCH);
	ac = slot_array(f.n->shared->slot[0][0]);
	ac->avail = 1000;
	ac->limit = 0;
	assert_false(shared_has_room(f.s, f.n));
	release(BATCH, LIMIT + 1);
	ac->limit = LIMIT;
	assert_int_equal(shared_avail(f.n), BATCH);
	slab_check(f.s);
	release(BATCH + LIMIT + 1, 2 * LIMIT - (BATCH + LIMIT + 1));
}

/* The only owner there is. Expect its flushes to go to the slabs, but what is
 * shared already to be taken. */
static void test_alone(void **state)
{
	(void)state;
	f.s->shared = 8;
	alloc(0, 3 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	assert_int_equal(put_shared(0, BATCH), BATCH);
	kmem_nr_owners--;
	assert_int_equal(kmem_owners_number(), 1);
	release(BATCH, LIMIT + 1);
	assert_int_equal(shared_avail(f.n), BATCH);
	assert_int_equal(f.s->in_use, 3 * LIMIT - BATCH);
	alloc(BATCH, array_avail() + 1);
	assert_int_equal(shared_avail(f.n), 0);
	assert_int_equal(f.s->in_use, 3 * LIMIT - BATCH);
	kmem_nr_owners++;
	release(BATCH, LIMIT - BATCH + 2);
	release(BATCH + LIMIT + 1, 3 * LIMIT - (BATCH + LIMIT + 1));
}

/* An owner only frees: alone, and as one of two. Expect its third flush, and
 * those after it, to leave nothing in the array; and half of it again after a
 * refill. */
static void test_only_frees(void **state)
{
	(void)state;
	alloc(0, 8 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	for (unsigned int alone = 0; alone < 2; alone++) {
		kmem_nr_owners -= alone;
		release(0, LIMIT + 1 + BATCH);
		assert_int_equal(array_avail(), LIMIT - BATCH + 1);
		release(LIMIT + 1 + BATCH, BATCH);
		assert_int_equal(array_avail(), 1);
		release(LIMIT + 1 + 2 * BATCH, LIMIT);
		assert_int_equal(array_avail(), 1);
		alloc(0, 2 * LIMIT + 1 + 2 * BATCH);
		kmem_owner_flush(kmem_owner_get());
		kmem_nr_owners += alone;
	}
	release(0, 8 * LIMIT);
}

/* The same where a slot has room. Expect half an array to be shared twice, then
 * whole ones, and a refill to bring a whole one. */
static void test_whole_arrays(void **state)
{
	(void)state;
	f.s->shared = 8;
	alloc(0, 6 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	release(0, LIMIT + 1 + BATCH);
	assert_int_equal(shared_avail(f.n), 2 * BATCH);
	release(LIMIT + 1 + BATCH, BATCH);
	assert_int_equal(shared_avail(f.n), 2 * BATCH + LIMIT);
	assert_int_equal(array_avail(), 1);
	release(LIMIT + 1 + 2 * BATCH, LIMIT);
	assert_int_equal(shared_avail(f.n), 2 * BATCH + 2 * LIMIT);
	assert_int_equal(f.s->in_use, 6 * LIMIT);
	slab_check(f.s);
	alloc(0, 2);
	assert_int_equal(array_avail(), LIMIT - 1);
	assert_int_equal(shared_avail(f.n), 2 * BATCH + LIMIT);
	release(0, 2);
	release(2 * LIMIT + 1 + 2 * BATCH, 4 * LIMIT - 1 - 2 * BATCH);
}

/* An owner gives and takes arrays, twice to have all that it needs, then under
 * a lock inside which no other may be taken. Expect the debug check of ranks to
 * see none, and a batch to go and to come each time. */
static void test_no_lock(void **state)
{
	spinlock_t innermost = SPIN_LOCK_INIT(NR_LOCK_RANKS - 1);
	struct kmem_owner *owner = kmem_owner_get();
	unsigned int out = 3 * LIMIT;

	(void)state;
	f.s->shared = 8;
	alloc(0, out);
	kmem_owner_flush(owner);
	for (unsigned int i = 0; i < 5; i++) {
		while (array_avail() < LIMIT)
			release(--out, 1);
		if (i >= 2)
			spin_lock(&innermost);
		assert_int_equal(cache_flusharray(owner, f.s), 0);
		if (i >= 2)
			spin_unlock(&innermost);
		assert_int_equal(shared_avail(f.n), BATCH);
		assert_int_equal(array_avail(), LIMIT - BATCH);
		alloc(out, array_avail());
		out += LIMIT - BATCH;
		if (i >= 2)
			spin_lock(&innermost);
		assert_int_equal(cache_alloc_refill(owner, f.s, GFP_KERNEL), 0);
		if (i >= 2)
			spin_unlock(&innermost);
		assert_int_equal(array_avail(), BATCH);
		assert_int_equal(shared_avail(f.n), 0);
	}
	slab_check(f.s);
	release(0, out);
}

/* An owner's array is given away, and another one takes its place. Expect that
 * to be due for a look when the first was. */
static void test_reaped(void **state)
{
	const u32 last = (u32)READ_ONCE(tick_last_ms) - 1234;

	(void)state;
	f.s->shared = 2;
	alloc(0, 2 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	release(0, LIMIT);
	cpu_cache_get(kmem_owner_get(), f.s)->reaped = last;
	release(LIMIT, 1);
	assert_int_equal(shared_avail(f.n), BATCH);
	assert_int_equal(cpu_cache_get(kmem_owner_get(), f.s)->reaped, last);
	release(LIMIT + 1, LIMIT - 1);
}

static void *other_owner(void *arg)
{
	void **obj = arg;

	for (unsigned int i = 0; i < BATCH; i++)
		obj[i] = kmem_cache_alloc(f.s, 0);
	return NULL;
}

/* One thread frees, another allocates. Expect what the first flushed, the
 * oldest, and no slab to be asked. */
static void test_hand_over(void **state)
{
	void *got[BATCH];
	pthread_t thread;
	unsigned long slabs;

	(void)state;
	f.s->shared = 2;
	alloc(0, 2 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	release(0, LIMIT + 1);
	assert_int_equal(shared_avail(f.n), BATCH);
	slabs = f.s->in_use;
	assert_int_equal(pthread_create(&thread, NULL, other_owner, got), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (unsigned int i = 0; i < BATCH; i++) {
		bool found = false;

		for (unsigned int j = 0; j < BATCH; j++)
			found |= got[i] == f.objs[j];
		assert_true(found);
	}
	assert_int_equal(f.s->in_use, slabs);
	for (unsigned int i = 0; i < BATCH; i++)
		kmem_cache_free(f.s, got[i]);
	release(LIMIT + 1, LIMIT - 1);
}

/* A thread ends. Expect what it held to be back in the slabs. */
static void test_thread_end(void **state)
{
	void *got[BATCH];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, other_owner, got), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(f.s->in_use, BATCH);
	slab_check(f.s);
	for (unsigned int i = 0; i < BATCH; i++)
		kmem_cache_free(f.s, got[i]);
}

static void free_again(void *obj)
{
	kmem_cache_free(f.s, obj);
	kmem_cache_free(f.s, obj);
}

/* The same object twice in a row, also onto a full array. Expect the second
 * call to end the program. */
static void test_double_free(void **state)
{
	(void)state;
	alloc(0, 2 * LIMIT);
	kmem_owner_flush(kmem_owner_get());
	expect_abort(free_again, f.objs[0], "double free of");
	release(0, LIMIT - 1);
	expect_abort(free_again, f.objs[LIMIT], "double free of");
	release(LIMIT - 1, LIMIT + 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_first),	   TEST(test_batches),
		TEST(test_lifo),	   TEST(test_flush_oldest),
		TEST(test_no_thrash),	   TEST(test_shared),
		TEST(test_room_is_a_word), TEST(test_alone),
		TEST(test_only_frees),	   TEST(test_whole_arrays),
		TEST(test_no_lock),	   TEST(test_hand_over),
		TEST(test_reaped),	   TEST(test_thread_end),
		TEST(test_double_free),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
