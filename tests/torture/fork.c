// SPDX-License-Identifier: MIT
/*
 * torture/fork.c - fork in a program whose other threads never stop allocating
 *
 * The handlers registered here come after the library's; preloaded ahead of it,
 * atfork_helper.c registers others before. Both allocate in every handler.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "support/program.h"

static atomic_int stop;
static atomic_ulong handled;

static void work(void)
{
	static const size_t sizes[] = { 16,	   100, 3000,	30000,
					100 * KIB, MIB, 5 * MIB };
	void *p[ARRAY_SIZE(sizes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = malloc(sizes[i]);
		REQUIRE(p[i], "%zu bytes", sizes[i]);
		fill(p[i], sizes[i] < 100 ? sizes[i] : 100, i);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = realloc(p[i], sizes[i] + 5000);
		CHECK(verify(p[i], 16, i) == 16, "size %zu", sizes[i]);
		free(p[i]);
	}
}

/* Of this thread: two may fork at once, and handlers do not exclude another. */
static __thread void *kept;

static void prepare(void)
{
	kept = malloc(300);
	free(malloc(200 * KIB));
	work();
	atomic_fetch_add(&handled, 1);
}

static void after(void)
{
	kept = realloc(kept, 300 * KIB);
	free(kept);
	work();
	atomic_fetch_add(&handled, 1);
}

static void *busy(void *arg)
{
	uint64_t rng = test_mix((uintptr_t)arg) | 1;
	void *p[64] = { 0 };

	while (!atomic_load(&stop)) {
		int i = (int)(test_rand(&rng) % 64);
		size_t n = test_rand(&rng) %
			   (test_rand(&rng) % 50 ? 4000 : 6 * MIB);

		free(p[i]);
		p[i] = malloc(n);
	}
	for (int i = 0; i < 64; i++)
		free(p[i]);
	return NULL;
}

static void *child_thread(void *arg)
{
	work();
	return arg;
}

/* What a child at depth @depth does: work, a thread, a child, an exit. */
static void child(int depth)
{
	int status = 0;
	pthread_t t;
	pid_t pid;

	check_reset();
	for (;; depth++) {
		work();
		if (!pthread_create(&t, NULL, child_thread, NULL))
			pthread_join(t, NULL);
		if (depth >= 3)
			break;
		pid = fork();
		if (pid) {
			waitpid(pid, &status, 0);
			break;
		}
	}
	CHECK(status == 0, "grandchild: wait status %x", (unsigned int)status);
	if (check_status())
		_exit(1);
	if (depth % 2)
		_exit(0);
	exit(0);
}

static void fork_once(int depth)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		child(depth);
	REQUIRE(pid > 0, "fork: errno %d", errno);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", status);
}

static void start(pthread_t *t, int n)
{
	atomic_store(&stop, 0);
	for (int i = 0; i < n; i++)
		REQUIRE(!pthread_create(&t[i], NULL, busy,
					(void *)(uintptr_t)(i + 1)),
			"thread");
}

static void finish(pthread_t *t, int n)
{
	atomic_store(&stop, 1);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* Children and their children beside four busy threads. Expect status 0. */
static void under_load(void)
{
	double end = kt_now() + kt_seconds(4);
	pthread_t t[4];
	int k;

	start(t, 4);
	for (k = 0; k < 10 || kt_now() < end; k++)
		fork_once(k % 4);
	finish(t, 4);
}

static void *forker(void *arg)
{
	for (int k = 0; k < 15; k++)
		fork_once(3);
	return arg;
}

/* Two threads that fork at once, with two busy ones. Expect status 0. */
static void concurrent(void)
{
	pthread_t t[2], f[2];

	start(t, 2);
	for (int i = 0; i < 2; i++)
		pthread_create(&f[i], NULL, forker, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(f[i], NULL);
	finish(t, 2);
}

/* The first thing this thread does is fork. */
static void *fresh(void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		child(3);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", status);
	return arg;
}

/* fork from threads that have never allocated. Expect status 0. */
static void from_fresh_thread(void)
{
	pthread_t t;

	for (int k = 0; k < 20; k++) {
		pthread_create(&t, NULL, fresh, NULL);
		pthread_join(t, NULL);
	}
}

/* vfork and posix_spawn under load. Expect the parent's heap unharmed. */
static void vfork_and_spawn(void)
{
	char *const args[] = { (char[]){ "true" }, NULL };
	char *mark = malloc(5000);
	pthread_t t[2];
	int status, k;
	pid_t pid;

	fill(mark, 5000, 1);
	start(t, 2);
	for (k = 0; k < 30; k++) {
		status = -1;
		if (k % 2) {
			pid = vfork();
			if (pid == 0) {
				execve("/bin/true", args, environ);
				_exit(1);
			}
		} else if (posix_spawn(&pid, "/bin/true", NULL, NULL, args,
				       environ)) {
			pid = -1;
		}
		REQUIRE(pid > 0, "no child");
		waitpid(pid, &status, 0);
		CHECK(status == 0, "wait status %x", status);
		CHECK(verify(mark, 5000, 1) == 5000, "the heap changed");
		work();
	}
	finish(t, 2);
	free(mark);
}

/* Parent's and child's heaps part. Expect neither to see the other's writes. */
static void private_copies(void)
{
	static const size_t sizes[] = { 100, 100 * KIB, 8 * MIB };
	char *p[3];
	int status;
	pid_t pid;
	size_t i;

	for (i = 0; i < 3; i++) {
		p[i] = malloc(sizes[i]);
		fill(p[i], sizes[i], i);
	}
	pid = fork();
	if (pid == 0)
		check_reset();
	for (i = 0; i < 3; i++) {
		CHECK(verify(p[i], sizes[i], i) == sizes[i], "%zu", sizes[i]);
		fill(p[i], sizes[i], i + (pid ? 10 : 20));
	}
	work();
	for (i = 0; i < 3; i++) {
		CHECK(verify(p[i], sizes[i], i + (pid ? 10 : 20)) == sizes[i],
		      "size %zu, pid %d", sizes[i], pid);
		free(p[i]);
	}
	if (pid == 0)
		_exit(check_status());
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", status);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "private_copies", private_copies },
		{ "under_load", under_load },
		{ "concurrent", concurrent },
		{ "from_fresh_thread", from_fresh_thread },
		{ "vfork_and_spawn", vfork_and_spawn },
	};
	int r;

	pthread_atfork(prepare, after, after);
	r = kt_run(cases, ARRAY_SIZE(cases), argc, argv);
	REQUIRE(argc > 1 || atomic_load(&handled) > 100, "handlers not run");
	return r;
}
