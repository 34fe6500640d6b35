// SPDX-License-Identifier: MIT
/*
 * torture/vfork.c - children by vfork() and _Fork() that allocate
 *
 * A child of vfork() shares the memory while its parent's thread is stopped.
 * One of _Fork() has a copy, and no fork handler ran. A filled block that
 * changes belongs to two.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cpu.h"
#include "support/program.h"

#define CHILDREN 60
#define BLOCKS 400
#define THREADS 3

static atomic_int stop;
static _Atomic(void *) given; /* by a child to its parent */
static atomic_ulong changed; /* blocks */

static size_t size_of(int i)
{
	static const size_t sizes[] = { 16, 64, 64, 200, 1000, 5000, 64 };

	return sizes[i % (int)ARRAY_SIZE(sizes)];
}

static void check(unsigned char *p, int i, unsigned int mark)
{
	if (verify(p, size_of(i), mark) != size_of(i))
		atomic_fetch_add(&changed, 1);
}

/* Allocates, fills, resizes and frees; more than sheaves hold. */
static void churn(unsigned int mark, int rounds)
{
	unsigned char *p[BLOCKS];

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < BLOCKS; i++) {
			p[i] = malloc(size_of(i));
			if (!p[i])
				_exit(2);
			fill(p[i], size_of(i), mark + (unsigned int)i);
		}
		for (int i = 0; i < BLOCKS; i++) {
			check(p[i], i, mark + (unsigned int)i);
			if (i % 9 == 0)
				p[i] = realloc(p[i], 9000);
			free(p[i]);
		}
	}
	free(calloc(100, 300));
	free(malloc(600 * KIB));
	free(malloc(6 * MIB));
}

/* What the child of vfork() does, in its parent's memory. */
static __attribute__((noinline, noreturn)) void child(void *from,
						      unsigned int mark)
{
	void *p;

	/* elsewhere than the kernel last told the parent */
	if (mark % 2)
		pin_to_first_cpu();
	else
		pin_to_last_cpu();
	churn(mark, 4);
	free(from);
	p = malloc(64);
	fill(p, 64, mark);
	atomic_store(&given, p);
	_exit(0);
}

static void vfork_once(unsigned int mark)
{
	void *from = malloc(300);
	int status = -1;
	pid_t pid;

	pid = vfork();
	if (pid == 0)
		child(from, mark);
	REQUIRE(pid > 0, "no child");
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", (unsigned int)status);
	CHECK(verify(given, 64, mark) == 64, "what the child gave changed");
	free(given);
	churn(mark, 1);
}

static void vfork_children(void)
{
	for (unsigned int i = 0; i < CHILDREN; i++)
		vfork_once(i);
	CHECK(!atomic_load(&changed), "%lu blocks changed",
	      atomic_load(&changed));
}

static void *busy(void *arg)
{
	unsigned int mark = (unsigned int)(uintptr_t)arg;

	while (!atomic_load(&stop))
		churn(mark, 1);
	return NULL;
}

static pthread_t threads[THREADS];

static void start(void)
{
	atomic_store(&stop, 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, busy,
			       (void *)(1000 * (i + 1)));
}

static void finish(void)
{
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(!atomic_load(&changed), "%lu blocks changed",
	      atomic_load(&changed));
}

/* Children that allocate, of a process with one thread. Expect each to be
 * served, and no block to belong to two. */
static void vfork_alone(void)
{
	vfork_children();
}

/* The same beside threads that allocate. */
static void vfork_beside_threads(void)
{
	start();
	vfork_children();
	finish();
}

/* No child: EAGAIN or not, vfork() says so as libc's. Expect errno, and the
 * parent to go on. */
static void vfork_fails(void)
{
	const struct rlimit none = { 0, 0 };
	pid_t pid;

	if (geteuid() == 0)
		return; /* the limit is none for root */
	REQUIRE(!setrlimit(RLIMIT_NPROC, &none), "setrlimit");
	errno = 0;
	pid = vfork();
	if (pid == 0)
		_exit(0);
	CHECK(pid == -1 && errno == EAGAIN, "errno %d", errno);
	churn(7, 1);
}

static pid_t raw_fork(void)
{
	extern pid_t _Fork(void) __attribute__((weak));

	return _Fork ? _Fork() : -1;
}

/* _Fork() in a process with one thread. Expect the child to allocate, to free
 * what it inherits, to start a thread, and to leave the parent alone. */
static void raw_alone(void)
{
	unsigned char *p[BLOCKS];
	int status = -1;
	pid_t pid;

	for (int i = 0; i < BLOCKS; i++) {
		p[i] = malloc(size_of(i));
		fill(p[i], size_of(i), (unsigned int)i);
	}
	pid = raw_fork();
	if (pid < 0)
		return; /* before glibc 2.34 */
	if (pid == 0) {
		check_reset();
		for (int i = 0; i < BLOCKS; i++) {
			check(p[i], i, (unsigned int)i);
			free(p[i]);
		}
		churn(5000, 20);
		_exit(atomic_load(&changed) != 0);
	}
	churn(9000, 20);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", (unsigned int)status);
	for (int i = 0; i < BLOCKS; i++) {
		check(p[i], i, (unsigned int)i);
		free(p[i]);
	}
	CHECK(!atomic_load(&changed), "%lu blocks changed",
	      atomic_load(&changed));
}

/* The same beside threads that allocate. The child may hang, as with glibc; so
 * it allocates nothing. Expect the parent unharmed. */
static void raw_beside_threads(void)
{
	int status;

	start();
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = raw_fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0)
			break;
		status = -1;
		waitpid(pid, &status, 0);
		CHECK(status == 0, "wait status %x", (unsigned int)status);
		churn(100, 1);
	}
	finish();
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "vfork_alone", vfork_alone },
		{ "raw_alone", raw_alone },
		{ "vfork_beside_threads", vfork_beside_threads },
		{ "raw_beside_threads", raw_beside_threads },
		{ "vfork_fails", vfork_fails },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
