// SPDX-License-Identifier: MIT
/*
 * far.c - a program with more caches than an owner's table has room for
 *
 * Of each cache it keeps KEPT objects, and has freed as many, which lie in
 * arrays. Prints "ready", and ends when its standard input does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <kmalloc/kmalloc.h>

#define CACHES 400
#define KEPT 10

static void make_cache(int nr)
{
	char name[32];
	struct kmem_cache *cache;
	void *objects[2 * KEPT];

	snprintf(name, sizeof(name), "many-%d", nr);
	cache = kmem_cache_create(name, 200, 0, SLAB_NO_MERGE, NULL);
	if (!cache)
		abort();
	for (int i = 0; i < 2 * KEPT; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!objects[i])
			abort();
	}
	for (int i = 0; i < KEPT; i++)
		kmem_cache_free(cache, objects[i]);
}

int main(void)
{
	char c;

	for (int nr = 0; nr < CACHES; nr++)
		make_cache(nr);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
