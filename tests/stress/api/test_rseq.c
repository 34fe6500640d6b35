// SPDX-License-Identifier: MIT
/*
 * test_rseq.c - threads on tables of CPUs, which another thread empties, moves
 * from CPU to CPU, and forks
 *
 * Each object that a thread has is marked by it, so one that two threads have
 * is seen. ThreadSanitizer sees no section; it finds what is wrong around them.
 */
#include <pthread.h>
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

#include "kmem/barn.h"
#include "kmem/cpu_owner.h"
#include "kmem/held.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "support/kmtest.h"

#define THREADS 5
#define KEEP 90
#define DRAINS 300
#define FORKS 40
#define PAUSE_US 300
#define NEAR 300 /* caches: more than a table has slots */

static struct kmem_cache *s, *caches[2]; /* with a slot, and a far one */
static bool stop;
static unsigned long twice; /* objects that two threads had */

static void replace(u64 **p, u64 me)
{
	if (*p && __atomic_exchange_n(*p, 0, __ATOMIC_RELAXED) != me)
		__atomic_add_fetch(&twice, 1, __ATOMIC_RELAXED);
	if (*p)
		kmem_cache_free(s, *p);
	*p = kmem_cache_alloc(s, GFP_KERNEL);
	if (!*p)
		abort();
	__atomic_store_n(*p, me, __ATOMIC_RELAXED);
}

/* To another CPU, if there is one. */
static void move_on(void)
{
	int here = sched_getcpu();

	pin_to_first_cpu();
	if (sched_getcpu() == here) {
		unpin();
		pin_to_last_cpu();
	}
	unpin();
}

static void churn_once(u64 me, unsigned long rounds)
{
	uint64_t seed = me;
	u64 *kept[KEEP] = { NULL };

	while (rounds-- && !READ_ONCE(stop)) {
		uint64_t r = test_rand(&seed);
		unsigned int nr = r % 8 ? 1 : KEEP; /* bursts miss */

		if (r % 512 == 0)
			move_on();

		for (unsigned int i = 0; i < nr; i++)
			replace(&kept[(r + i) % KEEP], me);
	}
	for (int i = 0; i < KEEP; i++)
		if (kept[i])
			kmem_cache_free(s, kept[i]);
}

static void *churn(void *arg)
{
	churn_once((u64)(uintptr_t)arg, ~0UL);
	return NULL;
}

static pthread_t threads[THREADS];

static void threads_start(void)
{
	WRITE_ONCE(stop, false);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn,
						(void *)(i + 1)),
				 0);
}

static void threads_stop(void)
{
	WRITE_ONCE(stop, true);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(twice, 0);
	km_check();
	kmem_cpu_owners_flush();
	assert_int_equal(kmem_owners_count(s), 0);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(s->in_use, 0);
}

/* Threads on all CPUs, more than CPUs, and drains beside them. Expect that no
 * object is ever two threads', and that none is lost. */
static void test_drains(void **state)
{
	(void)state;
	threads_start();
	for (int i = 0; i < DRAINS; i++) {
		if (i % 3)
			kmem_cpu_owners_flush();
		else
			kmem_reclaim(SHRINK_IDLE);
		usleep(PAUSE_US);
	}
	threads_stop();
}

/* Objects in the sheaves of all CPUs, as before ENOMEM. Expect the shrinker to
 * find and free them. */
static void test_shortage(void **state)
{
	(void)state;
	threads_start();
	usleep(20000);
	WRITE_ONCE(stop, true);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_not_equal(kmem_owners_count(s), 0);
	km_reclaim();
	assert_int_equal(kmem_owners_count(s), 0);
}

/* In a child; the threads were anywhere. */
static void child(void *arg)
{
	km_check();
	churn_once((u64)(uintptr_t)arg, 200);
	kmem_cpu_owners_flush();
	km_check();
	REQUIRE(!twice);
}

/* Forks beside the threads. Expect every child to find whole tables, and to be
 * served. */
static void test_forks(void **state)
{
	struct child_end end;

	(void)state;
	threads_start();
	for (uintptr_t i = 1; i <= FORKS; i++) {
		child_run(child, (void *)(THREADS + i), &end);
		expect_success(&end);
	}
	threads_stop();
}

static int start(void **state)
{
	(void)state;
	caches[0] = kmem_cache_create("rseq", 200, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < NEAR; i++)
		if (!kmem_cache_create("rseq", 64, 0, SLAB_NO_MERGE, NULL))
			return -1;
	caches[1] = kmem_cache_create("rseq", 200, 0, SLAB_NO_MERGE, NULL);
	s = caches[0];
	return !s || !caches[1] || s->far || !caches[1]->far || !kmem_rseq;
}

static int use_far(void **state)
{
	(void)state;
	s = caches[1];
	return 0;
}

/* The library reads its parameters before main(). */
static void begin_again(char **argv)
{
	const char *line = getenv("KMALLOC_CMDLINE");
	char with[200];

	snprintf(with, sizeof(with), "%s percpu=rseq", line ? line : "");
	setenv("KMALLOC_CMDLINE", with, 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	char *again[] = { argv[0], (char[]){ "again" }, NULL };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drains),
		cmocka_unit_test(test_shortage),
		cmocka_unit_test(test_forks),
		cmocka_unit_test_setup(test_drains, use_far),
		cmocka_unit_test(test_shortage),
		cmocka_unit_test(test_forks),
	};

	if (!os_rseq_offset())
		return 77;
	if (argc == 1)
		begin_again(again);
	return cmocka_run_group_tests(tests, start, NULL);
}
