// SPDX-License-Identifier: MIT
/*
 * server.c - shape server: sixty seconds of sessions and requests
 *
 * Four workers serve for 60 ticks of a second. A session is a state of 200 to
 * 2,000 bytes, up to six strings of 16 to 200, and for one of ten a buffer of
 * 4 to 64 KiB. At each tick a tenth of a worker's sessions end, new ones come
 * until there are as many as the hour has, and requests are served: ten blocks
 * of 16 to 4,096 bytes each, freed in reverse order.
 *
 *	seconds		 1-20	 21-30	 31-60
 *	sessions	 2,000	 8,000	   500	of each worker
 *	requests	 1,000	 4,000	   250	a second
 *
 * What is done at a tick is fixed, and the workers meet after each, so what is
 * held at a mark does not depend on the machine.
 */
#include "shape.h"

#include <malloc.h>

#define WORKERS 4
#define TICKS 60
#define PARTS 8
#define MOST 8000
#define REQUEST 10

struct session {
	struct ref part[PARTS];
};

struct worker {
	struct rng rng;
	struct session *sessions; /* in a table; the first n are in use */
	size_t n;
};

static struct worker workers[WORKERS];
static pthread_barrier_t gate;

static size_t sessions_at(int tick)
{
	return at_scale(tick < 20 ? 2000 : tick < 30 ? MOST : 500);
}

static void open_session(struct worker *w)
{
	struct session *s = &w->sessions[w->n++];
	size_t strings = rng_below(&w->rng, 7);

	memset(s, 0, sizeof(*s));
	s->part[0] = hold(&w->rng, rng_range(&w->rng, 200, 2000));
	for (size_t i = 1; i <= strings; i++)
		s->part[i] = hold(&w->rng, rng_range(&w->rng, 16, 200));
	if (rng_below(&w->rng, 10) == 0)
		s->part[PARTS - 1] = hold(&w->rng,
					  rng_range(&w->rng, KIB(4), KIB(64)));
}

/* The last one takes its place. */
static void close_session(struct worker *w, size_t i)
{
	drop_all(w->sessions[i].part, PARTS);
	w->sessions[i] = w->sessions[--w->n];
}

static void serve_request(struct worker *w)
{
	struct ref refs[REQUEST];
	size_t i;

	for (i = 0; i < REQUEST; i++)
		refs[i] = hold(&w->rng, rng_range(&w->rng, 16, 4096));
	while (i--)
		drop(&refs[i]);
}

static void serve_tick(struct worker *w, size_t sessions)
{
	for (size_t i = w->n / 10; i; i--)
		close_session(w, rng_below(&w->rng, (uint32_t)w->n));
	while (w->n > sessions)
		close_session(w, rng_below(&w->rng, (uint32_t)w->n));
	while (w->n < sessions)
		open_session(w);
	for (size_t i = 0; i < sessions / 2; i++)
		serve_request(w);
}

static void *serve(void *arg)
{
	struct worker *w = &workers[(uintptr_t)arg];

	for (int tick = 0; tick < TICKS; tick++) {
		pthread_barrier_wait(&gate);
		serve_tick(w, sessions_at(tick));
		pthread_barrier_wait(&gate);
	}
	pthread_barrier_wait(&gate);
	while (w->n)
		close_session(w, w->n - 1);
	return NULL;
}

static void make_workers(void)
{
	size_t refs = at_scale(MOST) * sizeof(struct session) /
		      sizeof(struct ref);

	for (size_t i = 0; i < WORKERS; i++) {
		workers[i].rng.state = 300 + i;
		workers[i].sessions = (struct session *)new_table(refs);
	}
}

void shape_server(void)
{
	pthread_t threads[WORKERS];

	make_workers();
	pthread_barrier_init(&gate, NULL, WORKERS + 1);
	run_threads(threads, WORKERS, serve);
	mark("start");
	for (int tick = 1; tick <= TICKS; tick++) {
		pthread_barrier_wait(&gate);
		pthread_barrier_wait(&gate);
		if (tick == 20)
			mark("20 s");
		else if (tick == 30)
			mark("30 s");
		else if (tick == 40)
			mark("40 s");
		else if (tick == TICKS)
			mark("60 s");
		pause_for(1);
	}
	pthread_barrier_wait(&gate);
	join_threads(threads, WORKERS);
	pause_for(1.2);
	few_calls();
	mark("ended, calls");
}
