// SPDX-License-Identifier: MIT
/*
 * test_sheaf.c - when a cursor misses: sheaves, spares and the barn
 *
 * Each test has a cache of its own, and counts what reached the backend.
 */
#include "core/tick.h"
#include "kmem/sheaf.h"
#include "kmem/thread.h"
#include "sheaf_fixture.h"
#include "sys/os.h"

static struct slab_sheaf *spare(void)
{
	return kmem_slot(kmem_owner_get(), f.s)->spare;
}

static unsigned long held(void)
{
	return kmem_owner_count(kmem_owner_get(), f.s);
}

static unsigned long barn_touched(void)
{
	return f.s->node[0]->barn[BARN_HERE].gets +
	       f.s->node[0]->barn[BARN_HERE].puts;
}

/* The first allocation. Expect one refill of a whole sheaf, and no second
 * until it is used up. */
static void test_fill(void **state)
{
	(void)state;
	take(0, 1);
	assert_int_equal(fake.refills, 1);
	assert_int_equal(fake.refilled, CAPACITY);
	assert_int_equal(held(), CAPACITY - 1);
	take(1, CAPACITY);
	assert_int_equal(fake.refills, 1);
	assert_int_equal(held(), 0);
	take(CAPACITY, CAPACITY + 1);
	assert_int_equal(fake.refills, 2);
	assert_int_equal(f.s->refills, 2);
	assert_int_equal(f.s->refilled, 2 * CAPACITY);
	give(0, CAPACITY + 1);
}

/* Last in, first out. Expect the object freed last to be handed out first. */
static void test_order(void **state)
{
	(void)state;
	take(0, 3);
	give(0, 3);
	for (size_t i = 3; i-- > 0;)
		assert_ptr_equal(kmem_cache_alloc(f.s, 0), f.objs[i]);
	give(0, 3);
}

/*
 * Frees beyond one sheaf. Expect the full one to be the spare, with no call of
 * the backend or the barn.
 */
static void test_spare(void **state)
{
	(void)state;
	take(0, 2 * CAPACITY);
	give(0, CAPACITY);
	assert_null(spare());
	give(CAPACITY, CAPACITY + 1);
	assert_non_null(spare());
	assert_int_equal(spare()->count, CAPACITY);
	give(CAPACITY + 1, 2 * CAPACITY);
	assert_int_equal(held(), 2 * CAPACITY);
	assert_int_equal(fake.flushes, 0);
	assert_int_equal(barn_touched(), 0);
	kmem_owner_check(kmem_owner_get());

	/* And back: the two sheaves swap, still without barn or slabs. */
	take(0, 2 * CAPACITY);
	assert_int_equal(spare()->count, 0);
	assert_int_equal(fake.refills, 2);
	assert_int_equal(barn_touched(), 0);
	give(0, 2 * CAPACITY);
}

/* `limit` is how many full sheaves the barn takes. */
static void barn_flow(unsigned int limit)
{
	const size_t in_barn = (2 + limit) * CAPACITY;
	size_t cached;

	take(0, 14 * CAPACITY);
	assert_int_equal(fake.refills, 14);
	give(0, 2 * CAPACITY);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].puts, 0);
	for (unsigned int n = 1; n <= limit; n++) {
		size_t from = (n + 1) * CAPACITY;

		give(from, from + CAPACITY);
		assert_int_equal(f.s->node[0]->barn[BARN_HERE].puts, n);
		assert_int_equal(f.s->node[0]->barn[BARN_HERE].nr_full, n);
	}
	assert_int_equal(fake.flushes, 0);
	assert_int_equal(fake.verified, limit * CAPACITY);
	assert_int_equal(barn_count(f.s), limit * CAPACITY);
	give(in_barn, in_barn + 1);
	assert_int_equal(fake.flushes, 1);
	assert_int_equal(fake.flushed, CAPACITY);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].puts, limit);
	barn_check(f.s);

	/* All of it comes back before the backend is asked again. */
	fake_watch(f.s);
	cached = held() + barn_count(f.s);
	take(0, cached); /* of those that were given */
	assert_int_equal(fake.refills, 0);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].gets, limit);
	assert_int_equal(f.s->node[0]->barn[BARN_HERE].nr_empty, limit);
	take(cached, cached + 1);
	assert_int_equal(fake.refills, 1);
	give(0, cached + 1);
	give(in_barn + 1, 14 * CAPACITY);
}

/* Frees beyond main and spare in a program of many threads. Expect one full
 * sheaf to go to the barn with each further sheaf of objects, ten of them,
 * checked first; then to the slabs. */
