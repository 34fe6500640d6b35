// SPDX-License-Identifier: MIT
/*
 * test_alignment.c - all alignments, on both allocators, with slab_debug and
 * without (docs/kernel.md U9, L4)
 */
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "support/child.h"

#define DEBUG_FLAGS                                              \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER)
#define NR 40

/* Objects of a cache: aligned, apart, and their own to their last byte. */
static void try_cache(unsigned int size, unsigned int align, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("aligned", size, align,
						 flags | SLAB_NO_MERGE, NULL);
	unsigned int wanted = align ? align : 8;
	unsigned char *obj[NR];

	assert_non_null(s);
	for (unsigned int i = 0; i < NR; i++) {
		obj[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(obj[i]);
		if ((uintptr_t)obj[i] % wanted)
			fail_msg("size %u, align %u, flags %#x: %p", size,
				 align, flags, (void *)obj[i]);
		memset(obj[i], (int)i, size);
	}
	for (unsigned int i = 0; i < NR; i++) {
		assert_int_equal(obj[i][0], i);
		assert_int_equal(obj[i][size - 1], i);
		kmem_cache_free(s, obj[i]);
	}
	kmem_cache_destroy(s);
}

static void all_alignments(slab_flags_t flags)
{
	static const unsigned int sizes[] = { 1, 8, 24, 100, 700, 3000, 9000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		try_cache(sizes[i], 0, flags);
		for (unsigned int align = 1; align <= 65536; align *= 2)
			try_cache(sizes[i], align, flags);
	}
}

struct said {
	slab_flags_t flags;
	char text[1024];
};

static void do_all(void *arg)
{
	all_alignments(((struct said *)arg)->flags);
}

/* Every alignment up to 64 KiB for small and large objects. Expect each object
 * to be aligned and whole, and not a word from the checks. */
static void quietly(slab_flags_t flags)
{
	struct said said = { .flags = flags };

	capture_stderr(do_all, &said, said.text, sizeof(said.text));
	assert_string_equal(said.text, "");
}

static void test_slub(void **state)
{
	(void)state;
	quietly(KM_SLAB_ON_SLUB);
	quietly(KM_SLAB_ON_SLUB | SLAB_HWCACHE_ALIGN);
}

static void test_slab(void **state)
{
	(void)state;
	quietly(KM_SLAB_ON_SLAB);
	quietly(KM_SLAB_ON_SLAB | SLAB_HWCACHE_ALIGN);
}

static void test_slub_debug(void **state)
{
	(void)state;
	quietly(KM_SLAB_ON_SLUB | DEBUG_FLAGS);
	quietly(KM_SLAB_ON_SLUB | SLAB_RED_ZONE);
	quietly(KM_SLAB_ON_SLUB | SLAB_STORE_USER);
}

static void test_slab_debug(void **state)
{
	(void)state;
	quietly(KM_SLAB_ON_SLAB | DEBUG_FLAGS);
}

/* The largest alignment there is. Expect a block of pages for each object. */
static void test_largest(void **state)
{
	struct kmem_cache *s = kmem_cache_create("huge", 100, 4 << 20, 0, NULL);
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_non_null(obj);
	assert_int_equal((uintptr_t)obj % (4 << 20), 0);
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
}

/* The end of each test. Expect every structure to hold together. */
static int teardown(void **state)
{
	(void)state;
	km_check();
	return 0;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_teardown(fn, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_slub),       TEST(test_slab),
		TEST(test_slub_debug), TEST(test_slab_debug),
		TEST(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
