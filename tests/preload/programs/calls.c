// SPDX-License-Identifier: MIT
/*
 * calls.c - so many calls of each kind, from two threads
 *
 *	preload_calls N [exit]
 *
 * N times in each thread: six allocations, three reallocations, six frees. With
 * a second argument the program ends by _exit().
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static long rounds;

static void *work(void *arg)
{
	for (long i = 0; i < rounds; i++) {
		char *small = malloc(64), *zero = calloc(3, 30);
		char *moved = malloc(100), *large = malloc(100000);

		moved = realloc(moved, 90);
		moved = realloc(moved, 200);
		large = realloc(large, 200000);
		free(zero);
		free(moved);
		free(small);
		free(large);
		free(aligned_alloc(64, 256));
		free(malloc(5 << 20));
		free(NULL);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 2)
		return 2;
	rounds = atol(argv[1]);
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	work(NULL);
	pthread_join(thread, NULL);
	if (argc > 2)
		_exit(0);
	return 0;
}
