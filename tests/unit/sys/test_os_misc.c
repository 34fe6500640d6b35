// SPDX-License-Identifier: MIT
/*
 * test_os_misc.c - limits, identity, clock, futex and files of the OS seam
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "sys/os.h"
#include "support/child.h"
#include "support/cpu.h"

/* RLIMIT_AS unlimited, then set. Expect SIZE_MAX, then what is left of it,
 * and 0 when more is used already; its hard limit for what can ever be used. */
static void child_address_space(void *arg)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	size_t left;

	(void)arg;
	REQUIRE(os_address_space_left() == SIZE_MAX);
	limit.rlim_cur = 1UL << 50;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	left = os_address_space_left();
	REQUIRE(left < 1UL << 50 && left > 0);
	REQUIRE(os_map(1UL << 30));
	REQUIRE(left - os_address_space_left() >= 1UL << 30);
	limit.rlim_cur = 1UL << 20;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	REQUIRE(os_address_space_left() == 0);
	REQUIRE(os_address_space_most() == SIZE_MAX);
	limit.rlim_max = 1UL << 40;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	REQUIRE(os_address_space_most() == 1UL << 40);
}

/* The memory of the machine. Expect what libc says, in bytes. */
static void test_ram(void **state)
{
	size_t pages = (size_t)sysconf(_SC_PHYS_PAGES);

	(void)state;
	assert_int_equal(os_total_ram() / PAGE_SIZE, pages);
}

/* Pinned to one CPU. Expect its number from os_cpu(), + 1 as the count, and a
 * bound of all numbers that does not change. */
static void child_cpus(void *arg)
{
	unsigned int ids = os_cpu_ids();
	cpu_set_t all;

	(void)arg;
	REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		pin_to_cpu(cpu);
		REQUIRE(os_nr_cpus() == (unsigned int)cpu + 1);
		REQUIRE(os_cpu() == cpu);
		REQUIRE(os_cpu_ids() == ids && (unsigned int)cpu < ids);
	}
}

/* Process and thread. Expect libc's answers, not secure. */
static void test_identity(void **state)
{
	(void)state;
	assert_int_equal(os_pid(), getpid());
	assert_false(os_secure());
}

/* Variables that are set, empty, missing, or prefixes of others. Expect the
 * value of exactly that name. */
static void test_getenv(void **state)
{
	(void)state;
	setenv("KM_TEST_LONG", "long", 1);
	setenv("KM_TEST", "va=lue", 1);
	setenv("KM_TEST_EMPTY", "", 1);
	assert_string_equal(os_getenv("KM_TEST"), "va=lue");
	assert_string_equal(os_getenv("KM_TEST_LONG"), "long");
	assert_string_equal(os_getenv("KM_TEST_EMPTY"), "");
	assert_null(os_getenv("KM_TES"));
	unsetenv("KM_TEST");
	assert_null(os_getenv("KM_TEST"));
}

/* A variable that is set, after the end of looking. Expect NULL. */
static void child_getenv_end(void *arg)
{
	(void)arg;
	setenv("KM_TEST", "abc", 1);
	REQUIRE(os_getenv("KM_TEST"));
	os_getenv_end();
	REQUIRE(!os_getenv("KM_TEST"));
}

