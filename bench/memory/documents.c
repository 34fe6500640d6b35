// SPDX-License-Identifier: MIT
/*
 * documents.c - shape documents: a pool of threads that parse
 *
 * Eight threads parse documents: a text that grows by realloc as it is read,
 * then a tree of nodes (24 to 120 bytes) with names (8 to 200), of which one
 * of 50 is kept as a result when the document goes. A thread keeps the results
 * of its last four documents.
 *
 *	large	12 documents a thread, of 1,000 to 20,000 nodes
 *	small	400 a thread, of 50 to 500
 *
 * All threads meet after each kind, once with the last document whole and once
 * with the results alone.
 */
#include "shape.h"

#include <malloc.h>

#define THREADS 8
#define KEPT 4
#define MOST_NODES 20000
#define TEXT_OF_NODE 60

struct results {
	struct ref refs[2 * MOST_NODES / 25];
	size_t n;
};

struct parser {
	struct rng rng;
	struct ref *nodes; /* of the document, and names; a table */
	size_t n;
	struct ref text;
	struct results kept[KEPT];
};

static struct parser *parsers;
static pthread_barrier_t gate;

static void read_text(struct parser *p, size_t nodes)
{
	size_t size = nodes * TEXT_OF_NODE;

	p->text = hold(&p->rng, 4096);
	while (p->text.size < size)
		resize(&p->text, &p->rng, p->text.size * 2);
}

static void parse_text(struct parser *p, size_t nodes)
{
	for (p->n = 0; p->n < 2 * nodes; p->n += 2) {
		p->nodes[p->n] = hold(&p->rng, rng_range(&p->rng, 24, 120));
		p->nodes[p->n + 1] = hold(&p->rng, rng_range(&p->rng, 8, 200));
	}
}

static void end_document(struct parser *p, struct results *results)
{
	drop_all(results->refs, results->n);
	results->n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (i % 50 == 0)
			results->refs[results->n++] = p->nodes[i];
		else
			drop(&p->nodes[i]);
	}
	drop(&p->text);
}

static void parse_kind(struct parser *p, size_t documents, size_t lo, size_t hi)
{
	pthread_barrier_wait(&gate);
	for (size_t i = 0; i < documents; i++) {
		size_t nodes = rng_range(&p->rng, lo, hi);

		read_text(p, nodes);
		parse_text(p, nodes);
		if (i + 1 < documents)
			end_document(p, &p->kept[i % KEPT]);
	}
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	end_document(p, &p->kept[0]);
	pthread_barrier_wait(&gate);
}

static void *parse_documents(void *arg)
{
	struct parser *p = &parsers[(uintptr_t)arg];

	parse_kind(p, at_scale(12), 1000, MOST_NODES);
	parse_kind(p, at_scale(400), 50, 500);
	pthread_barrier_wait(&gate);
	for (size_t i = 0; i < KEPT; i++)
		drop_all(p->kept[i].refs, p->kept[i].n);
	return NULL;
}

static void watch_kind(const char *whole, const char *results)
{
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	mark(whole);
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	mark(results);
}

/* Parsers lie in a table, so that they cost malloc nothing. */
static void make_parsers(void)
{
	parsers = (struct parser *)new_table(
		THREADS * sizeof(struct parser) / sizeof(struct ref) + 1);
	for (size_t i = 0; i < THREADS; i++) {
		parsers[i].rng.state = 200 + i;
		parsers[i].nodes = new_table((size_t)2 * MOST_NODES);
	}
}

void shape_documents(void)
{
	pthread_t threads[THREADS];

	make_parsers();
	pthread_barrier_init(&gate, NULL, THREADS + 1);
	run_threads(threads, THREADS, parse_documents);
	mark("start");
	watch_kind("large", "results of large");
	watch_kind("small", "results of small");
	pthread_barrier_wait(&gate);
	join_threads(threads, THREADS);
	mark("ended");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}
