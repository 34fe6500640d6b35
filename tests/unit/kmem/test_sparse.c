// SPDX-License-Identifier: MIT
/*
 * test_sparse.c - when slabs are asked for pages, on the fake backend
 */
#include "core/task.h"
#include "core/tick.h"
#include "fake.h"
#include "kmem/account.h"
#include "kmem/held.h"
#include "kmem/room.h"
#include "kmem/owner.h"
#include "kmem/shrink.h"
#include "kmem/sparse.h"
#include "kmem/thread.h"
#include "reclaim/internal.h"
#include "request/request.h"
#include "zone/vmstat.h"

#define SIZE 256
#define MADE 8

static struct kmem_cache *s;
static struct slab_ops ops;
static unsigned int asked, asked_flags;

static unsigned long fake_give(struct kmem_cache *cache, unsigned int flags)
{
	assert_ptr_equal(cache, s);
	asked++;
	asked_flags = flags;
	return 3;
}

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("sparse", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	ops = *s->ops;
	ops.give_pages = fake_give;
	s->ops = &ops;
	kmem_sparse_due = 0;
	asked = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_owner_flush_cache(kmem_owner_get(), s);
	kmem_cache_destroy(s);
	return 0;
}

/* Misses: the sheaf is emptied before. */
static void allocate_anew(void)
{
	void *obj;

	kmem_owner_flush_cache(kmem_owner_get(), s);
	s->sparse_next = s->flushed + 1000000;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(obj);
	kmem_cache_free(s, obj);
}

/* Slabs are made, up to the mark and one more. Expect a look of all caches at
 * the next miss, one, for sparse slabs, and the next mark by what there is; no
 * look where all slabs are less than 16 MiB. */
static void test_made(void **state)
{
	struct page *pages[MADE];
	unsigned long most;

	(void)state;
	kmem_next_look = kmem_frames_made + MADE - 1;
	for (unsigned int i = 0; i < MADE; i++) {
		assert_int_equal(kmem_sparse_due, 0);
		pages[i] = alloc_pages(GFP_KERNEL, 0);
		account_slab(s, pages[i], PAGE_SIZE / SIZE);
	}
	assert_int_equal(kmem_sparse_due, 1);
	allocate_anew();
	assert_int_equal(asked, 0); /* there are 32 KiB of slabs */
	assert_int_equal(kmem_sparse_due, 0);
	most = kmem_next_look - kmem_frames_made;
	assert_int_equal(most, (32UL << 20) / PAGE_SIZE);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_UNRECLAIMABLE, 1L << 20);
	allocate_anew();
	assert_int_equal(asked, 0);
	kmem_sparse_due = 1;
	allocate_anew();
	assert_int_equal(asked, 1);
	assert_int_equal(asked_flags, SHRINK_IDLE);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_UNRECLAIMABLE, -(1L << 20));
	assert_true(kmem_next_look - kmem_frames_made >= (1UL << 20) / 16);
	for (unsigned int i = 0; i < MADE; i++) {
		unaccount_slab(s, pages[i], PAGE_SIZE / SIZE);
		__free_pages(pages[i], 0);
	}
}

/* It is due while the thread reclaims, or reads the clock. Expect it to stay
 * due. */
static void test_not_here(void **state)
{
	unsigned int flags = memalloc_noreclaim_save();

	(void)state;
	mod_node_page_state(NODE_DATA(0), NR_SLAB_UNRECLAIMABLE, 1L << 20);
	get_node(s, 0)->total_objects = 1UL << 20;
	kmem_sparse_due = 1;
	kmem_sparse_run();
	kmem_sparse_cache(s);
	memalloc_noreclaim_restore(flags);
	current->no_ticks = 1;
	kmem_sparse_run();
	kmem_sparse_cache(s);
	current->no_ticks = 0;
	assert_int_equal(asked, 0);
	assert_int_equal(kmem_sparse_due, 1);
	kmem_sparse_run();
	assert_int_equal(asked, 1);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_UNRECLAIMABLE, -(1L << 20));
	get_node(s, 0)->total_objects = 0;
}

