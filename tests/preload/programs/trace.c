// SPDX-License-Identifier: MIT
/*
 * trace.c - calls of malloc whose live bytes are known, for alloc_trace=
 *
 *	preload_trace MODE N
 *
 * Prints the bytes that N turns left alive, as asked for: a line of `PID BYTES`
 * for each process. MODE:
 *
 *	end	and ends
 *	kill	and kills itself
 *	close	closes every descriptor before, and opens a file of its own
 *		under all their numbers. Fails if anything is written there
 *	fork	forks in the middle: the child does N turns too
 *	exec	executes itself with `end`
 *	twice	and frees a block twice, which the library ends
 *	threads	two threads; half of the blocks are freed by the other one
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT 64

struct block {
	char *at;
	size_t size;
};

static unsigned int seed = 1;

static size_t next_size(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % 997 + 1;
}

static void fill(struct block *b, size_t turn, unsigned int *state)
{
	b->size = next_size(state);
	if (turn % 50 == 0)
		b->size *= 200;
	if (turn % 7 == 0)
		b->at = calloc(1, b->size);
	else if (turn % 11 == 0)
		b->at = aligned_alloc(64, b->size);
	else
		b->at = malloc(b->size);
	if (turn % 5 == 0) {
		b->size = next_size(state);
		b->at = realloc(b->at, b->size);
	}
	if (!b->at)
		abort();
	memset(b->at, (int)turn, b->size);
}

/* Each turn frees a block and takes another. Returns the bytes left alive. */
static size_t work(size_t turns, unsigned int *state)
{
	struct block kept[KEPT] = { { NULL, 0 } };
	size_t live = 0;

	for (size_t turn = 0; turn < turns; turn++) {
		struct block *b = &kept[turn % KEPT];

		free(b->at);
		fill(b, turn, state);
	}
	for (int n = 0; n < KEPT; n++)
		live += kept[n].size;
	return live;
}

static void say(size_t live)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%d %zu\n", getpid(), live);

	if (write(1, line, (size_t)len) != len)
		abort();
}

static int own_file(void)
{
	char path[] = "own.XXXXXX";
	int fd = mkstemp(path);

	for (int n = 3; n < 1024; n++)
		if (n != fd)
			dup2(fd, n);
	return fd;
}

static size_t closed(size_t turns)
{
	size_t live = work(turns, &seed);
	struct stat st;
	int fd = own_file();

	if (fd < 0)
		abort();
	live += work(turns, &seed);
	if (fstat(fd, &st) || st.st_size)
		abort();
	return live;
}

static size_t forked(size_t turns)
{
	size_t live = work(turns, &seed);
	pid_t child = fork();

	if (!child) {
		say(work(turns, &seed));
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return live;
}

/* ---- two threads --------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block shared[KEPT];
static size_t turns_each, live_shared;

static void *exchange(void *arg)
{
	unsigned int state = (unsigned int)(uintptr_t)arg;

	for (size_t turn = 0; turn < turns_each; turn++) {
		struct block mine, other;

		fill(&mine, turn, &state);
		pthread_mutex_lock(&lock);
		other = shared[turn % KEPT];
		shared[turn % KEPT] = mine;
		pthread_mutex_unlock(&lock);
		free(other.at);
	}
	return NULL;
}

static size_t threads(size_t turns)
{
	pthread_t thread;

	turns_each = turns;
	/* what pthread_create() keeps is not counted here: it is recorded */
	if (pthread_create(&thread, NULL, exchange, (void *)1))
		abort();
	exchange((void *)2);
	pthread_join(thread, NULL);
	for (int n = 0; n < KEPT; n++)
		live_shared += shared[n].size;
	return live_shared;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	size_t turns = argc > 2 ? (size_t)atol(argv[2]) : 0;

	if (!strcmp(mode, "close")) {
		say(closed(turns));
	} else if (!strcmp(mode, "fork")) {
		say(forked(turns));
	} else if (!strcmp(mode, "threads")) {
		say(threads(turns));
	} else {
		say(work(turns, &seed));
	}
	if (!strcmp(mode, "kill"))
		raise(SIGKILL);
	if (!strcmp(mode, "twice")) {
		void *p = malloc(100000);

		free(p);
		free(p);
	}
	if (!strcmp(mode, "exec"))
		execl(argv[0], argv[0], "end", argv[2], (char *)NULL);
	return 0;
}
