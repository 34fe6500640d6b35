// SPDX-License-Identifier: MIT
/*
 * test_mempool_poison.c - where a write to an element in reserve is found
 *
 * What a pool does with it is unit.kmem.mempool.
 */
#include "fake.h"
#include "kmem/debug.h"
#include "kmem/kmalloc.h"
#include "kmem/mempool.h"

#define SIZE 32

static struct kmem_cache *s;
static unsigned char *element;
static mempool_t pool;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("reserve", SIZE, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	s->flags |= SLAB_POISON; /* the layout of the backend is not needed */
	pool = (mempool_t){ .free = mempool_free_slab,
			    .pool_data = s,
			    .curr_nr = 3 };
	element = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(element);
	memset(element, 0x11, SIZE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cache_free(s, element);
	kmem_cache_destroy(s);
	return 0;
}

static void check(void *arg)
{
	(void)arg;
	mempool_check(&pool, element);
}

static const char *said(void)
{
	static char text[4096];

	capture_stderr(check, NULL, text, sizeof(text));
	return text;
}

static void assert_bytes(size_t from, size_t to, unsigned char value)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(element[i], value);
}

/* An element that nothing wrote to. Expect poison with its end in the last
 * byte, no report, and the bytes of memory in use after. */
static void test_pattern(void **state)
{
	(void)state;
	mempool_poison(&pool, element);
	assert_bytes(0, SIZE - 1, POISON_FREE);
	assert_int_equal(element[SIZE - 1], POISON_END);
	assert_string_equal(said(), "");
	assert_bytes(0, SIZE, POISON_INUSE);
}

/* Each byte is written once, the last one with the poison of the others. Expect
 * every one to be found, and to be gone when the element is handed out. */
static void test_each_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		mempool_poison(&pool, element);
		element[i] = i < SIZE - 1 ? POISON_END : POISON_FREE;
		assert_int_equal(count_phrase(said(), "BUG: mempool element "
						      "poison mismatch"),
				 1);
		assert_bytes(0, SIZE, POISON_INUSE);
	}
}

static const char *report_of(size_t byte)
{
	mempool_poison(&pool, element);
	element[byte] = 0x12;
	return said();
}

/* The first byte, one in the middle and the last. Expect eight bytes to either
 * side of it, dots where there are more, and none outside the element. */
static void test_report(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "Mempool %p size %d\n nr=3 @ %p: 0x12 6b ",
		 (void *)&pool, SIZE, (void *)element);
	assert_non_null(strstr(report_of(0), line));
	assert_non_null(strstr(report_of(0), ": 0x12 6b 6b 6b 6b 6b 6b 6b "
					     "...\n"));
	assert_non_null(strstr(report_of(7), ": 0x6b 6b 6b 6b 6b 6b 6b 12 "
					     "6b 6b 6b 6b 6b 6b 6b ...\n"));
	assert_non_null(strstr(report_of(8), ": 0x6b 6b 6b 6b 6b 6b 6b 6b 12 "
					     "6b 6b 6b 6b 6b 6b 6b ...\n"));
	assert_non_null(strstr(report_of(9), ": ... 0x6b 6b 6b 6b 6b 6b 6b 6b "
					     "12 6b 6b 6b 6b 6b 6b 6b ...\n"));
	assert_non_null(strstr(report_of(24), ": ... 0x6b 6b 6b 6b 6b 6b 6b 6b "
					      "12 6b 6b 6b 6b 6b 6b a5 \n"));
	assert_non_null(strstr(report_of(31), ": ... 0x6b 6b 6b 6b 6b 6b 6b 6b "
					      "12 \n"));
}

/* Two bytes are written. Expect one report, of the first. */
static void test_first(void **state)
{
	const char *text;

	(void)state;
	mempool_poison(&pool, element);
	element[20] = 0x12;
	element[31] = 0x13;
	text = said();
	assert_int_equal(count_phrase(text, "BUG: mempool"), 1);
	assert_non_null(strstr(text, "6b 12 6b"));
}

/* A cache without poison, a pool of pages, a block of no bytes. Expect no byte
 * to be touched, in or out. */
static void test_left_alone(void **state)
{
	(void)state;
	s->flags &= ~SLAB_POISON;
	mempool_poison(&pool, element);
	assert_string_equal(said(), "");
	s->flags |= SLAB_POISON;
	pool.free = mempool_free_pages;
	mempool_poison(&pool, element);
	assert_string_equal(said(), "");
	assert_bytes(0, SIZE, 0x11);
	pool.free = mempool_kfree;
	pool.pool_data = NULL;
	mempool_poison(&pool, ZERO_SIZE_PTR);
	mempool_check(&pool, ZERO_SIZE_PTR);
}

/* Blocks of kmalloc() of fewer bytes than the object has. Expect these bytes
 * alone to be filled and checked. */
static void test_kmalloc(void **state)
{
	(void)state;
	pool.free = mempool_kfree;
	pool.pool_data = (void *)10;
	mempool_poison(&pool, element);
	assert_bytes(0, 9, POISON_FREE);
	assert_int_equal(element[9], POISON_END);
	assert_bytes(10, SIZE, 0x11);
	assert_string_equal(said(), "");
	assert_bytes(0, 10, POISON_INUSE);
	assert_bytes(10, SIZE, 0x11);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_pattern), TEST(test_each_byte),  TEST(test_report),
		TEST(test_first),   TEST(test_left_alone), TEST(test_kmalloc),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
