// SPDX-License-Identifier: MIT
/*
 * test_debug.c - every function of the API on caches that are debugged
 *
 * Run under slab_debug=FZPU, on the default allocator. Errors are counted, and
 * there are to be none where nothing is done wrong.
 */
#include <stdlib.h>
#include <string.h>

#include <kmalloc/kmalloc.h>

#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "support/kmtest.h"

static unsigned int errors;

static int begin(void **state)
{
	(void)state;
	km_check();
	errors = 0;
	slab_kunit_errors = &errors;
	return 0;
}

/* Whatever was not given back, or was damaged, is an error too. */
static int end(void **state)
{
	struct kmem_cache *s;

	(void)state;
	kvfree_rcu_barrier();
	list_for_each_entry(s, &slab_caches, list)
		validate_slab_cache(s);
	slab_kunit_errors = NULL;
	assert_int_equal(errors, 0);
	km_check();
	return 0;
}

static struct kmem_cache *make(unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("debugged", size, 0, flags,
						 NULL);

	assert_non_null(s);
	assert_int_equal(s->flags & DEBUG_DEFAULT_FLAGS, DEBUG_DEFAULT_FLAGS);
	return s;
}

/* kmalloc() and its family, at each size around the classes. Expect the bytes
 * asked for to be the caller's, and not one more to be touched by us. */
static void test_kmalloc(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 20000; size += size / 7 + 1) {
		char *p = kmalloc(size, GFP_KERNEL);
		char *q = kzalloc(size, GFP_KERNEL), *r;

		for (size_t i = 0; i < size; i++)
			assert_int_equal(q[i], 0);
		memset(p, 1, size);
		memset(q, 2, size);
		p = krealloc(p, size / 2 + 1, GFP_KERNEL);
		p = krealloc(p, size * 2, GFP_KERNEL | __GFP_ZERO);
		assert_int_equal(p[size / 2], 1);
		assert_int_equal(p[size * 2 - 1], size == 1 ? p[1] : 0);
		r = kmemdup(p, size, GFP_KERNEL);
		assert_memory_equal(p, r, size);
		memset(r, 3, ksize(r));
		kfree(p);
		kfree_sensitive(q);
		kvfree(r);
	}
	kfree(kstrdup("text", GFP_KERNEL));
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
}

/* Objects one by one, in numbers, out of a sheaf, zeroed. */
static void test_objects(void **state)
{
	struct kmem_cache *s = make(100, 0);
	struct slab_sheaf *sheaf;
	void *objs[300];

	(void)state;
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 300, objs), 300);
	for (int i = 0; i < 300; i++)
		memset(objs[i], i, 100);
	assert_int_equal(s->in_use, 300);
	kmem_cache_free_bulk(s, 200, objs);
	kmem_cache_free_bulk(NULL, 100, objs + 200);
	assert_int_equal(s->in_use, 0);
	objs[0] = kmem_cache_zalloc(s, GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		assert_int_equal(((char *)objs[0])[i], 0);
	kmem_cache_free(s, objs[0]);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 40);
	assert_non_null(sheaf);
	for (int i = 0; i < 40; i++) {
		objs[i] = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf);
		memset(objs[i], i, 100);
	}
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	for (int i = 0; i < 40; i++)
		kmem_cache_free(s, objs[i]);
	objs[0] = kmem_cache_alloc_node(s, GFP_KERNEL, 0);
	kmem_cache_free(s, objs[0]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

struct with_head {
	struct rcu_head rcu;
	char rest[48];
};

/* The kernel's test_kfree_rcu: objects that wait for readers, then the cache is
 * destroyed. Expect the destruction to wait, and nothing to be left. */
static void test_kfree_rcu(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct kmem_cache *s = make(sizeof(struct with_head),
					    SLAB_NO_MERGE);

		for (int i = 0; i < 50; i++) {
			struct with_head *p = kmem_cache_alloc(s, GFP_KERNEL);

			kfree_rcu(p, rcu);
		}
		kmem_cache_destroy(s);
		assert_int_equal(errors, 0);
	}
}

/* SLAB_TYPESAFE_BY_RCU. Expect what was in an object to be there until its slab
 * goes, and slabs to go after readers. */
static void test_typesafe(void **state)
{
	struct kmem_cache *s = make(100, SLAB_TYPESAFE_BY_RCU);
	void *objs[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		memset(objs[i], 0x31, 100);
	}
	for (int i = 0; i < 100; i++)
		kmem_cache_free(s, objs[i]);
	assert_int_equal(((char *)objs[0])[99], 0x31);
	kmem_cache_destroy(s);
}

/* Private kmalloc caches, of which one is destroyed with an object in it.
 * Expect 2 errors, as the kernel's test_kmem_buckets_destroy. */
static void test_buckets(void **state)
{
	kmem_buckets *b = kmem_buckets_create("msg", 0, 0, 0, NULL);
	char *p = kmem_buckets_alloc(b, 50, GFP_KERNEL);
	struct kmem_cache *s = (*b)[kmalloc_size_roundup(50) == 64 ? 4 : 0];

	(void)state;
	memset(p, 1, 50);
	p = krealloc(p, 60, GFP_KERNEL);
	memset(p, 1, 60);
	assert_int_equal(errors, 0);
	kmem_buckets_destroy(b);
	assert_int_equal(errors, 2);
	errors = 0;
	kfree(p);
	kmem_cache_destroy(s);
}

static void *pool_alloc(gfp_t gfp, void *cache)
{
	return kmem_cache_alloc(cache, gfp);
}

static void pool_free(void *element, void *cache)
{
	kmem_cache_free(cache, element);
}

/* A mempool on such a cache. Expect its reserve to be watched and used. */
static void test_mempool(void **state)
{
	struct kmem_cache *s = make(80, 0);
	mempool_t *pool = mempool_create(5, pool_alloc, pool_free, s);
	void *elements[20];

	(void)state;
	assert_non_null(pool);
	for (int i = 0; i < 20; i++) {
		elements[i] = mempool_alloc(pool, GFP_KERNEL);
		memset(elements[i], i, 80);
	}
	for (int i = 0; i < 20; i++)
		mempool_free(elements[i], pool);
	mempool_destroy(pool);
	kmem_cache_destroy(s);
}

/* A user copy of what was asked for, and of a byte more. Expect the first to be
 * fine; what is behind is no business of the check, but of the red zone. */
static void test_usercopy(void **state)
{
	char *p = kmalloc(100, GFP_KERNEL), buf[100];

	(void)state;
	memset(p, 7, 100);
	check_object_size(p, 100, true);
	memcpy(buf, p, 100);
	assert_int_equal(buf[99], 7);
	kfree(p);
}

static int run_debugged(char *program)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("KMALLOC_CMDLINE", "slab_debug=FZPU", 1);
		setenv("TEST_DEBUG", "1", 1);
		execl(program, program, NULL);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kmalloc, begin, end),
		cmocka_unit_test_setup_teardown(test_objects, begin, end),
		cmocka_unit_test_setup_teardown(test_kfree_rcu, begin, end),
		cmocka_unit_test_setup_teardown(test_typesafe, begin, end),
		cmocka_unit_test_setup_teardown(test_buckets, begin, end),
		cmocka_unit_test_setup_teardown(test_mempool, begin, end),
		cmocka_unit_test_setup_teardown(test_usercopy, begin, end),
	};

	(void)argc;
	if (!getenv("TEST_DEBUG"))
		return run_debugged(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
