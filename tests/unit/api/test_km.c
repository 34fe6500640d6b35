// SPDX-License-Identifier: MIT
/*
 * test_km.c - libkmalloc's own functions, and what its constructor does
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "config.h"
#include "init.h"
#include "kmem/kmem.h"
#include "support/kmtest.h"

/* The library is there before main(). Expect it started. */
static void test_started(void **state)
{
	(void)state;
	assert_true(km_ready());
	assert_string_equal(km_version(), KM_VERSION);
}

static pthread_barrier_t barrier;

static void *bystander(void *arg)
{
	kfree(kmalloc(100, GFP_KERNEL));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return arg;
}

static void use_and_check(void *arg)
{
	void *p = kmalloc(100, GFP_KERNEL);

	(void)arg;
	if (!p || kmem_cpus_number() != 1)
		_exit(1);
	kfree(p);
	km_check();
}

/* A process with another thread forks. Expect the constructor to have seen to
 * it that the child adopts what that thread had. */
static void test_fork(void **state)
{
	pthread_t thread;
	char text[256];
	int status;

	(void)state;
	kfree(kmalloc(100, GFP_KERNEL));
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, bystander, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(kmem_cpus_number(), 2);
	run_child(use_and_check, NULL, text, sizeof(text), &status);
	assert_int_equal(status, 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	km_check();
}

/* Memory is used, freed and given back. Expect the proof to hold throughout,
 * and service afterwards. */
static void test_reclaim(void **state)
{
	static void *p[1000];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		p[i] = kzalloc(i * 17, GFP_KERNEL);
	km_check();
	for (size_t i = 0; i < 1000; i++)
		kfree(p[i]);
	km_check();
	km_reclaim();
	km_check();
	kfree(kmalloc(64, GFP_KERNEL));
}

static void run_with_parameters(void *arg)
{
	char program[] = "test_km", mode[] = "quiet";
	char *argv[] = { program, mode, NULL };
	char *env[] = { arg, NULL };

	execve("/proc/self/exe", argv, env);
	_exit(127);
}

/* The command line names parameters of the other library, and one that nobody
 * knows. Expect one line, on the latter. */
static void test_parameters(void **state)
{
	char env[] = "KMALLOC_CMDLINE=stats=1 stats_file=/x foreign=abort "
		     "percpu=thread nonsense=1";
	char text[512];
	int status;

	(void)state;
	run_child(run_with_parameters, env, text, sizeof(text), &status);
	assert_int_equal(status, 0);
	assert_string_equal(text, "kmalloc: unknown boot parameter 'nonsense' "
				  "ignored\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_parameters),
	};

	if (argc > 1 && !strcmp(argv[1], "quiet"))
		return !km_version();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
