// SPDX-License-Identifier: MIT
/*
 * test_debug_layout.c - where metadata lie, for each mix of flags
 */
#include <errno.h>

#include "fixture.h"
#include "kmem/cache.h"
#include "kmem/guard.h"
#include "kmem/miss.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"
#include "slub/debug.h"

static struct kmem_cache *make(unsigned int size, unsigned int align,
			       slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_create(
		"layout", size, align, flags | SLAB_NO_USER_FLAGS, ctor);

	assert_non_null(s);
	return s;
}

static void build(void *obj)
{
	memset(obj, 0x77, 8);
}

/* Sizes and flags. Expect inuse, the place of the free pointer, the left red
 * zone and the whole size to be those of the kernel's rules. */
static void test_geometry(void **state)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		unsigned int inuse, offset, left, whole;
	} rows[] = {
		{ 64, 0, SLAB_CONSISTENCY_CHECKS, 64, 32, 0, 64 },
		{ 64, 0, SLAB_TRACE, 64, 32, 0, 64 },
		/* a word behind: the right red zone; 8 + 8 more around */
		{ 64, 0, SLAB_RED_ZONE, 72, 32, 8, 88 },
		/* the size leaves room for it */
		{ 60, 0, SLAB_RED_ZONE, 64, 24, 8, 80 },
		{ 4, 0, SLAB_RED_ZONE, 8, 8, 8, 32 },
		{ 64, 0, SLAB_POISON, 64, 64, 0, 72 },
		{ 64, 0, SLAB_STORE_USER, 64, 32, 0, 64 + 64 },
		{ 64, 0, SLAB_STORE_USER | SLAB_KMALLOC, 64, 32, 0, 64 + 72 },
		{ 64, 0, SLAB_STORE_USER | SLAB_KMALLOC | SLAB_RED_ZONE, 72, 72,
		  8, 72 + 8 + 64 + 8 + 16 },
		{ 64, 64, SLAB_RED_ZONE, 72, 32, 64, 192 },
		{ 64, 0, SLAB_RED_ZONE | SLAB_POISON, 72, 72, 8, 96 },
		{ 64, 0, DEBUG_DEFAULT_FLAGS, 72, 72, 8, 72 + 8 + 64 + 16 },
		{ 64, 0, SLAB_TYPESAFE_BY_RCU | SLAB_RED_ZONE, 72, 72, 8, 96 },
	};

	(void)state;
	assert_int_equal(sizeof(struct track), 32);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kmem_cache *s = make(rows[i].size, rows[i].align,
					    rows[i].flags, NULL);

		assert_int_equal(s->inuse, rows[i].inuse);
		assert_int_equal(s->offset, rows[i].offset);
		assert_int_equal(s->red_left_pad, rows[i].left);
		assert_int_equal(s->size, rows[i].whole);
		assert_int_equal(s->slot, 0);
		assert_int_equal(s->class, 0);
		assert_int_equal(s->sheaf_capacity, 0);
		assert_int_equal(s->cpu_partial_slabs, 0);
		kmem_cache_destroy(s);
	}
}

/* Objects of every alignment with all flags. Expect each at a multiple of it,
 * with 0xcc on both sides, poisoned, and in a frame whose index misses. */
static void test_alignment(void **state)
{
	(void)state;
	for (unsigned int align = 8; align <= PAGE_SIZE; align *= 2) {
		struct kmem_cache *s = make(align + 8, align,
					    DEBUG_DEFAULT_FLAGS, NULL);
		u8 *objs[8];

		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
			u8 *p = objs[i] = kmem_cache_alloc(s, GFP_KERNEL);

			assert_true(IS_ALIGNED((uintptr_t)p, align));
			assert_int_equal(p[-1], 0xcc);
			assert_int_equal(p[s->object_size], 0xcc);
			assert_int_equal(p[0], 0x6b);
			assert_int_equal(p[s->object_size - 1], 0xa5);
			assert_true(arena_index[virt_to_pfn(p)] >= INDEX_OTHER);
			memset(p, 0xff, s->object_size);
		}
		assert_int_equal(validate_slab_cache(s), 0);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
		assert_int_equal(validate_slab_cache(s), 0);
		assert_int_equal(objs[0][0], 0x6b);
		assert_int_equal(objs[0][-1], 0xbb);
		kmem_cache_destroy(s);
	}
}

/* A constructor, and SLAB_TYPESAFE_BY_RCU, with poisoning. Expect objects to
 * keep what they hold when they are free, and paddings to be watched. */
static void test_content_kept(void **state)
{
	struct kmem_cache *s = make(24, 0, DEBUG_DEFAULT_FLAGS, build);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_int_equal(p[0], 0x77);
	assert_int_equal(p[23], 0x5a); /* never handed out */
	p[0] = 1;
	kmem_cache_free(s, p);
	assert_int_equal(p[0], 1);
	assert_int_equal(validate_slab_cache(s), 0);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);

	s = make(24, 0, DEBUG_DEFAULT_FLAGS | SLAB_TYPESAFE_BY_RCU, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	p[5] = 9;
	kmem_cache_free(s, p);
	assert_int_equal(p[5], 9);
	kmem_cache_destroy(s);
}

/* What of the object is asked for. Expect kmalloc caches with U to remember
 * it, to poison as much, and others to say object_size. */
