// SPDX-License-Identifier: MIT
/*
 * test_flush.c - what becomes of a slab when objects come back:
 * docs/kernel.md U4 and X1
 */
#include "fixture.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "support/child.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* The first free into a full slab. Expect it frozen on this CPU's partial list,
 * and not on the node's. */
static void test_full_to_cpu_partial(void **state)
{
	struct slab *slab;

	(void)state;
	NEEDS_CPU_SLAB();
	take_full_slabs(1);
	slab = slab_of(0);
	assert_int_equal(slab->state.counters.frozen, 0);
	give(3, 1);
	assert_ptr_equal(f.c->partial, slab);
	assert_int_equal(f.c->nr_partial, 1);
	assert_int_equal(f.n->nr_partial, 0);
	assert_int_equal(slab->state.counters.frozen, 1);
	assert_int_equal(slab->state.counters.inuse, f.per_slab - 1);
	assert_ptr_equal(slab->state.freelist, f.objs[3]);
	give(0, 3);
	give(4, f.per_slab - 4);
}

/* More such slabs than the CPU keeps. Expect all it had to go to the node, and
 * the new one to stay. */
static void test_cpu_partial_overflow(void **state)
{
	const unsigned int keeps = f.s->cpu_partial_slabs;

	(void)state;
	NEEDS_CPU_SLAB();
	take_full_slabs(keeps + 1);
	for (unsigned int i = 0; i < keeps; i++) {
		give((size_t)i * f.per_slab, 1);
		assert_int_equal(f.c->nr_partial, i + 1);
		assert_int_equal(f.n->nr_partial, 0);
	}
	give((size_t)keeps * f.per_slab, 1);
	assert_int_equal(f.c->nr_partial, 1);
	assert_int_equal(f.n->nr_partial, keeps);
	slub_check(f.s);
	for (unsigned int i = 0; i <= keeps; i++)
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
}

/* Slabs on the node's list become empty. Expect them kept up to min_partial of
 * the list, and given back beyond it. */
static void test_empty_slabs(void **state)
{
	const unsigned int min = f.s->min_partial, slabs = min + 3;

	(void)state;
	take_full_slabs(slabs);
	for (unsigned int i = 0; i < slabs; i++)
		give((size_t)i * f.per_slab, 1);
	flush_cpu();
	assert_int_equal(f.n->nr_partial, slabs);
	for (unsigned int i = 0; i < slabs; i++) {
		give((size_t)i * f.per_slab + 1, f.per_slab - 1);
		slub_check(f.s);
	}
	assert_int_equal(f.n->nr_slabs, min - 1);
	assert_int_equal(f.n->nr_partial, min - 1);
	assert_int_equal(f.s->in_use, 0);
}

/* A slab becomes empty on a CPU. Expect it to stay there. */
static void test_empty_frozen(void **state)
{
	(void)state;
	NEEDS_CPU_SLAB();
	take(0, f.per_slab);
	give(0, f.per_slab);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(f.c->slab->state.counters.inuse, 0);
	take(0, f.per_slab);
	assert_int_equal(f.s->slabs_ever, 1);
	give(0, f.per_slab);
}

/* Slabs of one object. Expect each to go straight from full to empty. */
static void test_single_object_slabs(void **state)
{
	(void)state;
	kmem_cache_destroy(f.s);
	fixture_open(32768, 0, NULL);
	assert_int_equal(f.per_slab, 1);
	take_full_slabs(20);
	for (unsigned int i = 0; i < 20; i++) {
		give(i, 1);
		slub_check(f.s);
	}
	assert_int_equal(f.n->nr_slabs, f.s->min_partial);
	assert_int_equal(f.n->nr_partial, f.s->min_partial);
}

/* A batch that mixes the objects of many slabs. Expect each to be back in its
 * own, whatever the order. */
static void test_mixed_batch(void **state)
{
	enum { SLABS = 8 };
	uint64_t seed = 42;
	unsigned int nr;

	(void)state;
	take_full_slabs(SLABS);
	nr = SLABS * f.per_slab;
	for (unsigned int i = nr - 1; i > 0; i--) {
		unsigned int j = (unsigned int)(test_rand(&seed) % (i + 1));
		void *obj = f.objs[i];

		f.objs[i] = f.objs[j];
		f.objs[j] = obj;
	}
	for (unsigned int at = 0; at < nr; at += 60) {
		give(at, nr - at < 60 ? nr - at : 60);
		slub_check(f.s);
	}
	assert_int_equal(f.s->in_use, 0);
}

/* Batches of neighbours, rising and falling, across the ends of slabs and with
 * gaps. Expect each object in its own slab, and every slab empty at the end. */
