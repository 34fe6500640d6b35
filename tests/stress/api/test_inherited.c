// SPDX-License-Identifier: MIT
/*
 * test_inherited.c - children free what their parents allocated, in threads
 *
 *	process		6,000 objects of three caches	forks
 *	its child	two threads free and allocate	forks meanwhile
 *			at random among them
 *	its children	do so by one thread, and again for a generation more
 *
 * Each object has one word all over, its own, and is checked when it is freed.
 */
#include <pthread.h>
#include <sched.h>

#include <kmalloc/kmalloc.h>

#include "kmem/inherited.h"
#include "support/kmtest.h"

#define OBJECTS 6000U
#define CACHES 3U
#define THREADS 2U
#define STEPS 20000U
#define FORKS 6

static const unsigned int sizes[CACHES] = { 32, 120, 1000 };
static const char *const names[CACHES] = { "small", "middle", "large" };
static struct kmem_cache *caches[CACHES];
static bool worker_done;
static u64 *objs[OBJECTS]; /* of cache i % CACHES */

static unsigned int words_of(unsigned int i)
{
	return sizes[i % CACHES] / sizeof(u64);
}

static void make(unsigned int i, u64 word)
{
	objs[i] = kmem_cache_alloc(caches[i % CACHES], GFP_KERNEL);
	REQUIRE(objs[i]);
	for (unsigned int k = 0; k < words_of(i); k++)
		objs[i][k] = word ^ i;
}

static void drop(unsigned int i)
{
	if (!objs[i])
		return;
	for (unsigned int k = 1; k < words_of(i); k++)
		REQUIRE(objs[i][k] == objs[i][0]);
	kmem_cache_free(caches[i % CACHES], objs[i]);
	objs[i] = NULL;
}

/* Works on every second object: those of its half. */
static void work(unsigned int half, uint64_t seed)
{
	for (unsigned int step = 0; step < STEPS; step++) {
		uint64_t r = test_rand(&seed);
		unsigned int i = (unsigned int)(r % (OBJECTS / 2)) * 2 + half;

		drop(i);
		if (r >> 40 & 3)
			make(i, r | 1);
	}
}

static void *worker(void *arg)
{
	work((unsigned int)(uintptr_t)arg, (uintptr_t)arg + 1);
	smp_store_release(&worker_done, true);
	return NULL;
}

static void end_of_child(void)
{
	km_check();
	for (unsigned int i = 0; i < OBJECTS; i++)
		drop(i);
	km_check();
	for (unsigned int i = 0; i < CACHES; i++)
		REQUIRE(!kmem_cache_shrink(caches[i]) || kmem_forks > 1);
	km_check();
}

/* In a child of the child, whose thread was anywhere: its half is left. */
static void grandchild(void *arg)
{
	struct child_end end;

	REQUIRE(kmem_forks > 1);
	km_check();
	work(0, (uintptr_t)arg);
	km_check();
	if (kmem_forks == 2) {
		child_run(grandchild, (void *)77, &end);
		REQUIRE(!end.status, "%s", end.err);
	}
	for (unsigned int i = 0; i < OBJECTS; i += 2)
		drop(i);
	km_check();
}

/* Frees a few first, so that there are maps before there are threads. */
static void child(void *arg)
{
	unsigned long kept = 0;
	pthread_t thread;
	struct child_end end;

	(void)arg;
	REQUIRE(kmem_forks == 1);
	for (unsigned int i = 0; i < OBJECTS; i += 3 * THREADS)
		for (unsigned int c = 0; c < CACHES; c++)
			drop(i + c);
	for (unsigned int i = 0; i < CACHES; i++)
		kept += kmem_inherited_count(caches[i]);
	REQUIRE(kept > 100, "%lu objects in maps", kept);
	km_check();
	/* Detached: a child of this process has no thread to join. */
	REQUIRE(!pthread_create(&thread, NULL, worker, (void *)1));
	REQUIRE(!pthread_detach(thread));
	for (int i = 0; i < FORKS; i++) {
		work(0, (uint64_t)i + 5);
		child_run(grandchild, (void *)(uintptr_t)(i + 9), &end);
		REQUIRE(!end.status, "%s", end.err);
	}
	while (!smp_load_acquire(&worker_done))
		sched_yield();
	end_of_child();
}

/* Expect every process to find each object as it was written, sound structures,
 * and the parent to be as sound when its children are gone. */
static void test_inherited(void **state)
{
	struct child_end end;

	(void)state;
	assert_non_null(km_version());
	for (unsigned int i = 0; i < CACHES; i++) {
		caches[i] = kmem_cache_create(names[i], sizes[i], 0,
					      SLAB_NO_MERGE, NULL);
		assert_non_null(caches[i]);
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		make(i, 1);
	child_run(child, NULL, &end);
	expect_success(&end);
	assert_int_equal(kmem_forks, 0);
	for (unsigned int i = 0; i < OBJECTS; i++)
		drop(i);
	for (unsigned int i = 0; i < CACHES; i++) {
		assert_int_equal(kmem_cache_shrink(caches[i]), 0);
		kmem_cache_destroy(caches[i]);
	}
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_inherited) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
