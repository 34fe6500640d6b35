// SPDX-License-Identifier: MIT
/*
 * batches.c - workload (h): threads that take many small blocks, then give back
 *
 * What a parser, a compiler's pass or a frame of a game does in each thread:
 * thousands of blocks are taken in a row and all of them are freed before the
 * next batch begins. A batch is larger than what a thread's array of free
 * blocks holds, so nearly all of them pass the second stage: what a malloc does
 * when its first list is empty or full.
 *
 *	batch		4,000 blocks of one size, 16 to 512 bytes, or of 16 to
 *			256 mixed; freed in the order of allocation, each
 *			fourth time in reverse, each eighth at random
 *	live set	at most 2 MiB a thread
 *
 * Usage	batches [scale [threads]]; 2 threads unless told otherwise
 */
#include <pthread.h>

#include "work.h"

#define MAX_THREADS 64
#define BATCH 4000
#define BATCHES 6000 /* of all threads together */

static const size_t sizes[] = { 16, 32, 0, 48, 64, 96, 0, 128, 256, 512 };

struct owner {
	struct ref blocks[BATCH];
	struct rng rng;
	uint64_t sum;
	size_t batches;
	pthread_t thread;
};

static struct owner owners[MAX_THREADS];

static void take(struct owner *o, size_t size)
{
	for (uint32_t i = 0; i < BATCH; i++)
		o->blocks[i] = ref_alloc(
			size ? size : rng_range(&o->rng, 16, 256), i);
}

static void shuffle(struct owner *o)
{
	for (uint32_t i = BATCH - 1; i > 0; i--) {
		uint32_t j = rng_below(&o->rng, i + 1);
		struct ref ref = o->blocks[i];

		o->blocks[i] = o->blocks[j];
		o->blocks[j] = ref;
	}
}

static void give_back(struct owner *o, size_t turn)
{
	if (turn % 8 == 7)
		shuffle(o);
	for (size_t i = 0; i < BATCH; i++)
		o->sum += ref_free(
			&o->blocks[turn % 4 == 2 ? BATCH - 1 - i : i]);
}

static void *owner_main(void *arg)
{
	struct owner *o = arg;

	for (size_t turn = 0; turn < o->batches; turn++) {
		take(o, sizes[turn % ARRAY_SIZE(sizes)]);
		give_back(o, turn);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int nr = threads_arg(argc, argv, 2, MAX_THREADS), i;
	uint64_t sum = 0;

	for (i = 0; i < nr; i++) {
		owners[i].rng.state = 5000 + i;
		owners[i].batches = scaled(argc, argv, BATCHES) / nr;
		if (pthread_create(&owners[i].thread, NULL, owner_main,
				   &owners[i]))
			die("no thread");
	}
	for (i = 0; i < nr; i++) {
		pthread_join(owners[i].thread, NULL);
		sum += owners[i].sum;
	}
	printf("batches %016lx\n", sum);
	return 0;
}
