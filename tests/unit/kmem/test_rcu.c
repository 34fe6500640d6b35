// SPDX-License-Identifier: MIT
/*
 * test_rcu.c - objects and slabs that wait for readers (docs/kernel.md V5)
 *
 * The grace periods are the test's: what was given to call() runs when it says
 * that the readers have left. Real ones are in unit.api.rcu.
 */
#include "buddy/buddy.h"
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"
#include "support/region.h"

#define CAPACITY 28 /* of a sheaf of objects of 300 bytes */
#define NR (3 * CAPACITY)

static struct kmem_cache *s;
static void *objs[NR];

/* What waits, the newest first. */
static struct {
	struct rcu_head *first;
	unsigned int nr;
} waiting;

static void call(struct rcu_head *head, void (*func)(struct rcu_head *))
{
	head->next = waiting.first;
	head->func = func;
	waiting.first = head;
	waiting.nr++;
}

static void readers_leave(void)
{
	while (waiting.first) {
		struct rcu_head *head = waiting.first;

		waiting.first = head->next;
		waiting.nr--;
		head->func(head);
	}
}

static const struct kmem_rcu_ops test_readers = {
	.prepare = no_readers_prepare,
	.call = call,
	.barrier = readers_leave,
	.kvfree_barrier = readers_leave,
};

static int setup(void **state)
{
	(void)state;
	kmem_rcu_register(&test_readers);
	s = kmem_cache_create("waiting", 300, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->sheaf_capacity, CAPACITY);
	for (unsigned int i = 0; i < NR; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(objs[i]);
	}
	fake_watch(s);
	return 0;
}

/* All that was given is free, and the cache holds what it did not give back. */
static int teardown(void **state)
{
	(void)state;
	flush_all_rcu_sheaves();
	readers_leave();
	assert_int_equal(s->rcu_waiting, 0);
	assert_int_equal(s->in_use,
			 kmem_owner_count(kmem_owner_get(), s) + barn_count(s));
	barn_check(s);
	kmem_cache_destroy(s);
	kmem_rcu_register(NULL);
	return 0;
}

static void give(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		assert_true(__kfree_rcu_sheaf(s, objs[i]));
}

/* Objects one by one, up to a full sheaf. Expect none to wait for readers
 * before, the sheaf then, and its objects in the barn after, all of them. */
static void test_full(void **state)
{
	(void)state;
	give(0, CAPACITY - 1);
	assert_int_equal(waiting.nr, 0);
	assert_int_equal(s->rcu_waiting, CAPACITY - 1);
	give(CAPACITY - 1, CAPACITY);
	assert_int_equal(waiting.nr, 1);
	assert_int_equal(s->rcu_waiting, CAPACITY);
	assert_int_equal(barn_count(s), 0);
	assert_int_equal(fake.flushed, 0);
	readers_leave();
	assert_int_equal(s->rcu_waiting, 0);
	assert_int_equal(barn_count(s), CAPACITY);
	assert_int_equal(fake.flushed, 0);
	assert_int_equal(fake.verified, CAPACITY);
	assert_int_equal(kmem_stat_sum(s, FREE_RCU_SHEAF), CAPACITY);
	for (unsigned int i = CAPACITY; i < NR; i++)
		kmem_cache_free(s, objs[i]);
}

/* Three sheaves while readers stay, in a barn that has room for fewer. Expect
 * all three to wait, and what the barn does not take to go to the slabs. */
static void test_no_room(void **state)
{
	(void)state;
	give(0, NR);
	assert_int_equal(waiting.nr, 3);
	assert_int_equal(s->rcu_waiting, NR);
	readers_leave();
	assert_int_equal(barn_count(s) + fake.flushed, NR);
	assert_int_equal(barn_count(s), CAPACITY); /* one owner: one sheaf */
	assert_int_equal(fake.verified, CAPACITY);
	assert_int_equal(s->in_use,
			 kmem_owner_count(kmem_owner_get(), s) + barn_count(s));
}

/* A sheaf that is not full is made to wait. Expect its objects to go to the
 * slabs, for the barn holds full ones alone; the sheaf itself to be kept there;
 * and a second call to find none. */
static void test_partial(void **state)
{
	const struct node_barn *barn = &s->node[0]->barn[BARN_HERE];

	(void)state;
	assert_int_equal(barn->nr_empty, 0);
	give(0, 3);
	flush_all_rcu_sheaves();
	flush_all_rcu_sheaves();
	assert_int_equal(waiting.nr, 1);
	assert_int_equal(fake.flushed, 0);
	readers_leave();
	assert_int_equal(fake.flushed, 3);
	assert_int_equal(barn_count(s), 0);
	assert_int_equal(barn->nr_empty, 1);
	for (unsigned int i = 3; i < NR; i++)
		kmem_cache_free(s, objs[i]);
}

/* No memory for a sheaf. Expect a refusal, which is counted, and the object to
 * be the caller's still. */
static void test_short(void **state)
{
	(void)state;
	kmem_reclaim(SHRINK_ALL);
	kmem_owner_flush(kmem_owner_get());
	region_exhaust();
	assert_false(__kfree_rcu_sheaf(s, objs[0]));
	region_restore();
	assert_int_equal(s->rcu_waiting, 0);
	assert_int_equal(kmem_stat_sum(s, FREE_RCU_SHEAF_FAIL), 1);
	assert_int_equal(kmem_stat_sum(s, FREE_RCU_SHEAF), 0);
	for (unsigned int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
}

/* A cache without sheaves. Expect a refusal. */
static void test_no_sheaves(void **state)
{
	struct kmem_cache *bare = kmem_cache_create("bare", 300, 0,
						    SLAB_NO_OBJ_EXT, NULL);
	void *obj = kmem_cache_alloc(bare, GFP_KERNEL);

	(void)state;
	assert_false(__kfree_rcu_sheaf(bare, obj));
	assert_int_equal(kmem_stat_sum(bare, FREE_RCU_SHEAF_FAIL), 1);
	kmem_cache_free(bare, obj);
	kmem_cache_destroy(bare);
	for (unsigned int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
}

static unsigned long pages_out(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;

	zone_stat(zone, &stat);
	return stat.managed - stat.free - stat.pcp;
}

/* Pages of an empty slab, in a cache whose readers may still look at its
 * objects and in one without. Expect them back after the grace period, and at
 * once. */
static void test_slab_pages(void **state)
{
	struct kmem_cache typesafe = { .flags = SLAB_TYPESAFE_BY_RCU };
	const struct kmem_cache plain = { .flags = 0 };
	struct page *a = alloc_pages(GFP_KERNEL, 2);
	struct page *b = alloc_pages(GFP_KERNEL, 0);
	unsigned long out = pages_out();

	(void)state;
	a->order = 2;
	kmem_free_slab(&typesafe, a);
	assert_int_equal(waiting.nr, 1);
	assert_int_equal(pages_out(), out);
	readers_leave();
	assert_int_equal(pages_out(), out - 4);
	typesafe = plain;
	kmem_free_slab(&typesafe, b);
	assert_int_equal(waiting.nr, 0);
	assert_int_equal(pages_out(), out - 5);
	for (unsigned int i = 0; i < NR; i++)
		kmem_cache_free(s, objs[i]);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_full),  TEST(test_no_room),	 TEST(test_partial),
		TEST(test_short), TEST(test_no_sheaves), TEST(test_slab_pages),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
