// SPDX-License-Identifier: MIT
/*
 * test_far.c - caches beyond the slots of an owner's fixed table
 */
#include <pthread.h>

#include "buddy/buddy.h"
#include "far_fixture.h"
#include "kmem/far.h"
#include "kmem/held.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

static int setup(void **state)
{
	(void)state;
	make_far();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_owner_check(kmem_owner_get());
	destroy_far();
	return 0;
}

/* The bytes of an owner's far slots: of the directory and the chunks. */
static unsigned long far_bytes(const struct kmem_owner *owner)
{
	unsigned long bytes = owner->nr_far * sizeof(void *);

	for (unsigned int nr = 0; nr < owner->nr_far; nr++)
		bytes += owner->far[nr] ? PAGE_SIZE : 0;
	return bytes;
}

static unsigned long pages_out(void)
{
	unsigned long nr = 0;
	struct zone_stat stat;
	struct zone *zone;

	for_each_zone(zone) {
		zone_stat(zone, &stat);
		nr += stat.managed - stat.free - stat.pcp;
	}
	return nr;
}

/* More caches than a table has slots. Expect all to have sheaves, in far slots
 * of their own, and none in the table. */
static void test_all_have_sheaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_FAR; i++) {
		assert_int_equal(caches[i]->slot, 0);
		assert_int_equal(caches[i]->sheaf_capacity, CAPACITY);
		assert_true(caches[i]->far);
		for (size_t j = 0; j < i; j++)
			assert_true(caches[i]->far != caches[j]->far);
	}
	for (size_t i = 0; i < NR_API; i++)
		assert_true(near[i]->slot && !near[i]->far);
}

/* Calls on a far cache. Expect one refill for each sheaf of objects and none
 * for the rest, as on any cache; all distinct; and no object left in the
 * end. */
static void test_batches(void **state)
{
	struct kmem_cache *s = caches[NR_FAR - 1];
	static void *objs[3 * CAPACITY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(objs[i]);
		assert_true(!i || objs[i] != objs[i - 1]);
	}
	assert_int_equal(fake.refills, 3);
	assert_int_equal(s->in_use, ARRAY_SIZE(objs));
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	assert_in_range(fake.flushes, 0, 2);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), s) + barn_count(s),
			 s->in_use);
	for (int i = 0; i < 1000; i++)
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(fake.refills, 3);
	kmem_owner_check(kmem_owner_get());
	kmem_cache_shrink(s);
	assert_int_equal(s->in_use, 0);
}

/* The same by the other calls: bulk, a node, a prefilled sheaf. Expect them to
 * be served from the same sheaf. */
static void test_other_calls(void **state)
{
	struct kmem_cache *s = caches[7];
	struct slab_sheaf *sheaf;
	void *objs[40];

	(void)state;
	fake_watch(s);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(fake.refills, 1);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 40, objs), 40);
	kmem_cache_free_bulk(s, 40, objs);
	kmem_cache_free(s, kmem_cache_alloc_node(s, GFP_KERNEL, 0));
	assert_int_equal(fake.refills, 1);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 10);
	assert_non_null(sheaf);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), CAPACITY);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	assert_ptr_equal(kmem_slot(kmem_owner_get(), s)->spare, sheaf);
}

/* Far caches are destroyed and made again. Expect their far slots to be used
 * again, the lowest first, and slots of the table before any of them. */
static void test_reuse(void **state)
{
	u32 far[2] = { caches[5]->far, caches[200]->far };
	u16 slot = near[9]->slot;

	(void)state;
	kmem_cache_free(caches[5], kmem_cache_alloc(caches[5], 0));
	kmem_cache_destroy(caches[200]);
	kmem_cache_destroy(caches[5]);
	kmem_cache_destroy(near[9]);
	near[9] = create();
	assert_int_equal(near[9]->slot, slot);
	caches[5] = create();
	assert_int_equal(caches[5]->far, far[0]);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), caches[5]), 0);
	caches[200] = create();
	assert_int_equal(caches[200]->far, far[1]);
}

/* A far cache is destroyed while an object is out. Expect its far slot to be
 * another cache's at once, and the object to come back to the right one. */
static void test_buried(void **state)
{
	struct kmem_cache *s = create();
	u32 far = s->far;
	void *obj = kmem_cache_alloc(s, 0);
	struct kmem_cache *next;

	(void)state;
	kmem_cache_destroy(s);
	assert_int_equal(s->in_use, 1);
	next = create();
	assert_int_equal(next->far, far);
	kmem_cache_free(next, kmem_cache_alloc(next, 0));
	kmem_cache_free(s, obj);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), next), CAPACITY);
	kmem_cache_destroy(s);
	kmem_cache_destroy(next);
}

static void *use_one(void *arg)
{
	struct kmem_cache *s = arg;

	kmem_cache_free(near[0], kmem_cache_alloc(near[0], 0));
	assert_int_equal(far_bytes(kmem_owner_get()), 0);
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	kmem_owner_check(kmem_owner_get());
	assert_int_equal(kmem_owners_count(s), CAPACITY);
	return (void *)far_bytes(kmem_owner_get());
}

