// SPDX-License-Identifier: MIT
/*
 * test_hand.c - a slot of a CPU's table, in a hand and back
 */
#include <pthread.h>

#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "kmem/thread.h"
#include "sys/os.h"

#define SIZE 256
#define CAPACITY 28U
#define HANDS 32

static struct kmem_cache *s;
static struct kmem_owner *table; /* of the CPU that the tests run on */

static uintptr_t *cursor_of(struct kmem_owner *owner)
{
	return kmem_cursor(owner, s);
}

static struct slab_sheaf *spare_of(struct kmem_owner *owner)
{
	return kmem_slot(owner, s)->spare;
}

/* Allocates and frees nr objects. */
static void use(unsigned int nr)
{
	void *objs[4 * CAPACITY];

	for (unsigned int i = 0; i < nr; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < nr; i++)
		kmem_cache_free(s, objs[i]);
}

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("hand", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->sheaf_capacity, CAPACITY);
	use(CAPACITY + 5);
	fake_watch(s);
	table = kmem_cpu_table[os_cpu()];
	assert_non_null(table);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cpu_owners_check();
	barn_check(s);
	kmem_cache_destroy(s);
	return 0;
}

/* A slot is taken and given back. Expect it in one place at a time, no thread
 * with a table, and the hand empty. */
static void test_there_and_back(void **state)
{
	uintptr_t cursor = *cursor_of(table);
	struct slab_sheaf *spare = spare_of(table);
	struct kmem_owner *hand = kmem_hand_take(s);

	(void)state;
	assert_null(kmem_owner_get());
	assert_int_not_equal(cursor, MISSING);
	assert_non_null(spare);
	assert_int_equal(*cursor_of(table), MISSING);
	assert_null(spare_of(table));
	assert_int_equal(*cursor_of(hand), cursor);
	assert_ptr_equal(spare_of(hand), spare);
	kmem_hand_give(hand, s);
	assert_int_equal(*cursor_of(table), cursor);
	assert_ptr_equal(spare_of(table), spare);
	assert_int_equal(*cursor_of(hand), MISSING); /* HAND1 */
	assert_null(spare_of(hand));
	assert_int_equal(fake.flushed, 0);
}

/* While a hand has the slot, it is used again, and filled. Expect what the
 * first hand has in the slabs when it gives, and no object lost. */
static void test_surplus(void **state)
{
	unsigned long held = kmem_owner_count(table, s);
	struct kmem_owner *hand = kmem_hand_take(s), *other;

	(void)state;
	assert_int_not_equal(held, 0);
	use(CAPACITY + 5);
	other = kmem_hand_take(s);
	assert_ptr_not_equal(other, hand);
	kmem_hand_give(other, s);
	assert_int_not_equal(*cursor_of(table), MISSING);
	assert_int_equal(fake.flushed, 0);
	kmem_hand_give(hand, s);
	assert_int_equal(fake.flushed, held);
	assert_int_equal(*cursor_of(hand), MISSING);
	assert_int_equal(kmem_owner_count(table, s) + barn_count(s), s->in_use);
}

/* Every hand is in use. Expect no further one, and that calls are served
 * object by object. */
static void test_no_hand(void **state)
{
	struct kmem_owner *taken[HANDS];
	void *obj;

	(void)state;
	for (int i = 0; i < HANDS; i++) {
		taken[i] = kmem_hand_take(s);
		assert_non_null(taken[i]);
	}
	assert_null(kmem_hand_take(s));
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(obj);
	assert_int_equal(fake.refilled, 1);
	kmem_cache_free(s, obj);
	assert_int_equal(fake.flushed, 1);
	for (int i = 0; i < HANDS; i++)
		kmem_hand_give(taken[i], s);
}

/* The CPU's table is hidden, again and again. Expect no hand meanwhile, and one
 * afterwards. */
static void test_hidden(void **state)
{
	unsigned int cpu = (unsigned int)os_cpu();
	struct kmem_owner *hand;

	(void)state;
	kmem_cpus.owner[cpu] = kmem_no_owner;
	for (int i = 0; i < 2 * HANDS; i++)
		assert_null(kmem_hand_take(s));
	kmem_cpus.owner[cpu] = table;
	hand = kmem_hand_take(s);
	assert_non_null(hand);
	kmem_hand_give(hand, s);
}

/* A cache without a slot. Expect no hand. */
static void test_no_slot(void **state)
{
	(void)state;
	assert_null(kmem_hand_take(&cache_cache));
}

static void free_twice(void *arg)
{
	void *objs[3];

	for (int i = 0; i < 3; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objs[0]);
	if (arg)
		kmem_cache_free(s, objs[1]);
	kmem_cache_free(s, objs[0]);
}

/* An object is freed twice, at once and with one between. Expect the message
 * that a thread's table gives. */
static void test_double_free(void **state)
{
	(void)state;
	expect_abort(free_twice, NULL, "hand");
	expect_abort(free_twice, state, "hand");
}

static pthread_barrier_t gate;
static struct kmem_owner *lost; /* the hand of a thread that a child lacks */

static void *hold(void *arg)
{
	struct kmem_owner *hand = kmem_hand_take(s);

	lost = hand;

	(void)arg;
	REQUIRE(hand && *cursor_of(hand) != MISSING);
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	kmem_hand_give(hand, s);
	return NULL;
}

/* In a child. */
static void lose(void *arg)
{
	struct kmem_owner *hand = kmem_hand_take(s);

	(void)arg;
	kmem_hands_fork_child();
	REQUIRE(kmem_threads_lost);
	REQUIRE(hand->thread == __builtin_thread_pointer());
	REQUIRE(*cursor_of(lost) == MISSING && !spare_of(lost));
	for (int i = 1; i < HANDS; i++) {
		struct kmem_owner *other = kmem_hand_take(s);

		REQUIRE(other && other != hand && !spare_of(other));
	}
}

/* A thread has a hand when the process forks. Expect that the child can use
 * that hand, without what was in it, and keeps its own. */
static void test_fork(void **state)
{
	struct child_end end;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&gate, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, hold, NULL), 0);
	pthread_barrier_wait(&gate);
	child_run(lose, NULL, &end);
	expect_quiet(&end);
	pthread_barrier_wait(&gate);
	pthread_join(thread, NULL);
}

static int start(void **state)
{
	return kmem_cpu_owners_start(true) || fake_start(state);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back), TEST(test_surplus),
		TEST(test_no_hand),	   TEST(test_no_slot),
		TEST(test_double_free),	   TEST(test_fork),
		TEST(test_hidden),
	};

	if (!os_rseq_offset())
		return 77;
	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, start, NULL);
}
