// SPDX-License-Identifier: MIT
/*
 * test_held_flush.c - what owners hold is flushed: by them and by others
 */
#include <pthread.h>

#include "kmem/thread.h"
#include "kmem/sheaf.h"
#include "kmem/room.h"
#include "sheaf_fixture.h"

static struct slab_sheaf *spare(void)
{
	return kmem_slot(kmem_owner_get(), f.s)->spare;
}

static unsigned long held(void)
{
	return kmem_owner_count(kmem_owner_get(), f.s);
}

/* One cache of a thread is flushed. Expect all its objects in the slabs, its
 * sheaves in the barn, and misses both ways afterwards. */
static void test_flush_cache(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	take(0, 2 * CAPACITY);
	give(0, 2 * CAPACITY);
	kmem_owner_flush_cache(owner, f.s);
	assert_int_equal(held(), 0);
	assert_null(spare());
	assert_int_equal(fake.flushed, 2 * CAPACITY);
	assert_int_equal(f.s->in_use, 0);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].nr_empty, 2);
	assert_int_equal(owner->cursor[f.s->slot],
			 (uintptr_t)(kmem_missing + SHEAF_WORDS));
}

/* Idle slots are flushed at the second look. Expect a slot in use to stay. */
static void test_flush_idle(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	take(0, 4);
	give(0, 2);
	kmem_owner_flush_idle(owner);
	assert_int_not_equal(held(), 0);
	give(2, 3); /* it moved */
	kmem_owner_flush_idle(owner);
	assert_int_not_equal(held(), 0);
	kmem_owner_flush_idle(owner);
	assert_int_equal(held(), 0);
	give(3, 4);
}

/*
 * A request to every owner. Expect this one to serve it in its next slow path,
 * once.
 */
static void test_request(void **state)
{
	struct kmem_owner *owner = kmem_owner_get();

	(void)state;
	take(0, CAPACITY);
	give(0, 3);
	kmem_owners_request();
	kmem_owner_serve(owner); /* notes where the cursor is */
	kmem_owner_serve(owner); /* no further request */
	assert_int_equal(held(), 3);
	kmem_owners_request();
	kmem_owner_serve(owner);
	assert_int_equal(held(), 0);
	give(3, CAPACITY);
}

static pthread_barrier_t barrier;

static void *hold_objects(void *arg)
{
	void *obj = kmem_cache_alloc(f.s, 0);

	(void)arg;
	kmem_cache_free(f.s, obj);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	obj = kmem_cache_alloc(f.s, 0);
	kmem_cache_free(f.s, obj);
	return NULL;
}

/*
 * A cache that is not in use any more is emptied while another thread holds
 * sheaves of it. Expect these to be taken too, and that thread to be served
 * afterwards.
 */
static void test_flush_everywhere(void **state)
{
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, hold_objects, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(kmem_owners_count(f.s), f.s->sheaf_capacity);
	kmem_owners_flush_cache(f.s);
	assert_int_equal(kmem_owners_count(f.s), 0);
	assert_int_equal(f.s->in_use, 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(f.s->in_use, 0);
	pthread_barrier_destroy(&barrier);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_flush_cache),
		TEST(test_flush_idle),
		TEST(test_request),
		TEST(test_flush_everywhere),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
