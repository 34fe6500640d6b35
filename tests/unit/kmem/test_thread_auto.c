// SPDX-License-Identifier: MIT
/*
 * test_thread_auto.c - percpu=auto: which threads have tables of their own
 *
 * The main thread and one more have one, which is the default. Threads take
 * their turns by barriers, so that all that happens is in order.
 */
#include <pthread.h>

#include "fake.h"
#include "kmem/cpu_owner.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "sys/os.h"

#define MANY 200 /* objects, more than are held by a slot */

static struct kmem_cache *s;
static pthread_barrier_t turns[2]; /* of the main thread with each other */

/* Allocates and frees. Returns true if this thread has a table then. */
static bool use(unsigned int nr)
{
	void *objs[MANY];

	for (unsigned int i = 0; i < nr; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < nr; i++)
		kmem_cache_free(s, objs[i]);
	return kmem_owner_here() != NULL;
}

/* The second thread: has a table until its end. */
static void *second(void *had)
{
	*(bool *)had = use(1);
	pthread_barrier_wait(&turns[0]);
	pthread_barrier_wait(&turns[0]);
	return NULL;
}

/* The third: has none, then the place of the second. */
static void *third(void *had)
{
	((bool *)had)[0] = use(1);
	pthread_barrier_wait(&turns[1]);
	pthread_barrier_wait(&turns[1]);
	((bool *)had)[1] = use(MANY);
	return NULL;
}

/* Three threads use a cache, the second one ends, the third goes on. Expect
 * tables for the first two, the third's objects in the table of a CPU, then a
 * table for it too. */
static void test_first_threads(void **state)
{
	bool of_second = false, of_third[2] = { true, false };
	pthread_t threads[2];

	(void)state;
	pin_to_first_cpu();
	assert_true(use(1));
	assert_null(kmem_cpu_table[os_cpu()]);
	pthread_create(&threads[0], NULL, second, &of_second);
	pthread_barrier_wait(&turns[0]);
	assert_true(of_second);
	assert_int_equal(kmem_nr_owners, 2);
	pthread_create(&threads[1], NULL, third, of_third);
	pthread_barrier_wait(&turns[1]);
	assert_false(of_third[0]);
	assert_int_equal(kmem_nr_owners, 2);
	assert_non_null(kmem_cpu_table[os_cpu()]);
	assert_true(kmem_owner_count(kmem_cpu_table[os_cpu()], s) > 0);
	kmem_cpu_owners_check();
	pthread_barrier_wait(&turns[0]);
	pthread_join(threads[0], NULL);
	pthread_barrier_wait(&turns[1]);
	pthread_join(threads[1], NULL);
	assert_true(of_third[1]);
	unpin();
}

static int start(void **state)
{
	pthread_barrier_init(&turns[0], NULL, 2);
	pthread_barrier_init(&turns[1], NULL, 2);
	if (kmem_cpu_owners_start(false) || fake_start(state))
		return -1;
	s = kmem_cache_create("auto", 256, 0, SLAB_NO_MERGE, NULL);
	fake_watch(s);
	return !s;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_threads),
	};

	if (!os_rseq_offset())
		return 77;
	return cmocka_run_group_tests(tests, start, NULL);
}
