// SPDX-License-Identifier: MIT
/*
 * test_mempool.c - elements in reserve (docs/kernel.md L11)
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "fake.h"
#include "kmem/debug.h"
#include "kmem/fork.h"
#include "kmem/held.h"
#include "kmem/mempool.h"
#include "kmem/thread.h"

#define NR 8

/* An allocator that runs out, and remembers how it was asked. */
static struct {
	long left; /* elements it still has; -1: any number */
	unsigned int out;
	unsigned int asked;
	gfp_t gfp[64];
} store;

static void *store_alloc(gfp_t gfp, void *pool_data)
{
	assert_ptr_equal(pool_data, &store);
	store.gfp[store.asked++ % 64] = gfp;
	if (!__atomic_load_n(&store.left, __ATOMIC_RELAXED))
		return NULL;
	if (__atomic_load_n(&store.left, __ATOMIC_RELAXED) > 0)
		__atomic_sub_fetch(&store.left, 1, __ATOMIC_RELAXED);
	store.out++;
	return malloc(64);
}

static void store_free(void *element, void *pool_data)
{
	assert_ptr_equal(pool_data, &store);
	if (store.left >= 0)
		store.left++;
	store.out--;
	free(element);
}

static mempool_t *pool;

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	memset(&store, 0, sizeof(store));
	store.left = -1;
	pool = mempool_create(NR, store_alloc, store_free, &store);
	assert_non_null(pool);
	assert_int_equal(store.out, NR);
	store.asked = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mempool_destroy(pool);
	assert_int_equal(store.out, 0);
	return 0;
}

/* Elements while the allocator has some. Expect the reserve not to be touched,
 * and the first question to exclude reclaim, reserves, retries and warnings. */
static void test_alloc(void **state)
{
	void *element = mempool_alloc(pool, GFP_KERNEL);

	(void)state;
	assert_int_equal(pool->curr_nr, NR);
	assert_int_equal(store.asked, 1);
	assert_int_equal(store.gfp[0], __GFP_KSWAPD_RECLAIM | __GFP_FS |
					       __GFP_NOMEMALLOC |
					       __GFP_NORETRY | __GFP_NOWARN);
	mempool_free(element, pool);
	assert_int_equal(store.out, NR);
	mempool_free(NULL, pool);
}

/* The allocator has none. Expect the reserve down to its last, then NULL for a
 * request that may not wait, after a second question with all its flags; and
 * frees to fill the reserve before anything goes back. */
static void test_reserve(void **state)
{
	void *element[NR];

	(void)state;
	store.left = 0;
	for (int i = 0; i < NR; i++) {
		element[i] = mempool_alloc(pool, GFP_NOWAIT | __GFP_IO);
		assert_non_null(element[i]);
		assert_int_equal(pool->curr_nr, NR - 1 - i);
	}
	store.asked = 0;
	assert_null(mempool_alloc(pool, GFP_NOWAIT | __GFP_IO));
	assert_int_equal(store.asked, 2);
	assert_int_equal(store.gfp[0] & __GFP_IO, 0);
	assert_int_equal(store.gfp[1] & __GFP_IO, __GFP_IO);
	assert_null(mempool_alloc_preallocated(pool));
	for (int i = 0; i < NR; i++)
		mempool_free(element[i], pool);
	assert_int_equal(pool->curr_nr, NR);
	assert_int_equal(store.left, 0);
	element[0] = mempool_alloc_preallocated(pool);
	assert_int_equal(pool->curr_nr, NR - 1);
	store.left = 1;
	element[1] = mempool_alloc(pool, GFP_KERNEL);
	mempool_free(element[0], pool);
	mempool_free(element[1], pool);
	assert_int_equal(store.left, 1);
	store.left = -1;
}

static void *give_later(void *element)
{
	struct timespec time = { .tv_nsec = 20000000 };

	nanosleep(&time, NULL);
	mempool_free(element, pool);
	return NULL;
}

static unsigned long ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * 1000 +
	       (unsigned long)now.tv_nsec / 1000000;
}

/* Nothing is left, and the request may wait. Expect it to be woken by a free,
 * long before the five seconds are over. */