static void test_neighbours(void **state)
{
	enum { SLABS = 6 };
	static const unsigned int gaps[] = { 1000, 7, 2, 16, 1 };
	const unsigned int nr = SLABS * f.per_slab;

	(void)state;
	for (size_t g = 0; g < 2 * ARRAY_SIZE(gaps); g++) {
		unsigned int gap = gaps[g / 2], n = 0, left = 0;
		void *batch[MAX_OBJECTS], *rest[MAX_OBJECTS];

		take_full_slabs(SLABS);
		for (unsigned int i = 0; i < nr; i++) {
			void *obj = f.objs[g % 2 ? nr - 1 - i : i];

			if (i % gap == gap - 1)
				rest[left++] = obj;
			else
				batch[n++] = obj;
		}
		slab_flush(f.s, batch, n);
		assert_int_equal(f.s->in_use, left);
		slub_check(f.s);
		slab_flush(f.s, rest, left);
		slub_check(f.s);
		slub_shrink(f.s, SHRINK_ALL);
		assert_int_equal(f.n->nr_slabs, 0);
	}
}

#define SCATTERED_SLABS 16U

static struct kmem_cache classed; /* its slabs have an index of their own */

/* Take full slabs of it, with their objects in turns: a slab each. */
static unsigned int take_in_turns(void **objs)
{
	unsigned int nr = SCATTERED_SLABS * classed.oo_objects, got = 0;
	void *all[MAX_OBJECTS];

	assert_true(nr <= MAX_OBJECTS);
	while (got < nr)
		got += slab_refill(&classed, GFP_KERNEL, NUMA_NO_NODE,
				   all + got, nr - got);
	slub_shrink(&classed, SHRINK_ALL);
	for (unsigned int i = 0; i < nr; i++)
		objs[i] = all[i % SCATTERED_SLABS * classed.oo_objects +
			      i / SCATTERED_SLABS];
	return nr;
}

static void flush_twice(void *arg)
{
	void **objs = arg;
	void *batch[] = { objs[2 * SCATTERED_SLABS + 1],
			  objs[2 * SCATTERED_SLABS + 2],
			  objs[SCATTERED_SLABS] }; /* on top of its list */

	slab_flush(&classed, objs, 2 * SCATTERED_SLABS); /* all partly free */
	slab_flush(&classed, batch, 3);
}

static void flush_inside(void *arg)
{
	void **objs = arg;

	slab_flush(&classed, objs, 2 * SCATTERED_SLABS);
	objs[2 * SCATTERED_SLABS + 3] = (char *)objs[2 * SCATTERED_SLABS + 3] +
					16;
	slab_flush(&classed, objs + 2 * SCATTERED_SLABS, 8);
}

/* Objects that lie each in another slab than its neighbour, of a cache with a
 * class. Expect all of them home, also from slabs that were full or become
 * empty; and an abort for one that is free already, or no object. */
static void test_scattered(void **state)
{
	const struct kmem_cache_boot boot = { .class = 9, .align = 64 };
	void *objs[MAX_OBJECTS];
	unsigned int nr;

	(void)state;
	assert_int_equal(kmem_cache_init(&classed, "classed", 64, &boot), 0);
	nr = take_in_turns(objs);
	assert_int_equal(kmem_cache_nr_slabs(&classed), SCATTERED_SLABS);
	expect_abort(flush_twice, objs, "double free of");
	expect_abort(flush_inside, objs, "is not the start of an object");
	for (unsigned int at = 0; at < nr; at += 60) {
		slab_flush(&classed, objs + at, min(nr - at, 60U));
		slub_check(&classed);
	}
	assert_int_equal(classed.in_use, 0);
	slub_shrink(&classed, SHRINK_ALL);
	assert_int_equal(kmem_cache_nr_slabs(&classed), 0);
}

static void flush_one(void *obj)
{
	slab_flush(f.s, &obj, 1);
}

static void flush_in_batch(void *obj)
{
	void *batch[] = { f.objs[0], obj, f.objs[1] };

	slab_flush(f.s, batch, 3);
}

/* Pointers that are no objects of the cache, alone and among good ones. Expect
 * an abort that says what they are. */
static void test_bad_objects(void **state)
{
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0);

	(void)state;
	take(0, 3);
	expect_abort(flush_one, (char *)f.objs[2] + 16,
		     "is not the start of an object");
	expect_abort(flush_in_batch, (char *)f.objs[2] + 16,
		     "is not the start of an object");
	expect_abort(flush_one, page, "is not allocated memory");
	free_pages((unsigned long)page, 0);
	give(0, 3);
}

static void free_and_drain(void *obj)
{
	kmem_cache_free(f.s, obj);
	kmem_owner_flush(kmem_owner_get());
}

