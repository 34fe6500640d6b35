// SPDX-License-Identifier: MIT
/*
 * torture/atfork_helper.c - fork handlers of a library that is preloaded first
 *
 * pthread_atfork runs prepare handlers last-registered first, so one that was
 * registered before malloc's own runs when malloc's has already locked. The
 * constructor has the highest priority and allocates nothing before it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of this thread: two may fork at once, and handlers do not exclude another. */
static __thread void *kept[3];

static void prepare(void)
{
	kept[0] = malloc(50);
	kept[1] = malloc(150 * 1024);
	kept[2] = malloc(5 << 20);
	if (!kept[0] || !kept[1] || !kept[2])
		_exit(77);
	memset(kept[1], 1, 150 * 1024);
	free(malloc(7000));
	kept[0] = realloc(kept[0], 9000);
}

static void after(void)
{
	void *p = calloc(1000, 3);

	kept[1] = realloc(kept[1], 6 << 20);
	if (!p || !kept[1] || *(char *)kept[1] != 1)
		_exit(78);
	free(p);
	free(kept[0]);
	free(kept[1]);
	free(kept[2]);
	free(malloc(40000));
}

__attribute__((constructor(101))) static void first(void)
{
	pthread_atfork(prepare, after, after);
}
