// SPDX-License-Identifier: MIT
/*
 * misuse/double_free_later.c - an object freed twice, with another free between
 *
 * ARGV[1] is where the second free happens: "here", and both lie in one array
 * of objects when that is flushed, or in a "thread", and its array is flushed
 * when the slab is gone. Expect "double free of" and "is not allocated memory".
 */
#include "misuse.h"

#include <pthread.h>

#define SIZE 7168 /* a class that nothing else here uses */

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
	void *other = malloc(SIZE);
	pthread_t t;

	REQUIRE(argc == 2, "usage: here|thread");
	kt_prove_library();
	object = malloc(SIZE);
	if (!strcmp(argv[1], "here")) {
		free(object);
		free(other);
		free(object);
		malloc_trim(0);
		return MISSED;
	}
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, thread, NULL);
	pthread_barrier_wait(&barrier);
	free(object);
	free(other);
	malloc_trim(0);
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
	return MISSED;
}
