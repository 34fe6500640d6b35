// SPDX-License-Identifier: MIT
/*
 * test_shrink.c - kmem_cache_shrink() and what other threads keep
 */
#include <pthread.h>
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

#include "kmem/held.h"
#include "kmem/room.h"
#include "support/kmtest.h"

#define FEW 5
#define MANY 600

struct caches {
	struct kmem_cache *shrunk, *kept, *other;
	pthread_barrier_t step;
	unsigned long kept_before, kept_after, filled_again;
};

static struct kmem_cache *new_cache(const char *name)
{
	struct kmem_cache *s = kmem_cache_create(name, 64, 0, SLAB_NO_MERGE,
						 NULL);

	assert_non_null(s);
	return s;
}

/* A few free objects lie in this thread's array. */
static void fill_array(struct kmem_cache *s)
{
	void *obj[FEW];

	for (unsigned int i = 0; i < FEW; i++)
		obj[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < FEW; i++)
		kmem_cache_free(s, obj[i]);
}

/* More than any array has, so that there are misses. */
static void miss(struct kmem_cache *s)
{
	static void *obj[MANY];

	for (unsigned int i = 0; i < MANY; i++)
		obj[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < MANY; i++)
		kmem_cache_free(s, obj[i]);
}

static void *other_thread(void *arg)
{
	struct caches *c = arg;

	fill_array(c->shrunk);
	fill_array(c->kept);
	c->kept_before = kmem_owner_count(kmem_this_owner, c->kept);
	pthread_barrier_wait(&c->step);
	/* it is shrunk here */
	pthread_barrier_wait(&c->step);
	miss(c->other);
	c->kept_after = kmem_owner_count(kmem_this_owner, c->kept);
	pthread_barrier_wait(&c->step);
	/* it is empty */
	pthread_barrier_wait(&c->step);
	for (int i = 0; i < 2; i++) { /* once for the call of just now */
		fill_array(c->shrunk);
		kmem_cache_shrink(c->other);
		miss(c->other);
	}
	c->filled_again = kmem_owner_count(kmem_this_owner, c->shrunk);
	return NULL;
}

/* Objects in the array of a thread that makes no call. Expect them to stay
 * there, and to be gone after its next miss, in another cache. What it keeps of
 * a third one stays, and so does in the end what it frees afterwards. */
static void test_other_thread(void **state)
{
	struct caches c = {
		.shrunk = new_cache("shrunk"),
		.kept = new_cache("kept"),
		.other = new_cache("other"),
	};
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&c.step, NULL, 2);
	pthread_create(&thread, NULL, other_thread, &c);
	pthread_barrier_wait(&c.step);
	assert_int_equal(kmem_cache_shrink(c.shrunk), 1);
	pthread_barrier_wait(&c.step);
	pthread_barrier_wait(&c.step);
	assert_int_equal(kmem_cache_shrink(c.shrunk), 0);
	pthread_barrier_wait(&c.step);
	pthread_join(thread, NULL);
	assert_int_not_equal(c.kept_before, 0);
	assert_int_equal(c.kept_after, c.kept_before);
	assert_int_equal(c.filled_again, c.kept_before);
	kmem_cache_destroy(c.shrunk);
	kmem_cache_destroy(c.kept);
	kmem_cache_destroy(c.other);
	pthread_barrier_destroy(&c.step);
}

/* Two caches with objects in this thread's arrays. Expect the one that is
 * shrunk to be empty at once, and the other one as it was. */
static void test_this_thread(void **state)
{
	struct kmem_cache *s = new_cache("shrunk"), *t = new_cache("kept");
	unsigned long before;

	(void)state;
	fill_array(s);
	fill_array(t);
	before = kmem_owner_count(kmem_this_owner, t);
	assert_int_not_equal(before, 0);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(kmem_owner_count(kmem_this_owner, t), before);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

/* The end of each test. Expect every structure to hold together. */
static int teardown(void **state)
{
	(void)state;
	km_check();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_other_thread, teardown),
		cmocka_unit_test_teardown(test_this_thread, teardown),
	};

	kmem_room_all = 0; /* arrays are emptied for no other reason */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
