// SPDX-License-Identifier: MIT
/*
 * test_rcu.c - grace periods, and what waits for them (docs/kernel.md V5, L10)
 */
#include <pthread.h>
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "diag/fault.h"
#include "kmem/cache.h"
#include "kmem/kmem.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"
#include "support/child.h"
#include "vmap/large/large.h"

/* ---- a reader in another thread ------------------------------------------ */

static struct {
	pthread_t thread;
	pthread_barrier_t gate;
} reader;

static void *read_section(void *arg)
{
	rcu_read_lock();
	rcu_read_lock(); /* they nest */
	rcu_read_unlock();
	pthread_barrier_wait(&reader.gate); /* inside */
	pthread_barrier_wait(&reader.gate); /* may leave */
	rcu_read_unlock();
	return arg;
}

static void reader_enters(void)
{
	pthread_barrier_init(&reader.gate, NULL, 2);
	REQUIRE(!pthread_create(&reader.thread, NULL, read_section, NULL));
	pthread_barrier_wait(&reader.gate);
}

static void reader_leaves(void)
{
	pthread_barrier_wait(&reader.gate);
	REQUIRE(!pthread_join(reader.thread, NULL));
	pthread_barrier_destroy(&reader.gate);
}

/* Time for a worker that does not wait to have done what it should not. */
static void pause_ms(long ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- call_rcu ------------------------------------------------------------ */

struct call {
	struct rcu_head head;
	unsigned int place; /* 0: not run yet */
};

static unsigned int runs; /* atomic */

static void called(struct rcu_head *head)
{
	struct call *call = container_of(head, struct call, head);

	__atomic_store_n(&call->place,
			 __atomic_add_fetch(&runs, 1, __ATOMIC_RELAXED),
			 __ATOMIC_RELEASE);
}

/* Functions are queued while a reader is inside. Expect none to run before it
 * has left, and all of them, in order, before a barrier returns. */
static void test_call(void **state)
{
	static struct call call[1000];

	(void)state;
	runs = 0;
	reader_enters();
	for (int i = 0; i < 1000; i++)
		call_rcu(&call[i].head, called);
	pause_ms(20);
	assert_int_equal(READ_ONCE(runs), 0);
	reader_leaves();
	rcu_barrier();
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(call[i].place, i + 1);
	rcu_barrier();
}

static void *synchronize(void *arg)
{
	synchronize_rcu();
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* A thread waits for the readers. Expect it to wait as long as one is inside,
 * and not for those that come later. */
static void test_synchronize(void **state)
{
	pthread_t thread;
	int done = 0;

	(void)state;
	synchronize_rcu();
	reader_enters();
	assert_int_equal(pthread_create(&thread, NULL, synchronize, &done), 0);
	pause_ms(20);
	assert_int_equal(__atomic_load_n(&done, __ATOMIC_ACQUIRE), 0);
	reader_leaves();
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(done, 1);
}

/* ---- kfree_rcu ----------------------------------------------------------- */

struct block {
	long before[3];
	struct rcu_head rcu;
	long after[3];
};

/* Pages that are in use, and areas. */
static unsigned long in_use(void)
{
	struct zone_stat stat;
	unsigned long sum = 0;
	struct zone *zone;

	km_reclaim();
	for_each_zone(zone) {
		zone_stat(zone, &stat);
		sum += stat.managed - stat.free - stat.pcp;
	}
	return sum + vmalloc_nr_pages() * 1000;
}

/* Blocks of kmalloc, of pages and of vmalloc space, with a head and without,
 * are given up while a reader is inside. Expect them as they were until it
 * leaves, and all of them free after the barrier: vmalloc space, whose places
 * are taken at random, may have a page more or less for its records of them. */
static void test_kinds(void **state)
{
	static const size_t sizes[] = { sizeof(struct block), 8192, 20000,
					5 << 20 };
	struct block *block[2 * ARRAY_SIZE(sizes)];
	unsigned long before;

	(void)state;
	kvfree_rcu_barrier();
	before = in_use();
	reader_enters();
	for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		block[i] = kvmalloc(sizes[i / 2], GFP_KERNEL);
		block[i]->before[0] = (long)i;
		block[i]->after[2] = ~(long)i;
		if (i % 2)
			kvfree_rcu(block[i], rcu);
		else
			kvfree_rcu(block[i]);
	}
	/* Of a small kind so many that pages would be missing. */
	for (int i = 0; i < 1024; i++) {
		struct block *small = kmalloc(sizeof(*small), GFP_KERNEL);

		if (i % 2)
			kfree_rcu(small, rcu);
		else
			kvfree_rcu(small);
	}
	pause_ms(20);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		assert_int_equal(block[i]->before[0], i);
		assert_int_equal(block[i]->after[2], ~(long)i);
	}
	assert_true(in_use() > before + 2000);
	reader_leaves();
	kvfree_rcu_barrier();
	assert_in_range(in_use(), before - 1, before + 1);
	block[0] = NULL;
	kfree_rcu(block[0], rcu);
	kfree_rcu_mightsleep(block[0]);
	km_check();
}

