// SPDX-License-Identifier: MIT
/*
 * test_meminit.c - the kernel's test_meminit, written anew
 *
 * Everything is run under init_on_alloc=1 and again under init_on_free=1:
 * memory that was full of garbage when it was freed is looked at when it is
 * handed out.
 */
#include <stdlib.h>
#include <string.h>

#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "kmem/rcu.h"
#include "support/kmtest.h"

#define GARBAGE_BYTE 0x09
#define CTOR_BYTES 8
#define CTOR_PATTERN 0x41
#define ITERATIONS 10
#define BULK_SIZE 100
#define BULK_ROUNDS 1024

static unsigned int count_nonzero_bytes(const void *p, size_t size)
{
	const unsigned char *at = p;
	unsigned int nr = 0;

	while (size--)
		nr += *at++ != 0;
	return nr;
}

/* Blocks of pages of each order. Expect zero. */
static void test_pages(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= KM_MAX_PAGE_ORDER; order++) {
		size_t size = PAGE_SIZE << order;

		for (int round = 0; round < 2; round++) {
			struct page *page = alloc_pages(GFP_KERNEL, order);
			void *p = page_address(page);

			if (round)
				assert_int_equal(count_nonzero_bytes(p, size),
						 0);
			memset(p, GARBAGE_BYTE, size);
			__free_pages(page, order);
		}
	}
}

/* kmalloc() and kvmalloc() of 1 to 2^19 bytes. Expect zero. */
static void test_kvmalloc(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		size_t size = 1UL << i;

		for (int round = 0; round < 2; round++) {
			void *p = kmalloc(size, GFP_KERNEL);
			void *q = kvmalloc(size, GFP_KERNEL);

			if (round) {
				assert_int_equal(count_nonzero_bytes(p, size),
						 0);
				assert_int_equal(count_nonzero_bytes(q, size),
						 0);
			}
			memset(p, GARBAGE_BYTE, size);
			memset(q, GARBAGE_BYTE, size);
			kfree(p);
			kvfree(q);
		}
	}
}

static void test_ctor(void *obj)
{
	memset(obj, CTOR_PATTERN, CTOR_BYTES);
}

/* Is an object as it was handed out what it must be? */
static void check_buf(const unsigned char *buf, size_t size, bool has_ctor,
		      bool is_zero)
{
	if (has_ctor)
		for (unsigned int i = 0; i < CTOR_BYTES; i++)
			assert_int_equal(buf[i], CTOR_PATTERN);
	if (is_zero)
		assert_int_equal(count_nonzero_bytes(buf, size), 0);
}

/* A hundred at once of the same cache. */
static void do_bulk_alloc(struct kmem_cache *s, size_t size, gfp_t gfp,
			  slab_flags_t flags, void (*ctor)(void *))
{
	static void *objs[BULK_SIZE];
	int nr = kmem_cache_alloc_bulk(s, GFP_KERNEL | gfp, BULK_SIZE, objs);

	assert_int_equal(nr, BULK_SIZE);
	for (int i = 0; i < nr; i++)
		check_buf(objs[i], size, ctor != NULL,
			  gfp || (!ctor && !(flags & SLAB_TYPESAFE_BY_RCU)));
	kmem_cache_free_bulk(s, (size_t)nr, objs);
}

static void do_kmem_cache_size(size_t size, slab_flags_t flags,
			       void (*ctor)(void *), gfp_t gfp)
{
	struct kmem_cache *s = kmem_cache_create("test_cache",
						 (unsigned int)size, 1,
						 flags | SLAB_NO_MERGE, ctor);
	bool rcu = flags & SLAB_TYPESAFE_BY_RCU;
	void *copy = malloc(size);

	assert_non_null(s);
	for (int i = 0; i < ITERATIONS; i++) {
		char *buf = kmem_cache_alloc(s, GFP_KERNEL | gfp);
		size_t skip = ctor ? CTOR_BYTES : 0;

		check_buf((unsigned char *)buf, size, ctor != NULL,
			  gfp || (!ctor && !rcu));
		memset(buf + skip, GARBAGE_BYTE, size - skip);
		memcpy(copy, buf, size);
		kmem_cache_free(s, buf);
		if (rcu) /* a reader may still look at it */
			assert_memory_equal(buf, copy, size);
	}
	free(copy);
	do_bulk_alloc(s, size, gfp, flags, ctor);
	kmem_cache_destroy(s);
}

