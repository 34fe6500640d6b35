// SPDX-License-Identifier: MIT
/*
 * test_exchange.c - owners exchange whole arrays through the slots of a node
 *
 *	thread i, as on CPU i	allocates and frees in runs of up to 200, and
 *				leaves objects to others in mailboxes
 *	one more thread		drains, reaps, tunes and counts meanwhile
 *
 * Each object has a word that says whether a thread has it. It is not written
 * while the object is free, since the cache has a constructor.
 */
#include <pthread.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/kmalloc.h"
#include "kmem/shrink.h"
#include "request/request.h"
#include "slab/internal.h"
#include "support/kmtest.h"

#define THREADS 4
#define ROUNDS 8000
#define RUN 200
#define BOXES 256

struct object {
	unsigned int out; /* atomic: 1: a thread has it */
	char bytes[124];
};

static struct kmem_cache *s;
static struct object *boxes[BOXES]; /* atomic */
static int stop; /* atomic */

static void construct(void *obj)
{
	memset(obj, 0, sizeof(struct object));
}

static struct object *take(void)
{
	struct object *obj = kmem_cache_alloc(s, GFP_KERNEL);

	assert_non_null(obj);
	assert_int_equal(__atomic_exchange_n(&obj->out, 1, __ATOMIC_RELAXED),
			 0);
	obj->bytes[60]++; /* a race, if two have it */
	return obj;
}

static void give(struct object *obj)
{
	if (!obj)
		return;
	obj->bytes[60]++;
	assert_int_equal(__atomic_exchange_n(&obj->out, 0, __ATOMIC_RELAXED),
			 1);
	kmem_cache_free(s, obj);
}

static void *exchange(void *arg)
{
	uint64_t seed = (uintptr_t)arg * 0x9e3779b97f4a7c15 + 1;
	struct object *mine[RUN];

	current->cpu = 1 +
		       (__typeof__(current->cpu))((uintptr_t)arg % nr_cpu_ids);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t nr = test_rand(&seed) % RUN;

		for (size_t j = 0; j < nr; j++)
			mine[j] = take();
		for (size_t j = 0; j < nr; j++) {
			size_t at = test_rand(&seed) % (2 * BOXES);

			if (at < BOXES)
				mine[j] = __atomic_exchange_n(
					&boxes[at], mine[j], __ATOMIC_ACQ_REL);
			give(mine[j]);
		}
	}
	return NULL;
}

static void tune(uint64_t *seed)
{
	int limit = 20 + (int)(test_rand(seed) % 100);

	spin_lock(&slab_mutex);
	assert_int_equal(s->ops->tune(s, limit, limit / 2,
				      (int)(test_rand(seed) % 10)),
			 0);
	spin_unlock(&slab_mutex);
}

static void *upkeep(void *arg)
{
	struct kmem_cache_node *n = get_node(s, 0);
	unsigned long sum = 0;
	uint64_t seed = 3;

	(void)arg;
	for (unsigned int i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED);
	     i++) {
		struct slabinfo sinfo = { 0 };

		s->ops->get_slabinfo(s, &sinfo);
		sum += sinfo.shared_avail + s->ops->cached(s);
		shared_drain(s, n, (unsigned int)(test_rand(&seed) % 100));
		n->next_reap = READ_ONCE(tick_last_ms);
		cache_reap(s);
		if (i % 64 == 0)
			tune(&seed);
		if (i % 256 == 0)
			kmem_cache_shrink(s);
		usleep(100);
	}
	return (void *)sum;
}

/* Expect no object to be handed out twice, none to be lost, and every page
 * back in the end. */
static void test_exchange(void **state)
{
	pthread_t threads[THREADS], keeper;

	(void)state;
	s = kmem_cache_create("exchange", sizeof(struct object), 0,
			      SLAB_NO_MERGE, construct);
	s->shared = 8;
	assert_int_equal(pthread_create(&keeper, NULL, upkeep, NULL), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, exchange,
						(void *)(i + 1)),
				 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(keeper, NULL), 0);
	slab_check(s);
	for (size_t i = 0; i < BOXES; i++)
		give(boxes[i]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	slab_check(s);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(kmem_cache_nr_slabs(s), 0);
	kmem_cache_destroy(s);
}

static int start_engine(void **state)
{
	(void)state;
	if (arena_init() || page_alloc_init(0) ||
	    kmem_init(&slab_ops, NR_CURSORS) || kmalloc_init())
		return -1;
	tick_interval_ms = ~0UL; /* the upkeep thread does what ticks would */
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_exchange) };

	return cmocka_run_group_tests(tests, start_engine, NULL);
}