/* Objects of a cache are freed to slabs: a few, then as many as the mark, with
 * a quarter of the cache in use, and a little more. Expect one look, at the
 * mark, and the next mark after an eighth of all; none of a cache that is
 * smaller than 8 MiB. */
static void test_freed(void **state)
{
	struct kmem_cache_node *n = get_node(s, 0);
	const unsigned long used = s->in_use, total = 1UL << 20;

	(void)state;
	n->total_objects = total;
	s->in_use = total / 4;
	s->flushed = 1000;
	s->sparse_next = 1001;
	kmem_sparse_check(s);
	assert_int_equal(asked, 0);
	s->flushed = 1001;
	kmem_sparse_check(s);
	assert_int_equal(asked, 1);
	assert_int_equal(asked_flags, SHRINK_IDLE);
	assert_int_equal(s->sparse_next, 1001 + total / 8);
	s->in_use++;
	s->flushed = s->sparse_next;
	kmem_sparse_check(s);
	assert_int_equal(asked, 1);
	assert_int_equal(s->sparse_next, 1001 + 2 * (total / 8));
	n->total_objects = (8UL << 20) / SIZE - 1;
	s->in_use = 0;
	s->flushed = s->sparse_next;
	kmem_sparse_check(s);
	assert_int_equal(s->sparse_next - s->flushed, (1UL << 20) / SIZE);
	assert_int_equal(asked, 1);
	n->total_objects++;
	s->flushed = s->sparse_next;
	kmem_sparse_check(s);
	assert_int_equal(asked, 2);
	n->total_objects = 0;
	s->in_use = used;
}

/* The mark of freed objects is passed. Expect a free that misses to look. */
static void test_free_looks(void **state)
{
	static void *objs[1000];

	(void)state;
	s->sparse_next = s->flushed + 1000000;
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	get_node(s, 0)->total_objects = 1UL << 20;
	s->sparse_next = s->flushed;
	asked = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	assert_int_equal(asked, 1);
	get_node(s, 0)->total_objects = 0;
}

/* A tick, an idle one, kmem_cache_shrink(), a shrinker that frees nothing, and
 * a trim. Expect no look, one for sparse slabs, and three for all. */
static void test_who_asks(void **state)
{
	const unsigned long interval = tick_interval_ms;

	(void)state;
	tick_interval_ms = 500;
	tick_run(tick_last_ms + 500);
	assert_int_equal(asked, 0);
	tick_run(tick_last_ms + 1000);
	tick_interval_ms = interval;
	assert_int_equal(asked, 1);
	assert_int_equal(asked_flags, SHRINK_IDLE);
	kmem_cache_shrink(s);
	assert_int_equal(asked, 2);
	assert_int_equal(asked_flags, SHRINK_ALL);
	asked_flags = 77;
	assert_int_equal(kmem_give_pages(SHRINK_ALL), 3);
	assert_int_equal(asked, 3);
	assert_int_equal(asked_flags, SHRINK_ALL);
}

static unsigned long idle_count(struct kmem_cache *cache)
{
	(void)cache;
	return 1000;
}

/* A shrinker's call that frees no slab. Expect pages to be asked for. */
static void test_reclaim(void **state)
{
	(void)state;
	ops.cached = idle_count;
	s->in_use = 1000;
	get_node(s, 0)->total_objects = 1000;
	get_node(s, 0)->nr_slabs = 10;
	get_node(s, 0)->nr_pages = 80;
	shrink_slab(GFP_KERNEL, 0, 0);
	get_node(s, 0)->total_objects = 0;
	get_node(s, 0)->nr_slabs = 0;
	get_node(s, 0)->nr_pages = 0;
	s->in_use = 0;
	assert_true(asked > 0);
	assert_int_equal(asked_flags, SHRINK_ALL);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_made),       TEST(test_not_here), TEST(test_freed),
		TEST(test_free_looks), TEST(test_who_asks), TEST(test_reclaim),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
