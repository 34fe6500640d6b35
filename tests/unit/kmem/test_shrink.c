// SPDX-License-Identifier: MIT
/*
 * test_shrink.c - object caches when memory is short, on the fake backend
 */
#include <pthread.h>

#include "core/task.h"
#include "core/tick.h"
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/room.h"
#include "kmem/owner.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/ask.h"

#define SIZE 256 /* capacity 28 */

/* A shrinker of the program that frees objects of a cache meanwhile. */
static struct kmem_cache *victim;
static void *held[8];
static unsigned int nr_held;

static unsigned long held_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return nr_held;
}

static unsigned long held_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = nr_held;

	(void)s;
	(void)sc;
	while (nr_held)
		kmem_cache_free(victim, held[--nr_held]);
	return freed;
}

static unsigned int (*real_refill)(struct kmem_cache *s, gfp_t gfp, int node,
				   void **objs, unsigned int nr);

/* What the backend may do while it looks for a slab. */
static unsigned int reclaiming_refill(struct kmem_cache *s, gfp_t gfp, int node,
				      void **objs, unsigned int nr)
{
	if (s == victim && nr_held)
		shrink_slab(GFP_KERNEL, 0, 0);
	return real_refill(s, gfp, node, objs, nr);
}

/* Reclaim in a refill, and in it a free to the very cache. Expect no object
 * lost: the sheaf that came in between goes to the slabs. */
static void test_free_in_refill(void **state)
{
	static struct shrinker s = { .count_objects = held_count,
				     .scan_objects = held_scan,
				     .seeks = DEFAULT_SEEKS };
	static struct slab_ops ops;
	struct kmem_owner *owner;
	void *obj;

	(void)state;
	victim = kmem_cache_create("victim", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(victim);
	ops = *victim->ops;
	real_refill = ops.refill;
	ops.refill = reclaiming_refill;
	victim->ops = &ops;
	shrinker_register(&s);
	fake_watch(victim);
	for (nr_held = 0; nr_held < ARRAY_SIZE(held); nr_held++)
		held[nr_held] = kmem_cache_alloc(victim, GFP_KERNEL);
	owner = kmem_owner_get();
	kmem_owner_flush_cache(owner, victim); /* the next one misses */
	obj = kmem_cache_alloc(victim, GFP_KERNEL);
	assert_non_null(obj);
	assert_int_equal(nr_held, 0);
	kmem_owner_check(owner);
	kmem_cache_free(victim, obj);
	kmem_owner_flush_cache(owner, victim);
	barn_shrink(victim, SHRINK_ALL);
	assert_int_equal(fake.refilled, fake.flushed);
	shrinker_free(&s);
	kmem_cache_destroy(victim);
}

static void allocate_in_thread(void *arg)
{
	unsigned int flags = memalloc_noreclaim_save();

	(void)arg;
	memalloc_noreclaim_restore(flags);
	REQUIRE(!kmem_owner_here());
	shrink_slab(GFP_KERNEL, 0, 0);
	kmem_reclaim(SHRINK_ALL);
	REQUIRE(!kmem_owner_here()); /* giving up memory takes none */
	REQUIRE(kmem_owner_get() && kmem_owner_here() == kmem_owner_get());
}

static void *in_thread(void *arg)
{
	allocate_in_thread(arg);
	return NULL;
}

/* Reclaim by a thread that has no table of cursors. Expect none made. */
static void test_no_table(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, in_thread, NULL), 0);
	pthread_join(thread, NULL);
}

/* Objects in this thread's sheaves, and a full sheaf in a barn. Expect a drain
 * to leave neither. */
static void test_drain(void **state)
{
	struct kmem_cache *s = kmem_cache_create("drained", SIZE, 0,
						 SLAB_NO_MERGE, NULL);
	struct kmem_owner *owner = kmem_owner_get();
	void *objs[100];

	(void)state;
	assert_non_null(s);
	owners_start(4); /* so that a barn takes full sheaves */
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	assert_int_not_equal(barn_count(s), 0);
	assert_int_not_equal(kmem_owner_count(owner, s), 0);
	spin_lock(&tick_lock);
	kmem_drain();
	spin_unlock(&tick_lock);
	assert_int_equal(barn_count(s), 0);
	assert_int_equal(kmem_owner_count(owner, s), 0);
	owners_stop();
	kmem_cache_destroy(s);
}

/* A cache that is shrunk from outside, one beside it, and a name that no cache
 * has. Expect the first to be empty, and the others as they were. */
static void test_outside(void **state)
{
	struct kmem_cache *s = kmem_cache_create("outside", SIZE, 0,
						 SLAB_NO_MERGE, NULL);
	struct kmem_cache *other = kmem_cache_create("outside-2", SIZE, 0,
						     SLAB_NO_MERGE, NULL);
	struct kmem_owner *owner = kmem_owner_get();
	void *obj;

	(void)state;
	assert_true(s && other);
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, obj);
	obj = kmem_cache_alloc(other, GFP_KERNEL);
	kmem_cache_free(other, obj);
	assert_int_not_equal(kmem_owner_count(owner, s), 0);
	assert_int_equal(ask_now(CONTROL_SHRINK, control_name("outside-3"), 0),
			 -ENOENT);
	assert_int_not_equal(kmem_owner_count(owner, s), 0);
	assert_int_equal(ask_now(CONTROL_SHRINK, control_name("outside"), 1),
			 -ERANGE);
	assert_int_equal(ask_now(CONTROL_SHRINK, control_name("outside"), 0),
			 0);
	assert_int_equal(kmem_owner_count(owner, s), 0);
	assert_int_not_equal(kmem_owner_count(owner, other), 0);
	assert_false(slab_mutex.word);
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_in_refill),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
