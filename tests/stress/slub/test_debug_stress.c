// SPDX-License-Identifier: MIT
/*
 * test_debug_stress.c - caches with debug flags, by many threads at once
 *
 * Threads pass objects to one another, while one validates, one gives memory
 * back and one counts. None of them does anything wrong.
 */
#include <pthread.h>
#include <stdlib.h>

#include "buddy/buddy.h"
#include "kmem/boot.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "request/request.h"
#include "support/form.h"
#include "support/kmtest.h"

#define THREADS 4
#define PLACES 64
#define ROUNDS 40000

static struct kmem_cache *caches[3];
static void *places[PLACES]; /* atomic: objects on their way */
static int stop; /* atomic */

static struct kmem_cache *cache_of(unsigned int place)
{
	return caches[place % ARRAY_SIZE(caches)];
}

static void *work(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int place = (unsigned int)(test_rand(&seed) % PLACES);
		struct kmem_cache *s = cache_of(place);
		void *obj = NULL, *old;

		if (test_rand(&seed) % 3) {
			obj = kmem_cache_alloc(s, GFP_KERNEL);
			assert_non_null(obj);
			memset(obj, (int)i, s->object_size);
		}
		old = __atomic_exchange_n(&places[place], obj,
					  __ATOMIC_ACQ_REL);
		kmem_cache_free(s, old);
	}
	return NULL;
}

static void *validate(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
			assert_int_equal(validate_slab_cache(caches[i]), 0);
	return NULL;
}

static void *give_back(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
			kmem_cache_shrink(caches[i]);
		sched_yield();
	}
	return NULL;
}

/* Expect no error, every object back, and no slab left. */
static void test_threads(void **state)
{
	static const slab_flags_t flags[] = {
		DEBUG_DEFAULT_FLAGS,
		SLAB_RED_ZONE | SLAB_POISON,
		SLAB_STORE_USER | SLAB_CONSISTENCY_CHECKS,
	};
	pthread_t threads[THREADS], validator, giver;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++) {
		char name[] = "debug-0";

		name[6] = (char)('0' + i);
		caches[i] = kmem_cache_create(name, 40 + i * 100, 0,
					      flags[i] | SLAB_NO_USER_FLAGS,
					      NULL);
		assert_non_null(caches[i]);
	}
	assert_int_equal(pthread_create(&validator, NULL, validate, NULL), 0);
	assert_int_equal(pthread_create(&giver, NULL, give_back, NULL), 0);
	for (uintptr_t t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, work,
						(void *)(t + 1)),
				 0);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(validator, NULL);
	pthread_join(giver, NULL);
	for (unsigned int i = 0; i < PLACES; i++)
		kmem_cache_free(cache_of(i), places[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++) {
		assert_int_equal(validate_slab_cache(caches[i]), 0);
		assert_int_equal(caches[i]->debug_errors, 0);
		assert_int_equal(caches[i]->in_use, 0);
		assert_int_equal(kmem_cache_shrink(caches[i]), 0);
		kmem_cache_destroy(caches[i]);
	}
}

static int start(void **state)
{
	(void)state;
	return arena_init() || page_alloc_init(0) ||
	       kmem_init(form_ops(), NR_CURSORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
