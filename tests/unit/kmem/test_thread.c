// SPDX-License-Identifier: MIT
/*
 * test_thread.c - the owners of sheaves: threads that come and go
 */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buddy/buddy.h"
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/owner.h"
#include "kmem/region.h"
#include "kmem/thread.h"
#include "support/region.h"

#define NR 200

static struct kmem_cache *s;
static void *objs[NR];

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("cpu test", 64, 0, 0, NULL);
	assert_non_null(s);
	kmem_cache_free(s, kmem_cache_alloc(s, 0)); /* main has its table */
	kmem_owner_flush(kmem_owner_get());
	fake_watch(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	barn_check(s);
	kmem_cache_destroy(s);
	return 0;
}

static void run_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *alloc_and_free(void *arg)
{
	struct kmem_owner **table = arg;

	for (int i = 0; i < NR; i++)
		objs[i] = kmem_cache_alloc(s, 0);
	for (int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
	kmem_owner_check(kmem_owner_get());
	*table = kmem_owner_get();
	return (void *)(uintptr_t)kmem_owners_number();
}

static int pages_on_lists(void)
{
	int count = 0;
	struct zone *zone;

	for_each_zone(zone)
		for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
			count += READ_ONCE(zone->pageset[cpu].count);
	return count;
}

static void *use_pages(void *arg)
{
	pin_to_one_cpu();
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	for (int i = 0; i < NR; i++)
		__free_page(alloc_pages(GFP_KERNEL, 0));
	assert_true(pages_on_lists() > 0);
	return arg;
}

/* A thread ends that left pages on its CPU's lists, and fewer threads than CPUs
 * are left. Expect them in the zones. */
static void test_exit_drains_pages(void **state)
{
	struct zone *zone;

	(void)state;
	if (nr_cpu_ids < 2)
		skip();
	for_each_zone(zone)
		drain_all_pages(zone);
	run_thread(use_pages, NULL);
	assert_int_equal(pages_on_lists(), 0);
}

/* A thread ends. Expect all that it cached in the slabs, its table retired,
 * and the next thread to get the same table. */
static void test_exit_drains(void **state)
{
	unsigned int before = kmem_owners_number();
	struct kmem_owner *first, *second;

	(void)state;
	run_thread(alloc_and_free, &first);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(kmem_owners_number(), before);
	assert_int_equal(kmem_owners_count(s), 0);
	run_thread(alloc_and_free, &second);
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, kmem_owner_get());
}

static void *alloc_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < NR; i++)
		objs[i] = kmem_cache_alloc(s, 0);
	return NULL;
}

/* Objects outlive the thread that allocated them. Expect the frees to land in
 * the sheaves of the thread that frees. */
