// SPDX-License-Identifier: MIT
/*
 * misuse/meanwhile.c - one block freed by two threads at the same moment
 *
 * A thread frees a page run or an area. In the middle of that another thread
 * frees it too, at each of many places, in a child each time. Expect every
 * child to end with "double free of", wherever it happened.
 */
#include "misuse.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "support/single_step.h"

#ifdef SINGLE_STEP_FLAG

#define PLACES 24U
#define TURNS 50 /* that a thread waits for one which may wait for it */

static char *shared;
static unsigned int steps, fire_at;
static char said[200];
static int fire[2]; /* a pipe */
static int done; /* atomic */

static void *second(void *arg)
{
	char c;

	REQUIRE(read(fire[0], &c, 1) == 1, "a byte");
	free(shared);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	return arg;
}

/* Lets the other thread free the block; it may have to wait for this one. */
static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	(void)sig, (void)info;
	if (steps++ != fire_at)
		return;
	at->uc_mcontext.gregs[REG_EFL] &= ~SINGLE_STEP_FLAG;
	if (write(fire[1], "", 1) != 1)
		abort();
	for (int i = 0; i < TURNS; i++) {
		if (__atomic_load_n(&done, __ATOMIC_ACQUIRE))
			break;
		sched_yield();
	}
}

/* Frees the block; the other thread does so at that step, if it comes. */
static void free_stepping(const char *kind, unsigned int place)
{
	struct sigaction trap = { .sa_sigaction = on_trap,
				  .sa_flags = SA_SIGINFO };

	shared = block(kind);
	fire_at = place;
	steps = 0;
	sigaction(SIGTRAP, &trap, NULL);
	single_step_on();
	free(shared);
	single_step_off();
}

static void free_twice(const char *kind, unsigned int place)
{
	pthread_t thread;

	REQUIRE(!pipe(fire), "a pipe");
	REQUIRE(!pthread_create(&thread, NULL, second, NULL), "a thread");
	free_stepping(kind, place);
	if (steps <= place) /* fewer steps than there were before */
		REQUIRE(write(fire[1], "", 1) == 1, "a byte");
	pthread_join(thread, NULL);
	_exit(MISSED);
}

/* Returns true if the child said what it should, and no more. */
static int said_double_free(int fd)
{
	char *text = said;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(said) - 1 &&
	       (n = read(fd, text + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	return !strncmp(text, "kmalloc: free(): double free of 0x", 34) &&
	       strchr(text, '\n') == text + len - 1;
}

static void one_place(const char *kind, unsigned int place)
{
	int fds[2], status;
	pid_t pid;

	REQUIRE(!pipe(fds), "a pipe");
	pid = fork();
	REQUIRE(pid >= 0, "a child");
	if (!pid) {
		dup2(fds[1], 2);
		free_twice(kind, place);
	}
	close(fds[1]);
	waitpid(pid, &status, 0);
	REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		"place %u: status %#x", place, status);
	REQUIRE(said_double_free(fds[0]), "place %u: %s", place, said);
	close(fds[0]);
}

int main(int argc, char **argv)
{
	unsigned int all;

	REQUIRE(argc == 2, "usage: run|area");
	kt_prove_library();
	free_stepping(argv[1], ~0U);
	all = steps;
	REQUIRE(all > PLACES, "%u steps", all);
	for (unsigned int i = 0; i < PLACES; i++)
		one_place(argv[1], i * (all - 1) / PLACES);
	return 0;
}
#else
int main(void)
{
	return 0;
}
#endif
