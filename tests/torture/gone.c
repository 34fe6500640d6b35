// SPDX-License-Identifier: MIT
/*
 * torture/gone.c - fork after the end of a thread that did not say so
 *
 * A thread that ends by exit(2) runs no destructor. One whose first call comes
 * in the third or fourth round of destructors sets a key of malloc's too late
 * for another round. Their stacks, and variables, are unmapped before the fork.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support/program.h"

enum { STACK = MIB };

static pthread_key_t key;
static pthread_barrier_t met;
static int last_round;
static __thread int rounds;

static void *parked(void *arg)
{
	pthread_barrier_wait(&met);
	return arg;
}

/* Runs a thread to its end, on a stack that is unmapped then. */
static void run(void *(*body)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;
	void *stack;

	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(stack != MAP_FAILED, "a stack");
	REQUIRE(!pthread_attr_init(&attr), "attributes");
	REQUIRE(!pthread_attr_setstack(&attr, stack, STACK), "the stack's");
	REQUIRE(!pthread_create(&t, &attr, body, arg), "a thread");
	pthread_join(t, NULL);
	pthread_attr_destroy(&attr);
	munmap(stack, STACK);
}

/* Forks among several threads; the child allocates, and so do we. */
static void fork_and_work(void)
{
	pthread_t other;
	int status = -1;
	pid_t pid;

	REQUIRE(!pthread_create(&other, NULL, parked, NULL), "a thread");
	pid = fork();
	REQUIRE(pid >= 0, "fork");
	if (!pid) {
		free(malloc(100));
		free(malloc(100 * KIB));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK(!status, "wait status %x", status);
	free(malloc(100 * KIB));
	pthread_barrier_wait(&met);
	pthread_join(other, NULL);
}

static void *ends_by_system_call(void *arg)
{
	free(malloc(100));
	free(malloc(100 * KIB));
	syscall(SYS_exit, 0);
	return arg;
}

/* A thread allocates and calls exit(2). Expect fork to go on as ever. */
static void by_system_call(void)
{
	run(ends_by_system_call, NULL);
	fork_and_work();
}

static void key_ends(void *arg)
{
	if (++rounds < last_round)
		pthread_setspecific(key, arg);
	else
		free(arg);
}

static void *keeps_one(void *arg)
{
	pthread_setspecific(key, arg);
	return NULL;
}

/*
 * A thread's only call of the family is a free in each of the four rounds of
 * destructors. Expect fork to go on as ever.
 */
static void in_the_last_round(void)
{
	REQUIRE(!pthread_key_create(&key, key_ends), "a key");
	for (last_round = 1; last_round <= 4; last_round++) {
		run(keeps_one, malloc(100));
		fork_and_work();
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "by_system_call", by_system_call },
		{ "in_the_last_round", in_the_last_round },
	};

	pthread_barrier_init(&met, NULL, 2);
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
