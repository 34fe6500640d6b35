// SPDX-License-Identifier: MIT
/*
 * fault/victim.c - a program that survives every NULL and checks its data
 *
 * It passes through small objects, page runs, areas, realloc, threads and
 * fork. A NULL must come with ENOMEM and leave all other blocks as they were;
 * the call is then made again, and with only one failing call of the system
 * must succeed. The last line on stdout tells how many NULLs it saw.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "support/program.h"

#define ATTEMPTS 4

static atomic_int nulls;

/* Note a NULL; in "persistent" mode nothing need ever succeed again. */
static int persistent;

static void *get(void *old, size_t n, int zero)
{
	void *p;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		errno = 0;
		p = zero ? calloc(1, n) : realloc(old, n);
		if (p)
			return p;
		CHECK(errno == ENOMEM, "NULL with errno %d", errno);
		atomic_fetch_add(&nulls, 1);
	}
	REQUIRE(persistent, "%zu bytes: refused again and again", n);
	return NULL;
}

/* Blocks of one size, held, checked and freed; some grown on the way. */
static void sweep(size_t n, int count)
{
	enum { MAX = 400 };
	char *p[MAX], *q;
	int i;

	for (i = 0; i < count; i++) {
		p[i] = get(NULL, n, i % 4 == 0);
		if (!p[i])
			continue;
		if (i % 4 == 0)
			CHECK(first_nonzero(p[i], n) == n, "not zero");
		fill(p[i], n, (uint64_t)i);
	}
	for (i = 0; i < count; i++) {
		if (!p[i])
			continue;
		CHECK(verify(p[i], n, (uint64_t)i) == n, "size %zu", n);
		if (i % 3 == 0) {
			q = get(p[i], n + n / 2, 0);
			p[i] = q ? q : p[i];
			CHECK(verify(p[i], n & ~7UL, (uint64_t)i) == (n & ~7UL),
			      "realloc of %zu", n);
		}
		errno = ERRNO_MARK;
		free(p[i]);
		CHECK(errno == ERRNO_MARK, "free: errno %d", errno);
	}
}

static void all_kinds(int scale)
{
	sweep(24, 100 * scale);
	sweep(1000, 100 * scale);
	sweep(20000, 30 * scale);
	sweep(100 * KIB, 10 * scale);
	sweep(2 * MIB, 3 * scale);
	sweep(6 * MIB, 2 * scale);
}

static void *thread(void *arg)
{
	(void)arg;
	all_kinds(1);
	return NULL;
}

/* Two threads at once; a failed start is the thread library's right. */
static void threads(void)
{
	pthread_t t[2];
	int ok[2], i;

	for (i = 0; i < 2; i++)
		ok[i] = !pthread_create(&t[i], NULL, thread, NULL);
	for (i = 0; i < 2; i++)
		if (ok[i])
			pthread_join(t[i], NULL);
}

/* The child goes on allocating and says by its status how that went. */
static void forks(void)
{
	char *kept = get(NULL, 5000, 0);
	int status;
	pid_t pid;

	if (kept)
		fill(kept, 5000, 9);
	pid = fork();
	if (pid == 0) {
		check_reset();
		if (kept)
			CHECK(verify(kept, 5000, 9) == 5000, "lost in child");
		all_kinds(1);
		_exit(check_status());
	}
	if (pid > 0) {
		waitpid(pid, &status, 0);
		CHECK(status == 0, "the child ended with %x", status);
	}
	free(kept);
}

int main(int argc, char **argv)
{
	persistent = argc > 1 && !strcmp(argv[1], "persistent");
	kt_prove_library();
	all_kinds(2);
	if (!persistent) {
		threads();
		forks();
		malloc_trim(0);
		all_kinds(1);
	}
	dprintf(1, "nulls=%d\n", atomic_load(&nulls));
	return check_status();
}
