// SPDX-License-Identifier: MIT
/*
 * misuse/two_arrays.c - one object in the arrays of two threads
 *
 * One thread frees an object and enough others to hand its array over, where
 * any thread may take it. Then another thread frees the object again. ARGV[1]
 * says what that thread does next: "more", it frees others until its own array
 * is handed over too; "end", it ends. ARGV[2] is the size. Expect "double free
 * of" at the latest there.
 */
#include "misuse.h"

#include <pthread.h>

#define NR 400

static char *object, *mine[NR], *its[NR];
static pthread_barrier_t barrier;
static size_t size;

static void take(char **blocks)
{
	for (int i = 0; i < NR; i++)
		blocks[i] = malloc(size);
}

static void free_most(char **blocks)
{
	for (int i = 0; i < NR; i++)
		free(blocks[i]);
}

static void *second(void *more)
{
	take(its);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	free(its[0]);
	free(object);
	its[0] = NULL;
	if (more)
		free_most(its);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	REQUIRE(argc == 3, "usage: more|end SIZE");
	kt_prove_library();
	size = strtoul(argv[2], NULL, 0);
	object = malloc(size);
	take(mine);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, second,
		       strcmp(argv[1], "more") ? NULL : argv[1]);
	pthread_barrier_wait(&barrier);
	free(object);
	free_most(mine);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return MISSED;
}
