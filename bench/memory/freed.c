// SPDX-License-Identifier: MIT
/*
 * freed.c - shapes that free all that they held, and what they do then
 *
 *	freed-idle	sleeps for three seconds, then calls a hundred times
 *	freed-epoll	waits for events that do not come, three seconds
 *	freed-hits	three sizes, malloc and free in turn: caches serve all
 *	trickle		a request of three small blocks every 20 ms
 *	cycles		builds and drops ten times, then as freed-idle
 *
 * 1,100,000 blocks of 16 to 495 bytes, 268 MiB; trickle has 600,000 of 500.
 */
#include "shape.h"

#include <malloc.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BLOCKS 1100000
#define SMALLEST 16
#define LARGEST 495
#define BURST 600000
#define BURST_SIZE 500
#define CYCLES 10

static void build(struct ref *refs, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(rng, rng_range(rng, SMALLEST, LARGEST));
}

/* All built, then all freed. */
static void build_and_free(struct rng *rng)
{
	size_t n = at_scale(BLOCKS);
	struct ref *refs = new_table(n);

	mark("start");
	build(refs, n, rng);
	mark("full");
	drop_all(refs, n);
	mark("freed");
}

/* The end of all of these shapes: a second, a few calls, a trim. */
static void settle(void)
{
	pause_for(1.1);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}

void shape_freed_idle(void)
{
	struct rng rng = { 1 };

	build_and_free(&rng);
	pause_for(1.2);
	mark("1 s idle");
	pause_for(1.8);
	mark("3 s idle");
	settle();
}

void shape_freed_epoll(void)
{
	struct rng rng = { 2 };
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	double end;

	if (fd < 0)
		die("no epoll");
	build_and_free(&rng);
	end = until(3);
	while (!is_over(end)) {
		epoll_wait(fd, &event, 1, 0);
		pause_for(0.05);
	}
	mark("3 s epoll");
	close(fd);
	settle();
}

void shape_freed_hits(void)
{
	static const size_t sizes[] = { 64, 200, 1000 };
	struct rng rng = { 3 };
	double end;

	build_and_free(&rng);
	end = until(3);
	while (!is_over(end))
		for (size_t i = 0; i < 3000; i++)
			free(must(malloc(sizes[i % 3]), sizes[i % 3]));
	mark("3 s hits");
	settle();
}

static void serve_request(void)
{
	static const size_t sizes[] = { 120, 700, 2000 };
	void *part[3];

	for (size_t i = 0; i < 3; i++)
		part[i] = must(malloc(sizes[i]), sizes[i]);
	for (size_t i = 0; i < 3; i++)
		free(part[i]);
}

static void serve_for(double seconds)
{
	double end = until(seconds);

	while (!is_over(end)) {
		serve_request();
		pause_for(0.02);
	}
}

void shape_trickle(void)
{
	size_t n = at_scale(BURST);
	struct ref *refs = new_table(n);
	struct rng rng = { 4 };

	mark("start");
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(&rng, BURST_SIZE);
	mark("full");
	drop_all(refs, n);
	mark("freed");
	serve_for(1.2);
	mark("1 s of requests");
	serve_for(1.8);
	mark("3 s of requests");
	settle();
}

void shape_cycles(void)
{
	size_t n = at_scale(BLOCKS);
	struct ref *refs = new_table(n);
	struct rng rng = { 5 };

	mark("start");
	for (int i = 0; i < CYCLES; i++) {
		build(refs, n, &rng);
		if (i == CYCLES - 1)
			mark("full");
		drop_all(refs, n);
	}
	mark("dropped");
	pause_for(1.2);
	mark("1 s idle");
	settle();
}