/* Objects of a cache. Expect them to wait in a sheaf, and a full sheaf to
 * become one for all threads, without a call to the slabs. */
static void test_sheaf(void **state)
{
	struct kmem_cache *s = kmem_cache_create(
		"rcu sheaf", 256, 0, SLAB_NO_MERGE | KM_SLAB_ON_SLUB, NULL);
	struct block *block[28];

	(void)state;
	assert_int_equal(s->sheaf_capacity, 28);
	for (int i = 0; i < 28; i++)
		block[i] = kmem_cache_alloc(s, GFP_KERNEL);
	reader_enters();
	for (int i = 0; i < 27; i++)
		kfree_rcu(block[i], rcu);
	assert_int_equal(kmem_stat_sum(s, FREE_RCU_SHEAF), 27);
	assert_int_equal(s->rcu_waiting, 27);
	kfree_rcu(block[27], rcu);
	pause_ms(20);
	assert_int_equal(s->rcu_waiting, 28);
	reader_leaves();
	rcu_barrier();
	assert_int_equal(s->rcu_waiting, 0);
	assert_int_equal(kmem_stat_sum(s, BARN_PUT), 1);
	assert_int_equal(kmem_stat_sum(s, FREE_RCU_SHEAF_FAIL), 0);
	kmem_cache_destroy(s);
}

/* A few objects in a sheaf that never gets full. Expect ticks to see to it that
 * they do not wait for ever. */
static void test_partial_sheaf(void **state)
{
	struct kmem_cache *s = kmem_cache_create(
		"rcu few", 256, 0, SLAB_NO_MERGE | KM_SLAB_ON_SLUB, NULL);
	struct block *block = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kfree_rcu(block, rcu);
	assert_int_equal(s->rcu_waiting, 1);
	kmem_reclaim(SHRINK_IDLE);
	rcu_barrier();
	assert_int_equal(s->rcu_waiting, 0);
	kmem_cache_destroy(s);
}

static void *destroy_cache(void *arg)
{
	kmem_cache_destroy(arg);
	return NULL;
}

static void create_and_leak_nothing(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("TestSlub_kfree_rcu", 256, 0,
						 SLAB_NO_MERGE, NULL);
	struct block *block = kmem_cache_alloc(s, GFP_KERNEL);
	pthread_t thread;

	(void)arg;
	reader_enters();
	kfree_rcu(block, rcu);
	REQUIRE(!pthread_create(&thread, NULL, destroy_cache, s));
	pause_ms(20);
	reader_leaves();
	REQUIRE(!pthread_join(thread, NULL));
}

/* An object is given to kfree_rcu(), and then its cache is destroyed. Expect
 * that to wait: not a word of objects that are left. (slub_kunit
 * test_kfree_rcu) */
static void test_destroy(void **state)
{
	char text[1024];

	(void)state;
	capture_stderr(create_and_leak_nothing, NULL, text, sizeof(text));
	assert_string_equal(text, "");
}

static void destroy_races(void *arg)
{
	(void)arg;
	for (int round = 0; round < 10; round++) {
		struct kmem_cache *s = kmem_cache_create(
			"TestSlub_kfree_rcu_wq_destroy", 256, 0, SLAB_NO_MERGE,
			NULL);
		pthread_t thread;

		for (int i = 0; i < 100; i++) {
			struct block *block = kmem_cache_alloc(s, GFP_KERNEL);

			kfree_rcu(block, rcu);
		}
		REQUIRE(!pthread_create(&thread, NULL, destroy_cache, s));
		REQUIRE(!pthread_join(thread, NULL));
	}
}

