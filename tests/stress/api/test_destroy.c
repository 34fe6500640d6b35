// SPDX-License-Identifier: MIT
/*
 * test_destroy.c - a cache is destroyed while threads end and give up memory
 *
 * No thread uses the cache any more, as the contract of kmem_cache_destroy()
 * demands; but threads that did are on their way out, and others run the
 * upkeep of all caches, so its sheaves are looked at from three sides.
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "kmem/cache.h"
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

/* So many caches are made, used by threads that then end, and destroyed at
 * once: each destruction must succeed. */
static void destroy_under_upkeep(int rounds)
{
	pthread_t threads[THREADS], other;
	unsigned int before = nr_caches();

	WRITE_ONCE(stop, false);
	assert_int_equal(pthread_create(&other, NULL, upkeep, NULL), 0);
	for (int round = 0; round < rounds; round++) {
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

/* Caches with a slot in the tables of all threads. Expect no object counted
 * twice or lost. */
static void test_destroy_under_upkeep(void **state)
{
	(void)state;
	kfree(kmalloc(1, GFP_KERNEL));
	destroy_under_upkeep(ROUNDS);
}

/* Caches beyond these. Expect the same. */
static void test_far_under_upkeep(void **state)
{
	static struct kmem_cache *near[NR_CURSORS - API_SLOT];
	char name[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(near); i++) {
		snprintf(name, sizeof(name), "near-%zu", i);
		near[i] = kmem_cache_create(name, 64, 0, SLAB_NO_MERGE, NULL);
		assert_non_null(near[i]);
	}
	destroy_under_upkeep(ROUNDS / 3);
	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		kmem_cache_destroy(near[i]);
}

#define LOAD_ROUNDS (IS_ENABLED(KM_SANITIZE_THREAD) ? 150 : 1000)

struct node {
	struct rcu_head rcu;
	unsigned long owner;
};

/*
 * Makes caches, some of which are merged with those of the others, uses them,
 * and destroys them, in one way after another.
 */
static void *creator(void *arg)
{
	uint64_t seed = (uintptr_t)arg * 77 + 1;
	struct node *objs[64];

	for (int round = 0; round < LOAD_ROUNDS; round++) {
		static const slab_flags_t flags[] = { 0, 0, SLAB_NO_MERGE,
						      SLAB_NO_OBJ_EXT,
						      SLAB_TYPESAFE_BY_RCU };
		unsigned int size = sizeof(struct node) +
				    (unsigned int)(test_rand(&seed) % 3) * 40;
		struct kmem_cache *mine;
		char name[32];

		snprintf(name, sizeof(name), "load-%lu-%d", (uintptr_t)arg,
			 round);
		mine = __kmem_cache_create_args(name, size, NULL,
						flags[test_rand(&seed) % 5]);
		assert_non_null(mine);
		for (int i = 0; i < 64; i++) {
			objs[i] = kmem_cache_alloc(mine, GFP_KERNEL);
			assert_non_null(objs[i]);
			objs[i]->owner = (uintptr_t)arg;
		}
		for (int i = 0; i < 64; i++) {
			assert_int_equal(objs[i]->owner, (uintptr_t)arg);
			if (round % 8 == 0)
				kfree_rcu(objs[i], rcu);
			else
				kmem_cache_free(mine, objs[i]);
		}
		kmem_cache_destroy(mine);
	}
	return NULL;
}

static void under_load(void *arg)
{
	pthread_t threads[THREADS], other;

	(void)arg;
	stop = false;
	assert_int_equal(pthread_create(&other, NULL, upkeep, NULL), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, creator,
						(void *)(i + 1)),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	WRITE_ONCE(stop, true);
	pthread_join(other, NULL);
}

/* Threads make and destroy caches, merged with one another's and not, while
 * they allocate from them, free, and let objects wait for readers. Expect none
 * to be destroyed under a user, no object left, and all caches gone in the
 * end. */
static void test_under_load(void **state)
{
	unsigned int before;

	(void)state;
	kvfree_rcu_barrier();
	before = nr_caches();
	under_load(NULL);
	kvfree_rcu_barrier();
	assert_int_equal(nr_caches(), before);
	assert_true(list_empty(&slab_dead));
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destroy_under_upkeep),
		cmocka_unit_test(test_far_under_upkeep),
		cmocka_unit_test(test_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
