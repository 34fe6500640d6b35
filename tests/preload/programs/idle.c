// SPDX-License-Identifier: MIT
/*
 * idle.c - what threads hold that used malloc and then sleep
 *
 * idle none N	N threads that never call malloc
 * idle few N	N threads that allocate and free 60 blocks of 20 to 2,380 bytes
 * idle burst N	N threads that go 20 times through sizes from 16 to 32,768
 *
 * Prints the resident bytes that came with them, for each, after malloc_trim(0)
 * in another thread.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1000, STACK = 65536, MANY = 150 };

static pthread_barrier_t begun, met;
static const char *what;

static long resident(void)
{
	long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		exit(1);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void use(void **p, int nr, size_t size, size_t step)
{
	for (int i = 0; i < nr; i++) {
		p[i] = malloc(size + (size_t)i * step);
		if (!p[i])
			exit(2);
		*(volatile char *)p[i] = 1;
	}
	for (int i = 0; i < nr; i++)
		free(p[i]);
}

/* All threads have called malloc before the first begins. */
static void burst(void)
{
	void *p[MANY];

	free(malloc(16));
	pthread_barrier_wait(&begun);
	for (int round = 0; round < 20; round++)
		for (size_t size = 16; size <= 32768;
		     size += size / 4 & ~15UL) {
			use(p,
			    size > 4096 ? 8 :
			    size > 1024 ? 30 :
					  MANY,
			    size, 0);
			if (size < 64)
				size += 16;
		}
}

static void *body(void *arg)
{
	void *p[60];

	if (!strcmp(what, "few"))
		use(p, 60, 20, 40);
	else if (!strcmp(what, "burst"))
		burst();
	pthread_barrier_wait(&met);
	pthread_barrier_wait(&met);
	return arg;
}

int main(int argc, char **argv)
{
	static pthread_t threads[MOST];
	int nr = argc == 3 ? atoi(argv[2]) : 0;
	pthread_attr_t attr;
	long before;

	if (nr < 1 || nr > MOST)
		return 3;
	what = argv[1];
	pthread_barrier_init(&begun, NULL, (unsigned int)nr);
	pthread_barrier_init(&met, NULL, (unsigned int)nr + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	before = resident();
	for (int i = 0; i < nr; i++)
		if (pthread_create(&threads[i], &attr, body, NULL))
			return 4;
	pthread_barrier_wait(&met);
	malloc_trim(0);
	printf("%ld\n", (resident() - before) / nr);
	pthread_barrier_wait(&met);
	for (int i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
