// SPDX-License-Identifier: MIT
/*
 * test_cross_free.c - threads that free what others allocated, and come and go
 *
 *	thread A  --put-->  [ 512 mailboxes ]  --what was there-->  verify, free
 *
 * Run under ThreadSanitizer too: it must find no race that the code does not
 * mark as one.
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "core/tick.h"
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/kmem.h"
#include "support/kmtest.h"
#include "sys/os.h"

#define THREADS 4
#define GENERATIONS 6
#define STEPS 40000
#define BOXES 512

struct block {
	uint32_t size, mark;
	unsigned char bytes[];
};

static struct kmem_cache *s;
static struct block *boxes[BOXES];
static bool stop;

static void fill(struct block *b, uint32_t size, uint32_t mark)
{
	b->size = size;
	b->mark = mark;
	memset(b->bytes, (int)(mark & 0xff), size - sizeof(*b));
}

static void give(struct block *b)
{
	uint32_t n;

	if (!b)
		return;
	n = (uint32_t)(b->size - sizeof(*b));
	for (uint32_t i = 0; i<n; i += n> 512 ? 37 : 1)
		if (b->bytes[i] != (b->mark & 0xff))
			abort();
	kfree(b); /* finds the cache of an object by itself */
}

static struct block *take(uint64_t *seed)
{
	uint64_t r = test_rand(seed);
	struct block *b;
	uint32_t size;

	if (r % 3 == 0) {
		size = 200;
		b = kmem_cache_alloc(s, GFP_KERNEL);
	} else {
		size = 16 + (uint32_t)(r >> 8) % (r % 50 ? 600 : 20000);
		b = kmalloc(size, GFP_KERNEL);
	}
	if (!b)
		abort();
	fill(b, size, (uint32_t)r);
	return b;
}

static void *worker(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15 + 1;

	for (int i = 0; i < STEPS; i++) {
		struct block *b = take(&seed);
		size_t at = test_rand(&seed) % BOXES;

		give(__atomic_exchange_n(&boxes[at], b, __ATOMIC_ACQ_REL));
		if (i % 4 == 0)
			give(take(&seed));
	}
	return NULL;
}

/* Reads statistics, shrinks and reclaims, while the others are busy. */
static void *upkeep(void *arg)
{
	unsigned long sum = 0;

	(void)arg;
	while (!READ_ONCE(stop)) {
		kmem_cache_shrink(s);
		sum += kmem_owners_count(s) + barn_count(s);
		tick_run(os_now_ms());
		km_reclaim();
		usleep(1000);
	}
	return (void *)sum;
}

static void run_generation(unsigned int generation)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, worker,
				       (void *)(generation * THREADS + i + 1)),
			0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Generations of threads exchange blocks at random while one thread gives
 * memory back all the time. Expect every block intact, sound structures after
 * each generation, and nothing left in the end. */
static void test_cross_free(void **state)
{
	pthread_t keeper;

	(void)state;
	s = kmem_cache_create("cross", 200, 0, 0, NULL);
	for (unsigned int i = 0; i < GENERATIONS; i++) {
		WRITE_ONCE(stop, false);
		assert_int_equal(pthread_create(&keeper, NULL, upkeep, NULL),
				 0);
		run_generation(i);
		WRITE_ONCE(stop, true);
		assert_int_equal(pthread_join(keeper, NULL), 0);
		km_check();
	}
	for (size_t i = 0; i < BOXES; i++)
		give(boxes[i]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
	km_reclaim();
	km_check();
	assert_non_null(km_version());
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cross_free) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
