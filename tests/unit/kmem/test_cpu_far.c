// SPDX-License-Identifier: MIT
/*
 * test_cpu_far.c - far slots in the tables of CPUs
 *
 * Beside threads that use them: stress.api.rseq.
 */
#include <pthread.h>

#include "core/tick.h"
#include "far_fixture.h"
#include "kmem/cpu_far.h"
#include "kmem/cpu_owner.h"
#include "kmem/fork.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/owner.h"
#include "kmem/section.h"
#include "kmem/shrink.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

static int start(void **state)
{
	if (kmem_cpu_owners_start(true) || start_near(state))
		return -1;
	tick_interval_ms = ~0UL; /* no tick of the clock's */
	return 0;
}

static int setup(void **state)
{
	(void)state;
	pin_to_first_cpu();
	make_far();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cpu_owners_check();
	destroy_far();
	unpin();
	return 0;
}

/* Frees an object that it allocates. */
static void use(struct kmem_cache *s)
{
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	REQUIRE(obj);
	kmem_cache_free(s, obj);
}

static struct kmem_owner *table(void)
{
	return kmem_cpu_table[os_cpu()];
}

/* Returns the chunk of a cache that sections find on this CPU. */
static void *seen(const struct kmem_cache *s)
{
	return s->by_cpu[os_cpu()];
}

/* The chunk of a cache in the table of this CPU. */
static void *chunk(const struct kmem_cache *s)
{
	return table()->far[(s->far - 1) / FAR_PER_CHUNK];
}

/* A cache beyond the table's slots, on a CPU's table. Expect one refill for a
 * sheaf of objects and none for the rest, all distinct, and none lost. */
static void test_batches(void **state)
{
	struct kmem_cache *s = caches[NR_FAR - 1];
	static void *objs[3 * CAPACITY];

	(void)state;
	assert_int_equal(s->slot, 0);
	assert_null(s->by_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(objs[i]);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(objs[i], objs[j]);
	}
	assert_int_equal(fake.refills, 3);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	assert_int_equal(kmem_owners_count(s) + barn_count(s), s->in_use);
	for (int i = 0; i < 1000; i++)
		use(s);
	assert_int_equal(fake.refills, 3);
	assert_null(kmem_owner_here());
	kmem_cache_shrink(s);
	assert_int_equal(s->in_use, 0);
}

/* Two caches of one chunk and one of another. Expect each to have its own
 * words, and a hand to take only those. */
static void test_places(void **state)
{
	struct kmem_cache *a = caches[0], *b = caches[1], *c = caches[299];
	struct kmem_owner *hand;

	(void)state;
	use(a);
	use(c);
	assert_ptr_equal(seen(a), chunk(a));
	assert_ptr_not_equal(seen(a), seen(c));
	assert_null(b->by_cpu);
	use(b);
	assert_ptr_equal(seen(b), chunk(a));
	hand = kmem_hand_take(a);
	assert_non_null(hand);
	assert_int_equal(*kmem_cursor(table(), a), MISSING);
	assert_int_not_equal(*kmem_cursor(hand, a), MISSING);
	assert_int_equal(kmem_owner_count(table(), b), CAPACITY);
	assert_int_equal(kmem_owner_count(table(), c), CAPACITY);
	kmem_hand_give(hand, a);
	assert_int_equal(*kmem_cursor(hand, a), MISSING);
	assert_int_equal(kmem_owner_count(table(), a), CAPACITY);
	assert_int_equal(kmem_owner_count(hand, a), 0);
}

/* A sheaf more than main has room for, and a hand in between. Expect the spare
 * to go with the slot there and back. */
static void test_spare(void **state)
{
	struct kmem_cache *s = caches[7];
	struct slab_sheaf *spare;
	struct kmem_owner *hand;
	void *objs[CAPACITY + 5];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	spare = kmem_slot(table(), s)->spare;
	assert_non_null(spare);
	hand = kmem_hand_take(s);
	assert_null(kmem_slot(table(), s)->spare);
	assert_ptr_equal(kmem_slot(hand, s)->spare, spare);
	kmem_hand_give(hand, s);
	assert_ptr_equal(kmem_slot(table(), s)->spare, spare);
}

/* A table is emptied from another CPU, by all ways there are: every cache, one
 * cache, idle ones at the second tick, all in shortage. Expect the far slots to
 * be emptied and seen again. */
static void test_flushed_from_elsewhere(void **state)
{
	struct kmem_cache *s = caches[299];
	struct kmem_owner *own;

	(void)state;
	for (int way = 0; way < 4; way++) {
		pin_to_first_cpu();
		use(s);
		own = table();
		assert_int_equal(kmem_owners_count(s), CAPACITY);
		unpin();
		pin_to_last_cpu();
		if (way == 0)
			kmem_cpu_owners_flush();
		else if (way == 1)
			kmem_cpu_owners_flush_cache(s);
		else if (way == 3)
			kmem_reclaim(SHRINK_ALL);
		for (int tick = 0; way == 2 && tick < 2; tick++)
			kmem_cpu_owners_flush_idle();
		assert_int_equal(kmem_owners_count(s), 0);
		assert_int_equal(*kmem_cursor(own, s), MISSING);
		unpin();
		pin_to_first_cpu();
		assert_ptr_equal(seen(s), chunk(s));
		unpin();
	}
}

