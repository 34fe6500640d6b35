// SPDX-License-Identifier: MIT
/*
 * test_object.c - which addresses are objects of a cache
 */
#include "fixture.h"
#include "kmem/slab_ops.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

static void check_desc(void *obj)
{
	unsigned int index;

	checked_desc(f.s, obj, &index);
}

static void verify_one(void *obj)
{
	slab_verify(f.s, &obj, 1);
}

/* Every byte of a slab, of both kinds: with a colour and without. Expect its
 * slab for the start of each object alone, with its number. */
static void test_starts(void **state)
{
	static const unsigned int sizes[] = { 704, 512, 24 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct slab_desc *slab;
		unsigned int index, found = 0;
		char *start;

		fixture_close();
		fixture_open(sizes[i], 0, NULL);
		take_full_slabs(2);
		slab = slab_of(f.per_slab);
		start = desc_address(slab);
		for (size_t at = 0; at < PAGE_SIZE << f.s->gfporder; at++) {
			if (!desc_of_object(f.s, start + at))
				continue;
			assert_ptr_equal(checked_desc(f.s, start + at, &index),
					 slab);
			assert_int_equal(index, found++);
			assert_ptr_equal(index_to_obj(f.s, slab, index),
					 start + at);
		}
		assert_int_equal(found, f.per_slab);
		give(0, 2 * f.per_slab);
	}
}

/* Inside an object, pages, statics, and another cache's object. Expect the end
 * for the first three, and the last to be counted. */
static void test_others(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 512, 0,
						     SLAB_NO_MERGE, NULL);
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0), *objs[3];

	(void)state;
	take(0, 2);
	expect_abort(check_desc, (char *)f.objs[0] + 16, "not the start");
	expect_abort(verify_one, (char *)f.objs[0] + 16, "not the start");
	expect_abort(check_desc, page, "not allocated");
	expect_abort(verify_one, page, "not allocated");
	expect_abort(verify_one, &f, "not allocated");
	assert_null(desc_of_object(f.s, page));
	objs[0] = f.objs[0];
	objs[1] = f.objs[1];
	assert_int_equal(
		slab_refill(other, GFP_KERNEL, NUMA_NO_NODE, objs + 2, 1), 1);
	assert_int_equal(slab_verify(f.s, objs, 2), 0);
	assert_int_equal(slab_verify(f.s, objs, 3), 1);
	slab_flush(other, objs + 2, 1);
	free_pages((unsigned long)page, 0);
	give(0, 2);
	kmem_cache_destroy(other);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_starts),
		TEST(test_others),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
