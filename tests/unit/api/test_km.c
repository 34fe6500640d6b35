// SPDX-License-Identifier: MIT
/*
 * test_km.c - libkmalloc's own functions, and what its constructor does
 */
#include <errno.h>
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "config.h"
#include "init.h"
#include "kmem/kmem.h"
#include "kmem/owner.h"
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
	if (!p || kmem_owners_number() != 1)
		_exit(1);
	kfree(p);
	km_check();
}

/* A process with another thread forks. Expect the constructor to have seen to
 * it that the child adopts what that thread had. */
static void test_fork(void **state)
{
	pthread_t thread;
	struct child_end end;

	(void)state;
	kfree(kmalloc(100, GFP_KERNEL));
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, bystander, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(kmem_owners_number(), 2);
	child_run(use_and_check, NULL, &end);
	assert_int_equal(end.status, 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	km_check();
}

/* Memory is used, freed and given back. Expect the check to hold throughout,
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

/* The command line names parameters of the other library, and one that
 * neither knows. Expect one line, on the latter. */
static void test_parameters(void **state)
{
	struct child_end end;

	(void)state;
	child_again("quiet",
		    "stats=1 stats_file=/x foreign=abort percpu=thread "
		    "nonsense=1",
		    &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err,
			    "kmalloc: unknown boot parameter 'nonsense' "
			    "ignored\n");
}

/* Names, buffers and texts, right and wrong. Expect lengths as of snprintf,
 * a cut text, and the error that km.h says for each mistake. */
static void test_proc(void **state)
{
	char text[4096], cut[4];
	long len = km_proc_read("cmdline", NULL, 0);

	(void)state;
	assert_true(len > 0);
	assert_int_equal(km_proc_read("cmdline", text, sizeof(text)), len);
	assert_int_equal(strlen(text), len);
	len = km_proc_read("", text, sizeof(text));
	assert_int_equal(len, strlen(text));
	assert_non_null(strstr(text, "cmdline\n"));
	assert_true(km_proc_read("", cut, sizeof(cut)) > 4);
	assert_memory_equal(cut, text, 3);
	assert_int_equal(cut[3], '\0');
	assert_int_equal(km_proc_read("no such", text, 10), -ENOENT);
	assert_int_equal(km_proc_read(NULL, text, 10), -EINVAL);
	assert_int_equal(km_proc_read("cmdline", NULL, 10), -EINVAL);
	assert_int_equal(km_proc_write("no such", "1"), -ENOENT);
	assert_int_equal(km_proc_write("cmdline", "1"), -EACCES);
	assert_int_equal(km_proc_write(NULL, "1"), -EINVAL);
	assert_int_equal(km_proc_write("cmdline", NULL), -EINVAL);
}

/* A program that starts another one and ends. Expect proc_at_exit to print
 * the text once, with the program's own number in it. */
static void test_at_exit(void **state)
{
	struct child_end end;
	const char *text;
	int pid;

	(void)state;
	child_again("children", "proc_at_exit=cmdline", &end);
	assert_int_equal(end.status, 0);
	text = strstr(end.err, "proc=");
	assert_non_null(text);
	assert_int_equal(sscanf(text, "proc=%07d:cmdline\n", &pid), 1);
	assert_int_equal(strlen(text), strlen("proc=0000000:cmdline\n"));
	assert_null(memchr(end.err, '\n', (size_t)(text - end.err)));
}

static int start_a_child(void)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		execl("/proc/self/exe", "test_km", "quiet", NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (!fork())
		exit(0);
	wait(NULL);
	return status;
}

/* A knob read, set and set wrongly by its name. Expect the old value each time,
 * the new one afterwards, and the errors that km.h says. */
static void test_sysctl(void **state)
{
	char old[32];

	(void)state;
	assert_true(km_sysctl("vm.min_free_kbytes", old, sizeof(old), "777") >
		    0);
	assert_int_equal(
		km_sysctl("vm.min_free_kbytes", old, sizeof(old), NULL), 4);
	assert_string_equal(old, "777\n");
	assert_int_equal(km_sysctl("vm.min_free_kbytes", NULL, 0, "many"),
			 -EINVAL);
	assert_int_equal(km_sysctl("vm.swappiness", NULL, 0, NULL), -ENOENT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_proc),
		cmocka_unit_test(test_sysctl),
		cmocka_unit_test(test_at_exit),
	};

	if (argc > 1 && !strcmp(argv[1], "quiet"))
		return !km_version();
	if (argc > 1 && !strcmp(argv[1], "children"))
		return start_a_child();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
