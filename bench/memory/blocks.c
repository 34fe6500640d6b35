// SPDX-License-Identifier: MIT
/*
 * blocks.c - blocks that are counted, calls that hold nothing, threads
 */
#include "shape.h"

#define STACK KIB(64)
#define STACK_WRITTEN KIB(24)

/* Threads race for the peak; what a race loses is a block or two. */
static void count_in(size_t size)
{
	size_t live = atomic_fetch_add(&board->live, size) + size;

	if (live > atomic_load(&board->most))
		atomic_store(&board->most, live);
}

static void count_out(size_t size)
{
	atomic_fetch_sub(&board->live, size);
}

struct ref hold(struct rng *rng, size_t size)
{
	struct ref ref = ref_alloc(size, (uint32_t)rng_next(rng));

	count_in(size);
	return ref;
}

void drop(struct ref *ref)
{
	if (!ref->p)
		return;
	count_out(ref->size);
	ref_free(ref);
}

void drop_all(struct ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		drop(&refs[i]);
}

void resize(struct ref *ref, struct rng *rng, size_t size)
{
	ref_check(ref);
	ref->p = must(realloc(ref->p, size), size);
	count_in(size);
	count_out(ref->size);
	ref->size = (uint32_t)size;
	ref->tag = (uint32_t)rng_next(rng);
	ref_fill(ref);
}

void few_calls(void)
{
	for (size_t i = 1; i <= 100; i++)
		free(must(malloc(i * 50), i * 50));
}

void calls_for(double seconds)
{
	double end = until(seconds);

	while (!is_over(end)) {
		few_calls();
		pause_for(0.02);
	}
}

/*
 * Called first by each thread, so that a page of its stack that malloc is the
 * first to reach is not counted as memory of malloc.
 */
static __attribute__((noinline)) void write_stack(void)
{
	volatile char room[STACK_WRITTEN];

	for (size_t i = 0; i < sizeof(room); i += 1024)
		room[i] = 1;
}

static void *(*thread_body)(void *);

static void *start_body(void *arg)
{
	write_stack();
	return thread_body(arg);
}

void run_threads(pthread_t *threads, unsigned int n, void *(*body)(void *))
{
	pthread_attr_t attr;

	thread_body = body;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (unsigned int i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attr, start_body,
				   (void *)(uintptr_t)i))
			die("no thread");
	pthread_attr_destroy(&attr);
}

void join_threads(pthread_t *threads, unsigned int n)
{
	while (n--)
		pthread_join(threads[n], NULL);
}
