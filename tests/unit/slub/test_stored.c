// SPDX-License-Identifier: MIT
/*
 * test_stored.c - objects in barns are marked, and what the marks tell
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/freelist.h"

#define NR 24U

static struct kmem_cache classed;

/* One cache whose slabs are known by their index, and one whose are not. */
static struct kmem_cache *const *caches(void)
{
	static struct kmem_cache *both[3];
	const struct kmem_cache_boot boot = { .align = 16, .class = 100 };

	assert_int_equal(kmem_cache_init(&classed, "classed", 96, &boot), 0);
	both[0] = &classed;
	both[1] = f.s;
	return both;
}

static int setup(void **state)
{
	(void)state;
	fixture_open(200, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

static struct kmem_cache *of; /* the cache of the objects below */
static void *objs[NR], *others[NR];

static void get_objects(struct kmem_cache *s)
{
	of = s;
	assert_int_equal(slab_refill(s, GFP_KERNEL, NUMA_NO_NODE, objs, NR),
			 NR);
	assert_int_equal(slab_refill(s, GFP_KERNEL, NUMA_NO_NODE, others, NR),
			 NR);
}

static void put_objects(void)
{
	slab_flush(of, objs, NR);
	slab_flush(of, others, NR);
	slub_check(of);
}

static void *word_at(const void *obj)
{
	void *word;

	memcpy(&word, (const char *)obj + of->offset, sizeof(word));
	return word;
}

static void *code_of_mark(const void *obj)
{
	const char *place = (const char *)obj + of->offset;

	return freelist_ptr_code(slab_key(of, virt_to_slab(obj)), NULL, place);
}

static void mark(void **at)
{
	assert_int_equal(slub_mark_stored(of, at, NR), 0);
}

/* Objects are marked and cleared. Expect of each the word of a free object that
 * is the last one of its list (STORED1), then none, and slabs as before. */
static void test_mark(void **state)
{
	(void)state;
	for (struct kmem_cache *const *s = caches(); *s; s++) {
		get_objects(*s);
		mark(objs);
		for (unsigned int i = 0; i < NR; i++) {
			assert_ptr_equal(word_at(objs[i]),
					 code_of_mark(objs[i]));
			assert_non_null(word_at(objs[i]));
		}
		slub_clear_stored(of, objs, NR);
		for (unsigned int i = 0; i < NR; i++)
			assert_null(word_at(objs[i]));
		put_objects();
	}
}

#define ROWS 200U

static int by_address(const void *a, const void *b)
{
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

/* Objects in a row, upwards and downwards, also from the end of one slab to the
 * start of the next. Expect each to have the mark of its own slab. */
static void test_rows(void **state)
{
	static struct kmem_cache rows;
	const struct kmem_cache_boot boot = { .align = 64, .class = 101 };
	unsigned int across = 0;
	void *all[ROWS];

	(void)state;
	assert_int_equal(kmem_cache_init(&rows, "rows", 64, &boot), 0);
	of = &rows;
	assert_int_equal(slab_refill(of, GFP_KERNEL, NUMA_NO_NODE, all, ROWS),
			 ROWS);
	qsort(all, ROWS, sizeof(all[0]), by_address);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(slub_mark_stored(of, all, ROWS), 0);
		for (unsigned int i = 0; i < ROWS; i++)
			assert_ptr_equal(word_at(all[i]), code_of_mark(all[i]));
		slub_clear_stored(of, all, ROWS);
		for (unsigned int i = 0; i < ROWS; i++)
			assert_null(word_at(all[i]));
		for (unsigned int i = 1; i < ROWS; i++)
			across += labs((char *)all[i] - (char *)all[i - 1]) ==
					  64 &&
				  virt_to_slab(all[i]) !=
					  virt_to_slab(all[i - 1]);
		for (unsigned int i = 0; i < ROWS / 2; i++) {
			void *other = all[ROWS - 1 - i];

			all[ROWS - 1 - i] = all[i];
			all[i] = other;
		}
	}
	assert_true(across);
	slab_flush(of, all, ROWS);
	slub_check(of);
}

static void flush_copy(void *arg)
{
	(void)arg;
	mark(objs);
	others[0] = objs[NR / 2];
	slab_flush(of, others, NR);
}

static void mark_copy(void *arg)
{
	(void)arg;
	mark(objs);
	others[NR - 1] = objs[0];
	slub_mark_stored(of, others, NR);
}

static void mark_twice(void *arg)
{
	(void)arg;
	objs[NR - 1] = objs[2];
	slub_mark_stored(of, objs, NR);
}

static void mark_free(void *arg)
{
	(void)arg;
	slab_flush(of, others, NR);
	objs[1] = others[NR - 1];
	slub_mark_stored(of, objs, NR);
}

/* An object in a barn that is in a batch for the slabs too, or on its way to a
 * barn in another sheaf, or twice in one; and one that is free in its slab.
 * Expect the end by a double free, whatever cache it is of. */
static void test_copies(void **state)
{
	(void)state;
	for (struct kmem_cache *const *s = caches(); *s; s++) {
		get_objects(*s);
		assert_true(child_aborts(flush_copy, NULL, "double free"));
		assert_true(child_aborts(mark_copy, NULL, "double free"));
		assert_true(child_aborts(mark_twice, NULL, "double free"));
		assert_true(child_aborts(mark_free, NULL, "double free"));
		put_objects();
	}
}

static void write_stored(void *arg)
{
	(void)arg;
	mark(objs);
	memset(objs[NR - 1], 'x', of->object_size);
	slub_clear_stored(of, objs, NR);
}

/* An object is written to while it lies in a barn. Expect the end as it is
 * taken out. */
static void test_written(void **state)
{
	(void)state;
	for (struct kmem_cache *const *s = caches(); *s; s++) {
		get_objects(*s);
		assert_true(child_aborts(write_stored, NULL, "freed twice"));
		put_objects();
	}
}

static void mark_inner(void *arg)
{
	(void)arg;
	objs[5] = (char *)objs[5] + 16;
	slub_mark_stored(of, objs, NR);
}

static void mark_wild(void *arg)
{
	(void)arg;
	objs[5] = (void *)__get_free_pages(GFP_KERNEL, 0);
	slub_mark_stored(of, objs, NR);
}

/* What is no object, and another cache's object. Expect the end; and that none
 * is marked. */
static void test_no_objects(void **state)
{
	void *own;

	(void)state;
	for (struct kmem_cache *const *s = caches(); *s; s++) {
		get_objects(*s);
		assert_true(child_aborts(mark_inner, NULL, "not the start"));
		assert_true(child_aborts(mark_wild, NULL, "not allocated"));
		put_objects();
	}
	get_objects(&classed);
	own = objs[NR - 1];
	slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, &objs[NR - 1], 1);
	assert_int_equal(slub_mark_stored(of, objs, NR), -EINVAL);
	for (unsigned int i = 0; i < NR; i++)
		assert_null(word_at(objs[i]));
	slab_flush(f.s, &objs[NR - 1], 1);
	objs[NR - 1] = own;
	put_objects();
}

/* A cache whose free pointers are plain. Expect no word to change. */
static void test_plain(void **state)
{
	(void)state;
	f.s->random = 0;
	get_objects(f.s);
	memset(objs[3], 7, f.s->object_size);
	mark(objs);
	slub_clear_stored(of, objs, NR);
	assert_int_equal((uintptr_t)word_at(objs[3]), 0x0707070707070707UL);
	put_objects();
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_mark),       TEST(test_copies), TEST(test_written),
		TEST(test_no_objects), TEST(test_plain),  TEST(test_rows),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
