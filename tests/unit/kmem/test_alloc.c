// SPDX-License-Identifier: MIT
/*
 * test_alloc.c - kmem_cache_alloc() and its family
 */
#include "fake.h"

#define NR 300

static struct kmem_cache *s;
static void *objs[NR];

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("alloc test", 100, 0, 0, NULL);
	assert_non_null(s);
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

/* Many at once. Expect as many distinct objects that do not overlap. */
static void test_bulk(void **state)
{
	(void)state;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), NR);
	qsort(objs, NR, sizeof(void *), compare);
	for (size_t i = 1; i < NR; i++)
		assert_true((char *)objs[i] - (char *)objs[i - 1] >= 100);
	kmem_cache_free_bulk(s, NR, objs);
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, 0, objs), 0);
}

/* Memory for some of what is asked. Expect 0 and nothing allocated. */
static void test_bulk_fails(void **state)
{
	unsigned long held;

	(void)state;
	fake.allowance = NR - 1;
	fake.limited = s;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), 0);
	held = kmem_cpu_count(kmem_cpu_get(), s) + barn_count(s);
	assert_int_equal(held, s->in_use);
	fake.allowance = -1;
	assert_int_equal(kmem_cache_alloc_bulk(s, 0, NR, objs), NR);
	kmem_cache_free_bulk(s, NR, objs);
}

/* __GFP_ZERO on an object that was used. Expect every byte to be zero. */
static void test_zero(void **state)
{
	static const char zero[100];
	void *obj = kmem_cache_alloc(s, 0), *again;

	(void)state;
	memset(obj, 0xff, 100);
	kmem_cache_free(s, obj);
	again = kmem_cache_zalloc(s, GFP_KERNEL);
	assert_ptr_equal(again, obj);
	assert_memory_equal(again, zero, sizeof(zero));
	kmem_cache_free(s, again);
}

/* NULL is freed. Expect nothing. */
static void test_free_null(void **state)
{
	(void)state;
	kmem_cache_free(s, NULL);
	assert_int_equal(fake.flushes, 0);
}

static void free_twice(void *arg)
{
	kmem_cache_free(s, arg);
	kmem_cache_free(s, arg);
}

/* The same object twice in a row. Expect one line and an abort. */
static void test_double_free(void **state)
{
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	expect_abort(free_twice, obj, "double free of");
	expect_abort(free_twice, obj, "(alloc test)");
	kmem_cache_free(s, obj);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bulk),      TEST(test_bulk_fails),  TEST(test_zero),
		TEST(test_free_null), TEST(test_double_free),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
