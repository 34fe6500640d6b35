// SPDX-License-Identifier: MIT
/*
 * test_destroy.c - a cache is destroyed while threads end and give up memory
 *
 * Nobody uses the cache any more, as the contract of kmem_cache_destroy()
 * demands; but threads that did are on their way out, and others run the
 * upkeep of all caches, so its sheaves are looked at from three sides.
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "support/kmtest.h"

#define THREADS 3
#define ROUNDS 300
#define OBJECTS 200

static struct kmem_cache *s;
static pthread_barrier_t done;
static bool stop;

static void *user(void *arg)
{
	static __thread void *objs[OBJECTS];

	(void)arg;
	for (int i = 0; i < OBJECTS; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < OBJECTS; i++)
		kmem_cache_free(s, objs[i]);
	pthread_barrier_wait(&done);
	return NULL;
}

static void *upkeep(void *arg)
{
	(void)arg;
	while (!READ_ONCE(stop)) {
		kfree(kmalloc(64, GFP_KERNEL));
		km_reclaim();
	}
	return NULL;
}

/* One that could not be destroyed stays on the list. */
static unsigned int nr_caches(void)
{
	struct kmem_cache *cache;
	unsigned int nr = 0;

	spin_lock(&slab_mutex);
	list_for_each_entry(cache, &slab_caches, list)
		nr++;
	spin_unlock(&slab_mutex);
	return nr;
}

/* Caches made, used by threads that then end, and destroyed at once. Expect
 * no object counted twice or lost: each destruction succeeds. */
static void test_destroy_under_upkeep(void **state)
{
	pthread_t threads[THREADS], other;
	unsigned int before;

	(void)state;
	kfree(kmalloc(1, GFP_KERNEL));
	before = nr_caches();
	assert_int_equal(pthread_create(&other, NULL, upkeep, NULL), 0);
	for (int round = 0; round < ROUNDS; round++) {
		s = kmem_cache_create("dying", 96, 0, 0, NULL);
		assert_non_null(s);
		pthread_barrier_init(&done, NULL, THREADS + 1);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, user,
							NULL),
					 0);
		pthread_barrier_wait(&done);
		kmem_cache_destroy(s);
		assert_int_equal(nr_caches(), before);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	WRITE_ONCE(stop, true);
	pthread_join(other, NULL);
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destroy_under_upkeep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
