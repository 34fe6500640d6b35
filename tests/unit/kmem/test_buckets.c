// SPDX-License-Identifier: MIT
/*
 * test_buckets.c - kmalloc caches of one's own (docs/kernel.md L5)
 */
#include "fake.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/thread.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

static struct kmem_cache *cache_of(const void *p)
{
	struct page *page;

	return virt_to_cache(p, &page);
}

/* Thirteen caches are made. Expect the name and the class in their names, the
 * alignment of kmalloc, and no other cache to be merged with them. */
static void test_create(void **state)
{
	unsigned int before = nr_caches();
	kmem_buckets *b = kmem_buckets_create("msg", 0, 0, 0, NULL), *c;

	(void)state;
	assert_non_null(b);
	assert_int_equal(nr_caches(), before + 13);
	for (unsigned int i = 1; i < NR_KMALLOC; i++) {
		unsigned int size = kmalloc_info[i].size;
		char name[32];

		snprintf(name, sizeof(name), "msg-%s", kmalloc_info[i].name);
		assert_string_equal(kmem_cache_name((*b)[i]), name);
		assert_int_equal(kmem_cache_size((*b)[i]), size);
		assert_int_equal((*b)[i]->align,
				 (size & -size) > 8 ? size & -size : 8);
	}
	c = kmem_buckets_create("other", 0, 0, 0, NULL);
	assert_ptr_not_equal((*b)[4], (*c)[4]);
	kmem_buckets_destroy(c);
	kmem_buckets_destroy(b);
	kmem_buckets_destroy(NULL);
	assert_int_equal(nr_caches(), before);
}

/* Every class. Expect objects of these caches and of no others; pages above. */
static void test_isolation(void **state)
{
	kmem_buckets *b = kmem_buckets_create("msg", 0, 0, 0, NULL);

	(void)state;
	for (unsigned int i = 1; i < NR_KMALLOC; i++) {
		void *p = kmem_buckets_alloc(b, kmalloc_info[i].size,
					     GFP_KERNEL);
		void *q = kmalloc(kmalloc_info[i].size, GFP_KERNEL);

		assert_ptr_equal(cache_of(p), (*b)[i]);
		assert_ptr_not_equal(cache_of(q), (*b)[i]);
		kfree(p);
		kfree(q);
	}
	assert_ptr_equal(kmem_buckets_alloc(b, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	void *large = kmem_buckets_alloc(b, 10000, GFP_KERNEL);

	assert_null(cache_of(large));
	kfree(large);
	large = kmem_buckets_alloc_track_caller(b, 100, GFP_KERNEL);
	assert_ptr_equal(cache_of(large), (*b)[6]);
	kfree(large);
	kmem_buckets_destroy(b);
}

/* A window for user copies. Expect each cache to have what of it is inside its
 * objects. */
static void test_window(void **state)
{
	kmem_buckets *b = kmem_buckets_create("win", 0, 16, 100, NULL);

	(void)state;
	assert_int_equal((*b)[1]->usersize, 0); /* 8 bytes */
	assert_int_equal((*b)[1]->useroffset, 0);
	assert_int_equal((*b)[3]->useroffset, 16); /* 32 bytes */
	assert_int_equal((*b)[3]->usersize, 16);
	assert_int_equal((*b)[9]->useroffset, 16); /* 512 bytes */
	assert_int_equal((*b)[9]->usersize, 100);
	kmem_buckets_destroy(b);
}

static void create_short(void *arg)
{
	*(kmem_buckets **)arg = kmem_buckets_create("short", 0, 0, 0, NULL);
}

/* Memory runs out at each of the first steps. Expect NULL and no cache left
 * over; so without a name. */
static void test_short(void **state)
{
	unsigned int before = nr_caches();
	kmem_buckets *b;
	char text[256];

	(void)state;
	kmem_owner_flush(kmem_owner_get());
	for (long allowance = 0; allowance < 20; allowance += 3) {
		fake.allowance = allowance;
		capture_stderr(create_short, &b, text, sizeof(text));
		fake.allowance = -1;
		assert_null(b);
		assert_int_equal(nr_caches(), before);
	}
	assert_null(kmem_buckets_create(NULL, 0, 0, 0, NULL));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_isolation),
		TEST(test_window),
		TEST(test_short),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
