// SPDX-License-Identifier: MIT
/*
 * misuse/table/world.c - the program around a fault
 */
#include "world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

unsigned char *settled[MAX_SETTLED];
size_t nr_settled;
unsigned char target[8192] __attribute__((aligned(4096)));

void *hidden(void *pointer)
{
	__asm__ volatile("" : "+r"(pointer) : : "memory");
	return pointer;
}

void misfree(void *pointer)
{
	free(hidden(pointer));
}

void in_thread(void *(*fn)(void *), void *block)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fn, block))
		saw("no thread");
	pthread_join(thread, NULL);
}

size_t many(size_t size)
{
	if (size >= MIB)
		return 6;
	return size > 8 * KIB ? 40 : 300;
}

static int by_address(const void *a, const void *b)
{
	const unsigned char *p = *(unsigned char *const *)a;
	const unsigned char *q = *(unsigned char *const *)b;

	return p < q ? -1 : p > q;
}

void settle(size_t size)
{
	size_t n = size >= MIB ? 4 : MAX_SETTLED / 2, i;
	unsigned char *other[MAX_SETTLED];

	own(target, sizeof(target));
	for (i = 0; i < n; i++) {
		other[i] = take(size);
		settled[i] = take(size);
	}
	for (i = 0; i < n; i++)
		give(other[i]);
	for (i = 0; i < n; i++)
		settled[n + i] = take(size);
	nr_settled = 2 * n;
	/* The order of the addresses, without a malloc of the library's. */
	qsort(settled, nr_settled, sizeof(settled[0]), by_address);
}

unsigned char *middle(size_t size, unsigned char **next)
{
	size_t best = nr_settled / 2, i;
	size_t gap = (size_t)-1;

	for (i = nr_settled / 4; i < nr_settled * 3 / 4; i++) {
		size_t here = (size_t)(settled[i + 1] - settled[i]) - size;

		if (here < gap) {
			gap = here;
			best = i;
		}
	}
	if (next)
		*next = settled[best + 1];
	return settled[best];
}

/* Another thread, which takes blocks and gives half of them back itself. */
static void *work_elsewhere(void *arg)
{
	size_t size = *(size_t *)arg, n = many(size) / 3;
	unsigned char *blocks[128];

	for (size_t i = 0; i < n; i++)
		blocks[i] = take(size);
	for (size_t i = 0; i < n; i += 2)
		give(blocks[i]);
	return NULL;
}

void go_on(size_t size)
{
	unsigned char *blocks[512];
	size_t n = many(size), i;

	for (i = 0; i < n; i++)
		blocks[i] = take(size);
	look_at_all();
	for (i = 0; i < n; i += 2)
		give(blocks[i]);
	in_thread(work_elsewhere, &size);
	for (i = 0; i < n; i += 2)
		blocks[i] = i % 4 ? take_zeroed(size) : take(size);
	for (i = 0; i < n / 4; i++)
		give(take(size / 2));
	for (i = 0; i < n / 4; i++)
		take(2 * size);
	look_at_all();
	give_all();
	for (i = 0; i < n; i++)
		take(size);
	look_at_all();
	give_all();
}