/* The same from another thread, right behind the last call, ten times. Expect
 * nothing to be left. (slub_kunit test_kfree_rcu_wq_destroy) */
static void test_destroy_races(void **state)
{
	char text[1024];

	(void)state;
	capture_stderr(destroy_races, NULL, text, sizeof(text));
	assert_string_equal(text, "");
}

/* No memory for the note that stands for a block without a head. Expect the
 * call to wait for the readers, and to free it itself. */
static void without_note(void *arg)
{
	void *large = kmalloc(20000, GFP_KERNEL);

	(void)arg;
	REQUIRE(large);
	fault_set_nth(1);
	kfree_rcu_mightsleep(large);
	REQUIRE(!fault_nth());
	REQUIRE(virt_to_page(large)->type != PAGE_ALLOCATED);
}

static void test_without_note(void **state)
{
	(void)state;
	setenv("KMALLOC_CMDLINE", "failslab=1,0,0,-1", 1);
	setenv("TEST_RCU_ALONE", "1", 1);
	assert_int_equal(system("/proc/$PPID/exe"), 0);
	unsetenv("KMALLOC_CMDLINE");
	unsetenv("TEST_RCU_ALONE");
}

/* ---- SLAB_TYPESAFE_BY_RCU ------------------------------------------------ */

/* Objects are freed, and their slabs given back, while a reader is inside.
 * Expect the pages to stay what they are until it has left. */
static void typesafe(slab_flags_t backend)
{
	struct kmem_cache *s = kmem_cache_create(
		"typesafe", 512, 0, SLAB_TYPESAFE_BY_RCU | backend, NULL);
	unsigned long before;
	long *obj[512];

	assert_non_null(s);
	/* Once before, for the arrays of objects, whose pages are kept. */
	for (int i = 0; i < 512; i++)
		obj[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 512; i++)
		kmem_cache_free(s, obj[i]);
	kmem_cache_shrink(s);
	rcu_barrier();
	before = in_use();
	for (int i = 0; i < 512; i++) {
		obj[i] = kmem_cache_alloc(s, GFP_KERNEL);
		obj[i][0] = i;
		obj[i][60] = ~i;
	}
	reader_enters();
	for (int i = 0; i < 512; i++)
		kmem_cache_free(s, obj[i]);
	kmem_cache_shrink(s);
	assert_int_equal(kmem_cache_nr_slabs(s), 0);
	pause_ms(20);
	for (int i = 0; i < 512; i++) {
		assert_int_equal(obj[i][0], i);
		assert_int_equal(obj[i][60], ~i);
	}
	assert_true(in_use() >= before + 64);
	reader_leaves();
	rcu_barrier();
	assert_int_equal(in_use(), before);
	kmem_cache_destroy(s);
}

static void test_typesafe_slub(void **state)
{
	(void)state;
	typesafe(KM_SLAB_ON_SLUB);
}

static void test_typesafe_slab(void **state)
{
	(void)state;
	typesafe(KM_SLAB_ON_SLAB);
}

/* An object is freed and comes back from the same cache. Expect what was in it,
 * but for the word of the free pointer where that was put inside; and zeros if
 * they are asked for. (test_meminit test_rcu_persistent) */
static void test_persistent(void **state)
{
	struct kmem_cache_args args = { .freeptr_offset = 16,
					.use_freeptr_offset = true };
	struct kmem_cache *outside = kmem_cache_create(
		"outside", 64, 0, SLAB_TYPESAFE_BY_RCU | KM_SLAB_ON_SLUB, NULL);
	struct kmem_cache *inside = kmem_cache_create(
		"inside", 64, &args, SLAB_TYPESAFE_BY_RCU | KM_SLAB_ON_SLUB);

	(void)state;
	assert_int_equal(outside->size, 72);
	assert_int_equal(inside->size, 64);
	for (int round = 0; round < 2; round++) {
		struct kmem_cache *s = round ? inside : outside;
		unsigned char *obj = kmem_cache_alloc(s, GFP_KERNEL);
		void *again[200];
		int seen = -1;

		memset(obj, 0x77, 64);
		kmem_cache_free(s, obj);
		kmem_cache_shrink(s); /* through its slab */
		for (int i = 0; i < 200; i++) {
			again[i] = kmem_cache_alloc(s, GFP_KERNEL);
			if (again[i] == obj)
				seen = i;
		}
		for (int i = 0; seen >= 0 && i < 64; i++)
			if (!round || i < 16 || i >= 24)
				assert_int_equal(obj[i], 0x77);
		if (seen >= 0) {
			kmem_cache_free(s, obj);
			obj = kmem_cache_zalloc(s, GFP_KERNEL);
			for (int i = 0; i < 64; i++)
				assert_int_equal(obj[i], 0);
			again[seen] = obj;
		}
		kmem_cache_free_bulk(s, 200, again);
	}
	kmem_cache_destroy(outside);
	kmem_cache_destroy(inside);
}

