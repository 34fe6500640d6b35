// SPDX-License-Identifier: MIT
/*
 * test_debug.c - slabs of a cache with debug flags, from list to list
 *
 * The faults that are found on the way are unit.slub.debug_check.
 */
#include "diag/param.h"
#include "fixture.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "slub/debug.h"
#include "support/child.h"

#define NO_PAGES                                                \
	"fail_page_alloc=1,100,0,-1 fail_page_alloc.verbose=0 " \
	"fail_page_alloc.min-order=0 fail_page_alloc.ignore-gfp-wait=0"
#define PAGES "fail_page_alloc.probability=0"

static struct kmem_cache *s;
static struct kmem_cache_node *n;

static struct kmem_cache *make(slab_flags_t flags, void (*ctor)(void *))
{
	s = kmem_cache_create("debugged", 200, 0, flags | SLAB_NO_USER_FLAGS,
			      ctor);
	assert_non_null(s);
	n = s->node[0];
	return s;
}

static int setup(void **state)
{
	(void)state;
	make(DEBUG_DEFAULT_FLAGS, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(validate_slab_cache(s), 0);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
	return 0;
}

static void alloc(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		f.objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(f.objs[i]);
	}
}

static void release(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		kmem_cache_free(s, f.objs[i]);
}

static unsigned int nr_full(void)
{
	const struct list_head *at;
	unsigned int nr = 0;

	for (at = n->full.next; at != &n->full; at = at->next)
		nr++;
	return nr;
}

static void expect_slabs(unsigned int partial, unsigned int full)
{
	assert_int_equal(n->nr_partial, partial);
	assert_int_equal(nr_full(), full);
	assert_int_equal(n->nr_slabs, partial + full);
}

/* All objects of two slabs and one more, then one of each full slab back.
 * Expect a slab to be on the full list exactly while it has no free object. */
static void test_lists(void **state)
{
	unsigned int nr = s->oo_objects;

	(void)state;
	alloc(0, nr - 1);
	expect_slabs(1, 0);
	alloc(nr - 1, nr);
	expect_slabs(0, 1);
	alloc(nr, 2 * nr + 1);
	expect_slabs(1, 2);
	release(0, 1);
	expect_slabs(2, 1);
	release(nr, nr + 1);
	expect_slabs(3, 0);
	assert_int_equal(s->in_use, 2 * nr - 1);
	release(1, nr);
	release(nr + 1, 2 * nr + 1);
}

/* An object is freed and another is taken. Expect the same one: what is
 * overwritten after its free shows soon. */
static void test_order(void **state)
{
	void *obj;

	(void)state;
	alloc(0, 5);
	obj = f.objs[2];
	release(2, 3);
	alloc(2, 3);
	assert_ptr_equal(f.objs[2], obj);
	release(0, 5);
}

/* Four slabs become empty on a node that keeps one. Expect the others to go at
 * their last object, and shrinking to free the one that is left, but none with
 * an object in use. */
static void test_empty(void **state)
{
	unsigned int nr = s->oo_objects;

	(void)state;
	s->min_partial = 1;
	alloc(0, 4 * nr);
	expect_slabs(0, 4);
	release(0, nr);
	expect_slabs(1, 3);
	release(nr, 2 * nr - 1);
	expect_slabs(2, 2);
	release(2 * nr - 1, 2 * nr);
	expect_slabs(1, 2);
	release(2 * nr, 4 * nr);
	expect_slabs(1, 0);
	alloc(0, 1);
	kmem_cache_shrink(s);
	expect_slabs(1, 0);
	release(0, 1);
	kmem_cache_shrink(s);
	expect_slabs(0, 0);
}

/* No pages. Expect what the slabs have to be handed out, then NULL, with
 * nothing counted; and objects again when there are pages. */
static void test_short(void **state)
{
	unsigned int nr = s->oo_objects;

	(void)state;
	alloc(0, 1);
	parse_args(NO_PAGES);
	alloc(1, nr);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(s->in_use, nr);
	assert_int_equal(s->ops->refill(s, GFP_KERNEL | __GFP_NOWARN,
					NUMA_NO_NODE, f.objs + nr, 3),
			 0);
	expect_slabs(0, 1);
	parse_args(PAGES);
	assert_int_equal(
		s->ops->refill(s, GFP_KERNEL, NUMA_NO_NODE, f.objs + nr, 3), 3);
	release(0, nr + 3);
}

/* A batch that ends in the middle. Expect the number of what was stored. */
static void test_short_batch(void **state)
{
	unsigned int nr = s->oo_objects;

	(void)state;
	alloc(0, nr - 2);
	parse_args(NO_PAGES);
	assert_int_equal(s->ops->refill(s, GFP_KERNEL | __GFP_NOWARN,
					NUMA_NO_NODE, f.objs + nr - 2, 10),
			 2);
	parse_args(PAGES);
	assert_int_equal(s->in_use, nr);
	release(0, nr);
}

/* init_on_free, of a cache that does not poison. Expect zeros in the object, up
 * to its size, when it is free. */
static void test_zeroed(void **state)
{
	u8 *p;

	(void)state;
	kmem_cache_destroy(s);
	make(SLAB_RED_ZONE, NULL);
	s->guard |= GUARD_INIT_FREE;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	memset(p, 0x11, 200);
	kmem_cache_free(s, p);
	for (unsigned int i = 0; i < 200; i++)
		if (i < s->offset || i >= s->offset + sizeof(void *))
			assert_int_equal(p[i], 0);
	s->guard &= (u8)~GUARD_INIT_FREE;
}

/* A slab in which a check failed. Expect its other objects not to be freed, and
 * none of it to be handed out again; the count says so. */
static void child_frozen(void *arg)
{
	static unsigned int errors;
	struct slab *slab;
	u8 *bad;

	(void)arg;
	slab_kunit_errors = &errors;
	make(DEBUG_DEFAULT_FLAGS, NULL);
	for (unsigned int i = 0; i < 3; i++)
		f.objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	bad = f.objs[2];
	slab = virt_to_slab(bad);
	kmem_cache_free(s, bad);
	bad[7] ^= 1;
	f.objs[2] = kmem_cache_alloc(s, GFP_KERNEL);
	REQUIRE(errors);
	REQUIRE(slab->state.counters.frozen);
	REQUIRE(f.objs[2] && virt_to_slab(f.objs[2]) != slab);
	REQUIRE(s->in_use == 3);
	kmem_cache_free(s, f.objs[0]);
	REQUIRE(s->in_use == 3);
	kmem_cache_free(s, f.objs[2]);
	REQUIRE(s->in_use == 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lists),	  TEST(test_order),
		TEST(test_empty),	  TEST(test_short),
		TEST(test_short_batch),	  TEST(test_zeroed),
		child_test(child_frozen),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
