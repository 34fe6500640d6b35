// SPDX-License-Identifier: MIT
/*
 * test_accounting.c - caches whose slabs a group pays for (docs/kernel.md
 * L3, L10)
 */
#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "support/child.h"

static struct km_memcg *group;

static int setup(void **state)
{
	(void)state;
	group = km_memcg_create(256 << 10);
	assert_non_null(group);
	km_memcg_set_current(group);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	km_memcg_destroy(group);
	km_check();
	return 0;
}

/* Objects of a cache with SLAB_ACCOUNT and of one without. Expect only the
 * slabs of the first to be charged, and nothing to be left when they are
 * gone. */
static void test_caches(void **state)
{
	struct kmem_cache *paid = kmem_cache_create("paid", 1000, 0,
						    SLAB_ACCOUNT, NULL);
	struct kmem_cache *unpaid = kmem_cache_create("unpaid", 1000, 0, 0,
						      NULL);
	void *obj[100];

	(void)state;
	assert_ptr_not_equal(paid, unpaid);
	for (int i = 0; i < 100; i++)
		obj[i] = kmem_cache_alloc(unpaid, GFP_KERNEL);
	kmem_cache_free_bulk(unpaid, 100, obj);
	assert_int_equal(km_memcg_usage(group), 0);
	for (int i = 0; i < 100; i++)
		obj[i] = kmem_cache_alloc(paid, GFP_KERNEL);
	assert_int_equal(km_memcg_usage(group), kmem_cache_nr_pages(paid)
							<< PAGE_SHIFT);
	assert_true(km_memcg_usage(group) >= 100000);
	kmem_cache_free_bulk(paid, 100, obj);
	kmem_cache_destroy(paid);
	kmem_cache_destroy(unpaid);
	assert_int_equal(km_memcg_usage(group), 0);
}

/* Blocks of kmalloc() with __GFP_ACCOUNT, small and large. Expect the
 * kmalloc-cg- caches and pages to be charged, up to the limit and no
 * further. */
static void test_kmalloc(void **state)
{
	void *block[200], *large;
	unsigned int nr = 0;

	(void)state;
	large = kmalloc(100000, GFP_KERNEL_ACCOUNT);
	assert_int_equal(km_memcg_usage(group), 128 << 10);
	assert_null(kmalloc(200000, GFP_KERNEL_ACCOUNT | __GFP_NOWARN));
	while (nr < 200 &&
	       (block[nr] = kmalloc(2048, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)))
		nr++;
	assert_in_range(nr, 32, 64);
	assert_true(km_memcg_usage(group) <= 256 << 10);
	assert_int_not_equal(km_memcg_failcnt(group), 0);
	kfree(kmalloc(2048, GFP_KERNEL)); /* without __GFP_ACCOUNT: free */
	kfree(large);
	assert_int_equal(km_memcg_usage(group), 128 << 10);
	while (nr)
		kfree(block[--nr]);
	km_reclaim();
	assert_int_equal(km_memcg_usage(group), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_caches),
		TEST(test_kmalloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
