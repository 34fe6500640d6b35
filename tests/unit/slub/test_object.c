// SPDX-License-Identifier: MIT
/*
 * test_object.c - which addresses are objects of a slab
 */
#include "fixture.h"
#include "kmem/slab_ops.h"
#include "support/classes.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(1024, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
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

/* Which object holds an address. Expect its start for every byte, and NULL
 * beyond the last object and for memory that is no slab. */
static void test_object_of(void **state)
{
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0);
	char *base;

	(void)state;
	kmem_cache_destroy(f.s);
	fixture_open(700, 0, NULL);
	take(0, 2);
	base = slab_address(slab_of(0));
	for (unsigned int at = 0; at < 2 * f.s->size; at++)
		assert_ptr_equal(f.s->ops->object_of(f.s, base + at),
				 base + at / f.s->size * f.s->size);
	assert_null(f.s->ops->object_of(f.s, base + f.per_slab * f.s->size));
	assert_null(f.s->ops->object_of(f.s, page));
	free_pages((unsigned long)page, 0);
	give(0, 2);
}

/* Caches of malloc's sizes. Expect free() to see of each byte of a slab whether
 * an object starts there. */
static void test_index_check(void **state)
{
	(void)state;
	check_every_byte();
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_is_object),
		TEST(test_object_of),
		TEST(test_index_check),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
