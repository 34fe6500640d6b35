// SPDX-License-Identifier: MIT
/*
 * test_tunables.c - limit, batchcount and shared change: docs/kernel.md S2
 */
#include <errno.h>
#include <pthread.h>

#include "fixture.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_owner_check(kmem_owner_get());
	fixture_close();
	return 0;
}

static int tune(int limit, int batchcount, int shared)
{
	int ret;

	spin_lock(&slab_mutex);
	ret = f.s->ops->tune(f.s, limit, batchcount, shared);
	spin_unlock(&slab_mutex);
	return ret;
}

/* Numbers that cannot be: the block of an array has room for so many. Expect
 * -EINVAL and nothing changed. */
static void test_refused(void **state)
{
	static const int bad[][3] = {
		{ 0, 1, 0 },
		{ 10, 0, 0 },
		{ 10, 11, 0 },
		{ 10, 5, -1 },
		{ -4, -4, 0 },
		{ SHEAF_MAX_CAPACITY + 1, 1, 0 },
		{ 100, 100, SHARED_MAX + 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(tune(bad[i][0], bad[i][1], bad[i][2]),
				 -EINVAL);
	assert_int_equal(f.s->limit, 54);
	assert_int_equal(f.s->batchcount, 27);
}

/* Another limit. Expect the owner's array to follow at its next miss, whether
 * it is empty or full, and free_limit at once. */
static void test_array_follows(void **state)
{
	(void)state;
	alloc(0, 200);
	assert_int_equal(tune(20, 10, 0), 0);
	assert_int_equal(f.n->free_limit, (1 + nr_cpu_ids) * 10 + f.per_slab);
	release(0, 120);
	assert_int_equal(cpu_cache_get(kmem_owner_get(), f.s)->limit, 20);
	assert_in_range(array_avail(), 1, 20);
	slab_check(f.s);
	assert_int_equal(tune((int)SHEAF_MAX_CAPACITY, 100, 0), 0);
	alloc(0, 21);
	assert_int_equal(cpu_cache_get(kmem_owner_get(), f.s)->limit,
			 SHEAF_MAX_CAPACITY);
	release(0, 21);
	release(120, 80);
	slab_check(f.s);
}

/* A limit of one. Expect every cache operation to work still. */
static void test_limit_one(void **state)
{
	(void)state;
	assert_int_equal(tune(1, 1, 1), 0);
	alloc(0, 100);
	release(0, 100);
	assert_in_range(array_avail(), 0, 1);
	assert_in_range(shared_avail(f.n), 0, 1);
	slab_check(f.s);
}

/* More slots, and none. Expect what was in shared arrays to be back in the
 * slabs, and the slots to be used at the next flush. The owner only frees: from
 * the third on its arrays are whole. */
static void test_shared_follows(void **state)
{
	(void)state;
	assert_int_equal(tune(54, 27, 8), 0);
	alloc(0, 3000);
	release(0, 1000);
	assert_int_equal(shared_avail(f.n), 2 * 27 + 6 * 54);
	assert_int_equal(tune(54, 27, SHARED_MAX), 0);
	assert_int_equal(shared_avail(f.n), 0);
	slab_check(f.s);
	release(1000, 1900);
	assert_int_equal(shared_avail(f.n), SHARED_MAX * 54);
	assert_int_equal(tune(54, 27, 0), 0);
	release(2900, 100);
	assert_int_equal(shared_avail(f.n), 0);
	slab_check(f.s);
}

/* Another limit while arrays of the old one are shared, which a thread may put
 * there after the drain. Expect the next owner to use one up, then to have one
 * of the new limit. */
static void test_old_array(void **state)
{
	(void)state;
	assert_int_equal(tune(54, 27, 8), 0);
	alloc(0, 200);
	assert_int_equal(put_shared(0, 27), 27);
	f.s->limit = 20;
	f.s->batchcount = 10;
	kmem_owner_flush(kmem_owner_get());
	alloc(0, 1);
	assert_int_equal(array_avail(), 26);
	assert_int_equal(cpu_cache_get(kmem_owner_get(), f.s)->limit, 54);
	alloc(1, 26);
	alloc(200, 1);
	assert_int_equal(cpu_cache_get(kmem_owner_get(), f.s)->limit, 20);
	release(0, 201);
	slab_check(f.s);
}

static bool stop;

static void *use(void *arg)
{
	void *objs[200];

	(void)arg;
	while (!READ_ONCE(stop)) {
		for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(f.s, GFP_KERNEL);
		for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(f.s, objs[i]);
	}
	return NULL;
}

/* Numbers change while other threads allocate and free. Expect sound
 * structures and nothing lost. */
static void test_under_load(void **state)
{
	pthread_t threads[2];
	uint64_t seed = 7;

	(void)state;
	WRITE_ONCE(stop, false);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, NULL),
				 0);
	for (int i = 0; i < 200; i++) {
		int limit = 1 + (int)(test_rand(&seed) % SHEAF_MAX_CAPACITY);

		assert_int_equal(tune(limit, (limit + 1) / 2,
				      (int)(test_rand(&seed) % 20)),
				 0);
		usleep(200);
	}
	WRITE_ONCE(stop, true);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	slab_check(f.s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_refused),   TEST(test_array_follows),
		TEST(test_limit_one), TEST(test_shared_follows),
		TEST(test_old_array), TEST(test_under_load),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
