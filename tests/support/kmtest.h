// SPDX-License-Identifier: MIT
/*
 * tests/support/kmtest.h - what the tests of the object caches share
 */
#ifndef KMTEST_H
#define KMTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buddy/buddy.h"
#include "kmem/kmem.h"
#include "kmem/rcu.h"

/* The barn that this CPU puts sheaves into; after stay_on_cpu(). */
#define BARN_HERE (smp_cpu() % NR_BARNS)

/* Stay on one CPU, so that its slabs and barns are the same ones throughout. */
static inline void stay_on_cpu(void)
{
	cpu_set_t set, one;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set)) {
			CPU_SET(cpu, &one);
			break;
		}
	}
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

/* What fn() prints on stderr in a child process; *status is how it ended. */
static inline void run_child(void (*fn)(void *), void *arg, char *text,
			     size_t size, int *status)
{
	size_t len = 0;
	ssize_t n;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		dup2(fd[1], 2);
		close(fd[0]);
		close(fd[1]);
		fn(arg);
		_exit(0);
	}
	close(fd[1]);
	while (len < size - 1 &&
	       (n = read(fd[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
}

/* fn() must end by abort, with one line on stderr that contains `phrase`. */
static inline void expect_abort(void (*fn)(void *), void *arg,
				const char *phrase)
{
	char text[1024];
	int status;

	run_child(fn, arg, text, sizeof(text), &status);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		fail_msg("no abort, status %#x, said: %s", (unsigned int)status,
			 text);
	if (strncmp(text, "kmalloc: ", 9) || !strstr(text, phrase))
		fail_msg("said \"%s\", not \"%s\"", text, phrase);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

/* RCU without readers: grace periods are over at once. */
static inline void rcu_call_now(struct rcu_head *head,
				void (*func)(struct rcu_head *))
{
	func(head);
}

static inline void rcu_barrier_now(void)
{
}

static inline int nobody_reads_ready(void)
{
	return 0;
}

static const struct kmem_rcu_ops no_readers __maybe_unused = {
	.prepare = nobody_reads_ready,
	.call = rcu_call_now,
	.barrier = rcu_barrier_now,
	.kvfree_barrier = rcu_barrier_now,
};

/* xorshift: the state must not be zero. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
