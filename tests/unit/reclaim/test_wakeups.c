// SPDX-License-Identifier: MIT
/*
 * test_wakeups.c - a node's kswapd is asked for, as a thread and without one
 *
 * A thread that must be woken sleeps without an end here: if it is not, the
 * test hangs.
 */
#include <pthread.h>

#include "reclaim/internal.h"
#include "support/start.h"
#include "sys/os.h"

static pg_data_t node;
static u32 sleeps; /* atomic: the thread has begun */

static int setup(void **state)
{
	(void)state;
	memset(&node, 0, sizeof(node));
	sleeps = 0;
	return 0;
}

/* Each state of the thread. Expect the one that runs alone to count. */
static void test_is_thread(void **state)
{
	(void)state;
	node.kswapd_thread = THREAD_NONE;
	assert_false(kswapd_is_thread(&node));
	node.kswapd_thread = THREAD_FAILED;
	assert_false(kswapd_is_thread(&node));
	node.kswapd_thread = THREAD_RUNS;
	assert_true(kswapd_is_thread(&node));
}

/* No thread. Expect the wish to be noted for the next tick, once and for all.
 * */
static void test_noted(void **state)
{
	(void)state;
	wakeup_kswapd_node(&node);
	assert_int_equal(node.kswapd_wait, 1);
	wakeup_kswapd_node(&node);
	assert_int_equal(node.kswapd_wait, 1);
}

/* What kswapd does: sleeps on the word while it is 0. */
static void *sleep_on_it(void *arg)
{
	(void)arg;
	__atomic_store_n(&sleeps, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&node.kswapd_wait, __ATOMIC_SEQ_CST))
		os_futex_wait(&node.kswapd_wait, 0);
	return NULL;
}

static bool is_asleep(pid_t tid)
{
	char path[64], text[256], *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (file && fgets(text, sizeof(text), file))
		state = strrchr(text, ')');
	if (file)
		fclose(file);
	return state && state[2] == 'S';
}

static pid_t sleeper;

static void *sleep_as(void *arg)
{
	__atomic_store_n(&sleeper, os_tid(), __ATOMIC_SEQ_CST);
	return sleep_on_it(arg);
}

/* A thread sleeps on the word. Expect it to be woken. */
static void test_woken(void **state)
{
	pthread_t thread;

	(void)state;
	node.kswapd_thread = THREAD_RUNS;
	assert_int_equal(pthread_create(&thread, NULL, sleep_as, NULL), 0);
	while (!__atomic_load_n(&sleeps, __ATOMIC_SEQ_CST) ||
	       !is_asleep(__atomic_load_n(&sleeper, __ATOMIC_SEQ_CST)))
		sched_yield();
	wakeup_kswapd_node(&node);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(node.kswapd_wait, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_is_thread, setup),
		cmocka_unit_test_setup(test_noted, setup),
		cmocka_unit_test_setup(test_woken, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
