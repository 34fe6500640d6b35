// SPDX-License-Identifier: MIT
/*
 * threads.c - shapes whose threads used malloc and then sleep
 *
 *	idle-many	64 threads, each 20 times through all classes from 16
 *			to 32,768 bytes, four a doubling, with 150 blocks (30
 *			above 1 KiB, 8 above 4 KiB), all freed
 *	idle-few	1,000 threads, each with 60 blocks of 20 to 2,380 bytes
 *			that are not written to, all freed: what is resident is
 *			what malloc keeps for a thread
 *
 * The mark "start" comes when all threads have started and none has called
 * malloc, so stacks and what the system has for a thread are not counted.
 *
 *	main	 create | start ........ | asleep, calls, trim | join
 *	threads		| malloc, free   | sleep               |
 */
#include "shape.h"

#include <malloc.h>

#define MANY 64
#define FEW 1000
#define TIMES 20
#define BLOCKS 150

static pthread_barrier_t gate;

static void pass_gate(void)
{
	pthread_barrier_wait(&gate);
}

/* The main thread's part, for any of these shapes. */
static void watch_threads(size_t n, void *(*body)(void *))
{
	static pthread_t threads[FEW];
	unsigned int count = (unsigned int)n;

	pthread_barrier_init(&gate, NULL, count + 1);
	run_threads(threads, count, body);
	pass_gate();
	mark("start");
	pass_gate();
	pass_gate();
	mark("asleep");
	calls_for(2);
	mark("2 s of calls");
	malloc_trim(0);
	mark("trim");
	pass_gate();
	join_threads(threads, count);
}

/* Started; at work between the second and the third; asleep until the last. */
static void work_and_sleep(void (*work)(struct ref *, struct rng *), void *arg)
{
	struct rng rng = { 100 + (uintptr_t)arg };
	struct ref refs[BLOCKS] = { 0 };

	pass_gate();
	pass_gate();
	work(refs, &rng);
	pass_gate();
	pass_gate();
}

static size_t blocks_of(size_t size)
{
	return size > 4096 ? 8 : size > 1024 ? 30 : BLOCKS;
}

static void use_class(struct ref *refs, struct rng *rng, size_t size)
{
	size_t n = blocks_of(size);

	for (size_t i = 0; i < n; i++)
		refs[i] = hold(rng, size);
	drop_all(refs, n);
}

static void use_many(struct ref *refs, struct rng *rng)
{
	for (int i = 0; i < TIMES; i++)
		for (size_t size = 16; size <= 32768; size *= 2)
			for (size_t k = 4; k < (size < 32768 ? 8 : 5); k++)
				use_class(refs, rng, size * k / 4);
}

static void use_few(struct ref *refs, struct rng *rng)
{
	(void)rng;
	for (size_t i = 0; i < 60; i++)
		refs[i].p = must(malloc(20 + 40 * i), 20 + 40 * i);
	for (size_t i = 0; i < 60; i++)
		free(refs[i].p);
}

static void *many_body(void *arg)
{
	work_and_sleep(use_many, arg);
	return NULL;
}

static void *few_body(void *arg)
{
	work_and_sleep(use_few, arg);
	return NULL;
}

void shape_idle_many(void)
{
	watch_threads(at_scale(MANY), many_body);
	mark("ended");
}

void shape_idle_few(void)
{
	watch_threads(at_scale(FEW), few_body);
}
