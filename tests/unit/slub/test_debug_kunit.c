// SPDX-License-Identifier: MIT
/*
 * test_debug_kunit.c - the kernel's slub_kunit, written anew
 *
 * Each cache has just the flag under test, and objects of 64 bytes unless it
 * says otherwise. The numbers are those of the kernel: a report counts one,
 * and so does each fix that follows it.
 */
#include "fixture.h"
#include "kmem/alloc.h"
#include "kmem/guard.h"
#include "kmem/kmalloc.h"
#include "kmem/miss.h"
#include "slub/debug.h"

static unsigned int slab_errors;

static int begin(void **state)
{
	(void)state;
	slab_errors = 0;
	slab_kunit_errors = &slab_errors;
	return 0;
}

static int end(void **state)
{
	(void)state;
	slab_kunit_errors = NULL;
	return 0;
}

static struct kmem_cache *
test_kmem_cache_create(const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(
		name, size, 0, flags | SLAB_NO_USER_FLAGS, NULL);

	assert_non_null(s);
	return s;
}

/* Validate: the errors that were found, which must be all that was counted. */
static unsigned long errors_of(struct kmem_cache *s)
{
	unsigned long found;

	slab_errors = 0;
	found = validate_slab_cache(s);
	assert_int_equal(found, slab_errors);
	return found;
}

/* test_clobber_zone: the byte behind a live object. Expect 2: the report and
 * the restoring. Then nothing, for it was mended. */
static void test_clobber_zone(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_RZ_alloc", 64,
						      SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	p[64] = 0x12;
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(errors_of(s), 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* test_next_pointer: the free pointer of a free object, inverted, then put
 * back. Expect 3: the chain, the count, its fix; then 2: the count and its fix;
 * then 0. */
static void test_next_pointer(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_next_ptr_free",
						      64, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);
	unsigned long tmp, *ptr_addr;

	(void)state;
	kmem_cache_free(s, p);
	ptr_addr = (unsigned long *)(void *)(p + s->offset);
	tmp = *ptr_addr;
	p[s->offset] = (u8)~p[s->offset];
	assert_int_equal(errors_of(s), 3);
	*ptr_addr = tmp;
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(errors_of(s), 0);
	kmem_cache_destroy(s);
}

/* test_first_word: the first byte of a free object. Expect 2. */
static void test_first_word(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_1th_word_free",
						      64, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_free(s, p);
	*p = 0x78;
	assert_int_equal(errors_of(s), 2);
	kmem_cache_destroy(s);
}

/* test_clobber_50th_byte: a byte in the middle of one. Expect 2. */
static void test_clobber_50th_byte(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_50th_word_free",
						      64, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_free(s, p);
	p[50] = 0x9a;
	assert_int_equal(errors_of(s), 2);
	kmem_cache_destroy(s);
}

/* test_clobber_redzone_free: the byte behind a free object. Expect 2. */
static void test_clobber_redzone_free(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_RZ_free", 64,
						      SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_free(s, p);
	p[64] = 0xab;
	assert_int_equal(errors_of(s), 2);
	kmem_cache_destroy(s);
}

/* test_kmalloc_redzone_access: 18 bytes of 32 were asked for, the next two are
 * written. Expect 2. */
static void test_kmalloc_redzone_access(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create(
		"TestSlub_RZ_kmalloc", 32,
		SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc_slow(s, GFP_KERNEL, NUMA_NO_NODE, 18,
				      _RET_IP_);

	(void)state;
	p[17] = 0xab;
	assert_int_equal(errors_of(s), 0);
	p[18] = 0xab;
	p[19] = 0xab;
	assert_int_equal(errors_of(s), 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* test_leak_destroy: a cache is destroyed with an object out. Expect 2: that it
 * has objects, and which. */
static void test_leak_destroy(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_leak", 64,
						      SLAB_NO_MERGE);
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 2);
}

/* The same with metadata. Expect 2 as well. */
static void test_leak_destroy_debug(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create("TestSlub_leak_debug", 64,
						      DEBUG_DEFAULT_FLAGS);
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 2);
}

static void expect_bytes(const u8 *p, unsigned int from, unsigned int to,
			 u8 value)
{
	for (unsigned int i = from; i < to; i++)
		assert_int_equal(p[i], value);
}

/* test_krealloc_redzone_zeroing: 48 bytes become 40, 56, 112. Expect the rest
 * of the object to be red, what is new to be zero, the old bytes to be kept,
 * and no error. */
static void test_krealloc_redzone_zeroing(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create(
		"TestSlub_krealloc", 64,
		SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	u8 *p = slab_alloc(s, GFP_KERNEL, 48, _RET_IP_), *q;

	(void)state;
	memset(p, 0xff, 48);
	assert_ptr_equal(krealloc(p, 40, GFP_KERNEL | __GFP_ZERO), p);
	expect_bytes(p, 40, 64, 0xcc);
	assert_ptr_equal(krealloc(p, 56, GFP_KERNEL | __GFP_ZERO), p);
	expect_bytes(p, 40, 56, 0);
	expect_bytes(p, 56, 64, 0xcc);
	assert_int_equal(errors_of(s), 0);
	memset(p, 0xff, 56);
	q = krealloc(p, 112, GFP_KERNEL | __GFP_ZERO);
	expect_bytes(q, 0, 56, 0xff);
	expect_bytes(q, 56, 112, 0);
	kfree(q);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
}

/* ksize() of 18 bytes of 32. Expect the object's size, and that the user may
 * have it from then on. */
static void test_ksize_ends_watching(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create(
		"TestSlub_ksize", 32,
		SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	u8 *p = slab_alloc(s, GFP_KERNEL, 18, _RET_IP_);

	(void)state;
	assert_int_equal(kmem_debug_size(s, p), 18);
	assert_int_equal(ksize(p), 32);
	memset(p, 0xff, 32);
	assert_int_equal(errors_of(s), 0);
	kfree(p);
	kmem_cache_destroy(s);
}

/* Zeroed memory from a cache that watches what was not asked for. Expect just
 * that much to be zero. */
static void test_zero_size(void **state)
{
	struct kmem_cache *s = test_kmem_cache_create(
		"TestSlub_zero", 32,
		SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	u8 *p = slab_alloc(s, GFP_KERNEL | __GFP_ZERO, 18, _RET_IP_);

	(void)state;
	expect_bytes(p, 0, 18, 0);
	expect_bytes(p, 18, 32, 0xcc);
	assert_int_equal(errors_of(s), 0);
	kfree(p);
	kmem_cache_destroy(s);
}

static int start_with_kmalloc(void **state)
{
	return slub_start(state) || kmalloc_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_clobber_zone, begin, end),
		cmocka_unit_test_setup_teardown(test_next_pointer, begin, end),
		cmocka_unit_test_setup_teardown(test_first_word, begin, end),
		cmocka_unit_test_setup_teardown(test_clobber_50th_byte, begin,
						end),
		cmocka_unit_test_setup_teardown(test_clobber_redzone_free,
						begin, end),
		cmocka_unit_test_setup_teardown(test_kmalloc_redzone_access,
						begin, end),
		cmocka_unit_test_setup_teardown(test_leak_destroy, begin, end),
		cmocka_unit_test_setup_teardown(test_leak_destroy_debug, begin,
						end),
		cmocka_unit_test_setup_teardown(test_krealloc_redzone_zeroing,
						begin, end),
		cmocka_unit_test_setup_teardown(test_ksize_ends_watching, begin,
						end),
		cmocka_unit_test_setup_teardown(test_zero_size, begin, end),
	};

	return cmocka_run_group_tests(tests, start_with_kmalloc, NULL);
}
