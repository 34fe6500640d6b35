// SPDX-License-Identifier: MIT
/*
 * test_wait.c - threads that wait until memory is freed
 *
 * Waits that must end by a wake have no end of their own here: a wake that was
 * lost hangs the test. What may pass without one waits for a millisecond.
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "support/start.h"
#include "zone/wait.h"

#define FOREVER 3600000UL /* ms */
#define NR 4

static u32 began; /* atomic: threads that are about to sleep */

static void *wait_forever(void *arg)
{
	u32 seq = memory_wait_begin();

	(void)arg;
	__atomic_add_fetch(&began, 1, __ATOMIC_SEQ_CST);
	memory_wait_end(seq, FOREVER);
	return NULL;
}

/* Memory is freed between a waiter's last look and its sleep. Expect it not to
 * sleep. */
static void test_no_lost_wake(void **state)
{
	u32 seq = memory_wait_begin();

	(void)state;
	memory_work_done();
	memory_wait_end(seq, FOREVER);
	assert_int_equal(memory_waiters, 0);
}

/* Four threads wait. Expect one wake to end the wait of all. */
static void test_all(void **state)
{
	pthread_t threads[NR];

	(void)state;
	began = 0;
	for (int i = 0; i < NR; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wait_forever,
						NULL),
				 0);
	while (__atomic_load_n(&began, __ATOMIC_SEQ_CST) < NR)
		sched_yield();
	memory_wake();
	for (int i = 0; i < NR; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(memory_waiters, 0);
}

/* No thread waits. Expect a free to change nothing, so that it costs a load. */
static void test_no_waiter(void **state)
{
	u32 before = memory_wait_begin(), after;

	(void)state;
	memory_wait_end(before, 0);
	memory_work_done();
	after = memory_wait_begin();
	memory_wait_end(after, 0);
	assert_int_equal(after, before);
	memory_wake();
	after = memory_wait_begin();
	memory_wait_end(after, 0);
	assert_int_equal(after, before + 1);
}

static bool works, frees;

static bool another_works(void)
{
	assert_int_equal(memory_waiters, 1); /* asked as a waiter */
	if (frees)
		memory_work_done();
	return works;
}

/* A pause while no other thread works, while one works and frees nothing, and
 * while one frees. Expect none but the second to count as one to its end. */
static void test_pause(void **state)
{
	unsigned long before = memory_pauses_full;

	(void)state;
	memory_pause_ms = FOREVER;
	works = frees = false;
	memory_pause(another_works);
	assert_int_equal(memory_pauses_full, before);
	works = frees = true;
	memory_pause(another_works);
	assert_int_equal(memory_pauses_full, before);
	memory_pause_ms = 1;
	frees = false;
	memory_pause(another_works);
	assert_int_equal(memory_pauses_full, before + 1);
	assert_int_equal(memory_waiters, 0);
}

static void do_nothing(int sig)
{
	(void)sig;
}

static void *pause_once(void *arg)
{
	memory_pause(another_works);
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Signals end a pause before its time. Expect it not to count as a full one. */
static void test_interrupted(void **state)
{
	const struct sigaction act = { .sa_handler = do_nothing };
	unsigned long before = memory_pauses_full;
	pthread_t thread;
	int done = 0;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	memory_pause_ms = FOREVER;
	works = true;
	assert_int_equal(pthread_create(&thread, NULL, pause_once, &done), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		pthread_kill(thread, SIGUSR1);
		usleep(1000);
	}
	pthread_join(thread, NULL);
	assert_int_equal(memory_pauses_full, before);
	assert_int_equal(memory_waiters, 0);
}

/* A wait that nothing ends. Expect it to end by itself. */
static void test_ends(void **state)
{
	(void)state;
	memory_wait(1);
	assert_int_equal(memory_waiters, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_lost_wake),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_no_waiter),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
