// SPDX-License-Identifier: MIT
/*
 * test_mempool_kinds.c - pools of objects, of memory and of pages
 */
#include "fake.h"
#include "kmem/mempool.h"

/* Pools of objects, of kmalloc blocks and of pages. Expect elements of that
 * kind. */
static void test_kinds(void **state)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 100, 0,
						 SLAB_NO_MERGE, NULL);
	mempool_t *objects = mempool_create_slab_pool(3, s);
	mempool_t *blocks = mempool_create_kmalloc_pool(3, 200);
	mempool_t *pages = mempool_create_page_pool(3, 1), here;
	void *p;

	(void)state;
	p = mempool_alloc(objects, GFP_KERNEL);
	assert_ptr_equal(virt_to_slab_page(p)->slab_cache, s);
	mempool_free(p, objects);
	p = mempool_alloc(blocks, GFP_KERNEL);
	assert_int_equal(ksize(p), 256);
	mempool_free(p, blocks);
	p = mempool_alloc(pages, GFP_KERNEL);
	memset(page_address(p), 1, 8192);
	mempool_free(p, pages);
	mempool_destroy(objects);
	mempool_destroy(blocks);
	mempool_destroy(pages);
	assert_int_equal(mempool_init_slab_pool(&here, 2, s), 0);
	mempool_exit(&here);
	assert_int_equal(mempool_init_kmalloc_pool(&here, 2, 10), 0);
	mempool_exit(&here);
	assert_int_equal(mempool_init_page_pool(&here, 2, 0), 0);
	mempool_exit(&here);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
