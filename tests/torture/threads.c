// SPDX-License-Identifier: MIT
/*
 * torture/threads.c - threads that hand blocks to one another, come and go
 *
 * Each block carries its size and a seed in front of a pattern, checked by
 * whichever thread frees it. Bounded by time; KM_SOAK=1 makes it long.
 *
 * Locking	a ring slot changes hands by one atomic exchange.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <threads.h>

#include "support/program.h"

enum { WORKERS = 8, SLOTS = 512 };

struct head {
	size_t n;
	uint64_t seed;
};

static _Atomic(struct head *) ring[SLOTS];
static atomic_int stop;
static atomic_ulong handed;

/* Mostly small, some runs, a few areas. */
static size_t pick(uint64_t *rng)
{
	uint64_t r = test_rand(rng), kind = r % 1000;

	r = test_rand(rng);
	if (kind < 900)
		return r % 2000;
	if (kind < 980)
		return r % (32 * KIB);
	return kind < 999 ? r % MIB : 4 * MIB + r % (4 * MIB);
}

static struct head *make(uint64_t *rng)
{
	size_t n = pick(rng) + sizeof(struct head);
	struct head *h;

	switch (test_rand(rng) % 8) {
	case 0:
		h = calloc(1, n);
		break;
	case 1:
		h = aligned_alloc(16UL << test_rand(rng) % 9, n);
		break;
	default:
		h = malloc(n);
	}
	REQUIRE(h, "%zu bytes", n);
	h->n = n;
	h->seed = test_rand(rng);
	fill(h + 1, n - sizeof(*h), h->seed);
	return h;
}

static void drop(struct head *h)
{
	size_t n;

	if (!h)
		return;
	n = h->n - sizeof(*h);
	CHECK(verify(h + 1, n, h->seed) == n, "block of %zu changed", n);
	h->n = 0;
	free(h);
}

static struct head *resize(struct head *h, uint64_t *rng)
{
	size_t old = h->n, n = pick(rng) + sizeof(*h);
	size_t keep = (old < n ? old : n) - sizeof(*h);

	h = realloc(h, n);
	REQUIRE(h, "realloc to %zu", n);
	keep &= ~7UL;
	CHECK(verify(h + 1, keep, h->seed) == keep, "realloc lost data");
	h->n = n;
	fill(h + 1, n - sizeof(*h), h->seed);
	return h;
}

static void *worker(void *arg)
{
	uint64_t rng = test_mix((uintptr_t)arg) | 1;
	struct head *h;

	while (!atomic_load(&stop)) {
		h = make(&rng);
		if (test_rand(&rng) % 8 == 0)
			h = resize(h, &rng);
		drop(atomic_exchange(&ring[test_rand(&rng) % SLOTS], h));
		atomic_fetch_add(&handed, 1);
	}
	return NULL;
}

/* A thread that only ever frees what others made. */
static void *freer(void *arg)
{
	uint64_t rng = test_mix((uintptr_t)arg) | 1;

	while (!atomic_load(&stop)) {
		drop(atomic_exchange(&ring[test_rand(&rng) % SLOTS], NULL));
		if (test_rand(&rng) % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void empty_ring(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		drop(atomic_exchange(&ring[i], NULL));
}

/* Workers, freers, all sizes. Expect every block as it was written. */
static void exchange(void)
{
	pthread_t t[WORKERS + 2];
	double end = kt_now() + kt_seconds(4);
	uintptr_t i;

	atomic_store(&stop, 0);
	for (i = 0; i < WORKERS + 2; i++)
		REQUIRE(!pthread_create(&t[i], NULL,
					i < WORKERS ? worker : freer,
					(void *)(i + 1)),
			"thread");
	while (kt_now() < end)
		usleep(10000);
	atomic_store(&stop, 1);
	for (i = 0; i < WORKERS + 2; i++)
		pthread_join(t[i], NULL);
	empty_ring();
	CHECK(atomic_load(&handed) > 1000, "%lu blocks", atomic_load(&handed));
}

static void *brief(void *arg)
{
	uint64_t rng = test_mix((uintptr_t)arg) | 1;
	int i, n = (int)(test_rand(&rng) % 40);

	for (i = 0; i < n; i++)
		drop(atomic_exchange(&ring[test_rand(&rng) % SLOTS],
				     make(&rng)));
	return (uintptr_t)arg % 3 ? make(&rng) : NULL;
}

/* Thousands of short threads, some freed after. Expect bounded memory. */
static void churn(void)
{
	double end = kt_now() + kt_seconds(4);
	size_t used = 0;
	pthread_t t[4];
	uintptr_t k = 0;
	void *p;
	int i;

	while (k < 4000 || kt_now() < end) {
		for (i = 0; i < 4; i++)
			REQUIRE(!pthread_create(&t[i], NULL, brief,
						(void *)++k),
				"thread %zu", (size_t)k);
		for (i = 0; i < 4; i++) {
			pthread_join(t[i], &p);
			drop(p);
		}
		if (kt_now() > end + 10)
			break;
	}
	empty_ring();
	used = mallinfo2().uordblks + mallinfo2().hblkhd;
	CHECK(used < 64 * MIB, "%zu bytes in use after all was freed", used);
}

static void *fill_slots(void *arg)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		struct head *h = malloc(200);

		h->n = 200;
		h->seed = (uint64_t)i;
		fill(h + 1, 200 - sizeof(*h), h->seed);
		atomic_store(&ring[i], h);
	}
	return arg;
}

static void *only_free(void *arg)
{
	empty_ring();
	return arg;
}

/* One thread allocates and ends, one that never did frees. Expect no growth. */
static void strangers(void)
{
	size_t before = 0, after;
	pthread_t t;
	int i;

	for (i = 0; i < 500; i++) {
		if (i == 20)
			before = mallinfo2().uordblks;
		pthread_create(&t, NULL, fill_slots, NULL);
		pthread_join(t, NULL);
		pthread_create(&t, NULL, only_free, NULL);
		pthread_join(t, NULL);
	}
	after = mallinfo2().uordblks;
	CHECK(after < before + 4 * MIB, "%zu -> %zu in use", before, after);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "exchange", exchange },
		{ "churn", churn },
		{ "strangers", strangers },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
