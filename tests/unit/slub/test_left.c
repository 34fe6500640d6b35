// SPDX-License-Identifier: MIT
/*
 * test_left.c - which objects are out when a cache is destroyed
 * (docs/kernel.md U12)
 */
#include "fixture.h"
#include "slub/away.h"
#include "support/child.h"

static void destroy(void *arg)
{
	kmem_cache_destroy(arg);
}

static int count_line(const char *text, const char *base, const void *obj)
{
	char line[80];

	snprintf(line, sizeof(line), "Object %p @offset=%lu\n", obj,
		 (unsigned long)((const char *)obj - base));
	return count_phrase(text, line);
}

/* Objects of a slab that is full, of one with a page away, and of one that is
 * not carved to its end are out. Expect a report for each slab, a line for each
 * object and for no other, and all of them as they were. */
static void test_listed(void **state)
{
	static char text[65536];
	unsigned int nr;

	(void)state;
	fixture_open(512, 0, NULL);
	nr = 3 * f.per_slab - 3;
	take_full_slabs(2);
	take(2 * f.per_slab, f.per_slab - 3);
	give(f.per_slab, 9); /* of the second slab: a page and one more */
	flush_cpu();
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 1);
	for (unsigned int i = 0; i < nr; i++)
		if (i < f.per_slab || i >= f.per_slab + 9)
			memset(f.objs[i], (int)i, 512);
	capture_stderr(destroy, f.s, text, sizeof(text));
	assert_int_equal(count_phrase(text,
				      "BUG fixture (Not tainted): Objects "
				      "remaining on "
				      "__kmem_cache_shutdown()\n"),
			 3);
	assert_int_equal(count_phrase(text, "Object 0x"), (int)nr - 9);
	for (unsigned int i = 0; i < nr; i++) {
		bool freed = i >= f.per_slab && i < f.per_slab + 9;
		const unsigned char *obj = f.objs[i];

		assert_int_equal(count_line(text, slab_address(slab_of(i)),
					    obj),
				 !freed);
		if (!freed)
			assert_int_equal(obj[0] | obj[511], i & 0xff);
	}
	assert_null(kmem_cache_alloc(f.s, GFP_KERNEL));
	give(0, f.per_slab);
	give(f.per_slab + 9, nr - f.per_slab - 9);
	capture_stderr(destroy, f.s, text, sizeof(text));
	assert_string_equal(text, "");
	zone_check(&node_data[0].node_zones[ZONE_NORMAL]);
}

/* Objects in sheaves are not in use. Expect an end without a word. */
static void test_cached(void **state)
{
	char text[256];

	(void)state;
	fixture_open(512, 0, NULL);
	kmem_cache_free(f.s, kmem_cache_alloc(f.s, GFP_KERNEL));
	capture_stderr(destroy, f.s, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_cached),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
