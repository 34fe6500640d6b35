// SPDX-License-Identifier: MIT
/*
 * server.c - workload (a): a server whose threads hand blocks to each other
 *
 * Each worker keeps a table of sessions. A request parses into a few short
 * strings and a body, all freed when it is done; it replaces a buffer of its
 * session; now and then the session closes and another opens. The answer is a
 * block that another worker checks and frees. Workers live for a generation
 * and leave their sessions to the next one, as in servers that retire threads.
 *
 *	sizes of	strings		16-96
 *			bodies		80% 128-1024, 18% 1-4 KiB, 2% 4-64 KiB
 *			session buffers	70% 32-256, 25% 256-1024, 5% 1-8 KiB
 *			answers		60% 64-256, 35% 256-2048, 5% 2-16 KiB
 *	live set	2000 sessions of 1 + 4 blocks a worker
 *
 * Usage	server [scale [threads]]; 4 threads unless told otherwise
 */
#include <pthread.h>
#include <sched.h>

#include "ring.h"

#define MAX_WORKERS 16
#define NR_SESSIONS 2000
#define NR_BUFS 4
#define GENERATIONS 8
#define REQUESTS 1600000 /* all workers and generations together */

struct session {
	struct ref buf[NR_BUFS];
	uint64_t id;
};

struct worker {
	struct session *sessions[NR_SESSIONS];
	struct rng rng;
	uint64_t sum;
	size_t requests; /* in one generation */
	unsigned int me;
	pthread_t thread;
};

static const struct size_band body_sizes[] = {
	{ 800, 128, 1024 },
	{ 980, 1024, 4096 },
	{ 1000, 4096, KIB(64) },
};
static const struct size_band buffer_sizes[] = {
	{ 700, 32, 256 },
	{ 950, 256, 1024 },
	{ 1000, 1024, 8192 },
};
static const struct size_band answer_sizes[] = {
	{ 600, 64, 256 },
	{ 950, 256, 2048 },
	{ 1000, 2048, KIB(16) },
};

static struct worker workers[MAX_WORKERS];
static struct ring rings[MAX_WORKERS][MAX_WORKERS]; /* [from][to] */
static unsigned int nr_workers;
static atomic_uint nr_done;

static struct session *session_open(struct worker *w)
{
	struct session *s = must(malloc(sizeof(*s)), sizeof(*s));
	int i;

	s->id = rng_next(&w->rng);
	for (i = 0; i < NR_BUFS; i++)
		s->buf[i] = ref_alloc(pick_size(&w->rng, buffer_sizes),
				      (uint32_t)s->id + (uint32_t)i);
	return s;
}

static void session_close(struct worker *w, struct session *s)
{
	int i;

	for (i = 0; i < NR_BUFS; i++)
		w->sum += ref_free(&s->buf[i]);
	w->sum += s->id;
	free(s);
}

static void drain_inbox(struct worker *w)
{
	struct ref ref;
	unsigned int from;

	for (from = 0; from < nr_workers; from++)
		while (ring_get(&rings[from][w->me], &ref))
			w->sum += ref_free(&ref);
}

static void send_answer(struct worker *w, struct ref ref)
{
	unsigned int to = rng_below(&w->rng, nr_workers);

	while (!ring_put(&rings[w->me][to], ref)) {
		drain_inbox(w);
		sched_yield();
	}
}

static void serve_request(struct worker *w)
{
	struct session **slot = &w->sessions[rng_below(&w->rng, NR_SESSIONS)];
	uint32_t tag = (uint32_t)rng_next(&w->rng);
	uint32_t n = 2 + tag % 5, i;
	struct ref strings[6], body, *buf;

	for (i = 0; i < n; i++)
		strings[i] = ref_alloc(rng_range(&w->rng, 16, 96), tag + i);
	body = ref_alloc(pick_size(&w->rng, body_sizes), tag);

	buf = &(*slot)->buf[tag % NR_BUFS];
	w->sum += ref_free(buf);
	*buf = ref_alloc(pick_size(&w->rng, buffer_sizes), tag);
	if (tag % 16 == 0) {
		session_close(w, *slot);
		*slot = session_open(w);
	}

	send_answer(w, ref_alloc(pick_size(&w->rng, answer_sizes), tag));
	w->sum += ref_free(&body);
	while (n--)
		w->sum += ref_free(&strings[n]);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	size_t i;

	for (i = 0; i < w->requests; i++) {
		serve_request(w);
		if (i % 8 == 0)
			drain_inbox(w);
	}
	atomic_fetch_add(&nr_done, 1);
	while (atomic_load(&nr_done) < nr_workers) {
		drain_inbox(w);
		sched_yield();
	}
	drain_inbox(w);
	return NULL;
}

static void run_generation(void)
{
	unsigned int i;

	atomic_store(&nr_done, 0);
	for (i = 0; i < nr_workers; i++)
		if (pthread_create(&workers[i].thread, NULL, worker_main,
				   &workers[i]))
			die("no thread");
	for (i = 0; i < nr_workers; i++)
		pthread_join(workers[i].thread, NULL);
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;
	unsigned int i, j;

	nr_workers = threads_arg(argc, argv, 4, MAX_WORKERS);
	for (i = 0; i < nr_workers; i++) {
		struct worker *w = &workers[i];

		w->me = i;
		w->rng.state = 1000 + i;
		w->requests = scaled(argc, argv, REQUESTS) / GENERATIONS /
			      nr_workers;
		for (j = 0; j < NR_SESSIONS; j++)
			w->sessions[j] = session_open(w);
	}
	for (i = 0; i < GENERATIONS; i++)
		run_generation();
	for (i = 0; i < nr_workers; i++) {
		for (j = 0; j < NR_SESSIONS; j++)
			session_close(&workers[i], workers[i].sessions[j]);
		sum += workers[i].sum;
	}
	printf("server %016lx\n", sum);
	return 0;
}
