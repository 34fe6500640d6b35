// SPDX-License-Identifier: MIT
/*
 * test_debug_validate.c - all objects of a cache are checked, and resized
 *
 * Each fault by itself is unit.slub.debug_check.
 */
#include <errno.h>

#include "fixture.h"
#include "slub/debug.h"
#include "support/child.h"

#define SIZE 96

static struct kmem_cache *s;
static struct kmem_cache_node *n;
static unsigned int errors;
static const struct slab_caller nowhere;

/* A cache whose errors are counted, and not printed. */
static void make(slab_flags_t flags)
{
	s = kmem_cache_create("validated", SIZE, 0, flags | SLAB_NO_USER_FLAGS,
			      NULL);
	assert_non_null(s);
	n = s->node[0];
	slab_kunit_errors = &errors;
	errors = 0;
}

static int setup(void **state)
{
	(void)state;
	make(DEBUG_DEFAULT_FLAGS | SLAB_KMALLOC);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	slab_kunit_errors = NULL;
	assert_int_equal(slub_validate(s, &nowhere), 0);
	kmem_cache_destroy(s);
	return 0;
}

static void alloc(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		f.objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(f.objs[i]);
	}
}

static void release(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		kmem_cache_free(s, f.objs[i]);
}

/* Nothing is wrong: no slab, a full one, and partial ones. Expect 0. */
static void test_sound(void **state)
{
	(void)state;
	assert_int_equal(slub_validate(s, &nowhere), 0);
	alloc(2 * s->oo_objects + 1);
	assert_int_equal(slub_validate(s, &nowhere), 0);
	release(0, s->oo_objects + 5);
	assert_int_equal(slub_validate(s, &nowhere), 0);
	release(s->oo_objects + 5, 2 * s->oo_objects + 1);
	assert_int_equal(errors, 0);
}

/* Red zones of an object in use on a full slab, of one on a partial slab, and
 * poison of a free one. Expect an error and a fix for each, and then none. */
static void test_every_list(void **state)
{
	unsigned int nr = s->oo_objects;
	u8 *on_full, *on_partial, *in_free;

	(void)state;
	alloc(2 * nr + 2);
	on_full = f.objs[nr + 3];
	on_partial = f.objs[2 * nr];
	in_free = f.objs[1];
	release(1, 2); /* the first slab is partial from here on */
	on_full[SIZE] ^= 1;
	assert_int_equal(slub_validate(s, &nowhere), 2);
	on_full[SIZE] ^= 1; /* mended already: broken again */
	on_partial[-1] ^= 1;
	in_free[SIZE / 2] ^= 1;
	assert_int_equal(slub_validate(s, &nowhere), 6);
	assert_int_equal(slub_validate(s, &nowhere), 0);
	release(0, 1);
	release(2, 2 * nr + 2);
}

/* A free list that leads to no object, on a slab with one free object. Expect
 * the list to be cut, so that the slab is full and on that list; and back on
 * the other with the next free. */
static void child_cut(void *arg)
{
	unsigned int nr;
	struct slab *slab;

	(void)arg;
	make(DEBUG_DEFAULT_FLAGS);
	nr = s->oo_objects;
	alloc(nr);
	slab = virt_to_slab(f.objs[0]);
	release(3, 4);
	REQUIRE(n->nr_partial == 1 && list_empty(&n->full));
	slab->state.freelist = (char *)f.objs[3] + 1;
	REQUIRE(slub_validate(s, &nowhere) > 0);
	REQUIRE(!slab->state.freelist);
	REQUIRE(slab->state.counters.inuse == nr);
	REQUIRE(n->nr_partial == 0);
	REQUIRE(n->full.next == &slab->list);
	REQUIRE(slub_validate(s, &nowhere) == 0);
	release(4, 5);
	REQUIRE(n->nr_partial == 1 && list_empty(&n->full));
}

/* A slab out of use. Expect no look at its objects. */
static void child_frozen(void *arg)
{
	u8 *p;

	(void)arg;
	make(DEBUG_DEFAULT_FLAGS);
	alloc(2);
	p = f.objs[0];
	virt_to_slab(p)->state.counters.frozen = 1;
	p[SIZE] ^= 1;
	REQUIRE(slub_validate(s, &nowhere) == 0);
	virt_to_slab(p)->state.counters.frozen = 0;
	REQUIRE(slub_validate(s, &nowhere) == 2);
}

static int resize(const void *obj, size_t size)
{
	return slub_debug_resize(s, (void *)(uintptr_t)obj, size, &nowhere);
}

/* Sizes from none to all of an object. Expect each to be kept, the bytes it
 * lost to be red zone, and one byte more to be refused. */
static void test_resize(void **state)
{
	static const size_t sizes[] = { 1, 40, 39, 41, 0, SIZE, 10 };
	u8 *p;

	(void)state;
	alloc(1);
	p = f.objs[0];
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(resize(p, sizes[i]), 0);
		assert_int_equal(slub_debug_size(s, p), sizes[i]);
		for (size_t at = sizes[i]; at < SIZE; at++)
			assert_int_equal(p[at], SLUB_RED_ACTIVE);
		assert_int_equal(slub_validate(s, &nowhere), 0);
		memset(p, 0x11, sizes[i]);
	}
	assert_int_equal(resize(p, SIZE + 1), -EINVAL);
	assert_int_equal(resize(p + 16, 1), -EINVAL);
	assert_int_equal(slub_debug_size(s, p), 10);
	assert_int_equal(errors, 0);
	release(0, 1);
}

/* An object that is free, and one with a damaged red zone. Expect a refusal of
 * each, and its size to be what it was. */
static void test_resize_refused(void **state)
{
	u8 *p;

	(void)state;
	alloc(2);
	release(1, 2);
	assert_int_equal(resize(f.objs[1], 8), -ENOENT);
	assert_int_equal(errors, 1);
	p = f.objs[0];
	assert_int_equal(resize(p, 50), 0);
	p[50] ^= 1;
	assert_int_equal(resize(p, 60), -EINVAL);
	assert_int_equal(slub_debug_size(s, p), 50);
	assert_int_equal(errors, 3); /* the fault, and its repair */
	assert_int_equal(resize(p, 60), 0);
	release(0, 1);
}

/* A cache that does not keep sizes. Expect all of the object, whatever was
 * asked for. */
static void test_size_not_kept(void **state)
{
	(void)state;
	kmem_cache_destroy(s);
	make(SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS);
	alloc(1);
	assert_int_equal(resize(f.objs[0], 5), 0);
	assert_int_equal(slub_debug_size(s, f.objs[0]), SIZE);
	assert_int_equal(slub_validate(s, &nowhere), 0);
	release(0, 1);
}

static void check(void *arg)
{
	(void)arg;
	slub_debug_check(s);
}

/* The check of the invariants. Expect nothing for a sound cache, an abort for a
 * damaged one, and the test's count untouched. */
static void test_check(void **state)
{
	u8 *p;

	(void)state;
	alloc(1);
	slub_debug_check(s);
	assert_ptr_equal(slab_kunit_errors, &errors);
	p = f.objs[0];
	p[SIZE] ^= 1;
	expect_abort(check, NULL, "slub_validate");
	p[SIZE] ^= 1;
	assert_int_equal(errors, 0);
	release(0, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sound),	  TEST(test_every_list),
		child_test(child_cut),	  child_test(child_frozen),
		TEST(test_resize),	  TEST(test_resize_refused),
		TEST(test_size_not_kept), TEST(test_check),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