/* The same through kmem_cache_free(), whose fast path looks at nothing. Expect
 * the flush of the sheaf to end the program. */
static void test_bad_object_in_sheaf(void **state)
{
	void *obj = kmem_cache_alloc(f.s, 0);

	(void)state;
	expect_abort(free_and_drain, (char *)obj + 8,
		     "is not the start of an object (fixture)");
	kmem_cache_free(f.s, obj);
	kmem_owner_flush(kmem_owner_get());
}

static void fill_barn(void *wild)
{
	unsigned int capacity = f.s->sheaf_capacity;

	kmem_cache_free(f.s, wild);
	for (unsigned int i = 0; i < 3 * capacity; i++)
		kmem_cache_free(f.s, f.objs[i]);
}

/* Sheaves that leave the thread for the barn, good ones and one with a wild
 * pointer. Expect the barn to see only the good. */
static void test_bad_object_to_barn(void **state)
{
	unsigned int nr = 3 * f.s->sheaf_capacity;

	(void)state;
	for (unsigned int i = 0; i < nr; i++)
		f.objs[i] = kmem_cache_alloc(f.s, 0);
	expect_abort(fill_barn, (char *)f.objs[5] + 24,
		     "is not the start of an object (fixture)");
	for (unsigned int i = 0; i < nr; i++)
		kmem_cache_free(f.s, f.objs[i]);
	assert_int_not_equal(f.s->node[0]->barn[BARN_HERE].nr_full, 0);
	barn_check(f.s);
	barn_shrink(f.s, SHRINK_ALL);
	kmem_owner_flush(kmem_owner_get());
}

static void flush_last_again(void *obj)
{
	flush_one(obj);
	flush_one(obj);
}

/* More objects come back than were out. Expect a double free. */
static void test_underflow(void **state)
{
	(void)state;
	take_full_slabs(1);
	give(1, f.per_slab - 1);
	expect_abort(flush_last_again, f.objs[0], "double free of");
	give(0, 1);
}

static struct kmem_cache *mine;

static void free_to_mine(void *arg)
{
	kmem_cache_free(mine, arg);
	kmem_cache_shrink(mine);
}

/* An object of another cache, freed to this one. Expect the kernel's line, the
 * object back in its own slab, and both caches right. */
static void test_wrong_cache(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 512, 0,
						     SLAB_NO_MERGE, NULL);
	void *obj = kmem_cache_alloc(other, GFP_KERNEL);
	char text[256];

	(void)state;
	mine = f.s;
	kmem_cache_shrink(other);
	assert_int_equal(other->in_use, 1);
	capture_stderr(free_to_mine, obj, text, sizeof(text));
	assert_string_equal(text, "cache_from_obj: Wrong slab cache. fixture "
				  "but object is from other\n");
	assert_int_equal(other->in_use, 0);
	assert_int_equal(f.s->in_use, 0);
	slub_check(other);
	slub_check(f.s);
	kmem_cache_destroy(other);
}

static void free_all_to_mine(void *arg)
{
	void **objs = arg;

	for (unsigned int i = 0; i < 4 * mine->sheaf_capacity; i++)
		kmem_cache_free(mine, objs[i]);
}

/* Sheaves full of another cache's objects. Expect none of them in a barn. */
static void test_wrong_cache_barn(void **state)
{
	static char text[1 << 16];
	struct kmem_cache *other = kmem_cache_create("other", 512, 0,
						     SLAB_NO_MERGE, NULL);
	unsigned int nr = 4 * f.s->sheaf_capacity;

	(void)state;
	mine = f.s;
	assert_int_equal(kmem_cache_alloc_bulk(other, 0, nr, f.objs), nr);
	capture_stderr(free_all_to_mine, f.objs, text, sizeof(text));
	assert_int_equal(barn_count(f.s), 0);
	assert_int_equal(count_phrase(text, "Wrong slab cache"),
			 2 * f.s->sheaf_capacity);
	capture_stderr(free_to_mine, NULL, text, sizeof(text));
	assert_int_equal(count_phrase(text, "Wrong slab cache"),
			 2 * f.s->sheaf_capacity);
	kmem_cache_destroy(other);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_full_to_cpu_partial), TEST(test_cpu_partial_overflow),
		TEST(test_empty_slabs),		TEST(test_empty_frozen),
		TEST(test_single_object_slabs), TEST(test_mixed_batch),
		TEST(test_neighbours),		TEST(test_scattered),
		TEST(test_bad_objects),		TEST(test_bad_object_in_sheaf),
		TEST(test_bad_object_to_barn),	TEST(test_underflow),
		TEST(test_wrong_cache),		TEST(test_wrong_cache_barn),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, slub_start, NULL);
}
