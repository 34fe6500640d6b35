// SPDX-License-Identifier: MIT
/*
 * test_used.c - objects in use are known, and slabs of none but these are freed
 */
#include "fixture.h"
#include "kmem/slab_ops.h"

#define inherited_mark(s, objs, nr) slab_mark_stored(s, objs, nr)
#define inherited_clear(s, objs, nr) slab_clear_stored(s, objs, nr)
#define inherited_list() ((void)0)
#include "support/inherited.h"

/* Which of a slab's objects are in use is asked, in both forms of its numbers.
 * Expect none for what is free, stored, no start, or of another cache. */
static void test_used(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct page *page;

		fixture_open(i ? 32 : 200, 0, NULL);
		take_full_slabs(1);
		page = page_of(0);
		give(0, 2);
		slab_mark_stored(f.s, f.objs + 2, 1);
		assert_null(slab_of_used(f.s, f.objs[0]));
		assert_null(slab_of_used(f.s, f.objs[2]));
		assert_ptr_equal(slab_of_used(f.s, f.objs[3]), page);
		assert_null(slab_of_used(f.s, (char *)f.objs[3] + 8));
		assert_null(slab_of_used(f.s, kmalloc_caches[0]));
		slab_clear_stored(f.s, f.objs + 2, 1);
		assert_int_equal(slab_used(page), f.per_slab - 2);
		give(2, f.per_slab - 2);
		fixture_close();
	}
}

/* A slab is to be dropped with more in use than the caller has. Expect a
 * refusal; and the slab to go when the number is right. */
static void test_drop(void **state)
{
	(void)state;
	fixture_open(200, 0, NULL);
	take_full_slabs(2);
	give(0, 1);
	assert_false(slab_drop(f.s, page_of(0), f.per_slab - 2));
	expect_slabs(1, 1, 0);
	f.s->in_use -= f.per_slab - 1; /* as a free in a map does */
	assert_true(slab_drop(f.s, page_of(0), f.per_slab - 1));
	expect_slabs(0, 1, 0);
	assert_int_equal(f.n->nr_slabs, 1);
	give(f.per_slab, f.per_slab);
	fixture_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_drop),
		INHERITED_TESTS,
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
