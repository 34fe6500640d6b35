// SPDX-License-Identifier: MIT
/*
 * test_merge.c - one cache under several names (docs/kernel.md U10)
 */
#include "diag/param.h"
#include "fake.h"
#include "kmem/held.h"
#include "kmem/merge.h"
#include "kmem/thread.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	parse_args("slab_merge");
	return 0;
}

static void construct(void *obj)
{
	memset(obj, 0, 1);
}

/* Caches that differ in nothing that matters. Expect one cache with the larger
 * size, one name after another to go, and the cache with the last. */
static void test_alias(void **state)
{
	struct kmem_cache *s = kmem_cache_create("first", 196, 0, 0, NULL);
	struct kmem_cache *t = kmem_cache_create("second", 200, 0, 0, NULL);
	struct kmem_cache_alias *alias;
	void *obj;

	(void)state;
	assert_ptr_equal(s, t);
	assert_int_equal(s->refcount, 2);
	assert_int_equal(kmem_cache_size(s), 200);
	assert_int_equal(s->inuse, 200);
	assert_string_equal(kmem_cache_name(t), "first");
	alias = list_first_entry(&s->aliases, struct kmem_cache_alias, list);
	assert_string_equal(alias->name, "second");
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_destroy(s);
	assert_int_equal(s->refcount, 1);
	kmem_cache_free(t, obj);
	kmem_cache_destroy(t);
}

/* Is a cache like the second merged with one like the first? */
static bool merges(unsigned int size, unsigned int align, slab_flags_t flags,
		   const struct kmem_cache_args *second, unsigned int size2)
{
	struct kmem_cache_args args = *second;
	struct kmem_cache *s = kmem_cache_create("m1", size, align, flags,
						 NULL);
	struct kmem_cache *t = kmem_cache_create("m2", size2, &args, flags);
	bool merged = s == t;

	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	return merged;
}

/* Sizes and alignments. Expect a merge if less than 8 bytes are lost and the
 * size is a multiple of the alignment. */
static void test_geometry(void **state)
{
	static const struct kmem_cache_args none, align16 = { .align = 16 },
						  align64 = { .align = 64 };

	(void)state;
	assert_true(merges(200, 0, 0, &none, 200));
	assert_true(merges(200, 0, 0, &none, 193));
	assert_false(merges(200, 0, 0, &none, 192));
	assert_false(merges(200, 0, 0, &none, 201));
	assert_true(merges(208, 0, 0, &align16, 208));
	assert_false(merges(200, 0, 0, &align16, 200));
	assert_true(merges(192, 0, 0, &align64, 180));
	assert_false(merges(200, 0, 0, &align64, 200));
}

/* Whatever makes objects different. Expect no merge. */
static void test_apart(void **state)
{
	static const slab_flags_t never[] = {
		SLAB_RED_ZONE,	  SLAB_POISON,	 SLAB_STORE_USER, SLAB_TRACE,
		SLAB_NOLEAKTRACE, SLAB_FAILSLAB, SLAB_NO_MERGE,
	};
	static const slab_flags_t same[] = {
		SLAB_RECLAIM_ACCOUNT,
		SLAB_CACHE_DMA,
		SLAB_CACHE_DMA32,
		SLAB_ACCOUNT,
	};
	static const struct kmem_cache_args none, ctor = { .ctor = construct },
						  window = { .usersize = 8 };

	(void)state;
	assert_false(merges(200, 0, 0, &ctor, 200));
	assert_false(merges(200, 0, 0, &window, 200));
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		assert_false(merges(200, 0, never[i], &none, 200));
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		struct kmem_cache *s = kmem_cache_create("with", 200, 0,
							 same[i], NULL);
		struct kmem_cache *t = kmem_cache_create("without", 200, 0, 0,
							 NULL);

		assert_ptr_not_equal(s, t);
		assert_true(merges(200, 0, same[i], &none, 200));
		kmem_cache_destroy(s);
		kmem_cache_destroy(t);
	}
}

/* Nothing is to be merged with a cache that has a constructor or a window, or
 * that the library made for itself. Expect new caches. */
static void test_unmergeable(void **state)
{
	struct kmem_cache *s = kmem_cache_create("built", 200, 0, 0, construct);
	struct kmem_cache *t = kmem_cache_create_usercopy("seen", 200, 0, 0, 0,
							  8, NULL);
	struct kmem_cache *plain = kmem_cache_create("plain", 200, 0, 0, NULL);
	struct kmem_cache *kb = kmem_cache_create("64", 64, 0, 0, NULL);

	(void)state;
	assert_true(slab_unmergeable(s));
	assert_true(slab_unmergeable(t));
	assert_false(slab_unmergeable(plain));
	assert_ptr_not_equal(plain, s);
	assert_ptr_not_equal(plain, t);
	assert_int_equal(kb->class, 0); /* kmalloc-64 has one */
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	kmem_cache_destroy(plain);
	kmem_cache_destroy(kb);
}

/* slab_nomerge, by either name. Expect no merges, until slab_merge. */
static void test_parameter(void **state)
{
	static const struct kmem_cache_args none;

	(void)state;
	parse_args("slab_nomerge");
	assert_false(merges(200, 0, 0, &none, 200));
	parse_args("slub_merge");
	assert_true(merges(200, 0, 0, &none, 200));
	parse_args("slub-nomerge");
	assert_false(merges(200, 0, 0, &none, 200));
}

static void alias_short(void *arg)
{
	fake.allowance = 0;
	*(void **)arg = kmem_cache_create("second", 200, 0, 0, NULL);
	fake.allowance = -1;
}

/* No memory for a further name. Expect NULL, and the cache with its one. */
static void test_short(void **state)
{
	struct kmem_cache *s = kmem_cache_create("first", 200, 0, 0, NULL), *t;
	char text[256];

	(void)state;
	kmem_owner_flush(kmem_owner_get());
	capture_stderr(alias_short, &t, text, sizeof(text));
	assert_null(t);
	assert_non_null(strstr(text, "(second) failed with error -12"));
	assert_int_equal(s->refcount, 1);
	kmem_cache_destroy(s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_alias),	TEST(test_geometry),  TEST(test_apart),
		TEST(test_unmergeable), TEST(test_parameter), TEST(test_short),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
