// SPDX-License-Identifier: MIT
/*
 * prodcons.c - workload (b): pairs of a producer and a consumer
 *
 * The producer allocates, the consumer frees: blocks flow one way and never
 * come back by themselves, which is where thread caches either pass memory
 * back in batches or grow. A message is a head and a body; messages travel in
 * batches of 128 that are blocks themselves. For each batch the consumer sends
 * back one of 16 small acknowledgements, so some blocks flow the other way.
 *
 *	sizes of	heads	48
 *			bodies	70% 16-128, 20% 128-512, 9% 512-2048,
 *				1% 2-16 KiB
 *			acks	32
 *			batches	about 4 KiB and 256 bytes
 *	live set	at most 64 batches a pair, about 3 MiB
 *
 * Threads that wait sleep, and are woken when a queue is half full or half
 * empty: with spinning and single messages the run took whatever the scheduler
 * and two cache lines made of it, three times more in one run than the next.
 *
 * Locking	queue->lock for the queue's fields; sums belong to their thread.
 * Usage	prodcons [scale [pairs]]; 2 pairs unless told otherwise
 */
#include <pthread.h>

#include "work.h"

#define MAX_PAIRS 16
#define BATCHES 200000 /* all pairs together */
#define MESSAGES 128 /* in a batch */
#define ACKS 16 /* in a batch */
#define HEAD_SIZE 48
#define ACK_SIZE 32
#define QUEUE_SLOTS 128
#define IN_FLIGHT 64 /* batches there: acks back always find room */

struct batch {
	unsigned int n;
	struct ref ref[];
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t not_full, not_empty;
	unsigned int head, tail, limit;
	int closed;
	struct batch *slot[QUEUE_SLOTS];
};

struct pair {
	struct queue there, back;
	size_t batches;
	uint64_t producer_sum, consumer_sum;
	uint32_t seed;
	pthread_t producer, consumer;
};

static const struct size_band body_sizes[] = {
	{ 700, 16, 128 },
	{ 900, 128, 512 },
	{ 990, 512, 2048 },
	{ 1000, 2048, KIB(16) },
};

static struct pair pairs[MAX_PAIRS];

static void queue_init(struct queue *q, unsigned int limit)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->not_full, NULL);
	pthread_cond_init(&q->not_empty, NULL);
	q->limit = limit;
}

static void queue_put(struct queue *q, struct batch *batch)
{
	pthread_mutex_lock(&q->lock);
	while (q->tail - q->head == q->limit)
		pthread_cond_wait(&q->not_full, &q->lock);
	q->slot[q->tail++ % QUEUE_SLOTS] = batch;
	if (q->tail - q->head == q->limit / 2)
		pthread_cond_signal(&q->not_empty);
	pthread_mutex_unlock(&q->lock);
}

static void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = 1;
	pthread_cond_signal(&q->not_empty);
	pthread_mutex_unlock(&q->lock);
}

static struct batch *take_locked(struct queue *q)
{
	struct batch *batch;

	if (q->tail == q->head)
		return NULL;
	batch = q->slot[q->head++ % QUEUE_SLOTS];
	if (q->tail - q->head == q->limit / 2)
		pthread_cond_signal(&q->not_full);
	return batch;
}

/* NULL if the queue is empty now. */
static struct batch *queue_try(struct queue *q)
{
	struct batch *batch;

	pthread_mutex_lock(&q->lock);
	batch = take_locked(q);
	pthread_mutex_unlock(&q->lock);
	return batch;
}

/* Waits; NULL if the queue is empty and closed. */
static struct batch *queue_get(struct queue *q)
{
	struct batch *batch;

	pthread_mutex_lock(&q->lock);
	while (q->tail == q->head && !q->closed)
		pthread_cond_wait(&q->not_empty, &q->lock);
	batch = take_locked(q);
	pthread_mutex_unlock(&q->lock);
	return batch;
}

static struct batch *batch_new(unsigned int refs)
{
	size_t size = sizeof(struct batch) + refs * sizeof(struct ref);
	struct batch *batch = must(malloc(size), size);

	batch->n = 0;
	return batch;
}

static uint64_t batch_free(struct batch *batch)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < batch->n; i++)
		sum += ref_free(&batch->ref[i]);
	free(batch);
	return sum;
}

static void *producer_main(void *arg)
{
	struct pair *pair = arg;
	struct rng rng = { pair->seed };
	struct batch *batch;
	size_t i;
	int j;

	for (i = 0; i < pair->batches; i++) {
		batch = batch_new(MESSAGES * 2);
		for (j = 0; j < MESSAGES; j++) {
			uint32_t tag = (uint32_t)rng_next(&rng);
			size_t size = pick_size(&rng, body_sizes);

			batch->ref[batch->n++] = ref_alloc(HEAD_SIZE, tag);
			batch->ref[batch->n++] = ref_alloc(size, ~tag);
		}
		queue_put(&pair->there, batch);
		while ((batch = queue_try(&pair->back)))
			pair->producer_sum += batch_free(batch);
	}
	queue_close(&pair->there);
	while ((batch = queue_get(&pair->back)))
		pair->producer_sum += batch_free(batch);
	return NULL;
}

static void *consumer_main(void *arg)
{
	struct pair *pair = arg;
	struct batch *batch, *acks;
	int i;

	while ((batch = queue_get(&pair->there))) {
		acks = batch_new(ACKS);
		for (i = 0; i < ACKS; i++)
			acks->ref[acks->n++] = ref_alloc(ACK_SIZE, (uint32_t)i);
		pair->consumer_sum += batch_free(batch);
		queue_put(&pair->back, acks);
	}
	queue_close(&pair->back);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int n = threads_arg(argc, argv, 2, MAX_PAIRS), i;
	uint64_t sum = 0;

	for (i = 0; i < n; i++) {
		struct pair *pair = &pairs[i];

		queue_init(&pair->there, IN_FLIGHT);
		queue_init(&pair->back, QUEUE_SLOTS);
		pair->seed = 77 + i;
		pair->batches = scaled(argc, argv, BATCHES) / n;
		if (pthread_create(&pair->producer, NULL, producer_main,
				   pair) ||
		    pthread_create(&pair->consumer, NULL, consumer_main, pair))
			die("no thread");
	}
	for (i = 0; i < n; i++) {
		pthread_join(pairs[i].producer, NULL);
		pthread_join(pairs[i].consumer, NULL);
		sum += pairs[i].producer_sum + pairs[i].consumer_sum;
	}
	printf("prodcons %016lx\n", sum);
	return 0;
}
