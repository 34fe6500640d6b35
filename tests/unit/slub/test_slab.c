// SPDX-License-Identifier: MIT
/*
 * test_slab.c - the shape of slabs, for machines of any size
 */
#include <errno.h>

#include "diag/param.h"
#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/order.h"
#include "kmem/slab_ops.h"
#include "sys/os.h"

#define MAX_CPUS 64

/* Lay out a cache that never holds an object, for a number of CPUs. */
static struct kmem_cache shape(unsigned int cpus, unsigned int size,
			       unsigned int align, slab_flags_t flags,
			       void (*ctor)(void *))
{
	static struct kmem_cache_cpu cpu_slab[MAX_CPUS];
	struct kmem_cache s = { .object_size = size,
				.align = align,
				.flags = flags,
				.ctor = ctor,
				.max_order = PAGE_ALLOC_COSTLY_ORDER,
				.cpu_slab = cpu_slab };
	unsigned int saved = nr_cpu_ids;

	nr_cpu_ids = cpus;
	assert_int_equal(slub_setup(&s), 0);
	nr_cpu_ids = saved;
	return s;
}

/* Objects a slab and orders of docs/kernel.md U6. Expect each of them. */
static void test_orders(void **state)
{
	static const struct {
		unsigned int cpus, size, objects, order;
	} golden[] = {
		{ 4, 256, 16, 0 },  { 4, 512, 16, 1 },	   { 4, 1024, 16, 2 },
		{ 4, 2048, 16, 3 }, { 4, 4096, 8, 3 },	   { 4, 8192, 4, 3 },
		{ 8, 256, 32, 1 },  { 8, 512, 32, 2 },	   { 8, 1024, 32, 3 },
		{ 8, 192, 21, 0 },  { 16, 192, 42, 1 },	   { 8, 320, 25, 1 },
		{ 8, 700, 23, 2 },  { 8, 1000, 32, 3 },	   { 8, 1500, 21, 3 },
		{ 8, 3000, 10, 3 }, { 8, 5000, 6, 3 },	   { 4, 8, 512, 0 },
		{ 8, 8, 512, 0 },   { 16, 8, 512, 0 },	   { 8, 16, 256, 0 },
		{ 8, 32, 128, 0 },  { 8, 64, 64, 0 },	   { 8, 96, 42, 0 },
		{ 8, 128, 32, 0 },  { 8, 32768, 1, 3 },	   { 8, 32769, 1, 4 },
		{ 8, 65536, 1, 4 }, { 8, 4 << 20, 1, 10 }, { 1, 470, 17, 1 },
		{ 1, 1000, 8, 1 },  { 8, 12000, 2, 3 }, /* a quarter is lost */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(golden[i].cpus, golden[i].size, 0,
					    0, NULL);

		if (s.oo_objects != golden[i].objects ||
		    s.oo_order != golden[i].order)
			fail_msg("size %u, %u CPUs: %u objects, order %u",
				 golden[i].size, golden[i].cpus, s.oo_objects,
				 s.oo_order);
		assert_int_equal(s.min_order, get_order(s.size));
	}
}

/* What the command line says of orders, by either name (U6, X4). Expect it to
 * be held to: 8 CPUs would make it order 3 and 32 objects. */