static void test_wait(void **state)
{
	unsigned long start = ms();
	void *element[NR], *got;
	pthread_t thread;

	(void)state;
	store.left = 0;
	for (int i = 0; i < NR; i++)
		element[i] = mempool_alloc(pool, GFP_NOWAIT);
	assert_int_equal(pthread_create(&thread, NULL, give_later, element[0]),
			 0);
	mempool_wait_ms = 60000; /* so that only a wake-up can end it */
	got = mempool_alloc(pool, GFP_KERNEL);
	assert_ptr_equal(got, element[0]);
	assert_true(ms() - start < 60000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	mempool_wait_ms = 5000;
	for (int i = 0; i < NR; i++)
		mempool_free(element[i], pool);
	store.left = -1;
}

static void *refill_store(void *arg)
{
	struct timespec time = { .tv_nsec = 20000000 };

	nanosleep(&time, NULL);
	__atomic_store_n(&store.left, 1, __ATOMIC_RELAXED);
	return arg;
}

/*
 * No element is freed, but the allocator has memory again. Expect the wait to
 * end by itself.
 */
static void test_wait_times_out(void **state)
{
	void *element[NR + 1];
	pthread_t thread;

	(void)state;
	store.left = 0;
	for (int i = 0; i < NR; i++)
		element[i] = mempool_alloc(pool, GFP_NOWAIT);
	mempool_wait_ms = 5;
	assert_int_equal(pthread_create(&thread, NULL, refill_store, NULL), 0);
	element[NR] = mempool_alloc(pool, GFP_KERNEL);
	assert_non_null(element[NR]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	mempool_wait_ms = 5000;
	store.left = -1;
	for (int i = 0; i <= NR; i++)
		mempool_free(element[i], pool);
}

/* A pool grows and shrinks, with all elements there and with some out. Expect
 * the reserve to be what it is to be, or to become that as elements come
 * back. */
static void test_resize(void **state)
{
	void *element[NR];

	(void)state;
	assert_int_equal(mempool_resize(pool, 20), 0);
	assert_int_equal(pool->min_nr, 20);
	assert_int_equal(pool->curr_nr, 20);
	assert_int_equal(store.out, 20);
	assert_int_equal(mempool_resize(pool, 5), 0);
	assert_int_equal(pool->curr_nr, 5);
	assert_int_equal(store.out, 5);
	store.left = 0;
	for (int i = 0; i < 5; i++)
		element[i] = mempool_alloc(pool, GFP_NOWAIT);
	assert_int_equal(mempool_resize(pool, 9),
			 0); /* no elements to be had */
	assert_int_equal(pool->min_nr, 9);
	assert_int_equal(pool->curr_nr, 0);
	for (int i = 0; i < 5; i++)
		mempool_free(element[i], pool);
	assert_int_equal(pool->curr_nr, 5);
	store.left = -1;
	fake.allowance = 0;
	kmem_owner_flush(kmem_owner_get());
	assert_int_equal(mempool_resize(pool, 1000), -ENOMEM);
	fake.allowance = -1;
	assert_int_equal(pool->min_nr, 9);
}

/* Not all elements can be made at the start. Expect none to be left over. */
static void test_create_short(void **state)
{
	mempool_t mine;

	(void)state;
	store.left = NR - 1;
	assert_null(mempool_create(NR, store_alloc, store_free, &store));
	assert_int_equal(store.left, NR - 1);
	assert_int_equal(mempool_init(&mine, NR, store_alloc, store_free,
				      &store),
			 -ENOMEM);
	assert_int_equal(store.left, NR - 1);
	assert_int_equal(mempool_init(&mine, NR - 1, store_alloc, store_free,
				      &store),
			 0);
	mempool_exit(&mine);
	mempool_exit(&mine);
	assert_int_equal(store.left, NR - 1);
	assert_int_equal(mempool_init(&mine, -1, store_alloc, store_free,
				      &store),
			 -EINVAL);
	assert_null(mempool_create(-1, store_alloc, store_free, &store));
	mempool_destroy(NULL);
	store.left = -1;
}

/* A pool of no elements, made both ways. Expect one in reserve; while the
 * allocator has none, that one to be handed out and its free to wake a waiter;
 * a second to go back to the allocator; and another size later. */
static void test_none(void **state)
{
	mempool_t *none = mempool_create(0, store_alloc, store_free, &store);
	mempool_t *other = pool, mine;
	pthread_t thread;
	void *a, *b;

	(void)state;
	assert_non_null(none);
	assert_int_equal(store.out, NR + 1);
	store.left = 0;
	a = mempool_alloc(none, GFP_NOWAIT);
	assert_non_null(a);
	assert_null(mempool_alloc(none, GFP_NOWAIT));
	mempool_wait_ms = 60000; /* so that only a wake-up can end it */
	pool = none; /* what give_later() frees to */
	assert_int_equal(pthread_create(&thread, NULL, give_later, a), 0);
	assert_ptr_equal(mempool_alloc(none, GFP_KERNEL), a);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pool = other;
	mempool_wait_ms = 5000;
	store.left = 1;
	b = mempool_alloc(none, GFP_NOWAIT);
	mempool_free(a, none);
	assert_int_equal(store.left, 0);
	mempool_free(b, none);
	assert_int_equal(store.left, 1);
	store.left = -1;
	assert_int_equal(mempool_resize(none, 3), 0);
	assert_int_equal(store.out, NR + 3);
	mempool_destroy(none);
	assert_int_equal(
		mempool_init(&mine, 0, store_alloc, store_free, &store), 0);
	assert_int_equal(store.out, NR + 1);
	mempool_exit(&mine);
	assert_int_equal(store.out, NR);
}

static void zeroed(void *arg)
{
	void **element = arg;

	*element = mempool_alloc(pool, GFP_KERNEL | __GFP_ZERO);
}

/* __GFP_ZERO. Expect a warning, and the flag not to be passed on. */
static void test_zero(void **state)
{
	void *element;
	char text[256];

	(void)state;
	capture_stderr(zeroed, &element, text, sizeof(text));
	assert_non_null(strstr(text, "WARNING"));
	assert_non_null(element);
	assert_int_equal(store.gfp[0] & __GFP_ZERO, 0);
	mempool_free(element, pool);
}

static void take_all(void *arg)
{
	mempool_t *mine = arg;

	for (int i = 0; i < 2; i++)
		kmem_cache_free(mine->pool_data,
				mempool_alloc_preallocated(mine));
}

/* Elements of a poisoned cache, one of which is written while it is in reserve.
 * Expect the pattern in them, a report of the one byte, and no poison left in
 * what is handed out. */
static void test_poison(void **state)
{
	struct kmem_cache *s = kmem_cache_create("poisoned", 100, 0,
						 SLAB_NO_MERGE, NULL);
	unsigned char *p;
	char text[2048];
	mempool_t mine;

	(void)state;
	s->flags |= SLAB_POISON; /* the layout of the backend is not needed */
	assert_int_equal(mempool_init_slab_pool(&mine, 2, s), 0);
	for (int i = 0; i < 2; i++) {
		p = mine.elements[i];
		for (int j = 0; j < 99; j++)
			assert_int_equal(p[j], POISON_FREE);
		assert_int_equal(p[99], POISON_END);
	}
	p[50] = 0x12;
	capture_stderr(take_all, &mine, text, sizeof(text));
	assert_int_equal(count_phrase(text, "BUG: mempool element poison "
					    "mismatch\n"),
			 1);
	assert_non_null(strstr(text, " size 100\n"));
	assert_non_null(strstr(text, "... 0x6b 6b 6b 6b 6b 6b 6b 6b 12 6b"));
	assert_int_equal(p[0], POISON_INUSE);
	s->flags &= ~SLAB_POISON;
	mempool_exit(&mine);
	kmem_cache_destroy(s);
}

static void fork_child_uses(void *arg)
{
	(void)arg;
	mempool_free(mempool_alloc_preallocated(pool), pool);
}

/* The lock is held by another thread's fork. Expect the child to have it
 * free. */
static void test_fork(void **state)
{
	struct child_end end;

	(void)state;
	kmem_fork_take();
	kmem_fork_release();
	child_run(fork_child_uses, NULL, &end);
	assert_int_equal(end.status, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_alloc),  TEST(test_reserve),
		TEST(test_wait),   TEST(test_wait_times_out),
		TEST(test_resize), TEST(test_create_short),
		TEST(test_none),   TEST(test_zero),
		TEST(test_poison), TEST(test_fork),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