/* Caches of 8 to 4096 bytes, with a constructor, by RCU, zeroed. Expect zero,
 * what the constructor built, or what was there. */
static void test_kmemcache(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		size_t size = 8UL << i;

		do_kmem_cache_size(size, 0, NULL, 0);
		do_kmem_cache_size(size, 0, NULL, __GFP_ZERO);
		do_kmem_cache_size(size, 0, test_ctor, 0);
		if (!kmem_rcu)
			continue;
		do_kmem_cache_size(size, SLAB_TYPESAFE_BY_RCU, NULL, 0);
		do_kmem_cache_size(size, SLAB_TYPESAFE_BY_RCU, NULL,
				   __GFP_ZERO);
		do_kmem_cache_size(size, SLAB_TYPESAFE_BY_RCU, test_ctor, 0);
	}
}

/* Ten objects at once of 8 to 4096 bytes, 1024 times. Expect zero. */
static void test_bulk(void **state)
{
	void *objs[10];

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		size_t size = 8UL << i;
		struct kmem_cache *s = kmem_cache_create("test_cache",
							 (unsigned int)size,
							 size, SLAB_NO_MERGE,
							 NULL);

		for (int round = 0; round < BULK_ROUNDS; round++) {
			int nr = kmem_cache_alloc_bulk(s, GFP_KERNEL,
						       ARRAY_SIZE(objs), objs);

			assert_int_equal(nr, ARRAY_SIZE(objs));
			for (int k = 0; k < nr; k++) {
				assert_int_equal(
					count_nonzero_bytes(objs[k], size), 0);
				memset(objs[k], GARBAGE_BYTE, size);
			}
			kmem_cache_free_bulk(s, (size_t)nr, objs);
		}
		kmem_cache_destroy(s);
	}
}

/* Objects of a SLAB_TYPESAFE_BY_RCU cache until one comes back. Expect it to
 * hold what it held when it was freed. */
static void test_rcu_persistent(void **state)
{
	static void *used[1024];
	unsigned int nr = 0;

	(void)state;
	if (!kmem_rcu)
		skip();
	for (unsigned int i = 0; i < 10; i++, nr = 0) {
		size_t size = 8UL << i;
		struct kmem_cache *s = kmem_cache_create(
			"test_cache", (unsigned int)size, size,
			SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE, NULL);
		void *buf = kmem_cache_alloc(s, GFP_KERNEL), *again = NULL;
		void *saved = malloc(size);

		memset(buf, GARBAGE_BYTE, size);
		memcpy(saved, buf, size);
		kmem_cache_free(s, buf);
		while (nr < ARRAY_SIZE(used) && again != buf)
			again = used[nr++] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_ptr_equal(again, buf);
		assert_memory_equal(again, saved, size);
		kmem_cache_free_bulk(s, nr, used);
		free(saved);
		kmem_cache_destroy(s);
	}
}

/* Nothing was written to what is not an object. */
static int check(void **state)
{
	(void)state;
	km_check();
	return 0;
}

/*
 * The parameters are read at the start, so each set is a process of its own;
 * those that this one was given stay.
 */
static int run_under(const char *parameters, char *program)
{
	const char *given = getenv("KMALLOC_CMDLINE");
	char cmdline[256];
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 1;
	if (!pid) {
		snprintf(cmdline, sizeof(cmdline), "%s %s", given ? given : "",
			 parameters);
		setenv("KMALLOC_CMDLINE", cmdline, 1);
		setenv("TEST_MEMINIT", "1", 1);
		execl(program, program, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	return status != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_kvmalloc),
		cmocka_unit_test(test_kmemcache),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_rcu_persistent),
	};

	(void)argc;
	if (!getenv("TEST_MEMINIT"))
		return run_under("init_on_alloc=1", argv[0]) |
		       run_under("init_on_free=1", argv[0]) |
		       run_under("init_on_alloc=1 init_on_free=1", argv[0]) |
		       run_under("init_on_alloc=1 slab_debug=FZU", argv[0]);
	return cmocka_run_group_tests(tests, check, check);
}
