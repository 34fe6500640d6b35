// SPDX-License-Identifier: MIT
/*
 * torture/handlers.c - a signal handler that allocates, at any moment
 *
 * With percpu=rseq it may interrupt any path of malloc: the section of a hit is
 * restarted, and a slow path is not entered twice. So the program is run in
 * that mode. A second thread sends the signals, each when the one before is
 * handled.
 *
 *	path	what the first thread does meanwhile
 *	hit	malloc and free of one size
 *	sheaf	bursts: sheaves are refilled and flushed
 *	run	blocks of pages
 *	area	blocks above 4 MiB
 *	tick	malloc_trim(), and pauses so that ticks are due
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "support/program.h"

#define SIGNALS 2000 /* for each path; twenty times that when soaking */
#define BURST 400
#define KEPT 64

static atomic_ulong handled;
static unsigned long sent;
static pthread_t first;

/* Each word of a block says whose it is. */
struct block {
	uint64_t *words;
	size_t nr;
	uint64_t mark;
};

static void take(struct block *b, size_t size, uint64_t mark)
{
	b->nr = size / sizeof(uint64_t);
	b->mark = mark;
	b->words = malloc(size);
	REQUIRE(b->words, "%zu bytes", size);
	b->words[0] = mark;
	b->words[b->nr - 1] = mark;
}

static void give(struct block *b)
{
	if (!b->words)
		return;
	CHECK(b->words[0] == b->mark && b->words[b->nr - 1] == b->mark,
	      "a block of %zu words was another's too", b->nr);
	b->words[0] = 0;
	b->words[b->nr - 1] = 0;
	free(b->words);
	b->words = NULL;
}

/* Of the handler alone, which does not interrupt itself. */
static struct block of_handler[KEPT];

static void on_signal(int sig)
{
	static uint64_t rng = 4711;
	uint64_t r = test_rand(&rng);
	struct block *b = &of_handler[r % KEPT];
	int saved = errno;

	(void)sig;
	give(b);
	take(b, r % 50 ? 16 + (r >> 8) % 2000 : 100 * KIB, ~r);
	errno = saved;
	atomic_fetch_add(&handled, 1);
}

static void *send_all(void *arg)
{
	unsigned long nr = (unsigned long)(uintptr_t)arg;
	uint64_t rng = nr;

	for (; nr; nr--, sent++) {
		unsigned int spins = (unsigned int)(test_rand(&rng) % 2000);

		for (volatile unsigned int i = 0; i < spins; i++)
			;
		REQUIRE(!pthread_kill(first, SIGUSR1), "kill");
		while (atomic_load(&handled) == sent)
			sched_yield();
	}
	return NULL;
}

static void hit(uint64_t r)
{
	struct block b;

	take(&b, 64 + r % 64, r);
	give(&b);
}

static void sheaf(uint64_t r)
{
	static struct block b[BURST];
	size_t size = 16 + r % 600;

	for (int i = 0; i < BURST; i++)
		take(&b[i], size, r + (uint64_t)i);
	for (int i = 0; i < BURST; i++)
		give(&b[i]);
}

static void run(uint64_t r)
{
	struct block b;

	take(&b, 40 * KIB + r % (400 * KIB), r);
	b.words = realloc(b.words, 500 * KIB);
	b.words[b.nr - 1] = b.mark;
	give(&b);
}

static void area(uint64_t r)
{
	struct block b;

	take(&b, 5 * MIB + r % (2 * MIB), r);
	give(&b);
}

static void tick(uint64_t r)
{
	sheaf(r);
	malloc_trim(0);
	if (r % 16 == 0)
		usleep(3000);
	hit(r);
}

/* Signals while the first thread is on one path. Expect that no block is given
 * out twice, and that every signal was handled. */
static void on_path(void (*path)(uint64_t r))
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = SA_RESTART };
	unsigned long nr = (unsigned long)kt_seconds(SIGNALS);
	unsigned long until = sent + nr;
	uint64_t rng = until;
	pthread_t sender;

	sigaction(SIGUSR1, &sa, NULL);
	first = pthread_self();
	pthread_create(&sender, NULL, send_all, (void *)(uintptr_t)nr);
	while (atomic_load(&handled) < until)
		path(test_rand(&rng));
	pthread_join(sender, NULL);
	for (int i = 0; i < KEPT; i++)
		give(&of_handler[i]);
	CHECK(sent == until, "%lu of %lu signals", sent, until);
}

static void on_hit(void)
{
	on_path(hit);
}

static void on_sheaf(void)
{
	on_path(sheaf);
}

static void on_run(void)
{
	on_path(run);
}

static void on_area(void)
{
	on_path(area);
}

static void on_tick(void)
{
	on_path(tick);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "hit", on_hit },   { "sheaf", on_sheaf }, { "run", on_run },
		{ "area", on_area }, { "tick", on_tick },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
