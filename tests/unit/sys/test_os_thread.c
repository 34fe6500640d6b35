// SPDX-License-Identifier: MIT
/*
 * test_os_thread.c - threads of our own
 */
#include <pthread.h>
#include <signal.h>

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

/* A thread is started. Expect it detached, on a stack of its own of 256 KiB or
 * more, every signal blocked, and the caller's mask as it was. */
static void test_start(void **state)
{
	static struct seen seen;
	sigset_t before, after;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(os_thread_start(look, &seen), 0);
	while (!__atomic_load_n(&seen.done, __ATOMIC_ACQUIRE))
		os_futex_wait(&seen.done, 0);
	assert_int_not_equal(seen.tid, os_tid());
	assert_int_equal(seen.detached, PTHREAD_CREATE_DETACHED);
	assert_true(seen.stack >= 256UL << 10);
	for (int sig = 1; sig <= SIGSYS; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			assert_int_equal(sigismember(&seen.mask, sig), 1);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_memory_equal(&before, &after, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
