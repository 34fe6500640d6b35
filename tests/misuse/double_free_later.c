// SPDX-License-Identifier: MIT
/*
 * misuse/double_free_later.c - an object freed twice, with another free between
 *
 * ARGV[1] is where the second free happens: "here", and both lie in one array
 * of objects when that is flushed, or in a "thread", and its array is flushed
 * when the slab is gone. Expect "double free of" and "is not allocated memory"
 * with block_checks=0, else the first for both.
 */
#include "misuse.h"

#include <pthread.h>

#define SIZE 7168 /* a class that nothing else here uses */

#define OTHERS 40 /* two slabs and more: the thread takes from a later one */

static void *object;
static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	free(malloc(SIZE));
	free(object);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return arg;
}

int main(int argc, char **argv)
{
	void *others[OTHERS];
	pthread_t t;

	REQUIRE(argc == 2, "usage: here|thread");
	kt_prove_library();
	others[0] = malloc(SIZE);
	object = malloc(SIZE);
	if (!strcmp(argv[1], "here")) {
		free(object);
		free(others[0]);
		free(object);
		malloc_trim(0);
		return MISSED;
	}
	for (int i = 1; i < OTHERS; i++)
		others[i] = malloc(SIZE);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, thread, NULL);
	pthread_barrier_wait(&barrier);
	free(object);
	for (int i = 0; i < OTHERS; i++)
		free(others[i]);
	malloc_trim(0);
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
	return MISSED;
}
