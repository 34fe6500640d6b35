// SPDX-License-Identifier: MIT
/*
 * test_used.c - objects in use are known, and slabs of none but these are freed
 */
#include "fixture.h"
#include "kmem/boot.h"
#include "slub/away.h"

#define inherited_mark(s, objs, nr) slub_mark_stored(s, objs, nr)
#define inherited_clear(s, objs, nr) slub_clear_stored(s, objs, nr)
#define inherited_list() flush_cpu()
#include "support/inherited.h"

/* Which of a slab's objects are in use is asked. Expect none for what is free,
 * stored, away, no start, or of another cache. */
static void test_used(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 64, 0,
						     SLAB_NO_MERGE, NULL);
	struct page *page;
	void *obj;

	(void)state;
	fixture_open(1024, 0, NULL);
	take_full_slabs(1);
	page = page_of(0);
	give(0, 2);
	slub_mark_stored(f.s, f.objs + 2, 1);
	assert_null(slub_slab_of_used(f.s, f.objs[0]));
	assert_null(slub_slab_of_used(f.s, f.objs[2]));
	assert_ptr_equal(slub_slab_of_used(f.s, f.objs[3]), page);
	assert_null(slub_slab_of_used(f.s, (char *)f.objs[3] + 8));
	assert_int_equal(slab_refill(other, GFP_KERNEL, NUMA_NO_NODE, &obj, 1),
			 1);
	assert_null(slub_slab_of_used(f.s, obj));
	slab_flush(other, &obj, 1);
	slub_clear_stored(f.s, f.objs + 2, 1);
	slab_of(3)->away = (u8)pieces_of(
		f.s, slab_of(3), object_index(f.s, slab_of(3), f.objs[3]));
	assert_null(slub_slab_of_used(f.s, f.objs[3]));
	slab_of(3)->away = 0;
	assert_int_equal(slub_slab_used(page), f.per_slab - 2);
	give(2, f.per_slab - 2);
	fixture_close();
	kmem_cache_destroy(other);
}

/* A slab is to be dropped with more in use than the caller has, and one that a
 * CPU holds. Expect a refusal; and the slab to go when neither is so. */
static void test_drop(void **state)
{
	struct page *page;

	(void)state;
	fixture_open(200, 0, NULL);
	take_full_slabs(2);
	page = page_of(0);
	give(0, 1);
	if (f.c)
		assert_false(slub_drop_slab(f.s, page, f.per_slab - 1));
	flush_cpu();
	assert_false(slub_drop_slab(f.s, page, f.per_slab - 2));
	slub_check(f.s);
	f.s->in_use -= f.per_slab - 1; /* as a free in a map does */
	assert_true(slub_drop_slab(f.s, page, f.per_slab - 1));
	slub_check(f.s);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(f.n->nr_partial, 0);
	give(f.per_slab, f.per_slab);
	fixture_close();
}

/* An inherited slab that a CPU holds gets all its objects back. Expect it to be
 * empty, as in a process that is no child, and to go when it is shrunk. */
static void test_held(void **state)
{
	(void)state;
	NEEDS_CPU_SLAB();
	fixture_open(200, 0, NULL);
	take(0, f.per_slab);
	assert_true(f.c->slab == slab_of(0));
	kmem_forks = 1;
	give(0, f.per_slab);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	assert_int_equal(f.s->in_use, 0);
	slub_check(f.s);
	slub_shrink(f.s, SHRINK_ALL);
	assert_int_equal(f.n->nr_slabs, 0);
	kmem_forks = 0;
	fixture_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_held),
		INHERITED_TESTS,
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