/* Before fork all tables are hidden. Expect far slots to miss meanwhile, calls
 * to be served, also for a cache that is new then, and both to be seen
 * afterwards. */
static void test_hidden(void **state)
{
	struct kmem_cache *s = caches[0], *late = caches[250];
	unsigned long refills;

	(void)state;
	fake_watch(s);
	use(s);
	refills = fake.refills;
	lock_fork_begin();
	kmem_fork_take();
	assert_ptr_not_equal(seen(s), chunk(s));
	assert_ptr_equal(seen(s), s->by_cpu[-1]);
	use(s);
	use(late);
	assert_int_equal(fake.refills, refills + 1);
	assert_int_equal(kmem_owner_count(table(), s), CAPACITY);
	kmem_fork_release();
	lock_fork_end();
	assert_ptr_equal(seen(s), chunk(s));
	use(s);
	assert_int_equal(fake.refills, refills + 1);
	use(late);
	assert_ptr_equal(seen(late), chunk(late));
}

/* A thread whose CPU is unknown. Expect its far slots to be those that miss. */
static void test_no_cpu(void **state)
{
	struct kmem_cache *s = caches[4];
	const struct kmem_far_slot *none;

	(void)state;
	use(s);
	none = s->by_cpu[-1];
	assert_ptr_equal(none, s->by_cpu[-2]);
	for (unsigned int i = 0; i < FAR_PER_CHUNK; i++) {
		assert_int_equal(none[i].cursor, MISSING);
		assert_null(none[i].rest.spare);
	}
	for (unsigned int cpu = 0; cpu < os_cpu_ids(); cpu++)
		assert_true(s->by_cpu[cpu] == none ||
			    s->by_cpu[cpu] == seen(s) || kmem_cpu_table[cpu]);
}

/* A cache is destroyed and another gets its far slot. Expect no object of the
 * first in it. */
static void test_reuse(void **state)
{
	u32 far = caches[9]->far;

	(void)state;
	use(caches[9]);
	kmem_cache_destroy(caches[9]);
	caches[9] = create();
	assert_int_equal(caches[9]->far, far);
	assert_int_equal(kmem_owners_count(caches[9]), 0);
	assert_null(caches[9]->by_cpu);
	use(caches[9]);
	assert_int_equal(kmem_owners_count(caches[9]), CAPACITY);
}

static void free_twice(void *arg)
{
	void *obj = kmem_cache_alloc(arg, 0);

	kmem_cache_free(arg, obj);
	kmem_cache_free(arg, obj);
}

/* An object is freed twice. Expect the line that says so. */
static void test_double_free(void **state)
{
	(void)state;
	use(caches[1]);
	expect_abort(free_twice, caches[1], "double free");
}

/* In a child: what was in motion, or torn, is dropped. */
static void cleared(void *arg)
{
	struct kmem_cache *s = arg;

	kmem_table_clear(table());
	REQUIRE(*kmem_cursor(table(), s) == MISSING);
	REQUIRE(!kmem_slot(table(), s)->spare);
}

static void test_clear(void **state)
{
	struct child_end end;

	(void)state;
	use(caches[2]);
	child_run(cleared, caches[2], &end);
	expect_success(&end);
}

static pthread_barrier_t gate;

/* The backend is not for several threads: nothing is allocated. */
static void *make_all(void *arg)
{
	pthread_barrier_wait(&gate);
	for (size_t i = 0; i < NR_FAR; i++)
		kmem_cpu_owner_make(caches[i]);
	return arg;
}

/* Threads make the far slots of the same caches at once. Expect one row for
 * each chunk number, and in it a chunk of each CPU's table. */
static void test_made_at_once(void **state)
{
	pthread_t threads[4];

	(void)state;
	unpin();
	pthread_barrier_init(&gate, NULL, ARRAY_SIZE(threads));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, make_all, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	kmem_cpu_owners_check();
	for (size_t i = 0; i < NR_FAR; i++)
		assert_non_null(caches[i]->by_cpu);
	for (size_t i = 1; i < FAR_PER_CHUNK; i++)
		assert_ptr_equal(caches[i]->by_cpu, caches[0]->by_cpu);
	pthread_barrier_destroy(&gate);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_batches), TEST(test_places),
		TEST(test_spare),   TEST(test_flushed_from_elsewhere),
		TEST(test_hidden),  TEST(test_no_cpu),
		TEST(test_reuse),   TEST(test_double_free),
		TEST(test_clear),   TEST(test_made_at_once),
	};

	if (!os_rseq_offset())
		return 77;
	return cmocka_run_group_tests(tests, start, NULL);
}
