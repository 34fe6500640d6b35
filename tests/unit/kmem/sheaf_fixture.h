/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/kmem/sheaf_fixture.h - a cache of its own for each test, on the
 * backend that counts what reaches it
 */
#ifndef TEST_SHEAF_FIXTURE_H
#define TEST_SHEAF_FIXTURE_H

#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/owner.h"
#include "kmem/thread.h"

#define SIZE 256 /* capacity 28 */
#define CAPACITY 28U

struct fixture {
	struct kmem_cache *s;
	void *objs[40 * CAPACITY];
};

static struct fixture f;

static inline int setup(void **state)
{
	(void)state;
	f.s = kmem_cache_create("test", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(f.s);
	assert_int_equal(f.s->sheaf_capacity, CAPACITY);
	fake_watch(f.s);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	kmem_owner_check(kmem_owner_get());
	barn_check(f.s);
	kmem_cache_destroy(f.s);
	return 0;
}

/* Fills objs[from] to objs[to - 1], and frees them. */
static inline void take(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		f.objs[i] = kmem_cache_alloc(f.s, GFP_KERNEL);
		assert_non_null(f.objs[i]);
	}
}

static inline void give(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		kmem_cache_free(f.s, f.objs[i]);
}

#endif