static void test_remote_free(void **state)
{
	(void)state;
	run_thread(alloc_all, NULL);
	assert_int_equal(s->in_use, NR);
	for (int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
	assert_int_equal(kmem_owner_count(kmem_owner_get(), s), NR);
	assert_int_equal(fake.flushed, 2 * s->sheaf_capacity - NR);
	kmem_owner_check(kmem_owner_get());
}

static pthread_key_t late_key;
static int rounds, served, without_table;

/*
 * glibc makes four rounds of destructors; ThreadSanitizer ends the thread in
 * the last of them and then takes it for another thread.
 */
#define ROUNDS (IS_ENABLED(KM_SANITIZE_THREAD) ? 3 : 4)

/* Runs after our own destructor in each round. */
static void late_destructor(void *arg)
{
	void *obj = kmem_cache_alloc(s, 0), *kept = kmem_cache_alloc(s, 0);

	rounds++;
	if (obj && kept)
		served++;
	if (!kmem_owner_get())
		without_table++;
	memset(obj, 1, 64);
	kmem_cache_free(s, obj);
	kmem_cache_free(s, kept);
	if (rounds < ROUNDS)
		pthread_setspecific(late_key, arg);
}

static void *use_late_key(void *arg)
{
	pthread_setspecific(late_key, arg);
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	return NULL;
}

/* Destructors that run after ours allocate and free. Expect service in every
 * round, at the end without a table, and nothing left behind. */
static void test_after_exit(void **state)
{
	unsigned int before = kmem_owners_number();

	(void)state;
	assert_int_equal(pthread_key_create(&late_key, late_destructor), 0);
	run_thread(use_late_key, &rounds);
	assert_int_equal(rounds, ROUNDS);
	assert_int_equal(served, ROUNDS);
	assert_in_range(without_table, 1, 3);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(kmem_owners_number(), before);
	pthread_key_delete(late_key);
}

static void *owner_of_gone;

/* The first call comes in the second of four rounds: ours runs twice only. */
static void second_round(void *arg)
{
	if (++rounds == 1) {
		pthread_setspecific(late_key, arg);
		return;
	}
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	owner_of_gone = kmem_owner_get();
}

static void *come_late(void *arg)
{
	rounds = 0;
	pthread_setspecific(late_key, arg);
	return __builtin_thread_pointer();
}

static void *end_at_once(void *arg)
{
	(void)arg;
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	syscall(SYS_exit, 0); /* no destructor runs */
	return NULL;
}

static void *use_and_end(void *arg)
{
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	kmem_owners_check();
	return arg;
}

/*
 * Threads that ended without retiring their table. Expect the next one at the
 * same thread pointer to retire it, with all that it held, so that there is one
 * at most.
 */
static void check_gone(void *(*body)(void *))
{
	unsigned int before = kmem_owners_number();
	unsigned long region = region_used();
	unsigned long one = 0;

	for (int i = 0; i < 20; i++) {
		run_thread(body, &rounds);
		assert_int_equal(kmem_owners_number(), before + 1);
		kmem_owners_check();
		if (!one)
			one = s->in_use;
		assert_int_equal(s->in_use, one);
	}
	assert_true(one > 0);
	run_thread(use_and_end, NULL);
	assert_int_equal(kmem_owners_number(), before);
	assert_int_equal(s->in_use, 0);
	assert_true(region_used() <= region);
	kmem_owners_check();
}

static void test_gone_late(void **state)
{
	(void)state;
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		skip(); /* its threads have fewer rounds */
	assert_int_equal(pthread_key_create(&late_key, second_round), 0);
	check_gone(come_late);
	assert_non_null(owner_of_gone);
	pthread_key_delete(late_key);
}

static void test_gone_by_exit(void **state)
{
	(void)state;
	if (IS_ENABLED(KM_SANITIZE_THREAD) || IS_ENABLED(KM_SANITIZE_ADDRESS))
		skip(); /* they keep books of threads */
	check_gone(end_at_once);
}

/* Many threads at once, which end in another order. Expect the tree and the
 * list to agree at each step. */
static pthread_barrier_t step;

static void *wait_and_end(void *arg)
{
	assert_non_null(kmem_owner_get());
	pthread_barrier_wait(&step);
	while (READ_ONCE(rounds) != (int)(uintptr_t)arg)
		sched_yield();
	return NULL;
}

static void test_tree(void **state)
{
	unsigned int before = kmem_owners_number();
	pthread_t thread[24];

	(void)state;
	rounds = -1;
	pthread_barrier_init(&step, NULL, 25);
	for (uintptr_t i = 0; i < 24; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, wait_and_end,
						(void *)i),
				 0);
	pthread_barrier_wait(&step);
	assert_int_equal(kmem_owners_number(), before + 24);
	kmem_owners_check();
	for (int i = 0; i < 24; i++) {
		int next = i * 7 % 24;

		WRITE_ONCE(rounds, next);
		assert_int_equal(pthread_join(thread[next], NULL), 0);
		assert_int_equal(kmem_owners_number(),
				 before + 23 - (unsigned int)i);
		kmem_owners_check();
	}
	pthread_barrier_destroy(&step);
}

static void *no_table(void *arg)
{
	for (int i = 0; i < NR; i++) {
		objs[i] = kmem_cache_alloc(s, 0);
		assert_non_null(objs[i]);
	}
	assert_null(kmem_owner_get());
	for (int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
	return arg;
}

/* The region is full and cannot grow. Expect a thread to be served without a
 * table, and to leave nothing behind. */
static void test_no_region(void **state)
{
	(void)state;
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	kmem_cache_shrink(s);
	region_exhaust();
	run_thread(no_table, NULL);
	region_restore();
	assert_int_equal(s->in_use, 0);
	run_thread(use_and_end, NULL);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_exit_drains), TEST(test_exit_drains_pages),
		TEST(test_remote_free), TEST(test_after_exit),
		TEST(test_gone_late),	TEST(test_gone_by_exit),
		TEST(test_tree),	TEST(test_no_region),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
