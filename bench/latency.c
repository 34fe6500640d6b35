// SPDX-License-Identifier: MIT
/*
 * latency.c - how long single calls of malloc and free take in a server
 *
 * The workload server.c with a clock around each call. Times go into buckets,
 * 16 of them for each power of two, one table for each thread:
 *
 *	ns	0 1 2 .. 15 | 16 17 .. 31 | 32 34 .. 62 | 64 68 .. 124 | ...
 *
 * A call that took long is looked at once more: if the kernel took the CPU away
 * from the thread meanwhile, it says nothing about malloc, and is counted
 * apart. A thread that waits for a lock gives the CPU up by itself, which
 * counts.
 *
 * Prints the number of calls, of those that were taken from, and in ns the
 * median, the 99th, 99.9th and 99.99th percentile, and the longest.
 *
 * Usage	latency [scale [threads]]; 4 threads unless told otherwise
 */
#define _GNU_SOURCE /* RUSAGE_THREAD */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define LATENCY_ITSELF
#include "latency.h"

#define FINE 16 /* buckets of a power of two */
#define BUCKETS (FINE * 40)
#define LOOK_AT_NS 5000 /* a call as long as that is looked at */

struct times {
	uint64_t calls[BUCKETS], taken, longest;
	long switches; /* by the kernel, of this thread */
};

static struct times all; /* all_lock; of threads that have ended */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread struct times own;
static double ns_per_tick;

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static inline uint64_t ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return clock_ns();
#endif
}

static void find_tick(void)
{
	uint64_t ns = clock_ns(), start = ticks(), end;

	while ((end = clock_ns()) - ns < 20000000)
		;
	ns_per_tick = (double)(end - ns) / (double)(ticks() - start);
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int power;

	if (ns < FINE)
		return (unsigned int)ns;
	power = 63 - (unsigned int)__builtin_clzl(ns);
	return (power - 3) * FINE + (unsigned int)(ns >> (power - 4)) % FINE;
}

static uint64_t bucket_end(unsigned int bucket)
{
	if (bucket < FINE)
		return bucket;
	return (uint64_t)(FINE + bucket % FINE + 1) << (bucket / FINE - 1);
}

static void look_at(uint64_t ns)
{
	struct rusage usage;
	long before = own.switches;

	getrusage(RUSAGE_THREAD, &usage);
	own.switches = usage.ru_nivcsw;
	if (own.switches != before) {
		own.taken++;
		return;
	}
	own.calls[bucket_of(ns)]++;
	own.longest = ns > own.longest ? ns : own.longest;
}

static inline void took(uint64_t from)
{
	uint64_t ns = (uint64_t)((double)(ticks() - from) * ns_per_tick);

	if (__builtin_expect(ns >= LOOK_AT_NS, 0))
		look_at(ns);
	else
		own.calls[bucket_of(ns)]++;
}

void *timed_malloc(size_t size)
{
	uint64_t from = ticks();
	void *p = malloc(size);

	took(from);
	return p;
}

void timed_free(void *p)
{
	uint64_t from = ticks();

	free(p);
	took(from);
}

static void add_up(void)
{
	pthread_mutex_lock(&all_lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		all.calls[i] += own.calls[i];
	all.taken += own.taken;
	if (own.longest > all.longest)
		all.longest = own.longest;
	pthread_mutex_unlock(&all_lock);
	memset(&own, 0, sizeof(own));
}

/* What the threads of the workload run. */
static void *(*worker)(void *arg);

static void *timed_worker(void *arg)
{
	void *ret = worker(arg);

	add_up();
	return ret;
}

int timed_create(pthread_t *thread, const pthread_attr_t *attr,
		 void *(*fn)(void *arg), void *arg)
{
	worker = fn; /* the same each time */
	return pthread_create(thread, attr, timed_worker, arg);
}

static uint64_t percentile(uint64_t calls, double part)
{
	uint64_t wanted = (uint64_t)((double)calls * part), seen = 0;
	unsigned int i = 0;

	for (; i < BUCKETS - 1; i++) {
		seen += all.calls[i];
		if (seen > wanted)
			break;
	}
	return bucket_end(i);
}

int main(int argc, char **argv)
{
	static const double parts[] = { 0.5, 0.99, 0.999, 0.9999 };
	uint64_t calls = 0;
	int ret;

	find_tick();
	ret = server_main(argc, argv);
	add_up();
	for (unsigned int i = 0; i < BUCKETS; i++)
		calls += all.calls[i];
	printf("%lu %lu", calls, all.taken);
	for (unsigned int i = 0; i < 4; i++)
		printf(" %lu", percentile(calls, parts[i]));
	printf(" %lu\n", all.longest);
	return ret;
}
