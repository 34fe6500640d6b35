// SPDX-License-Identifier: MIT
/*
 * test_slab.c - slabs are made: objects, constructors, index, small orders
 */
#include <errno.h>

#include "diag/param.h"
#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/order.h"
#include "kmem/slab_ops.h"
#include "sys/os.h"

static unsigned int constructed;

static void count_ctor(void *obj)
{
	constructed++;
	memset(obj, 0xc7, 100);
}

/* A constructor. Expect one call an object when its slab is made, and what it
 * wrote to survive being free, from the first object to the last. */
static void test_ctor(void **state)
{
	unsigned char good[100];

	(void)state;
	constructed = 0;
	memset(good, 0xc7, sizeof(good));
	fixture_open(100, 0, count_ctor);
	for (int round = 0; round < 3; round++) {
		take(0, f.per_slab);
		for (unsigned int i = 0; i < f.per_slab; i++)
			assert_memory_equal(f.objs[i], good, sizeof(good));
		give(0, f.per_slab);
	}
	assert_int_equal(constructed, f.per_slab * f.s->slabs_ever);
	assert_int_equal(f.s->slabs_ever, 1);
	fixture_close();
}

/* Slabs of a cache without a class. Expect 240 + order in the frame index of
 * each frame, and 0 once the slab is gone. */
static void test_index(void **state)
{
	unsigned long pfn, frames;

	(void)state;
	fixture_open(2048, 0, NULL);
	take(0, 1);
	pfn = page_to_pfn(slab_page(slab_of(0)));
	frames = 1UL << f.s->oo_order;
	assert_true(frames > 1);
	for (unsigned long i = 0; i < frames; i++)
		assert_int_equal(arena_index[pfn + i],
				 INDEX_OTHER + f.s->oo_order);
	give(0, 1);
	fixture_close();
	for (unsigned long i = 0; i < frames; i++)
		assert_int_equal(arena_index[pfn + i], 0);
}

/* Use up all there is; the pages are linked through their first word. */
static void *exhaust(void)
{
	void *list = NULL;

	os_fail_calls(1, ~0UL >> 1);
	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
					   (unsigned int)order))) {
			void **at = page_to_virt(page);

			at[0] = list;
			at[1] = (void *)(uintptr_t)order;
			list = at;
		}
	}
	return list;
}

static void give_all(void *list)
{
	while (list) {
		void **at = list;

		list = at[0];
		free_pages((unsigned long)at, (unsigned int)(uintptr_t)at[1]);
	}
	os_fail_calls(0, 0);
}

/* Memory is short and no block of the preferred order is left (U7). Expect a
 * slab of one page, found through 240 in the frame index; then NULL. */
static void test_order_fallback(void **state)
{
	static struct kmem_cache s;
	const struct kmem_cache_boot boot = { .class = 7 };
	void *objs[64], *list, **single, *big;
	unsigned int got;

	(void)state;
	assert_int_equal(kmem_cache_init(&s, "class", 2048, &boot), 0);
	assert_true(s.oo_order > s.min_order);
	assert_int_equal(slab_refill(&s, GFP_KERNEL, NUMA_NO_NODE, &big, 1), 1);
	assert_int_equal(arena_index[virt_to_pfn(big)], 7);
	slab_flush(&s, &(void *){ big }, 1);
	slub_shrink(&s, SHRINK_ALL);

	single = (void **)__get_free_pages(GFP_KERNEL, 0);
	list = exhaust();
	free_pages((unsigned long)single, 0);
	got = slab_refill(&s, GFP_KERNEL, NUMA_NO_NODE, objs, 64);
	assert_int_equal(got, PAGE_SIZE / 2048);
	assert_int_equal(arena_index[virt_to_pfn(objs[0])], INDEX_OTHER);
	assert_ptr_equal(virt_to_slab(objs[1])->slab_cache, &s);
	assert_int_equal(virt_to_slab(objs[1])->order, 0);
	assert_int_equal(
		slab_refill(&s, GFP_KERNEL, NUMA_NO_NODE, objs + got, 1), 0);
	slub_check(&s);
	slab_flush(&s, objs, got);
	slub_check(&s);
	slub_shrink(&s, SHRINK_ALL);
	assert_int_equal(s.node[0]->nr_pages, 0);
	give_all(list);
	zone_check(&node_data[0].node_zones[ZONE_NORMAL]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctor),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_order_fallback),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
