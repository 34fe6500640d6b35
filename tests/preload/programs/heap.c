// SPDX-License-Identifier: MIT
/*
 * heap.c - a program that is looked at from outside, in a state that is known
 *
 *	heap hold	5000 blocks of 700 bytes, 10 of 100,000, two of 8 MiB;
 *			1,000 of 420 that were freed; a second thread has freed
 *			100 of its own
 *	heap texts	the same; ends by exit(), which prints texts
 *	heap fork	the same; a child has 1000 blocks of 700 bytes more
 *	heap churn	threads that allocate, free, begin and end
 *	heap fill MIB	so much of blocks of 64 bytes
 *	heap holes	20,000 blocks of 16 bytes, all 1; between them as many
 *			that were all 2 and then freed
 *	heap away	2,000 blocks of 1,300 bytes, all 1, of 20,000; those
 *			between them were freed; 200 of 5,000 bytes, of 2,000,
 *			the same; then pages were given back to the OS; three
 *			of 3 MiB
 *
 * Prints a line with its number, that of the second thread or of the child, or
 * 0, when it is in that state. Ends when its standard input does.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SMALL 5000
#define MORE 1000
#define RUNS 10
#define FREED 1000 /* they fill arrays, spares and barns */
#define AREAS 2
#define HOLES 20000
#define AWAY 20000
#define MORE_AWAY 2000
#define RUNS_3M 3 /* longer than a pageblock */

static void *small[SMALL + MORE], *runs[RUNS], *areas[AREAS];
static pthread_barrier_t held;

static void *block_of(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	memset(p, 1, size);
	return p;
}

/* Blocks of many sizes, some of them for long. */
static void *churn_blocks(void *seed)
{
	static __thread void *kept[256];
	unsigned long x = (unsigned long)(uintptr_t)seed * 2654435761UL + 1;

	for (int i = 0; i < 20000; i++) {
		void **place = &kept[x >> 33 & 255];

		x = x * 6364136223846793005UL + 1442695040888963407UL;
		free(*place);
		*place = malloc(x >> 40 & (x >> 60 ? 0xfff : 0x1ffff));
	}
	for (int i = 0; i < 256; i++)
		free(kept[i]);
	return NULL;
}

/* Threads that come and go leave objects in spares and barns. */
static void leave_objects(void)
{
	pthread_t threads[4];

	for (unsigned long i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, churn_blocks,
				   (void *)(i + 1)))
			abort();
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	churn_blocks(NULL);
}

static void take_all(void)
{
	leave_objects();
	for (int i = 0; i < FREED; i++)
		small[i] = block_of(420);
	for (int i = 0; i < FREED; i++)
		free(small[i]);
	for (int i = 0; i < SMALL; i++)
		small[i] = block_of(700);
	for (int i = 0; i < RUNS; i++)
		runs[i] = block_of(100000);
	for (int i = 0; i < AREAS; i++)
		areas[i] = block_of(8 << 20);
}

static void say_ready(long other)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%d %ld\n", (int)getpid(),
			   other);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		abort();
}

static void wait_for_input(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Ends the process with its standard input. */
static void wait_for_end(void)
{
	wait_for_input();
	_exit(0);
}

static void *hold_freed(void *id)
{
	void *mine[100];

	for (int i = 0; i < 100; i++)
		mine[i] = block_of(40);
	for (int i = 0; i < 100; i++)
		free(mine[i]);
	*(long *)id = syscall(SYS_gettid);
	pthread_barrier_wait(&held);
	pause();
	return NULL;
}

static void hold(void)
{
	pthread_t thread;
	long id = 0;

	take_all();
	pthread_barrier_init(&held, NULL, 2);
	if (pthread_create(&thread, NULL, hold_freed, &id))
		abort();
	pthread_barrier_wait(&held);
	say_ready(id);
}

static void hold_in_child(void)
{
	int fds[2];
	char c = 0;
	pid_t child;

	take_all();
	if (pipe(fds))
		abort();
	child = fork();
	if (!child) {
		for (int i = 0; i < MORE; i++)
			small[SMALL + i] = block_of(700);
		if (write(fds[1], &c, 1) != 1)
			abort();
		wait_for_end();
	}
	if (read(fds[0], &c, 1) != 1)
		abort();
	say_ready(child);
}

static void churn(void)
{
	pthread_t threads[4];

	say_ready(0);
	for (unsigned long turn = 0;; turn += 4) {
		for (unsigned long i = 0; i < 4; i++)
			if (pthread_create(&threads[i], NULL, churn_blocks,
					   (void *)(turn + i)))
				abort();
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
}

static void *end_with_input(void *nothing)
{
	(void)nothing;
	wait_for_end();
	return NULL;
}

static void fill(unsigned long mib)
{
	for (unsigned long i = 0; i < mib << 14; i++) {
		void **p = malloc(64);

		if (!p)
			abort();
		*p = NULL;
	}
	say_ready(0);
}

static void make_holes(void)
{
	static void *blocks[2 * HOLES];
	unsigned int x = 1, freed = 0;

	for (int i = 0; i < 2 * HOLES; i++)
		blocks[i] = block_of(16);
	while (freed < HOLES) {
		void **p = &blocks[(x >> 8) % (2 * HOLES)];

		x = x * 1664525U + 1013904223U;
		if (!*p)
			continue;
		memset(*p, 2, 16);
		free(*p);
		*p = NULL;
		freed++;
	}
	say_ready(0);
}

static void give_back(void)
{
	static void *blocks[AWAY + MORE_AWAY];

	for (int i = 0; i < AWAY + MORE_AWAY; i++)
		blocks[i] = block_of(i < AWAY ? 1300 : 5000);
	for (int i = 0; i < AWAY + MORE_AWAY; i++)
		if (i % 10)
			free(blocks[i]);
	malloc_trim(0);
	for (int i = 0; i < RUNS_3M; i++)
		runs[i] = block_of(3 << 20);
	say_ready(0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "hold";
	pthread_t watcher;

	if (!strcmp(what, "churn")) {
		if (pthread_create(&watcher, NULL, end_with_input, NULL))
			abort();
		churn();
	} else if (!strcmp(what, "fork")) {
		hold_in_child();
	} else if (!strcmp(what, "holes")) {
		make_holes();
	} else if (!strcmp(what, "away")) {
		give_back();
	} else if (!strcmp(what, "fill") && argc > 2) {
		fill(strtoul(argv[2], NULL, 10));
	} else {
		hold();
	}
	if (!strcmp(what, "texts")) {
		wait_for_input();
		return 0;
	}
	wait_for_end();
}
