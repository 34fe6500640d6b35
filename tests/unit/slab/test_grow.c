// SPDX-License-Identifier: MIT
/*
 * test_grow.c - slabs are made and unmade: docs/kernel.md S7 and S9
 */
#include "diag/param.h"
#include "fixture.h"
#include "slab/numbers.h"
#include "kmem/boot.h"
#include "kmem/slab_ops.h"
#include "sys/os.h"

static unsigned int constructed;

static void construct(void *obj)
{
	*(unsigned int *)obj = 0xc0ffee;
	constructed++;
}

static void expect_colours(unsigned int size, unsigned int colours)
{
	struct slab_desc *slabs[12];
	size_t colour = 0;

	fixture_open(size, 0, NULL);
	assert_int_equal(f.s->colour, colours);
	for (size_t i = 0; i < ARRAY_SIZE(slabs); i++) {
		slabs[i] = cache_grow(f.s, GFP_KERNEL, 0);
		assert_non_null(slabs[i]);
		assert_ptr_equal(slabs[i]->s_mem,
				 desc_address(slabs[i]) + colour * CACHELINE);
		colour = colour + 1 < colours ? colour + 1 : 0;
	}
	assert_int_equal(f.n->nr_slabs, ARRAY_SIZE(slabs));
	for (size_t i = 0; i < ARRAY_SIZE(slabs); i++)
		slab_destroy(f.s, slabs[i]);
	fixture_close();
}

/* New slabs one after the other, of many colours, two, one and none. Expect the
 * first object of each one colour further in than that of the last, and the
 * first colour again after the last. */
static void test_colours(void **state)
{
	(void)state;
	expect_colours(704, 7);
	expect_colours(208, 2);
	expect_colours(192, 1);
	expect_colours(512, 0);
}

/* Colours beside an alignment above a cache line. Expect both kept. */
static void test_colours_aligned(void **state)
{
	(void)state;
	fixture_open(1400, 256, NULL);
	assert_int_equal(f.s->colour_off, 256);
	assert_true(f.s->colour > 1);
	take(0, 8 * f.per_slab);
	for (size_t i = 0; i < 8 * f.per_slab; i++)
		assert_int_equal((uintptr_t)f.objs[i] % 256, 0);
	slab_check(f.s);
	give(0, 8 * f.per_slab);
	fixture_close();
}

/* A freelist at the end of the slab, in the last object, and elsewhere. Expect
 * it there, with the numbers in order. */
static void test_freelist_places(void **state)
{
	static const struct {
		unsigned int size;
		void (*ctor)(void *obj);
	} shapes[] = { { 24, NULL }, { 104, NULL }, { 512, construct } };

	(void)state;
	for (int i = FREELIST_ON; i <= FREELIST_OBJ; i++) {
		static const int of[] = { 0, 2, 1 };
		struct slab_desc *slab;
		char *end;

		fixture_open(shapes[of[i]].size, 0, shapes[of[i]].ctor);
		assert_int_equal(f.s->freelist_place, i);
		slab = cache_grow(f.s, GFP_KERNEL, 0);
		end = desc_address(slab) + (PAGE_SIZE << f.s->gfporder);
		if (i == FREELIST_ON)
			assert_ptr_equal(slab->freelist, end - f.s->num);
		else if (i == FREELIST_OBJ)
			assert_ptr_equal(slab->freelist,
					 index_to_obj(f.s, slab, 0));
		else
			assert_ptr_equal(
				virt_to_desc(slab->freelist)->slab_cache,
				f.s->freelist_cache);
		if (!has_map(f.s)) /* bytes that lead to the next */
			assert_int_equal(slab->free_map, 0);
		for (unsigned int j = 0; j < f.s->num; j++)
			assert_int_equal(slab->freelist[j],
					 has_map(f.s) ?
						 (j + (i == FREELIST_OBJ)) %
							 f.s->num :
					 j + 1 < f.s->num ? j + 1 :
							    NUMBER_LAST);
		slab_destroy(f.s, slab);
		fixture_close();
	}
}

/* A cache whose freelists are elsewhere. Expect each slab to take one object
 * there, and to give it back. */
static void test_off_slab_objects(void **state)
{
	unsigned long before;
	struct kmem_cache *fc;

	(void)state;
	fixture_open(512, 0, construct);
	fc = f.s->freelist_cache;
	before = fc->in_use;
	take(0, 3 * f.per_slab);
	assert_int_equal(fc->in_use, before + 3);
	give(0, 3 * f.per_slab);
	f.s->ops->shrink(f.s, SHRINK_ALL);
	assert_int_equal(fc->in_use, before);
	fixture_close();
}

/* A constructor. Expect it called once for each object of a slab, and what it
 * wrote to be there however often the object goes round. */
static void test_constructor(void **state)
{
	(void)state;
	constructed = 0;
	fixture_open(128, 0, construct);
	for (int round = 0; round < 3; round++) {
		take(0, 2 * f.per_slab);
		for (size_t i = 0; i < 2 * f.per_slab; i++)
			assert_int_equal(*(unsigned int *)f.objs[i], 0xc0ffee);
		give(0, 2 * f.per_slab);
	}
	assert_int_equal(constructed, 2 * f.per_slab);
	fixture_close();
}

/* The frames of a slab of a size class, and of another. Expect the class in
 * the index, or 240 + order, and 0 when the slab is gone. */