/* A thread uses the last of 300 far caches alone. Expect a page for it and the
 * directory; and all back, with the objects, when it ends. */
static void test_grows_by_use(void **state)
{
	struct kmem_cache *s = caches[NR_FAR - 1];
	unsigned long before, region;
	pthread_t thread;
	void *bytes;

	(void)state;
	kmem_reclaim(SHRINK_ALL);
	region = region_used();
	for (int i = 0; i < 2; i++) {
		before = pages_out();
		assert_int_equal(pthread_create(&thread, NULL, use_one, s), 0);
		assert_int_equal(pthread_join(thread, &bytes), 0);
		assert_int_equal((unsigned long)bytes, PAGE_SIZE + 1024);
		assert_int_equal(s->in_use, 0);
		kmem_reclaim(SHRINK_ALL);
		assert_int_equal(region_used(), region);
	}
	assert_in_range(pages_out(), 0, before);
}

static pthread_barrier_t barrier;

static void *hold(void *arg)
{
	struct kmem_cache *s = arg;

	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

/* A far cache is destroyed while another thread has a sheaf of it, and the next
 * cache gets its far slot. Expect the sheaf to be taken back before. */
static void test_destroyed_elsewhere(void **state)
{
	u32 far = caches[3]->far;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, hold, caches[3]), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(kmem_owners_count(caches[3]), CAPACITY);
	kmem_cache_destroy(caches[3]);
	caches[3] = create();
	assert_int_equal(caches[3]->far, far);
	assert_int_equal(kmem_owners_count(caches[3]), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&barrier);
}

static void free_twice(void *arg)
{
	void *obj = kmem_cache_alloc(arg, 0);

	kmem_cache_free(arg, obj);
	kmem_cache_free(arg, obj);
}

/* An object of a far cache is freed twice. Expect the line that says so. */
static void test_double_free(void **state)
{
	(void)state;
	assert_true(child_aborts(free_twice, caches[1], "double free"));
}

static void lost_in_child(void *arg)
{
	struct kmem_cache *s = arg;

	kmem_owners_fork_child();
	REQUIRE(!kmem_owners_count(s) && !s->in_use);
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	REQUIRE(kmem_owners_count(s) == CAPACITY);
	kmem_owner_check(kmem_owner_get());
}

/* A fork while another thread has sheaves in far slots. Expect the child to
 * take back what they hold, and to go on. */
static void test_fork(void **state)
{
	pthread_t thread;
	struct child_end end;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, hold, caches[4]), 0);
	pthread_barrier_wait(&barrier);
	child_run(lost_in_child, caches[4], &end);
	assert_string_equal(end.err, "");
	assert_int_equal(end.status, 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&barrier);
}

/* Numbers beyond one page of the bitmap. Expect each once and none missing, and
 * the lowest that was given back to come first. */
static void test_many_numbers(void **state)
{
	u32 first, last;

	(void)state;
	spin_lock(&slab_mutex);
	first = last = __kmem_far_take();
	assert_int_equal(first, NR_FAR + 1);
	while (last < 100000) {
		u32 next = __kmem_far_take();

		assert_true(!next || next == last + 1);
		if (next) {
			last = next;
			continue;
		}
		spin_unlock(&slab_mutex);
		assert_int_equal(kmem_far_more(), 0);
		spin_lock(&slab_mutex);
	}
	__kmem_far_put(70000);
	assert_int_equal(__kmem_far_take(), 70000);
	for (u32 far = first; far <= last; far++)
		__kmem_far_put(far);
	assert_int_equal(__kmem_far_take(), first);
	__kmem_far_put(first);
	spin_unlock(&slab_mutex);
}

/* A far slot of a number beyond what one page of the directory covers. Expect
 * the chunks that were there to be found again. */
static void test_large_directory(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_cache far = { .far = 200000 };
	struct kmem_far_slot *first;

	(void)state;
	kmem_cache_free(caches[0], kmem_cache_alloc(caches[0], 0));
	first = kmem_far(owner, caches[0]);
	assert_non_null(first);
	assert_null(kmem_far(owner, &far));
	assert_int_equal(kmem_far_add(owner, &far), 0);
	assert_true(kmem_far(owner, &far)->cursor == MISSING);
	assert_ptr_equal(kmem_far(owner, caches[0]), first);
	kmem_owner_check(owner);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all_have_sheaves),
		TEST(test_batches),
		TEST(test_other_calls),
		TEST(test_reuse),
		TEST(test_buried),
		TEST(test_grows_by_use),
		TEST(test_double_free),
		TEST(test_destroyed_elsewhere),
		TEST(test_fork),
		TEST(test_many_numbers),
		TEST(test_large_directory),
	};

	return cmocka_run_group_tests(tests, start_near, NULL);
}
