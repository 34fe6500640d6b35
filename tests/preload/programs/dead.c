// SPDX-License-Identifier: MIT
/*
 * dead.c - what threads that ended cost
 *
 * Prints "late N" and "ended N": resident bytes that stay for each thread, of
 * 2,000 in turn whose first call of malloc came in the second round of their
 * destructors, and of 2,000 at once that did one malloc(64) each. glibc keeps
 * the stacks; as many threads without malloc have paid for these before.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NR = 2000, STACK = 16384 };

static pthread_barrier_t met;
static pthread_key_t key;
static __thread int rounds;
static pthread_attr_t attr;

static long resident(void)
{
	long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		exit(1);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void *body(void *arg)
{
	if (arg)
		free(malloc(64));
	pthread_barrier_wait(&met);
	return NULL;
}

/* So many threads at once. */
static void at_once(void *arg)
{
	static pthread_t threads[NR];

	pthread_barrier_init(&met, NULL, NR);
	for (int i = 0; i < NR; i++)
		if (pthread_create(&threads[i], &attr, body, arg))
			exit(2);
	for (int i = 0; i < NR; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&met);
	malloc_trim(0);
}

static void destructor(void *arg)
{
	if (++rounds == 1)
		pthread_setspecific(key, arg);
	else
		free(malloc(64));
}

static void *ends_late(void *arg)
{
	pthread_setspecific(key, arg);
	return NULL;
}

static void in_turn(void)
{
	pthread_t thread;

	for (int i = 0; i < NR; i++) {
		if (pthread_create(&thread, &attr, ends_late, &rounds))
			exit(2);
		pthread_join(thread, NULL);
	}
	malloc_trim(0);
}

int main(void)
{
	long before;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_key_create(&key, destructor);
	at_once(NULL);
	before = resident();
	in_turn();
	printf("late %ld\n", (resident() - before) / NR);
	before = resident();
	at_once(&key);
	printf("ended %ld\n", (resident() - before) / NR);
	return 0;
}
