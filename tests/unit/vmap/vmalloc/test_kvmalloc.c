// SPDX-License-Identifier: MIT
/*
 * test_kvmalloc.c - kmalloc or an area (docs/kernel.md L9)
 */
#include "support/vmtest.h"

#define LARGE (KMALLOC_MAX_SIZE + 1)

/* Sizes from 1 byte to beyond what kmalloc has. Expect kmalloc while it can, an
 * area above, writable to its end, and both gone after kvfree(). */
static void test_sizes(void **state)
{
	unsigned long before = vmalloc_nr_pages();

	(void)state;
	for (size_t size = 1; size <= 4 * KMALLOC_MAX_SIZE; size *= 2) {
		for (int more = 0; more < 2; more++) {
			unsigned char *p = kvmalloc(size + (size_t)more,
						    GFP_KERNEL);
			bool large = size + (size_t)more > KMALLOC_MAX_SIZE;

			assert_non_null(p);
			assert_int_equal(is_vmalloc_addr(p), large);
			p[0] = 1;
			p[size - 1] = 1;
			kvfree(p);
			assert_false(is_vmalloc_addr(p));
		}
	}
	assert_int_equal(vmalloc_nr_pages(), before);
	kvfree(NULL);
	kvfree(ZERO_SIZE_PTR);
	assert_ptr_equal(kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
}

/* Requests that may not sleep, and sizes beyond all measure. Expect NULL. */
static void test_refused(void **state)
{
	(void)state;
	assert_null(kvmalloc(LARGE, GFP_NOWAIT));
	assert_null(kvmalloc(LARGE, GFP_ATOMIC));
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	assert_null(kvmalloc_array(SIZE_MAX / 2, 4, GFP_KERNEL));
	assert_null(kvcalloc(SIZE_MAX / 2, 4, GFP_KERNEL));
}

/* Zeroed ones, in memory that was used before. Expect zeros throughout. */
static void test_zeroed(void **state)
{
	static const size_t sizes[] = { 100, 5000, 100000, LARGE, 2 * LARGE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i];
		unsigned char *p = kvmalloc(size, GFP_KERNEL);

		memset(p, 0xee, size);
		kvfree(p);
		p = kvzalloc(size, GFP_KERNEL);
		assert_true(all_bytes(p, 0, size));
		memset(p, 0xee, size);
		kvfree(p);
		p = kvcalloc(size / 4, 4, GFP_KERNEL);
		assert_true(all_bytes(p, 0, size / 4 * 4));
		kvfree(p);
		p = kvzalloc_node(size, GFP_KERNEL, 0);
		assert_true(all_bytes(p, 0, size));
		kvfree(p);
	}
}

/* A block grows from kmalloc into an area, within it, and shrinks. Expect the
 * bytes to stay, and with __GFP_ZERO zeros behind them. */
static void test_kvrealloc(void **state)
{
	unsigned long before = vmalloc_nr_pages();
	unsigned char *p = kvrealloc(NULL, 100, GFP_KERNEL), *q;

	(void)state;
	memset(p, 0x31, 100);
	p = kvrealloc(p, 3 << 20, GFP_KERNEL);
	assert_true(all_bytes(p, 0x31, 100));
	assert_false(is_vmalloc_addr(p));
	memset(p, 0x32, 3 << 20);
	p = kvrealloc(p, LARGE, GFP_KERNEL);
	assert_true(is_vmalloc_addr(p));
	assert_true(all_bytes(p, 0x32, 3 << 20));
	memset(p, 0x33, LARGE);
	p = kvrealloc(p, 3 * LARGE, GFP_KERNEL | __GFP_ZERO);
	assert_true(all_bytes(p, 0x33, LARGE));
	assert_true(all_bytes(p + PAGE_ALIGN(LARGE), 0,
			      3 * LARGE - PAGE_ALIGN(LARGE)));
	q = kvrealloc(p, 1000, GFP_KERNEL | __GFP_ZERO);
	assert_ptr_equal(q, p);
	assert_true(all_bytes(q, 0x33, 1000));
	assert_true(all_bytes(q + 1000, 0, LARGE));
	assert_null(kvrealloc(q, 0, GFP_KERNEL));
	assert_int_equal(vmalloc_nr_pages(), before);
	p = kvmalloc(100, GFP_KERNEL);
	assert_ptr_equal(kvrealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}

/* A block cannot grow. Expect NULL and the block as it was. */
static void test_kvrealloc_fails(void **state)
{
	unsigned char *p = kvmalloc(100, GFP_KERNEL);

	(void)state;
	memset(p, 0x41, 100);
	assert_null(kvrealloc(p, LARGE, GFP_NOWAIT));
	assert_true(all_bytes(p, 0x41, 100));
	kvfree(p);
}

struct freed {
	void (*fn)(const void *p);
	void *p;
};

static void do_free(void *arg)
{
	struct freed *f = arg;

	f->fn(f->p);
}

/* What is no area, or not any more. Expect the kernel's line, and no harm. */
static void test_bad_kvfree(void **state)
{
	char *p = kvmalloc(LARGE, GFP_KERNEL), text[256];
	struct freed f = { kvfree, p + 4096 };

	(void)state;
	capture_stderr(do_free, &f, text, sizeof(text));
	assert_non_null(strstr(text, "Trying to vfree() nonexistent vm area "
				     "(0x"));
	f.p = p + 10;
	capture_stderr(do_free, &f, text, sizeof(text));
	assert_non_null(strstr(text, "Trying to vfree() bad address (0x"));
	assert_true(is_vmalloc_addr(p));
	kvfree(p);
	f.p = p;
	capture_stderr(do_free, &f, text, sizeof(text));
	assert_non_null(strstr(text, "nonexistent"));
}

/* Copies, secrets, and buckets. Expect each to work beyond what kmalloc has. */
static void test_others(void **state)
{
	static unsigned char bytes[LARGE];
	kmem_buckets *b = kmem_buckets_create("kv", 0, 0, 0, NULL);
	unsigned char *p;

	(void)state;
	memset(bytes, 0x55, LARGE);
	p = kvmemdup(bytes, LARGE, GFP_KERNEL);
	assert_memory_equal(p, bytes, LARGE);
	kvfree_sensitive(p, LARGE);
	p = kvmemdup(bytes, 100, GFP_KERNEL);
	kvfree_sensitive(p, 100);
	kvfree_sensitive(NULL, 100);
	assert_ptr_equal(kvmalloc(100, GFP_KERNEL), p);
	assert_true(all_bytes(p, 0, 100));
	kvfree(p);
	p = kmem_buckets_valloc(b, LARGE, GFP_KERNEL);
	assert_true(is_vmalloc_addr(p));
	kvfree(p);
	p = kmem_buckets_valloc(b, 100, GFP_KERNEL);
	assert_ptr_equal(virt_to_slab_page(p)->slab_cache, (*b)[6]);
	kvfree(p);
	kmem_buckets_destroy(b);
}

/* The end of each test. Expect every structure to hold together. */
static int teardown(void **state)
{
	(void)state;
	vm_check_rooms();
	return 0;
}

static int start(void **state)
{
	(void)state;
	tick_interval_ms = ULONG_MAX;
	return vm_start_rooms();
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_teardown(fn, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),	    TEST(test_refused),
		TEST(test_zeroed),	    TEST(test_kvrealloc),
		TEST(test_kvrealloc_fails), TEST(test_bad_kvfree),
		TEST(test_others),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
