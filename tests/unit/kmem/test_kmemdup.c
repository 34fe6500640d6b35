// SPDX-License-Identifier: MIT
/*
 * test_kmemdup.c - copies of bytes and strings (docs/kernel.md L8)
 */
#include "fake.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

#define SIZE 100

static char bytes[SIZE]; /* without a zero */

static int setup(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i + 1);
	fake_watch(NULL);
	return 0;
}

/* Bytes, none, and more than a slab's object can be. Expect a copy of its own,
 * and for none the pointer that is not NULL. */
static void test_bytes(void **state)
{
	static char large[300000];
	char *p = kmemdup(bytes, SIZE, GFP_KERNEL);

	(void)state;
	assert_memory_equal(p, bytes, SIZE);
	assert_true(ksize(p) >= SIZE);
	kfree(p);
	assert_ptr_equal(kmemdup(bytes, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	memset(large, 'x', sizeof(large));
	p = kmemdup(large, sizeof(large), GFP_KERNEL);
	assert_memory_equal(p, large, sizeof(large));
	kfree(p);
}

/* Arrays, also one whose bytes no size_t can count. Expect a copy, and NULL. */
static void test_array(void **state)
{
	char *p = kmemdup_array(bytes, 4, 25, GFP_KERNEL);

	(void)state;
	assert_memory_equal(p, bytes, SIZE);
	kfree(p);
	assert_ptr_equal(kmemdup_array(bytes, 0, 25, GFP_KERNEL),
			 ZERO_SIZE_PTR);
	assert_null(kmemdup_array(bytes, 1UL << 32, 1UL << 32, GFP_KERNEL));
	assert_null(kmemdup_array(bytes, 2, (size_t)-1 / 2 + 2, GFP_KERNEL));
}

/* Strings. Expect copies with their zero, of no string too, and NULL of
 * NULL. */
static void test_strings(void **state)
{
	char *p = kstrdup("seven and nine", GFP_KERNEL);

	(void)state;
	assert_string_equal(p, "seven and nine");
	kfree(p);
	p = kstrdup("", GFP_KERNEL);
	assert_string_equal(p, "");
	kfree(p);
	assert_null(kstrdup(NULL, GFP_KERNEL));
	assert_null(kstrndup(NULL, 3, GFP_KERNEL));
	assert_null(kmemdup_nul(NULL, 3, GFP_KERNEL));
}

/* A string cut before its end, at it and behind it, and bytes without one.
 * Expect no byte behind the limit to be copied, and a zero behind the last. */
static void test_limits(void **state)
{
	static const struct {
		size_t max;
		const char *copy;
	} rows[] = { { 0, "" },	   { 1, "a" },	 { 2, "ab" },
		     { 3, "abc" }, { 4, "abc" }, { (size_t)-1, "abc" } };
	char *p;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		p = kstrndup("abc", rows[i].max, GFP_KERNEL);
		assert_string_equal(p, rows[i].copy);
		kfree(p);
	}
	p = kstrndup(bytes, SIZE - 1, GFP_KERNEL);
	assert_int_equal(strlen(p), SIZE - 1);
	assert_memory_equal(p, bytes, SIZE - 1);
	kfree(p);
	p = kmemdup_nul("a\0b", 3, GFP_KERNEL);
	assert_memory_equal(p, "a\0b", 4);
	kfree(p);
	assert_null(kmemdup_nul(bytes, (size_t)-1, GFP_KERNEL));
}

/* No memory. Expect NULL of each. */
static void test_short(void **state)
{
	(void)state;
	kmem_owner_flush(kmem_owner_get());
	kmem_reclaim(SHRINK_ALL);
	fake.allowance = 0;
	assert_null(kmemdup(bytes, 24, GFP_NOWAIT));
	assert_null(kmemdup_array(bytes, 8, 3, GFP_NOWAIT));
	assert_null(kstrdup("short", GFP_NOWAIT));
	assert_null(kstrndup("short", 3, GFP_NOWAIT));
	assert_null(kmemdup_nul(bytes, 24, GFP_NOWAIT));
	fake.allowance = -1;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),  TEST(test_array), TEST(test_strings),
		TEST(test_limits), TEST(test_short),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
