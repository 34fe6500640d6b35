// SPDX-License-Identifier: MIT
/*
 * prodcons.c - shape prodcons: one thread allocates, another frees
 *
 *	producer --ring--> consumer: holds the youngest 64 MiB, in a queue
 *
 * 1,500,000 blocks of 16 to 1,000 bytes in three parts; after each the two
 * meet, so that what is held at a mark does not depend on who was faster.
 */
#include "shape.h"
#include "../workloads/ring.h"

#include <malloc.h>
#include <sched.h>

#define PARTS 3
#define BLOCKS 500000
#define LIVE MIB(64)
#define PLACES ((size_t)1 << 18)

static struct ring ring;
static struct ref *queue;
static size_t head, tail, queued;
static pthread_barrier_t gate;

static void *produce(void *arg)
{
	struct rng rng = { 16 };

	(void)arg;
	for (int part = 0; part < PARTS; part++) {
		pthread_barrier_wait(&gate);
		for (size_t i = 0; i < at_scale(BLOCKS); i++) {
			struct ref ref = hold(&rng, rng_range(&rng, 16, 1000));

			while (!ring_put(&ring, ref))
				sched_yield();
		}
		pthread_barrier_wait(&gate);
	}
	return NULL;
}

static void drop_oldest(void)
{
	struct ref *ref = &queue[head++ % PLACES];

	queued -= ref->size;
	drop(ref);
}

static void consume_part(void)
{
	struct ref ref;

	pthread_barrier_wait(&gate);
	for (size_t i = 0; i < at_scale(BLOCKS); i++) {
		while (!ring_get(&ring, &ref))
			sched_yield();
		queue[tail++ % PLACES] = ref;
		queued += ref.size;
		while (queued > at_scale(LIVE))
			drop_oldest();
	}
	pthread_barrier_wait(&gate);
}

void shape_prodcons(void)
{
	static const char *const names[PARTS] = { "part 1", "part 2",
						  "part 3" };
	pthread_t producer;

	queue = new_table(PLACES);
	pthread_barrier_init(&gate, NULL, 2);
	run_threads(&producer, 1, produce);
	mark("start");
	for (int part = 0; part < PARTS; part++) {
		consume_part();
		mark(names[part]);
	}
	join_threads(&producer, 1);
	while (head < tail)
		drop_oldest();
	mark("drained");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}