static void test_index(void **state)
{
	static struct kmem_cache s;
	const struct kmem_cache_boot boot = { .class = 9 };
	struct slab_desc *slab;
	unsigned long pfn;

	(void)state;
	assert_int_equal(kmem_cache_init(&s, "class", 8192, &boot), 0);
	slab = cache_grow(&s, GFP_KERNEL, 0);
	pfn = page_to_pfn(desc_page(slab));
	assert_int_equal(arena_index[pfn], 9);
	assert_int_equal(arena_index[pfn + 1], 9);
	assert_ptr_equal(virt_to_desc((char *)slab->s_mem + 5000), slab);
	slab_destroy(&s, slab);
	assert_int_equal(arena_index[pfn], 0);

	fixture_open(8192, 0, NULL);
	slab = cache_grow(f.s, GFP_KERNEL, 0);
	pfn = page_to_pfn(desc_page(slab));
	assert_int_equal(arena_index[pfn], INDEX_OTHER + 1);
	assert_int_equal(arena_index[pfn + 1], INDEX_OTHER + 1);
	slab_destroy(f.s, slab);
	assert_int_equal(arena_index[pfn + 1], 0);
	fixture_close();
}

/* Slabs of a size class with more objects than a map has bits. Expect their
 * freelists beside each other, at different lines of a page, and none left when
 * the slabs are gone. */
static void test_packed_lists(void **state)
{
	static struct kmem_cache s;
	const struct kmem_cache_boot boot = { .class = 10, .min_objects = 256 };
	struct slab_desc *slab[3];

	(void)state;
	assert_int_equal(kmem_cache_init(&s, "packed", 64, &boot), 0);
	assert_int_equal(s.num, SLAB_OBJ_MAX_NUM);
	assert_int_equal(s.freelist_place, FREELIST_OFF);
	assert_string_equal(s.freelist_cache->name, "slab_freelist");
	for (size_t i = 0; i < ARRAY_SIZE(slab); i++) {
		slab[i] = cache_grow(&s, GFP_KERNEL, 0);
		assert_int_equal(s.freelist_cache->in_use, i + 1);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(
				(uintptr_t)slab[i]->freelist % PAGE_SIZE,
				(uintptr_t)slab[j]->freelist % PAGE_SIZE);
		assert_ptr_equal(virt_to_desc(slab[i]->freelist),
				 virt_to_desc(slab[0]->freelist));
	}
	for (size_t i = 0; i < ARRAY_SIZE(slab); i++)
		slab_destroy(&s, slab[i]);
	assert_int_equal(s.freelist_cache->in_use, 0);
}

static void expect_permutation(const struct slab_desc *slab)
{
	bool seen[SLAB_OBJ_MAX_NUM] = { false };
	unsigned int at = (unsigned int)slab->free_map;

	for (unsigned int i = 0; i < f.s->num; i++) {
		unsigned int number = has_map(f.s) ? slab->freelist[i] : at;

		assert_in_range(number, 0, f.s->num - 1);
		assert_false(seen[number]);
		seen[number] = true;
		at = slab->freelist[number];
	}
}

/* Shuffled freelists (D7), in the slab and in an object. Expect all numbers in
 * each, in another order in each of a few slabs, and an array that is in an
 * object in that of its last number. */
static void test_shuffled(void **state)
{
	static const unsigned int sizes[] = { 24, 104 };

	(void)state;
	parse_args("slab_freelist_random");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct slab_desc *slab[6];
		unsigned int same = 0;

		fixture_open(sizes[i], 0, NULL);
		assert_non_null(f.s->random_seq);
		for (size_t j = 0; j < ARRAY_SIZE(slab); j++) {
			slab[j] = cache_grow(f.s, GFP_KERNEL, 0);
			expect_permutation(slab[j]);
			same += !memcmp(slab[j]->freelist, slab[0]->freelist,
					f.s->num);
			if (i)
				assert_ptr_equal(
					slab[j]->freelist,
					index_to_obj(f.s, slab[j],
						     slab[j]->freelist[f.s->num -
								       1]));
		}
		assert_in_range(same, 1, ARRAY_SIZE(slab) - 1);
		for (size_t j = 0; j < ARRAY_SIZE(slab); j++)
			slab_destroy(f.s, slab[j]);
		alloc(0, 1000);
		slab_check(f.s);
		release(0, 1000);
		fixture_close();
	}
	parse_args("slab_freelist_random=0");
}

/* Everything the page allocator has, chained through the blocks. */
static void *exhaust(void)
{
	void *list = NULL;

	os_fail_calls(1, ~0UL);
	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN,
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

/* No pages are left, then none for a freelist alone. Expect NULL, nothing
 * lost, and a slab again when there are some. */
static void test_no_memory(void **state)
{
	void *list, *page, *out[255 + 1];
	unsigned int nr = 0, got;
	struct kmem_cache *fc;

	(void)state;
	fixture_open(512, 0, construct);
	fc = f.s->freelist_cache;
	page = (void *)__get_free_pages(GFP_KERNEL, 0);
	list = exhaust();
	assert_null(cache_grow(f.s, GFP_NOWAIT, 0));
	assert_null(kmem_cache_alloc(f.s, GFP_NOWAIT));

	while (nr < ARRAY_SIZE(out) &&
	       (got = slab_refill(fc, GFP_NOWAIT, NUMA_NO_NODE, out + nr, 1)))
		nr += got; /* all the freelists that one more slab would have */
	free_pages((unsigned long)page, 0);
	assert_null(cache_grow(f.s, GFP_NOWAIT, 0));
	assert_int_equal(f.n->nr_slabs, 0);
	slab_flush(fc, out, nr);
	give_all(list);
	take(0, 1);
	give(0, 1);
	fixture_close();
	zone_check(&node_data[0].node_zones[ZONE_NORMAL]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_colours_aligned),
		cmocka_unit_test(test_freelist_places),
		cmocka_unit_test(test_off_slab_objects),
		cmocka_unit_test(test_constructor),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_packed_lists),
		cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