static void getenv_initial(void *arg)
{
	char program[] = "test", mode[] = "env";
	char var[] = "KM_TEST=abc", *argv[] = { program, mode, NULL };
	char *env[] = { var, NULL };

	(void)arg;
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

/* In a program of its own: is KM_TEST where the kernel put it? */
static int check_initial(void)
{
	char *value = os_getenv_initial("KM_TEST");

	if (!value || strcmp(value, "abc") || os_getenv_initial("KM_OTHER"))
		return 1;
	value[1] = 'x';
	if (strcmp(getenv("KM_TEST"), "axc"))
		return 2;
	setenv("KM_TEST", "elsewhere", 1);
	return os_getenv_initial("KM_TEST") ? 3 : 0;
}

/* A variable from the start of the program, and the same after setenv().
 * Expect the string itself, then NULL. */
static void test_getenv_initial(void **state)
{
	struct child_end end;

	(void)state;
	child_run(getenv_initial, NULL, &end);
	assert_int_equal(end.status, 0);
}

/* The clock around a sleep of 30 ms. Expect it to rise, by 20 at least. */
static void test_clock(void **state)
{
	struct timespec ms30 = { 0, 30000000 };
	unsigned long before = os_now_ms();

	(void)state;
	nanosleep(&ms30, NULL);
	assert_true(os_now_ms() - before >= 20);
}

static u32 word;

static void *wake(void *arg)
{
	(void)arg;
	__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
	os_futex_wake(&word);
	return NULL;
}

/* A wait for another value returns; a wait for this one until it is woken.
 * Expect both to end, with the value changed. */
static void test_futex(void **state)
{
	pthread_t thread;

	(void)state;
	os_futex_wait(&word, 5);
	assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
	while (!smp_load_acquire(&word))
		os_futex_wait(&word, 0);
	pthread_join(thread, NULL);
	assert_int_equal(word, 1);
}

/* A file appended to twice, then read, in whole and in part. Expect both texts,
 * mode 0644 less the umask, and -errno where there is no file or text, or a
 * symbolic link that is not to be followed. */
static void test_files(void **state)
{
	char folder[] = "/tmp/km-test-XXXXXX", path[64], link[64], text[16];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	errno = 4711;
	assert_int_equal(os_open_read(path), -ENOENT);
	umask(022);
	for (int i = 0; i < 2; i++) {
		long fd = os_open_append(path);

		assert_true(fd >= 0);
		assert_int_equal(os_write((int)fd, i ? "def" : "abc", 3), 3);
		assert_int_equal(fcntl((int)fd, F_GETFD) & FD_CLOEXEC,
				 FD_CLOEXEC);
		os_close((int)fd);
		assert_int_equal(os_write((int)fd, "x", 1), -EBADF);
	}
	assert_int_equal(errno, 4711);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	{
		long fd = os_open_read(path);

		assert_int_equal(os_read((int)fd, text, sizeof(text)), 6);
		assert_memory_equal(text, "abcdef", 6);
		assert_int_equal(os_read((int)fd, text, sizeof(text)), 0);
		assert_int_equal(os_pread_all((int)fd, text, 3, 2), 0);
		assert_memory_equal(text, "cde", 3);
		assert_int_equal(os_pread_all((int)fd, text, 3, 4), -EIO);
		assert_int_equal(os_pread_all(-1, text, 3, 0), -EIO);
		os_close((int)fd);
	}
	assert_int_equal(os_read_text(path, text, 5), 0);
	assert_string_equal(text, "abcd");
	assert_int_equal(os_read_text(folder, text, 5), -EISDIR);
	assert_string_equal(text, "");
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(os_open_append(link), -ELOOP);
	os_close((int)os_open_append_follow(link));
	unlink(link);
	unlink(path);
	rmdir(folder);
}

static void *drain(void *arg)
{
	char buf[4096];
	long total = 0, n;

	while ((n = read(*(int *)arg, buf, sizeof(buf))) > 0)
		total += n;
	return (void *)total;
}

/* More bytes than a pipe holds at a time. Expect all of them written. */
static void test_write_all(void **state)
{
	static char big[1 << 20];
	pthread_t thread;
	void *total;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pthread_create(&thread, NULL, drain, &fds[0]);
	assert_int_equal(os_write(fds[1], big, sizeof(big)), sizeof(big));
	close(fds[1]);
	pthread_join(thread, &total);
	close(fds[0]);
	assert_int_equal((long)total, sizeof(big));
}

static void ignore_and_abort(void *arg)
{
	(void)arg;
	signal(SIGABRT, SIG_IGN);
	os_abort();
}

/* An abort in a program that ignores SIGABRT. Expect it to die of it. */
static void test_abort(void **state)
{
	(void)state;
	assert_true(child_aborts(ignore_and_abort, NULL, ""));
}

static void die(void *arg)
{
	os_die(arg);
}

/* The end with a text. Expect all of it, then SIGABRT. */
static void test_die(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_true(child_aborts(die, text, text));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		child_test(child_address_space),
		cmocka_unit_test(test_ram),
		child_test(child_cpus),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_getenv),
		child_test(child_getenv_end),
		cmocka_unit_test(test_getenv_initial),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_futex),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_die),
	};

	if (argc > 1 && !strcmp(argv[1], "env"))
		return check_initial();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
