// SPDX-License-Identifier: MIT
/*
 * test_inherited.c - maps of what a child of fork() frees, on the fake backend
 */
#include <signal.h>
#include <unistd.h>

#include "fake.h"
#include "kmem/cache.h"
#include "kmem/fork.h"
#include "kmem/inherited.h"
#include "kmem/owner.h"
#include "kmem/thread.h"
#include "support/region.h"

#define SIZE 64U
#define PER_SLAB (PAGE_SIZE / SIZE)
#define SLABS 40U
#define NR (SLABS * PER_SLAB)

static struct kmem_cache *s;
static struct slab_ops ops;
static unsigned long region_before;
static void *objs[NR];
static unsigned int used; /* of each slab, as the backend says */
static bool droppable;
static unsigned int dropped, dropped_objects;
static const void *is_free; /* in its slab */

static struct page *fake_slab_of_used(struct kmem_cache *cache, const void *obj)
{
	assert_ptr_equal(cache, s);
	return obj == is_free ? NULL : virt_to_slab_page(obj);
}

static unsigned int fake_slab_used(const struct page *page)
{
	assert_ptr_equal(page->slab_cache, s);
	return used;
}

static bool fake_drop_slab(struct kmem_cache *cache, struct page *page,
			   unsigned int nr)
{
	assert_ptr_equal(cache, s);
	assert_ptr_equal(page->slab_cache, s);
	if (!droppable)
		return false;
	dropped++;
	dropped_objects += nr;
	return true;
}

