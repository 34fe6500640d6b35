// SPDX-License-Identifier: MIT
/*
 * test_krealloc.c - sizes of blocks, other sizes, and copies
 * (docs/kernel.md L6-L8)
 */
#include "fake.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

static void assert_bytes(const unsigned char *p, unsigned char value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], value);
}

/* A block grows and shrinks (L7). Expect the same pointer while it fits, else
 * a new one with the old bytes. */
static void test_krealloc(void **state)
{
	unsigned char *p = krealloc(NULL, 60, GFP_KERNEL), *q;

	(void)state;
	assert_int_equal(ksize(p), 64);
	memset(p, 0x21, 64);
	assert_ptr_equal(krealloc(p, 64, GFP_KERNEL), p);
	assert_ptr_equal(krealloc(p, 1, GFP_KERNEL), p);
	q = krealloc(p, 65, GFP_KERNEL);
	assert_ptr_not_equal(p, q);
	assert_bytes(q, 0x21, 64);
	memset(q, 0x22, 65);
	p = krealloc(q, 9000, GFP_KERNEL);
	assert_int_equal(ksize(p), 16384);
	assert_bytes(p, 0x22, 65);
	memset(p, 0x23, 9000);
	q = krealloc(p, 100000, GFP_KERNEL);
	assert_bytes(q, 0x23, 9000);
	assert_ptr_equal(krealloc(q, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	p = krealloc(ZERO_SIZE_PTR, 20, GFP_KERNEL);
	assert_int_equal(ksize(p), 32);
	kfree(p);
}

/* With __GFP_ZERO (L7). Expect zeros behind the new size, whether the block
 * stays or moves, and the old bytes in front. */
static void test_krealloc_zero(void **state)
{
	unsigned char *p = kmalloc(100, GFP_KERNEL | __GFP_ZERO), *q;

	(void)state;
	memset(p, 0x51, 100);
	q = krealloc(p, 60, GFP_KERNEL | __GFP_ZERO);
	assert_ptr_equal(q, p);
	assert_bytes(q, 0x51, 60);
	assert_bytes(q + 60, 0, 128 - 60);
	q = krealloc(p, 120, GFP_KERNEL | __GFP_ZERO);
	assert_ptr_equal(q, p);
	assert_bytes(q + 60, 0, 128 - 60);
	q = krealloc(p, 200, GFP_KERNEL | __GFP_ZERO);
	assert_bytes(q, 0x51, 60);
	assert_bytes(q + 60, 0, 256 - 60);
	kfree(q);
}

/* A block that is to be aligned, or on a node. Expect it to stay where that is
 * so already, and to move with its bytes where it is not. */
static void test_krealloc_place(void **state)
{
	unsigned char *p, *q, *skip[64];
	int skipped = 0;

	(void)state;
	p = kmalloc(96, GFP_KERNEL);
	while (IS_ALIGNED((uintptr_t)p, 128)) {
		skip[skipped++] = p;
		p = kmalloc(96, GFP_KERNEL);
	}
	memset(p, 0x61, 96);
	assert_ptr_equal(krealloc_node_align(p, 80, 32, GFP_KERNEL, 0), p);
	assert_ptr_equal(krealloc_node(p, 90, GFP_KERNEL, NUMA_NO_NODE), p);
	assert_ptr_equal(krealloc_node_align(p, 90, 0, GFP_KERNEL, 0), p);
	q = krealloc_node_align(p, 128, 128, GFP_KERNEL, 0);
	assert_true(IS_ALIGNED((uintptr_t)q, 128));
	assert_bytes(q, 0x61, 96);
	assert_null(krealloc_node_align(q, 128, 48, GFP_KERNEL, 0));
	kfree(q);
	q = krealloc_node_align(NULL, 256, 256, GFP_KERNEL, 0);
	assert_true(IS_ALIGNED((uintptr_t)q, 256));
	kfree(q);
	while (skipped)
		kfree(skip[--skipped]);
}

/* An array grows; then its size does not fit into a size_t. Expect it grown,
 * then NULL and the array kept. */
static void test_krealloc_array(void **state)
{
	volatile size_t half = SIZE_MAX / 2 + 1;
	int *p = kcalloc(10, sizeof(int), GFP_KERNEL);

	(void)state;
	p[9] = 7;
	p = krealloc_array(p, 100, sizeof(int), GFP_KERNEL);
	assert_int_equal(ksize(p), 512);
	assert_int_equal(p[9], 7);
	assert_null(krealloc_array(p, half, 2, GFP_KERNEL));
	assert_int_equal(p[9], 7);
	kfree(p);
}

/* What follows the bytes of an object (L6). Expect ksize() to stop before
 * metadata, but not before padding. */
static void test_ksize(void **state)
{
	static const struct {
		slab_flags_t flags;
		unsigned int size;
	} golden[] = {
		{ 0, 104 },
		{ SLAB_RED_ZONE, 97 },
		{ SLAB_POISON, 97 },
		{ SLAB_STORE_USER, 100 },
	};
	struct kmem_cache *s = kmem_cache_create("sizes", 97, 0, SLAB_NO_MERGE,
						 NULL);
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	s->inuse = 100;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		s->flags = golden[i].flags;
		assert_int_equal(ksize(obj), golden[i].size);
	}
	s->flags = 0;
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
}

/* A block cannot grow. Expect NULL and the old block as it was. */
static void test_krealloc_fails(void **state)
{
	unsigned char *p = kmalloc(64, GFP_KERNEL);

	(void)state;
	memset(p, 0x31, 64);
	assert_null(krealloc(p, KMALLOC_MAX_SIZE + 1, __GFP_NOWARN));
	assert_bytes(p, 0x31, 64);
	assert_int_equal(ksize(p), 64);
	kfree(p);
}

/* Copies. Expect equal bytes in a block of their own, and NULL for NULL. */
static void test_copies(void **state)
{
	char *s = kstrdup("a string", GFP_KERNEL);
	char *m = kmemdup("a\0b", 4, GFP_KERNEL);

	(void)state;
	assert_string_equal(s, "a string");
	assert_int_equal(ksize(s), 16);
	assert_memory_equal(m, "a\0b", 4);
	assert_null(kstrdup(NULL, GFP_KERNEL));
	kfree(s);
	kfree(m);
}

/* Copies of parts. Expect what was asked for, ended by a '\0' where that was
 * said; NULL for NULL and for what is too large. */
static void test_part_copies(void **state)
{
	static const int numbers[] = { 1, 2, 3 };
	char *s = kstrndup("a string", 3, GFP_KERNEL);
	char *whole = kstrndup("abc", 10, GFP_KERNEL);
	char *m = kmemdup_nul("ab\0cd", 4, GFP_KERNEL);
	int *n = kmemdup_array(numbers, 2, sizeof(int), GFP_KERNEL);

	(void)state;
	assert_string_equal(s, "a s");
	assert_string_equal(whole, "abc");
	assert_memory_equal(m, "ab\0c", 5);
	assert_int_equal(n[0] + n[1], 3);
	assert_null(kstrndup(NULL, 3, GFP_KERNEL));
	assert_null(kmemdup_nul(NULL, 0, GFP_KERNEL));
	assert_null(kmemdup_nul("", (size_t)-1, GFP_KERNEL));
	assert_null(kmemdup_array(numbers, SIZE_MAX / 2, 4, GFP_KERNEL));
	kfree(s);
	kfree(whole);
	kfree(m);
	kfree(n);
}

/* A secret is freed (L8). Expect none of it in the memory that comes next from
 * there, up to the end of the class. */
static void test_sensitive(void **state)
{
	unsigned char *p = kmalloc(100, GFP_KERNEL);

	(void)state;
	memset(p, 0x41, 128);
	kfree_sensitive(p);
	assert_ptr_equal(kmalloc(100, GFP_KERNEL), p);
	assert_bytes(p, 0, 128);
	kfree(p);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_krealloc),	   TEST(test_krealloc_zero),
		TEST(test_krealloc_place), TEST(test_krealloc_array),
		TEST(test_krealloc_fails), TEST(test_ksize),
		TEST(test_copies),	   TEST(test_part_copies),
		TEST(test_sensitive),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