/* Free pointers where they cannot be. Expect no cache. */
static void bad_offsets(void *arg)
{
	static const unsigned int bad[] = { 4, 57, 60, 64 };

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kmem_cache_args args = { .freeptr_offset = bad[i],
						.use_freeptr_offset = true };

		REQUIRE(!kmem_cache_create("bad", 64, &args,
					   SLAB_TYPESAFE_BY_RCU));
	}
}

static void test_bad_offsets(void **state)
{
	char text[8192];

	(void)state;
	capture_stderr(bad_offsets, NULL, text, sizeof(text));
	assert_int_equal(count_phrase(text, "failed with error -22"), 4);
}

/* ---- fork ---------------------------------------------------------------- */

static struct call pending;

static void use_rcu(void *arg)
{
	struct block *block = kmalloc(sizeof(*block), GFP_KERNEL);
	struct call mine = { .place = 0 };

	(void)arg;
	runs = 0;
	kfree_rcu(block, rcu);
	kvfree_rcu_barrier();
	call_rcu(&mine.head, called);
	rcu_barrier();
	REQUIRE(mine.place);
	rcu_read_lock();
	rcu_read_unlock();
	synchronize_rcu();
	REQUIRE(pending.place); /* the parent had queued it */
	km_check();
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* A process that has a worker, a registered reader and something in its queue
 * forks. Expect the child to have all of that too, and the parent to go on. */
static void test_fork(void **state)
{
	struct child_end end;

	(void)state;
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		skip(); /* it lets no child of a thread start threads */
	synchronize_rcu();
	for (int round = 0; round < 20; round++) {
		pending.place = 0;
		call_rcu(&pending.head, called);
		child_run(use_rcu, NULL, &end);
		expect_success(&end);
		rcu_barrier();
	}
	rcu_barrier();
	use_rcu(NULL);
}

/* A tick is due and areas are purged when a thread forks, which has the lock of
 * RCU by then. Expect no tick before it has given that back. */
static void test_fork_runs_no_tick(void **state)
{
	unsigned long interval = tick_interval_ms, last;
	struct child_end end;
	void *area;

	(void)state;
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		skip();
	synchronize_rcu();
	area = vmalloc(3 * PAGE_SIZE);
	assert_non_null(area);
	vfree(area);
	tick_interval_ms = 1000;
	last = tick_last_ms -= 5000;
	kmem_owner_get()->unpolled = 0; /* the next miss polls */
	child_run(do_nothing, NULL, &end);
	tick_interval_ms = interval;
	expect_success(&end);
	assert_int_equal(tick_last_ms, last);
}

static void fork_again(void *arg)
{
	struct child_end end;

	(void)arg;
	use_rcu(NULL);
	child_run(use_rcu, NULL, &end);
	REQUIRE(!end.status);
}

/* A child forks again. Expect the same of its child. */
static void test_fork_twice(void **state)
{
	struct child_end end;

	(void)state;
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		skip();
	call_rcu(&pending.head, called);
	rcu_barrier();
	child_run(fork_again, NULL, &end);
	expect_success(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_synchronize),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_sheaf),
		cmocka_unit_test(test_partial_sheaf),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_destroy_races),
		cmocka_unit_test(test_without_note),
		cmocka_unit_test(test_typesafe_slub),
		cmocka_unit_test(test_typesafe_slab),
		cmocka_unit_test(test_persistent),
		cmocka_unit_test(test_bad_offsets),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_runs_no_tick),
		cmocka_unit_test(test_fork_twice),
	};

	if (getenv("TEST_RCU_ALONE")) {
		without_note(NULL);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
