// SPDX-License-Identifier: MIT
/*
 * test_destroy.c - the end of a cache (docs/kernel.md U12, X7)
 */
#include "fake.h"
#include "kmem/fork.h"
#include "kmem/held.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

static void destroy(void *arg)
{
	kmem_cache_destroy(arg);
}

/* What kmem_cache_destroy() says. */
static void say_destroy(struct kmem_cache *s, char *text, size_t size)
{
	capture_stderr(destroy, s, text, size);
}

/* A cache is destroyed with an object in use. Expect the kernel's words, its
 * slab to be listed, the object untouched, no further objects, and an end when
 * it is back. */
static void test_in_use(void **state)
{
	unsigned int before = nr_caches();
	struct kmem_cache *s = kmem_cache_create("busy", 64, 0, SLAB_NO_MERGE,
						 NULL);
	char *obj = kmem_cache_alloc(s, GFP_KERNEL), text[1024];
	unsigned long slabs;

	(void)state;
	memset(obj, 0x5a, 64);
	say_destroy(s, text, sizeof(text));
	assert_ptr_equal(strstr(text, "kmem_cache_destroy busy: Slab cache "
				      "still has objects when called from "),
			 text);
	slabs = kmem_cache_nr_slabs(s);
	assert_int_not_equal(slabs, 0);
	assert_int_equal(fake.listed, slabs);
	assert_int_equal(obj[0] + obj[63], 2 * 0x5a);
	assert_int_equal(nr_caches(), before);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, obj);
	assert_int_equal(s->in_use, 0);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	say_destroy(s, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(fake.listed, slabs);
}

/* Caches that were merged, one of which leaves an object. Expect every name in
 * the report, since any may have taken it. */
static void test_merged(void **state)
{
	struct kmem_cache *s = kmem_cache_create("one", 72, 0, 0, NULL);
	char *obj, text[1024];

	(void)state;
	assert_ptr_equal(kmem_cache_create("two", 72, 0, 0, NULL), s);
	assert_ptr_equal(kmem_cache_create("three", 72, 0, 0, NULL), s);
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 2; i++) {
		say_destroy(s, text, sizeof(text));
		assert_string_equal(text, "");
	}
	say_destroy(s, text, sizeof(text));
	assert_int_equal(count_phrase(text, "one: Slab cache still has "), 1);
	assert_int_equal(count_phrase(text, "one: merged with two, "), 1);
	assert_int_equal(count_phrase(text, "one: merged with three, "), 1);
	kmem_cache_free(s, obj);
	say_destroy(s, text, sizeof(text));
	assert_string_equal(text, "");
}

/* A cache that is no more, and what never was one. Expect a line, and nothing
 * else to happen. */
static void test_twice(void **state)
{
	struct kmem_cache *s = kmem_cache_create("once", 64, 0, SLAB_NO_MERGE,
						 NULL);
	static struct kmem_cache never;
	unsigned int left;
	char text[256];

	(void)state;
	say_destroy(s, text, sizeof(text));
	assert_string_equal(text, "");
	left = nr_caches();
	say_destroy(s, text, sizeof(text));
	assert_non_null(strstr(text, " is no cache, or destroyed already"));
	say_destroy(&never, text, sizeof(text));
	assert_int_equal(count_phrase(text, "kmem_cache_destroy: "), 1);
	assert_int_equal(nr_caches(), left);
}

/* The dead cache of an object that stays out. Expect its slot to go to the next
 * cache, and its name to be free. */
static void test_dead(void **state)
{
	struct kmem_cache *s = kmem_cache_create("ghost", 64, 0, SLAB_NO_MERGE,
						 NULL),
			  *next;
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);
	u16 slot = s->slot;
	char text[1024];

	(void)state;
	say_destroy(s, text, sizeof(text));
	next = kmem_cache_create("ghost", 64, 0, 0, NULL);
	assert_ptr_not_equal(next, s);
	assert_int_equal(next->slot, slot);
	kmem_cache_free(s, obj);
	assert_int_equal(kmem_owners_count(next), 0);
	kmem_reclaim(SHRINK_ALL);
	kmem_fork_take();
	kmem_fork_release();
	kmem_cache_destroy(s);
	kmem_cache_destroy(next);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_in_use),
		TEST(test_merged),
		TEST(test_twice),
		TEST(test_dead),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
