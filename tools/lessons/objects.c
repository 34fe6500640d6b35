// SPDX-License-Identifier: MIT
/*
 * objects.c - a lesson: objects, their arrays, and lists of slabs
 *
 *	SLUB	thread: main, spare <--> barn <--> slabs of CPU and node
 *	SLAB	thread: array <--> shared arrays <--> three lists of slabs
 *
 *	objects slub|slab
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <kmalloc/slab.h>

#include "lesson.h"

#define MANY 600
#define SIZE 256

static struct kmem_cache *points;
static void *objects[MANY];
static pthread_barrier_t turn;

static void take(int from, int to)
{
	for (int i = from; i < to; i++)
		objects[i] = needed(kmem_cache_alloc(points, GFP_KERNEL));
}

static void give(int from, int to)
{
	for (int i = from; i < to; i++)
		kmem_cache_free(points, objects[i]);
}

/* Frees what the first thread allocated, and stays. */
static void *free_elsewhere(void *nothing)
{
	(void)nothing;
	give(0, MANY / 2);
	pthread_barrier_wait(&turn);
	pthread_barrier_wait(&turn);
	return NULL;
}

static void begin(bool on_slab)
{
	unsigned int flags = on_slab ? KM_SLAB_ON_SLAB : KM_SLAB_ON_SLUB;

	lesson(on_slab ? "SLAB: objects, arrays and lists of slabs" :
			 "SLUB: objects, arrays and lists of slabs");
	hint("tabs slabs arrays first");
	hint("cache point");
	points = needed(kmem_cache_create("point", SIZE, 0, flags, NULL));
	pthread_barrier_init(&turn, NULL, 2);
}

int main(int argc, char **argv)
{
	bool on_slab = argc > 1 && !strcmp(argv[1], "slab");
	const char *array = on_slab ? "array_cache" : "sheaf";
	const char *shared = on_slab ? "shared arrays" : "barn";
	pthread_t other;

	begin(on_slab);
	step("kmem_cache_create(): the cache exists. It has no slab yet, and "
	     "the thread no array of free objects.");
	take(0, 1);
	hint("at %p", objects[0]);
	step("The first object is allocated. Slabs are made of pages, and more "
	     "of their objects than one go into the thread's array, its %s: "
	     "the next ones come from there, without a lock.",
	     array);
	take(1, MANY);
	step("600 objects are in use. Each time the array was empty it was "
	     "filled again from slabs. Slabs with no free object are full.");
	give(MANY / 2, MANY);
	step("The last 300 are freed, by the same thread. They fill its array. "
	     "What does not fit goes back to the slabs; the node keeps some "
	     "empty ones.");
	take(MANY / 2, MANY);
	step("300 are allocated again. The object that was freed last is handed "
	     "out first, since it is most likely in the CPU's cache.");
	if (pthread_create(&other, NULL, free_elsewhere, NULL))
		return 1;
	pthread_barrier_wait(&turn);
	step("Another thread frees the first 300. It has arrays of its own now, "
	     "and full ones wait in the node's %s, for any thread.",
	     shared);
	take(0, MANY / 2);
	step("The first thread allocates 300. It takes what the other one has "
	     "left in the %s: arrays change hands as a whole.",
	     shared);
	for (int i = 0; i < MANY; i += 2)
		kmem_cache_free(points, objects[i]);
	step("Every second object is freed. Most slabs have some in use still, "
	     "so they cannot go back: this is fragmentation inside slabs.");
	pthread_barrier_wait(&turn);
	pthread_join(other, NULL);
	for (int i = 1; i < MANY; i += 2)
		kmem_cache_free(points, objects[i]);
	step("The other thread has ended, and its arrays are gone. All objects "
	     "are freed. Some still lie in arrays, and the node keeps slabs for "
	     "the next requests.");
	kmem_cache_shrink(points);
	step("kmem_cache_shrink(): arrays are emptied, and empty slabs go back "
	     "to the buddy system.");
	kmem_cache_destroy(points);
	return 0;
}