static void test_orig_size(void **state)
{
	struct kmem_cache *s = make(64, 0, DEBUG_DEFAULT_FLAGS | SLAB_KMALLOC,
				    NULL);
	u8 *p = kmem_cache_alloc_slow(s, GFP_KERNEL, NUMA_NO_NODE, 10,
				      _RET_IP_);
	unsigned int errors = 0;

	(void)state;
	assert_int_equal(kmem_debug_size(s, p), 10);
	assert_int_equal(p[9], 0xa5);
	assert_int_equal(p[10], 0xcc);
	assert_int_equal(p[63], 0xcc);
	assert_int_equal(kmem_debug_resize(s, p, 30, _RET_IP_), 0);
	assert_int_equal(kmem_debug_size(s, p), 30);
	assert_int_equal(p[29], 0x6b);
	assert_int_equal(p[30], 0xcc);
	assert_int_equal(kmem_debug_resize(s, p, 5, _RET_IP_), 0);
	assert_int_equal(p[5], 0xcc);
	assert_int_equal(p[29], 0xcc);
	assert_int_equal(kmem_debug_resize(s, p, 65, _RET_IP_), -EINVAL);
	assert_int_equal(kmem_debug_resize(s, p + 8, 5, _RET_IP_), -EINVAL);
	assert_int_equal(validate_slab_cache(s), 0);
	kmem_cache_free(s, p);
	slab_kunit_errors = &errors;
	assert_int_equal(kmem_debug_resize(s, p, 6, _RET_IP_), -ENOENT);
	assert_int_equal(errors, 1);
	slab_kunit_errors = NULL;
	kmem_cache_destroy(s);

	s = make(64, 0, SLAB_RED_ZONE | SLAB_KMALLOC, NULL);
	p = kmem_cache_alloc_slow(s, GFP_KERNEL, NUMA_NO_NODE, 10, _RET_IP_);
	assert_int_equal(kmem_debug_size(s, p), 64);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* slab_debug=O. Expect metadata to be left out where a slab would be larger for
 * it, and only there; and always where no block is large enough. */
static void test_higher_order(void **state)
{
	struct kmem_cache *s;

	(void)state;
	s = make(PAGE_SIZE, 0, DEBUG_DEFAULT_FLAGS, NULL);
	assert_true(s->flags & SLAB_RED_ZONE);
	kmem_cache_destroy(s);
	disable_higher_order_debug = 1;
	s = make(PAGE_SIZE, 0, DEBUG_DEFAULT_FLAGS, NULL);
	assert_int_equal(s->flags & DEBUG_DEFAULT_FLAGS,
			 SLAB_CONSISTENCY_CHECKS);
	assert_int_equal(s->size, PAGE_SIZE);
	kmem_cache_destroy(s);
	s = make(64, 0, DEBUG_DEFAULT_FLAGS, NULL);
	assert_int_equal(s->flags & DEBUG_DEFAULT_FLAGS, DEBUG_DEFAULT_FLAGS);
	kmem_cache_destroy(s);
	disable_higher_order_debug = 0;
	s = make(MAX_BLOCK_SIZE, 0, DEBUG_DEFAULT_FLAGS, NULL);
	assert_int_equal(s->flags & DEBUG_DEFAULT_FLAGS,
			 SLAB_CONSISTENCY_CHECKS);
	kmem_cache_destroy(s);
}

/* Objects come and go, more than a slab holds. Expect slabs to be counted, on
 * the right lists, and given back when they are empty and enough. */
static void test_slabs(void **state)
{
	struct kmem_cache *s = make(200, 0, DEBUG_DEFAULT_FLAGS, NULL);
	struct kmem_cache_node *n = s->node[0];
	unsigned int per_slab = s->oo_objects, nr = 20 * per_slab;

	(void)state;
	assert_true(nr <= MAX_OBJECTS);
	for (unsigned int i = 0; i < nr; i++)
		f.objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(n->nr_slabs, 20);
	assert_int_equal(n->nr_partial, 0);
	assert_int_equal(s->in_use, nr);
	for (unsigned int i = 0; i < 20; i++)
		kmem_cache_free(s, f.objs[i * per_slab]);
	assert_int_equal(n->nr_partial, 20);
	assert_int_equal(validate_slab_cache(s), 0);
	for (unsigned int i = 0; i < nr; i++)
		if (i % per_slab)
			kmem_cache_free(s, f.objs[i]);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(n->nr_slabs, s->min_partial);
	s->ops->check(s);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(n->nr_slabs, 0);
	kmem_cache_destroy(s);
}

/* Objects asked of the backend without a caller, in numbers. Expect the same
 * checks. */
static void test_refill_and_flush(void **state)
{
	struct kmem_cache *s = make(40, 0, DEBUG_DEFAULT_FLAGS, NULL);

	(void)state;
	assert_int_equal(
		s->ops->refill(s, GFP_KERNEL, NUMA_NO_NODE, f.objs, 100), 100);
	s->ops->verify(s, f.objs, 100);
	assert_int_equal(s->in_use, 100);
	assert_ptr_equal(s->ops->object_of(s, (char *)f.objs[7] + 39),
			 f.objs[7]);
	s->ops->flush(s, f.objs, 100);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_content_kept),
		cmocka_unit_test(test_orig_size),
		cmocka_unit_test(test_higher_order),
		cmocka_unit_test(test_slabs),
		cmocka_unit_test(test_refill_and_flush),
	};

	kmem_rcu_register(&no_readers);
	return cmocka_run_group_tests(tests, slub_start, NULL);
}
