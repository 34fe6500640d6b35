// SPDX-License-Identifier: MIT
/*
 * threads.c - 32 live threads that allocate, hand over and free: threads
 *
 * Each thread holds 1 MiB in blocks of 16 bytes to 64 KiB and all threads hold
 * theirs at once; then each checks and frees the blocks of its neighbour.
 * Prints the number of blocks and a sum of their bytes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 32, HELD = 1 << 20, MAX_BLOCKS = 1 << 12 };

struct held {
	unsigned char *p;
	size_t size;
};

static struct held held[THREADS][MAX_BLOCKS];
static pthread_barrier_t all_hold;
static long blocks, sum;

static void fill(size_t me)
{
	unsigned long x = 12345 + me, got = 0;

	for (size_t i = 0; i < MAX_BLOCKS && got < HELD; i++) {
		struct held *h = &held[me][i];

		x = x * 6364136223846793005UL + 1442695040888963407UL;
		h->size = 16 + (x >> 33) % (x >> 60 ? 2000 : 65000);
		h->p = malloc(h->size);
		if (!h->p) {
			fprintf(stderr, "thread %zu: no memory\n", me);
			exit(1);
		}
		memset(h->p, (int)(me + i), h->size);
		got += h->size;
	}
}

static void check_and_free(size_t other)
{
	long n = 0, bytes = 0;

	for (size_t i = 0; i < MAX_BLOCKS && held[other][i].p; i++) {
		struct held *h = &held[other][i];

		for (size_t k = 0; k < h->size; k++) {
			if (h->p[k] != (unsigned char)(other + i)) {
				fprintf(stderr, "block %zu changed\n", i);
				exit(1);
			}
			bytes += h->p[k];
		}
		free(h->p);
		n++;
	}
	__atomic_add_fetch(&blocks, n, __ATOMIC_RELAXED);
	__atomic_add_fetch(&sum, bytes, __ATOMIC_RELAXED);
}

static void *run(void *arg)
{
	size_t me = (size_t)arg;

	fill(me);
	pthread_barrier_wait(&all_hold);
	check_and_free((me + 1) % THREADS);
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];

	pthread_barrier_init(&all_hold, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&thread[i], NULL, run, (void *)i)) {
			fprintf(stderr, "no thread %zu\n", i);
			return 1;
		}
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%ld blocks, sum %ld\n", blocks, sum);
	return 0;
}
