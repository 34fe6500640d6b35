// SPDX-License-Identifier: MIT
/*
 * test_alloc.c - kmem_cache_alloc() and its family
 */
#include "fake.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"

static struct kmem_cache *s;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("alloc test", 100, 0, 0, NULL);
	assert_non_null(s);
	fake_watch(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cache_destroy(s);
	return 0;
}

/* __GFP_ZERO on an object that was used. Expect every byte to be zero. */
static void test_zero(void **state)
{
	static const char zero[100];
	void *obj = kmem_cache_alloc(s, 0), *again;

	(void)state;
	memset(obj, 0xff, 100);
	kmem_cache_free(s, obj);
	again = kmem_cache_zalloc(s, GFP_KERNEL);
	assert_ptr_equal(again, obj);
	assert_memory_equal(again, zero, sizeof(zero));
	kmem_cache_free(s, again);
}

static void construct(void *obj)
{
	memset(obj, 0x77, 100);
}

static void zero_constructed(void *arg)
{
	struct kmem_cache *built = kmem_cache_create("built", 100, 0, 0,
						     construct);
	unsigned char **obj = arg;

	obj[0] = kmem_cache_zalloc(built, GFP_KERNEL);
	obj[1] = kmem_cache_alloc_node(built, GFP_KERNEL | __GFP_ZERO, 0);
	memset(obj[0], 0x77, 1);
	memset(obj[1], 0x77, 1);
	REQUIRE(kmem_cache_alloc_bulk(built, __GFP_ZERO, 1, (void **)arg) == 1);
}

/* __GFP_ZERO where a constructor built the objects, one by one and in numbers.
 * Expect the kernel's warning for each of the two places that zero,
 * and objects that are not zeroed. */
static void test_zero_ctor(void **state)
{
	unsigned char *obj[2] = { NULL };
	char text[1024];

	(void)state;
	capture_stderr(zero_constructed, obj, text, sizeof(text));
	assert_int_equal(count_phrase(text, "WARNING: CPU: "), 2);
	assert_non_null(obj[0]);
	assert_non_null(obj[1]);
}

/* NULL is freed. Expect nothing. */
static void test_free_null(void **state)
{
	(void)state;
	kmem_cache_free(s, NULL);
	assert_int_equal(fake.flushes, 0);
}

static void free_twice(void *arg)
{
	kmem_cache_free(s, arg);
	kmem_cache_free(s, arg);
}

/* The same object twice in a row. Expect one line and an abort. */
static void test_double_free(void **state)
{
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	expect_abort(free_twice, obj, "double free of");
	expect_abort(free_twice, obj, "(alloc test)");
	kmem_cache_free(s, obj);
}

static void free_between(void *arg)
{
	void *const *objs = arg;

	kmem_cache_free(s, objs[0]);
	kmem_cache_free(s, objs[1]);
	kmem_cache_free(s, objs[0]);
}

/* The same object twice, with one other between; the sheaf has room for both,
 * or is full after the second object. Expect the double free to be seen. */
static void test_double_between(void **state)
{
	void *objs[2 * SHEAF_MAX_CAPACITY];
	uintptr_t *cursor = kmem_cursor(kmem_this_owner, s);
	unsigned int nr = 2 * SHEAF_MAX_CAPACITY;

	(void)state;
	for (unsigned int i = 0; i < nr; i++)
		objs[i] = kmem_cache_alloc(s, 0);
	expect_abort(free_between, objs, "double free of");
	while ((*cursor + 2 * sizeof(void *)) % SHEAF_SIZE)
		kmem_cache_free(s, objs[--nr]);
	expect_abort(free_between, objs, "double free of");
	while (nr)
		kmem_cache_free(s, objs[--nr]);
}

/* A sheaf is empty, and the word below its NULL word is an object, as after its
 * capacity has shrunk. Expect that object to be freed. */
static void test_stale_word(void **state)
{
	uintptr_t *cursor = kmem_cursor(kmem_this_owner, s);
	void *obj = kmem_cache_alloc(s, 0), *other, *was;
	void *objs[SHEAF_MAX_CAPACITY];
	unsigned int nr = 0;

	(void)state;
	while (((void **)*cursor)[-1])
		objs[nr++] = kmem_cache_alloc(s, 0);
	was = ((void **)*cursor)[-2];
	((void **)*cursor)[-2] = obj;
	kmem_cache_free(s, obj);
	((void **)*cursor)[-3] = was;
	other = kmem_cache_alloc(s, 0);
	assert_ptr_equal(other, obj);
	kmem_cache_free(s, obj);
	while (nr)
		kmem_cache_free(s, objs[--nr]);
}

/* Words of a sheaf: two objects, below them NULL and what was there before.
 * Expect the newest to be found as far as is asked, and nothing below NULL. */
static void test_cursor_has(void **state)
{
	static char old, oldest, newest, other;
	void *words[] = { &old, NULL, &oldest, &newest };
	uintptr_t cursor = (uintptr_t)(words + 4);

	(void)state;
	assert_true(cursor_has(cursor, &newest, 1));
	assert_false(cursor_has(cursor, &oldest, 1));
	assert_true(cursor_has(cursor, &oldest, 2));
	assert_false(cursor_has(cursor, &other, 4));
	assert_false(cursor_has(cursor, &old, 4));
	assert_false(cursor_has((uintptr_t)(words + 2), &old, 2));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_zero),	   TEST(test_zero_ctor),
		TEST(test_free_null),	   TEST(test_double_free),
		TEST(test_double_between), TEST(test_stale_word),
		TEST(test_cursor_has),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
