// SPDX-License-Identifier: MIT
/*
 * misuse/table/frees.c - blocks that are freed twice, or not at their start
 *
 *	double-K	K blocks of the same size are freed in between
 *	double-churn	much else is done in between
 *	double-reused	the block has its next owner already
 *	double-thread	the first free() came from a thread that has ended
 *	double-other	the second free() comes from another thread
 *	double-fork	the second comes from a child of fork()
 *	double-realloc	the first was a realloc() that moved the block
 *	inner-N		N bytes behind the start
 *	below-16	in front of the start
 *	sized		free_sized() with twice the size
 */
#include "world.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t size_of_other;

static void run_double(size_t size, long between, long unused)
{
	unsigned char *blocks[16], *p;

	(void)unused;
	settle(size);
	p = take(size);
	for (long i = 0; i < between; i++)
		blocks[i] = take(size);
	give(p);
	for (long i = 0; i < between; i++)
		give(blocks[i]);
	misfree(p);
	go_on(size);
}

/* Blocks are freed until what holds freed ones has run over. */
static void run_churn(size_t size, long n, long m)
{
	unsigned char *p, *blocks[512];
	size_t nr = many(size);

	(void)n, (void)m;
	settle(size);
	p = take(size);
	for (size_t i = 0; i < nr; i++)
		blocks[i] = take(size);
	give(p);
	for (size_t i = 0; i < nr; i++)
		give(blocks[i]);
	misfree(p);
	go_on(size);
}

static void run_reused(size_t size, long n, long m)
{
	unsigned char *p;

	(void)n, (void)m;
	settle(size);
	p = take(size);
	give(p);
	for (size_t i = 0; i < many(size); i++) {
		if (take(size) == p)
			break;
	}
	misfree(p);
	go_on(size);
}

static void *give_one(void *p)
{
	give(p);
	return NULL;
}

static void run_thread(size_t size, long n, long m)
{
	unsigned char *p;

	(void)n, (void)m;
	settle(size);
	p = take(size);
	in_thread(give_one, p);
	misfree(p);
	go_on(size);
}

/* The second thread goes on first, with what it has freed. */
static void *free_and_go_on(void *block)
{
	misfree(block);
	go_on(size_of_other);
	return NULL;
}

static void run_other(size_t size, long n, long m)
{
	unsigned char *p;

	(void)n, (void)m;
	settle(size);
	p = take(size);
	give(p);
	size_of_other = size;
	in_thread(free_and_go_on, p);
	go_on(size);
}

/* The child's end becomes the parent's. */
static void run_fork(size_t size, long n, long m)
{
	unsigned char *p;
	int status;
	pid_t pid;

	(void)n, (void)m;
	settle(size);
	p = take(size);
	give(p);
	pid = fork();
	if (pid == 0) {
		misfree(p);
		go_on(size);
		return;
	}
	if (waitpid(pid, &status, 0) != pid)
		saw("no child");
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

static void run_realloc(size_t size, long n, long m)
{
	unsigned char *p, *q;
	size_t more = size;

	(void)n, (void)m;
	settle(size);
	p = middle(size, NULL);
	do {
		more *= 2;
		if (more > 512 * MIB)
			saw("was not moved");
		forget(p);
		q = p;
		p = hidden(realloc(p, more));
		enter(p, more);
	} while (p == q);
	misfree(q);
	go_on(size);
}

static void run_inner(size_t size, long by, long part)
{
	unsigned char *p;

	settle(size);
	p = middle(size, NULL);
	misfree(p + (part ? (size / (size_t)part & ~15UL) : 0) + by);
	go_on(size);
}

static void run_sized(size_t size, long n, long m)
{
	void (*free_sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(
		RTLD_DEFAULT, "free_sized");
	unsigned char *p;

	(void)n, (void)m;
	if (!free_sized)
		saw("no such call");
	settle(size);
	p = middle(size, NULL);
	forget(p);
	free_sized(hidden(p), 2 * size);
	go_on(size);
}

const struct kind free_kinds[] = {
	{ "double-0", run_double, 0, 0, 0, 0 },
	{ "double-1", run_double, 1, 0, 0, 0 },
	{ "double-2", run_double, 2, 0, 0, 0 },
	{ "double-10", run_double, 10, 0, 0, MIB },
	{ "double-churn", run_churn, 0, 0, 0, 0 },
	{ "double-reused", run_reused, 0, 0, 0, 0 },
	{ "double-thread", run_thread, 0, 0, 0, 0 },
	{ "double-other", run_other, 0, 0, 0, 0 },
	{ "double-fork", run_fork, 0, 0, 0, 0 },
	{ "double-realloc", run_realloc, 0, 0, 0, 0 },
	{ "inner-1", run_inner, 1, 0, 0, 0 },
	{ "inner-8", run_inner, 8, 0, 0, 0 },
	{ "inner-16", run_inner, 16, 0, 0, 0 },
	{ "inner-64", run_inner, 64, 0, 65, 0 },
	{ "inner-half", run_inner, 0, 2, 33, 0 },
	{ "inner-page", run_inner, PAGE, 0, PAGE + 1, 0 },
	{ "below-16", run_inner, -16, 0, 0, 0 },
	{ "sized", run_sized, 0, 0, 0, 0 },
	{ NULL, NULL, 0, 0, 0, 0 },
};