/* Slabs of objects that are all in use; the process inherited them. */
static int setup(void **state)
{
	(void)state;
	kmem_forks = 0;
	kmem_owner_get(); /* the thread has its table */
	region_before = region_used();
	s = kmem_cache_create("inherited", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	ops = *s->ops;
	ops.slab_of_used = fake_slab_of_used;
	ops.slab_used = fake_slab_used;
	ops.drop_slab = fake_drop_slab;
	s->ops = &ops;
	used = PER_SLAB;
	droppable = true;
	dropped = dropped_objects = 0;
	is_free = NULL;
	assert_int_equal(s->ops->refill(s, GFP_KERNEL, NUMA_NO_NODE, objs, NR),
			 NR);
	fake_watch(s);
	kmem_inherited_fork_child();
	assert_int_equal(kmem_forks, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_inherited_check(s);
	s->in_use = 0; /* slabs that were dropped are the fake's still */
	kmem_cache_destroy(s);
	assert_int_equal(region_used(), region_before);
	kmem_forks = 0;
	return 0;
}

/* Frees a copy of objs[from...]. Returns how many are left. */
static unsigned int put(size_t from, unsigned int nr)
{
	void *copy[NR];

	memcpy(copy, objs + from, nr * sizeof(void *));
	return kmem_inherited_free(s, copy, nr);
}

static unsigned int place_of(const void *obj)
{
	for (unsigned int i = 0; i < NR; i++)
		if (objs[i] == obj)
			return i;
	return NR;
}

/* Every tenth object is freed, and a part taken again. Expect each once, that
 * of the slab first which was used last, and the counts to be of these. */
static void test_maps(void **state)
{
	bool seen[NR] = { false };
	void *got[NR];
	unsigned int nr;

	(void)state;
	for (size_t i = 0; i < NR; i += 10)
		assert_int_equal(put(i, 1), 0);
	kmem_inherited_check(s);
	assert_int_equal(kmem_inherited_count(s), NR / 10);
	assert_int_equal(s->in_use, NR - NR / 10);
	nr = kmem_inherited_alloc(s, NUMA_NO_NODE, got, 3);
	assert_int_equal(nr, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(place_of(got[i]) / PER_SLAB, SLABS - 1);
	kmem_inherited_check(s);
	nr += kmem_inherited_alloc(s, 0, got + nr, NR);
	assert_int_equal(nr, NR / 10);
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int at = place_of(got[i]);

		assert_true(at < NR && at % 10 == 0 && !seen[at]);
		seen[at] = true;
	}
	assert_int_equal(kmem_inherited_count(s), 0);
	assert_int_equal(s->in_use, NR);
	assert_int_equal(fake.flushed, 0);
	assert_int_equal(kmem_inherited_alloc(s, NUMA_NO_NODE, got, 1), 0);
}

/* Some objects of a batch are of slabs that are the process's own, one is free
 * in its slab. Expect these to be left, in their order, and no map of them. */
static void test_left(void **state)
{
	void *batch[4] = { objs[0], objs[PER_SLAB], objs[1],
			   objs[2UL * PER_SLAB] };

	(void)state;
	page_slab_set_born(virt_to_slab_page(objs[PER_SLAB]), 1);
	is_free = objs[2UL * PER_SLAB];
	assert_true(kmem_inherited_any(batch, 4));
	assert_false(kmem_inherited_any(batch + 1, 1));
	assert_int_equal(kmem_inherited_free(s, batch, 4), 2);
	assert_ptr_equal(batch[0], objs[PER_SLAB]);
	assert_ptr_equal(batch[1], objs[2UL * PER_SLAB]);
	assert_int_equal(kmem_inherited_count(s), 2);
	kmem_forks = 0;
	assert_int_equal(put(5, 1), 1);
	assert_false(kmem_inherited_any(batch, 4));
	kmem_forks = 1;
}

/* All that a slab has in use is freed. Expect the slab to be dropped without a
 * flush; and where the backend refuses, all to be flushed. */
static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(put(0, PER_SLAB), 0);
	assert_int_equal(dropped, 1);
	assert_int_equal(dropped_objects, PER_SLAB);
	assert_int_equal(fake.flushed, 0);
	used = 5;
	droppable = false;
	assert_int_equal(put(PER_SLAB, 5), 0);
	assert_int_equal(fake.flushed, 5);
	assert_int_equal(kmem_inherited_count(s), 0);
	assert_int_equal(s->in_use, NR - PER_SLAB - 5);
	assert_int_equal(page_slab_born(virt_to_slab_page(objs[PER_SLAB])), 1);
}

/* Objects of one slab are freed and taken again and again. Expect the slab to
 * be the process's own after twice as many frees as it has objects. */
static void test_adopt(void **state)
{
	unsigned int frees = 0;
	void *got[1];

	(void)state;
	droppable = false;
	while (!put(0, 1)) {
		frees++;
		assert_true(frees <= NR);
		if (kmem_inherited_count(s))
			assert_int_equal(kmem_inherited_alloc(s, NUMA_NO_NODE,
							      got, 1),
					 1);
	}
	assert_in_range(frees, 2 * PER_SLAB, 2 * PER_SLAB + 1);
	assert_int_equal(kmem_inherited_count(s), 0);
	assert_int_equal(fake.flushed, 1);
	assert_int_equal(put(PER_SLAB, 1), 0);
}

/* Everything is given back. Expect a flush of each object, and memory for maps
 * that is used again, and freed with the cache. */
static void test_settle(void **state)
{
	unsigned long region = region_used(), most;

	(void)state;
	droppable = false;
	for (size_t i = 0; i < NR; i += PER_SLAB / 2)
		put(i, 1);
	assert_int_equal(kmem_inherited_count(s), 2 * SLABS);
	most = region_used();
	assert_true(most > region);
	kmem_inherited_settle(s);
	assert_int_equal(kmem_inherited_count(s), 0);
	assert_int_equal(fake.flushed, 2 * SLABS);
	assert_int_equal(s->in_use, NR - 2 * SLABS);
	assert_int_equal(put(1, 1), 1); /* the slab is its own now */
	kmem_forks = 2;
	for (size_t i = 1; i < NR; i += PER_SLAB)
		assert_int_equal(put(i, 1), 0);
	assert_int_equal(region_used(), most);
	kmem_inherited_settle(s);
	kmem_inherited_release(s);
	assert_int_equal(region_used(), region);
}

/* The region has no memory. Expect the objects to be left to their slabs. */
static void test_no_memory(void **state)
{
	(void)state;
	region_exhaust();
	assert_int_equal(put(0, 3), 3);
	region_restore();
	assert_int_equal(kmem_inherited_count(s), 0);
	assert_int_equal(put(0, 3), 0);
}

/* Objects of another node are wanted. Expect none of this one. */
static void test_node(void **state)
{
	void *got[4];

	(void)state;
	assert_int_equal(put(0, 4), 0);
	assert_int_equal(kmem_inherited_alloc(s, 1, got, 4), 0);
	assert_int_equal(kmem_inherited_alloc(s, 0, got, 4), 4);
}

/* More forks lie behind a process than are counted. Expect its slabs to count
 * as its own. */
static void test_many_forks(void **state)
{
	(void)state;
	kmem_forks = UINT16_MAX;
	kmem_inherited_fork_child();
	assert_int_equal(kmem_forks, UINT16_MAX);
	page_slab_set_born(virt_to_slab_page(objs[0]), UINT16_MAX);
	assert_int_equal(put(0, 1), 1);
	assert_int_equal(put(PER_SLAB, 1), 0);
}

static void put_twice(void *arg)
{
	(void)arg;
	put(3, 2);
	put(4, 1);
}

/* An object is freed that lies in a map. Expect the end. */
static void test_twice(void **state)
{
	(void)state;
	assert_true(child_aborts(put_twice, NULL, "double free"));
}

static void end_well(int sig)
{
	(void)sig;
	_exit(0);
}

static void put_during_fork(void *arg)
{
	(void)arg;
	signal(SIGALRM, end_well);
	kmem_fork_take();
	ualarm(200000, 0);
	put(0, 1);
	REQUIRE(false, "a free went on");
}

/* An object is freed while a fork holds all locks. Expect it to wait. */
static void test_fork_lock(void **state)
{
	struct child_end end;

	(void)state;
	child_run(put_during_fork, NULL, &end);
	expect_quiet(&end);
}

/* A slab of a group that pays is inherited. Expect the group to be known as
 * before. */
static void test_memcg(void **state)
{
	struct page page = { .memcg = (struct km_memcg *)(uintptr_t)objs };

	(void)state;
	page_memcg_to_slab(&page);
	assert_int_equal(page_slab_born(&page), 0);
	page_slab_set_born(&page, 0xfffe);
	assert_ptr_equal(page_slab_memcg(&page), objs);
	assert_int_equal(page_slab_born(&page), 0xfffe);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_maps),  TEST(test_left),	TEST(test_empty),
		TEST(test_adopt), TEST(test_settle),	TEST(test_no_memory),
		TEST(test_node),  TEST(test_twice),	TEST(test_many_forks),
		TEST(test_memcg), TEST(test_fork_lock),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