static void test_barn_flow(void **state)
{
	(void)state;
	owners_start(MANY_OWNERS);
	barn_flow(BARN_MAX_FULL);
	owners_stop();
}

/*
 * The same with one thread, so that no other takes its sheaves. Expect the barn
 * to take one alone.
 */
static void test_barn_flow_alone(void **state)
{
	(void)state;
	barn_flow(1);
}

/* A program that frees and allocates by turns at any level. Expect the barn to
 * be touched once at most, and the backend not at all. */
static void test_hysteresis(void **state)
{
	(void)state;
	take(0, 10 * CAPACITY);
	for (size_t level = 0; level < 5 * CAPACITY; level++) {
		unsigned long before = barn_touched();
		unsigned long slabs = fake.refills + fake.flushes;

		for (int i = 0; i < 20; i++) {
			void *obj = kmem_cache_alloc(f.s, 0);

			assert_non_null(obj);
			kmem_cache_free(f.s, obj);
		}
		assert_in_range(barn_touched() - before, 0, 1);
		assert_in_range(fake.refills + fake.flushes - slabs, 0, 1);
		give(level, level + 1);
	}
	give(5 * CAPACITY, 10 * CAPACITY);
}

/* The same the other way round. Expect the same bounds, but three sheaves at
 * once to the backend when it seems that all is being freed. */
static void test_hysteresis_free_first(void **state)
{
	(void)state;
	take(0, 10 * CAPACITY);
	for (size_t level = 0; level < 5 * CAPACITY; level++) {
		unsigned long before = barn_touched();
		unsigned long slabs = fake.refills + fake.flushes;
		void **obj = &f.objs[9 * CAPACITY];

		for (int i = 0; i < 20; i++) {
			kmem_cache_free(f.s, *obj);
			*obj = kmem_cache_alloc(f.s, 0);
			assert_non_null(*obj);
		}
		assert_in_range(barn_touched() - before, 0, 1);
		assert_in_range(fake.refills + fake.flushes - slabs, 0, 3);
		give(level, level + 1);
	}
	give(5 * CAPACITY, 10 * CAPACITY);
}

/* One thread frees a great many objects. Expect it to end with half a sheaf at
 * most, no full spare and nothing in the barn; and whole sheaves once it
 * allocates again. */
static void test_drain(void **state)
{
	(void)state;
	take(0, 12 * CAPACITY);
	give(0, 12 * CAPACITY - 3);
	assert_in_range(held(), 0, DIV_ROUND_UP(CAPACITY, 2));
	assert_int_equal(spare() ? spare()->count : 0, 0);
	assert_int_equal(barn_count(f.s), 0);
	kmem_owner_check(kmem_owner_get());
	give(12 * CAPACITY - 3, 12 * CAPACITY);

	take(0, held() + barn_count(f.s) + 1);
	assert_int_equal(held(), CAPACITY - 1);
	give(0, CAPACITY);
	assert_int_equal(held(), 2 * CAPACITY - 1);
	kmem_owner_check(kmem_owner_get());
}

/* The same with many threads about. Expect two full sheaves to stay. */
static void test_no_drain(void **state)
{
	(void)state;
	owners_start(MANY_OWNERS);
	take(0, 14 * CAPACITY);
	give(0, 14 * CAPACITY);
	assert_int_equal(held(), 2 * CAPACITY);
	owners_stop();
}

/* Every capacity of docs/kernel.md V2. Expect 4, 12, 28, 60, and 120 for the
 * smallest, and a cache without a slot to have none. */
static void test_capacity(void **state)
{
	static const struct {
		unsigned int size, capacity;
	} golden[] = { { 8, 120 },  { 128, 120 }, { 129, 60 },	 { 255, 60 },
		       { 256, 28 }, { 1023, 28 }, { 1024, 12 },	 { 4095, 12 },
		       { 4096, 4 }, { 32768, 4 }, { 4 << 20, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache *s = kmem_cache_create(
			"capacity", golden[i].size, 0, SLAB_NO_MERGE, NULL);

		assert_non_null(s);
		assert_int_equal(s->sheaf_capacity, golden[i].capacity);
		kmem_cache_destroy(s);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_fill),
		TEST(test_order),
		TEST(test_spare),
		TEST(test_barn_flow),
		TEST(test_hysteresis),
		TEST(test_hysteresis_free_first),
		TEST(test_drain),
		TEST(test_no_drain),
		TEST(test_barn_flow_alone),
		TEST(test_capacity),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
