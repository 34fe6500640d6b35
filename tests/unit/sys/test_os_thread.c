// SPDX-License-Identifier: MIT
/*
 * test_os_thread.c - threads of our own
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/child.h"
#include "sys/os.h"

struct seen {
	u32 done; /* atomic; futex */
	int tid;
	int detached;
	size_t stack;
	sigset_t mask;
};

static void *look(void *arg)
{
	struct seen *seen = arg;
	pthread_attr_t attr;

	seen->tid = os_tid();
	pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getdetachstate(&attr, &seen->detached);
	pthread_attr_getstacksize(&attr, &seen->stack);
	pthread_attr_destroy(&attr);
	__atomic_store_n(&seen->done, 1, __ATOMIC_RELEASE);
	os_futex_wake(&seen->done);
	return NULL;
}

/* A thread is started. Expect it detached, on a stack as large as was asked
 * for, every signal blocked, and the caller's mask as it was. */
static void test_start(void **state)
{
	static struct seen seen;
	sigset_t before, after;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(os_thread_start(look, &seen, 256UL << 10), 0);
	while (!__atomic_load_n(&seen.done, __ATOMIC_ACQUIRE))
		os_futex_wait(&seen.done, 0);
	assert_int_not_equal(seen.tid, os_tid());
	assert_int_equal(seen.detached, PTHREAD_CREATE_DETACHED);
	assert_in_range(seen.stack, 256UL << 10, 1UL << 20);
	for (int sig = 1; sig <= SIGSYS; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			assert_int_equal(sigismember(&seen.mask, sig), 1);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_memory_equal(&before, &after, 8);
}

/* ---- what libc tells of all threads -------------------------------------- */

static u32 key;
static unsigned int rounds; /* atomic */

static void count_round(void *value)
{
	if (__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED) < 3)
		os_thread_exit_set(key, value);
}

static void *set_or_not(void *value)
{
	if (value)
		assert_int_equal(os_thread_exit_set(key, value), 0);
	return NULL;
}

/* Two threads end, and one of them has a value. Expect its function called
 * once, and again for each time that it sets the value anew. */
static void test_exit_key(void **state)
{
	pthread_t thread;
	int one = 1;

	(void)state;
	assert_int_equal(os_thread_exit_key(&key, count_round), 0);
	assert_int_equal(pthread_create(&thread, NULL, set_or_not, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(rounds, 0);
	assert_int_equal(pthread_create(&thread, NULL, set_or_not, &one), 0);
	pthread_join(thread, NULL);
	assert_int_equal(rounds, 3);
}

static void *find_stack(void *arg)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), low, high;

	(void)arg;
	assert_int_equal(os_thread_stack(&low, &high), 0);
	assert_in_range(here, low, high - 1);
	return (void *)low;
}

/* The stacks of two threads. Expect each to hold its thread's variables, and
 * the two to differ. */
static void test_stack(void **state)
{
	void *mine = find_stack(NULL), *other;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, find_stack, NULL), 0);
	pthread_join(thread, &other);
	assert_ptr_not_equal(mine, other);
}

static char order[8];

static void note_a(void)
{
	strcat(order, "a");
}

static void note_b(void)
{
	strcat(order, "b");
}

static void note_parent(void)
{
	strcat(order, "p");
}

static void note_child(void)
{
	strcat(order, "c");
}

/* Handlers of fork(). Expect the later ones first before it, and then those of
 * the parent and of the child in order, each in its own process. */
static void child_at_fork(void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	REQUIRE(!os_at_fork(note_a, note_parent, note_child));
	REQUIRE(!os_at_fork(note_b, note_a, note_b));
	pid = fork();
	if (!pid)
		_exit(strcmp(order, "bacb") ? 1 : 0);
	REQUIRE(waitpid(pid, &status, 0) == pid && !status);
	REQUIRE(!strcmp(order, "bapa"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_exit_key),
		cmocka_unit_test(test_stack),
		child_test(child_at_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
