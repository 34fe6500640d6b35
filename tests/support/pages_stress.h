/* SPDX-License-Identifier: MIT */
/*
 * tests/support/pages_stress.h - pages inside slabs go while threads work
 *
 *	worker		fills its table, frees nine of ten at random, exchanges
 *			some with the others, and does it again
 *	one more thread	gives pages to the OS all the while
 *
 * Each object in use has the same word all over, and is checked before it is
 * freed. Both backends run it.
 */
#ifndef TEST_PAGES_STRESS_H
#define TEST_PAGES_STRESS_H

#include <pthread.h>

#include "buddy/buddy.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "request/request.h"
#include "support/kmtest.h"

#define STRESS_THREADS 3
#define STRESS_OBJECTS 1500
#define STRESS_ROUNDS 60
#define STRESS_BOXES 64

static struct kmem_cache *stress_cache;
static u64 *stress_boxes[STRESS_BOXES]; /* atomic */
static int stress_stop; /* atomic */

static u64 *stress_take(u64 word)
{
	u64 *obj = kmem_cache_alloc(stress_cache, GFP_KERNEL);

	REQUIRE(obj);
	for (unsigned int i = 0; i < stress_cache->object_size / 8; i++)
		obj[i] = word;
	return obj;
}

static void stress_give(u64 *obj)
{
	for (unsigned int i = 1; obj && i < stress_cache->object_size / 8; i++)
		REQUIRE(obj[i] == obj[0]);
	kmem_cache_free(stress_cache, obj);
}

static void *stress_work(void *arg)
{
	uint64_t seed = (uintptr_t)arg * 0x9e3779b97f4a7c15 + 1;
	u64 **mine = calloc(STRESS_OBJECTS, sizeof(*mine));

	REQUIRE(mine);
	for (unsigned int round = 0; round < STRESS_ROUNDS; round++) {
		for (unsigned int i = 0; i < STRESS_OBJECTS; i++)
			if (!mine[i])
				mine[i] = stress_take(test_rand(&seed));
		for (unsigned int i = 0; i < STRESS_OBJECTS; i++) {
			unsigned int box = test_rand(&seed) % STRESS_BOXES;

			if (test_rand(&seed) % 10 == 0)
				continue;
			if (i % 8 == 0)
				mine[i] = __atomic_exchange_n(
					&stress_boxes[box], mine[i],
					__ATOMIC_ACQ_REL);
			stress_give(mine[i]);
			mine[i] = NULL;
		}
	}
	for (unsigned int i = 0; i < STRESS_OBJECTS; i++)
		stress_give(mine[i]);
	free(mine);
	return NULL;
}

static void *stress_pages(void *arg)
{
	unsigned long pages = 0;

	(void)arg;
	while (!__atomic_load_n(&stress_stop, __ATOMIC_RELAXED)) {
		stress_cache->ops->shrink(stress_cache, SHRINK_ALL);
		pages += stress_cache->ops->give_pages(stress_cache,
						       SHRINK_ALL);
		sched_yield();
	}
	return (void *)pages;
}

static void stress_size(unsigned int size)
{
	pthread_t threads[STRESS_THREADS], giver;
	void *pages;

	stress_stop = 0;
	stress_cache = kmem_cache_create("pages", size, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(stress_cache);
	assert_true(stress_cache->oo_order >= 1);
	assert_int_equal(pthread_create(&giver, NULL, stress_pages, NULL), 0);
	for (uintptr_t t = 0; t < STRESS_THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, stress_work,
						(void *)(t + 1)),
				 0);
	for (int t = 0; t < STRESS_THREADS; t++)
		pthread_join(threads[t], NULL);
	__atomic_store_n(&stress_stop, 1, __ATOMIC_RELAXED);
	pthread_join(giver, &pages);
	assert_int_not_equal((unsigned long)pages, 0);
	for (unsigned int i = 0; i < STRESS_BOXES; i++) {
		stress_give(stress_boxes[i]);
		stress_boxes[i] = NULL;
	}
	kmem_cache_shrink(stress_cache);
	stress_cache->ops->check(stress_cache);
	assert_int_equal(stress_cache->in_use, 0);
	assert_int_equal(kmem_cache_nr_slabs(stress_cache), 0);
	kmem_cache_destroy(stress_cache);
}

/* Objects that lie on two pages, smaller and larger than a page. Expect each to
 * keep its bytes while it is in use, pages to go, and all slabs at the end. */
static void test_pages_go(void **state)
{
	(void)state;
	stress_size(1400);
	stress_size(5000);
}

static inline int pages_stress_main(int (*start)(void **state))
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_go),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}

#endif
