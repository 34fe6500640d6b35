// SPDX-License-Identifier: MIT
/*
 * smallsets.c - workload (i): threads that each hold a small set of blocks
 *
 * Connection handlers, workers of a pool, plug-ins: a thread has some hundred
 * blocks, and replaces one of them at random again and again. What the malloc
 * keeps for each thread weighs more here than what the program holds.
 *
 *	sizes		85% 16-128, 14% 128-1024, 1% 1-8 KiB
 *	live set	400 blocks a thread, about 80 KiB; a set moves on to a
 *			new thread eight times
 *
 * Usage	smallsets [scale [threads]]; 8 threads unless told otherwise
 */
#include <pthread.h>

#include "work.h"

#define MAX_THREADS 1000
#define BLOCKS 400
#define GENERATIONS 8
#define REPLACED 24000000 /* blocks, all threads and generations together */

static const struct size_band set_sizes[] = {
	{ 850, 16, 128 },
	{ 990, 128, 1024 },
	{ 1000, 1024, KIB(8) },
};

struct set {
	struct ref blocks[BLOCKS];
	struct rng rng;
	uint64_t sum;
	size_t turns; /* in one generation */
	pthread_t thread;
};

static struct set sets[MAX_THREADS];

static void *set_main(void *arg)
{
	struct set *s = arg;

	for (size_t i = 0; i < s->turns; i++) {
		struct ref *ref = &s->blocks[rng_below(&s->rng, BLOCKS)];

		if (ref->p)
			s->sum += ref_free(ref);
		*ref = ref_alloc(pick_size(&s->rng, set_sizes), (uint32_t)i);
	}
	return NULL;
}

static void run_generation(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (pthread_create(&sets[i].thread, NULL, set_main, &sets[i]))
			die("no thread");
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(sets[i].thread, NULL);
}

int main(int argc, char **argv)
{
	unsigned int nr = threads_arg(argc, argv, 8, MAX_THREADS), i;
	uint64_t sum = 0;

	for (i = 0; i < nr; i++) {
		sets[i].rng.state = 7000 + i;
		sets[i].turns = scaled(argc, argv, REPLACED) / GENERATIONS / nr;
	}
	for (i = 0; i < GENERATIONS; i++)
		run_generation(nr);
	for (i = 0; i < nr; i++) {
		for (size_t j = 0; j < BLOCKS; j++)
			if (sets[i].blocks[j].p)
				sum += ref_free(&sets[i].blocks[j]);
		sum += sets[i].sum;
	}
	printf("smallsets %016lx\n", sum);
	return 0;
}
