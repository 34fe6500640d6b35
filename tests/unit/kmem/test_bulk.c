// SPDX-License-Identifier: MIT
/*
 * test_bulk.c - many objects in one call (docs/kernel.md V7, X1)
 */
#include "buddy/buddy.h"
#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/thread.h"

#define NR 1000
#define CAPACITY 120

static struct kmem_cache *s;
static void *objs[NR];

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("bulk test", 100, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->sheaf_capacity, CAPACITY);
	fake_watch(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cache_destroy(s);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uintptr_t p = *(const uintptr_t *)a, q = *(const uintptr_t *)b;

	return p < q ? -1 : p > q;
}

static unsigned long cached(void)
{
	return kmem_owner_count(kmem_owner_get(), s) + barn_count(s);
}

/* Numbers around the capacity of a sheaf. Expect as many distinct objects that
 * do not overlap, and all of them back after the free. */
static void test_numbers(void **state)
{
	static const size_t numbers[] = { 1,
					  2,
					  CAPACITY - 1,
					  CAPACITY,
					  CAPACITY + 1,
					  2 * CAPACITY,
					  5 * CAPACITY,
					  NR };

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
		size_t nr = numbers[n];

		assert_int_equal(kmem_cache_alloc_bulk(s, 0, nr, objs), nr);
		assert_int_equal(s->in_use, nr + cached());
		qsort(objs, nr, sizeof(void *), compare);
		for (size_t i = 1; i < nr; i++)
			assert_true((char *)objs[i] - (char *)objs[i - 1] >=
				    100);
		kmem_cache_free_bulk(s, nr, objs);
		assert_int_equal(s->in_use, cached());
		kmem_owner_check(kmem_owner_get());
	}
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, 0, objs), 0);
	kmem_cache_free_bulk(s, 0, objs);
}

/* Far more than a sheaf holds. Expect a few large moves, and no barn filled by
 * it. */
static void test_large_moves(void **state)
{
	(void)state;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), NR);
	assert_in_range(fake.refills, 1, 3);
	kmem_cache_free_bulk(s, NR, objs);
	assert_in_range(fake.flushes, 1, 2);
	assert_int_equal(barn_count(s), 0);
}

/* Zeroed ones, after use. Expect zeros in each. */
static void test_zero(void **state)
{
	static const char zero[100];

	(void)state;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, 200, objs), 200);
	for (size_t i = 0; i < 200; i++)
		memset(objs[i], 0xee, 100);
	kmem_cache_free_bulk(s, 200, objs);
	assert_int_equal(kmem_cache_alloc_bulk(s, __GFP_ZERO, 200, objs), 200);
	for (size_t i = 0; i < 200; i++)
		assert_memory_equal(objs[i], zero, sizeof(zero));
	kmem_cache_free_bulk(s, 200, objs);
}

/* Memory for all but one. Expect 0 and nothing allocated. */
static void test_fails(void **state)
{
	(void)state;
	fake.allowance = NR - 1;
	fake.limited = s;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), 0);
	assert_int_equal(s->in_use, cached());
	fake.allowance = -1;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), NR);
	kmem_cache_free_bulk(s, NR, objs);
}

static unsigned long pages_out(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;

	zone_stat(zone, &stat);
	return stat.managed - stat.free - stat.pcp;
}

/* Objects of two caches, of kmalloc, and pages of kmalloc, and no cache named.
 * Expect each back where it came from. */
static void test_no_cache(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 300, 0,
						     SLAB_NO_MERGE, NULL);
	unsigned long pages;
	void *mixed[9];

	(void)state;
	kfree(kmalloc(64, GFP_KERNEL));
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(other, kmem_cache_alloc(other, GFP_KERNEL));
	pages = pages_out();
	for (int i = 0; i < 9; i += 3) {
		mixed[i] = kmem_cache_alloc(i ? s : other, GFP_KERNEL);
		mixed[i + 1] = kmalloc(64, GFP_KERNEL);
		mixed[i + 2] = kmalloc(20000, GFP_KERNEL);
	}
	kmem_cache_free_bulk(NULL, 9, mixed);
	assert_int_equal(pages_out(), pages);
	assert_int_equal(s->in_use, cached());
	assert_int_equal(other->in_use,
			 kmem_owner_count(kmem_owner_get(), other));
	mixed[0] = kmalloc(8, GFP_KERNEL);
	mixed[1] = kmalloc(8, GFP_KERNEL);
	kfree_bulk(2, mixed);
	assert_ptr_equal(kmalloc(8, GFP_KERNEL), mixed[1]);
	kfree(mixed[1]);
	kmem_cache_destroy(other);
}

static void free_twice(void *arg)
{
	void *twice[2] = { arg, arg };

	kmem_cache_free_bulk(s, 2, twice);
}

/* One object twice in the array. Expect one line and an abort. */
static void test_double_free(void **state)
{
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	expect_abort(free_twice, obj, "double free of");
	kmem_cache_free(s, obj);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),  TEST(test_large_moves),
		TEST(test_zero),     TEST(test_fails),
		TEST(test_no_cache), TEST(test_double_free),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