static void test_order_parameters(void **state)
{
	static const struct {
		const char *cmdline;
		unsigned int size, objects, order;
	} golden[] = {
		{ "slab_max_order=1", 1024, 8, 1 },
		{ "slub_max_order=0", 1024, 4, 0 },
		{ "slab_max_order=0", 9000, 1, 2 }, /* it has to hold one */
		{ "slab_min_order=2", 64, 256, 2 },
		{ "slub_min_order=5", 1024, 128, 5 },
		{ "slab_max_order=1 slab_min_order=4", 1024, 64, 4 },
		{ "slab_min_order=4 slab_max_order=1", 1024, 8, 1 },
		{ "slab_min_objects=4", 1024, 4, 0 },
		{ "slub_min_objects=8", 1024, 8, 1 },
		{ "slab_min_order=10 slab_max_order=10", 8, 16384, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s;

		parse_args(golden[i].cmdline);
		s = shape(8, golden[i].size, 0, 0, NULL);
		slab_max_order = -1;
		slab_min_order = 0;
		slab_min_objects = 0;
		if (s.oo_objects != golden[i].objects ||
		    s.oo_order != golden[i].order)
			fail_msg("%s: %u objects, order %u", golden[i].cmdline,
				 s.oo_objects, s.oo_order);
	}
}

/*
 * Lengths of the partial lists of docs/kernel.md U5, for 8 CPUs. Expect them.
 */
static void test_partials(void **state)
{
	static const unsigned int golden[][2] = {
		{ 8, 1 },    { 16, 1 },	  { 32, 2 },   { 64, 4 },  { 96, 6 },
		{ 128, 8 },  { 192, 12 }, { 256, 4 },  { 512, 4 }, { 1024, 2 },
		{ 2048, 3 }, { 4096, 2 }, { 8192, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(8, golden[i][0], 0, 0, NULL);

		if (s.cpu_partial_slabs != golden[i][1])
			fail_msg("size %u: %u cpu partial slabs", golden[i][0],
				 s.cpu_partial_slabs);
		assert_int_equal(s.min_partial, golden[i][0] >= 4096 ? 6 : 5);
	}
	assert_int_equal(shape(8, 4 << 20, 0, 0, NULL).min_partial, 10);
}

static void no_ctor(void *obj)
{
	(void)obj;
}

/* Where the free pointer lies (U8). Expect the middle of the object, or behind
 * it where a constructor built something. */
static void test_freepointer(void **state)
{
	static const unsigned int sizes[] = { 1, 8, 15, 16, 24, 100, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache s = shape(4, sizes[i], 0, 0, NULL);

		assert_int_equal(s.offset, sizes[i] / 2 / 8 * 8);
		assert_int_equal(s.size, (sizes[i] + 7) / 8 * 8);
		assert_true(s.offset + sizeof(void *) <= s.size);
		s = shape(4, sizes[i], 0, 0, no_ctor);
		assert_int_equal(s.offset, (sizes[i] + 7) / 8 * 8);
		assert_int_equal(s.size, s.offset + 8);
	}
}

/* Alignment (U9). Expect at least 8, what was asked for, and with
 * SLAB_HWCACHE_ALIGN the part of a cache line that fits the object. */
static void test_alignment(void **state)
{
	static const unsigned int golden[][2] = {
		{ 1, 8 },   { 8, 8 },	{ 9, 16 },  { 16, 16 },
		{ 17, 32 }, { 32, 32 }, { 33, 64 }, { 100, 64 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct kmem_cache s = shape(4, golden[i][0], 0,
					    SLAB_HWCACHE_ALIGN, NULL);

		assert_int_equal(s.align, golden[i][1]);
		assert_int_equal(s.size % golden[i][1], 0);
	}
	assert_int_equal(shape(4, 20, 4096, 0, NULL).size, 4096);
	assert_int_equal(shape(4, 20, 4, 0, NULL).align, 8);
	assert_int_equal(shape(4, 20, 128, SLAB_HWCACHE_ALIGN, NULL).align,
			 128);
}

/* Two products say which byte of a slab begins an object. Expect of both the
 * same as of division, for every offset and every size. */
static void test_is_object(void **state)
{
	(void)state;
	for (unsigned int size = 8; size <= 40000; size += size / 16 + 8) {
		struct kmem_cache s = shape(8, size, 0, 0, NULL);
		unsigned long bytes = PAGE_SIZE << s.oo_order;
		struct slab *slab = (struct slab *)pfn_to_page(0);
		char *base = slab_address(slab);
		u16 saved = slab->state.counters.objects;

		slab->state.counters.objects = (u16)s.oo_objects;
		for (unsigned long at = 0; at < bytes; at++) {
			bool is = at % s.size == 0 &&
				  at / s.size < s.oo_objects;

			if (is_slab_object(&s, slab, base + at) != is ||
			    kmem_starts_object(&s, base + at) != is)
				fail_msg("size %u offset %lu", s.size, at);
		}
		slab->state.counters.objects = saved;
	}
}

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
	assert_int_equal(slub_refill(&s, GFP_KERNEL, NUMA_NO_NODE, &big, 1), 1);
	assert_int_equal(arena_index[virt_to_pfn(big)], 7);
	slub_flush(&s, &(void *){ big }, 1);
	slub_shrink(&s, SHRINK_ALL);

	single = (void **)__get_free_pages(GFP_KERNEL, 0);
	list = exhaust();
	free_pages((unsigned long)single, 0);
	got = slub_refill(&s, GFP_KERNEL, NUMA_NO_NODE, objs, 64);
	assert_int_equal(got, PAGE_SIZE / 2048);
	assert_int_equal(arena_index[virt_to_pfn(objs[0])], INDEX_OTHER);
	assert_ptr_equal(virt_to_slab(objs[1])->slab_cache, &s);
	assert_int_equal(virt_to_slab(objs[1])->order, 0);
	assert_int_equal(
		slub_refill(&s, GFP_KERNEL, NUMA_NO_NODE, objs + got, 1), 0);
	slub_check(&s);
	slub_flush(&s, objs, got);
	slub_check(&s);
	slub_shrink(&s, SHRINK_ALL);
	assert_int_equal(s.node[0]->nr_pages, 0);
	give_all(list);
	zone_check(&node_data[0].node_zones[ZONE_NORMAL]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_order_parameters),
		cmocka_unit_test(test_partials),
		cmocka_unit_test(test_freepointer),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_is_object),
		cmocka_unit_test(test_ctor),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_order_fallback),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
