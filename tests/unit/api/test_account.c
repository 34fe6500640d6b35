// SPDX-License-Identifier: MIT
/*
 * test_account.c - __GFP_ACCOUNT and __GFP_NO_GROW through the object caches
 */
#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "support/child.h"
#include "support/kmtest.h"

static const slab_flags_t backends[] = { KM_SLAB_ON_SLUB, KM_SLAB_ON_SLAB };

static struct km_memcg *enter_group(void)
{
	struct km_memcg *memcg = km_memcg_create(~0ULL);

	assert_non_null(memcg);
	km_memcg_set_current(memcg);
	return memcg;
}

static void fill_and_empty(struct kmem_cache *s, struct km_memcg *memcg,
			   unsigned long long least)
{
	static void *objs[600];

	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		assert_non_null(objs[i] = kmem_cache_alloc(s, GFP_KERNEL));
	assert_true(km_memcg_usage(memcg) >= least);
	km_memcg_set_current(NULL); /* frees pay back to the old group */
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	kmem_cache_shrink(s);
	km_memcg_set_current(memcg);
}

/* Objects of caches with and without SLAB_ACCOUNT, on both backends. Expect
 * the slabs of the first alone charged, and nothing left when it is gone. */
static void test_caches(void **state)
{
	struct km_memcg *memcg = enter_group();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		struct kmem_cache *plain, *paid;

		plain = kmem_cache_create("plain", 500, 0,
					  SLAB_NO_MERGE | backends[i], NULL);
		paid = kmem_cache_create(
			"paid", 500, 0,
			SLAB_NO_MERGE | SLAB_ACCOUNT | backends[i], NULL);
		assert_non_null(plain);
		assert_non_null(paid);
		fill_and_empty(plain, memcg, 0);
		assert_int_equal(km_memcg_usage(memcg), 0);
		fill_and_empty(paid, memcg, 600 * 500);
		kmem_cache_destroy(paid);
		kmem_cache_destroy(plain);
		assert_int_equal(km_memcg_usage(memcg), 0);
	}
	km_memcg_destroy(memcg);
	km_check();
}

/* kmalloc() with __GFP_ACCOUNT, small and large. Expect it charged. */
static void test_kmalloc(void **state)
{
	struct km_memcg *memcg = enter_group();
	void *small = kmalloc(3000, GFP_KERNEL_ACCOUNT), *large, *other;

	(void)state;
	assert_non_null(small);
	assert_true(km_memcg_usage(memcg) > 0);
	other = kmalloc(3000, GFP_KERNEL);
	large = kmalloc(100000, GFP_KERNEL_ACCOUNT);
	assert_true(km_memcg_usage(memcg) >= 100000);
	kfree(large);
	assert_true(km_memcg_usage(memcg) < 100000);
	kfree(other);
	kfree(small);
	km_memcg_destroy(memcg); /* its slab may live on */
	km_check();
}

/* A cache with a limit of its group that no slab fits in. Expect NULL. */
static void test_limit(void **state)
{
	struct km_memcg *memcg = enter_group();
	struct kmem_cache *s = kmem_cache_create(
		"limited", 1000, 0, SLAB_NO_MERGE | SLAB_ACCOUNT, NULL);

	(void)state;
	assert_int_equal(km_memcg_set_limit(memcg, 0), 0);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN));
	assert_true(km_memcg_failcnt(memcg) > 0);
	km_memcg_destroy(memcg);
	kmem_cache_destroy(s);
}

static void use_no_grow(void *arg)
{
	static void *objs[2000];

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		struct kmem_cache *s = kmem_cache_create(
			"no_grow", 256, 0, SLAB_NO_MERGE | backends[i], NULL);
		size_t nr = 1;

		assert_non_null(s);
		assert_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NO_GROW));
		assert_non_null(objs[0] = kmem_cache_alloc(s, GFP_KERNEL));
		while (nr < ARRAY_SIZE(objs) &&
		       (objs[nr] = kmem_cache_alloc(s, GFP_KERNEL |
							       __GFP_NO_GROW)))
			nr++;
		assert_in_range(nr, 2, 200);
		while (nr)
			kmem_cache_free(s, objs[--nr]);
		kmem_cache_destroy(s);
	}
	km_check();
}

/* __GFP_NO_GROW on an empty cache, and on one that has objects. Expect NULL,
 * then as many objects as there are without a new slab; and nothing to be said,
 * since no memory was wanting. */
static void test_no_grow(void **state)
{
	char text[1024];

	(void)state;
	capture_stderr(use_no_grow, NULL, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caches),
		cmocka_unit_test(test_kmalloc),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
