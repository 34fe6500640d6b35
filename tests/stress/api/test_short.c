// SPDX-License-Identifier: MIT
/*
 * test_short.c - threads and forks under mem=32M, with kswapd's threads
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "support/kmtest.h"

#define CMDLINE "arena=256M mem=32M kswapd=on"
#define THREADS 3
#define STEPS 10000
#define KEEP 1024

/* Blocks up to 32 KiB at random: together they want more than there is. */
static void *churn(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	unsigned long failed = 0;
	/* On the stack: AddressSanitizer's calloc may hang in a child. */
	void *kept[KEEP] = { NULL };

	for (int i = 0; i < STEPS; i++) {
		uint64_t r = test_rand(&seed);
		void **p = &kept[r % KEEP];

		kfree(*p);
		*p = kmalloc((r >> 24) % 32768 + 1,
			     GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
		if (*p)
			memset(*p, 1, 8);
		else
			failed++;
	}
	for (int i = 0; i < KEEP; i++)
		kfree(kept[i]);
	return (void *)(uintptr_t)failed;
}

/* A child has the limit and kswapd of its own. */
static void in_child(void)
{
	void *page = kmalloc(4096, GFP_KERNEL);

	if (page)
		memset(page, 2, 4096);
	kfree(page);
	_exit((uintptr_t)churn((void *)99) > STEPS);
}

/* More wanted than there is, by several threads, while the process forks.
 * Expect no thread to hang, half of it in large blocks at the end, sound
 * children. */
static void test_short(void **state)
{
	pthread_t threads[THREADS];
	void *blocks[16];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn,
						(void *)(i + 1)),
				 0);
	/* A sanitizer has no new threads after a fork. */
	for (int i = 0; i < (IS_ENABLED(KM_SANITIZE_THREAD) ? 0 : 5); i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid)
			in_child();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	km_reclaim();
	for (int i = 0; i < 16; i++) {
		blocks[i] = kmalloc(1UL << 20, GFP_KERNEL);
		assert_non_null(blocks[i]);
	}
	for (int i = 0; i < 16; i++)
		kfree(blocks[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_short) };
	const char *set = getenv("KMALLOC_CMDLINE");

	(void)argc;
	if (!set || strcmp(set, CMDLINE)) {
		setenv("KMALLOC_CMDLINE", CMDLINE, 1);
		execv("/proc/self/exe", argv);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
