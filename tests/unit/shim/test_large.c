// SPDX-License-Identifier: MIT
/*
 * test_large.c - page runs and areas: kind, length, place and counters
 */
#include <malloc.h>
#include <stdlib.h>

#include "core/tick.h"
#include "diag/param.h"
#include "shim/shim.h"
#include "support/child.h"
#include "sys/os.h"
#include "vmap/large/large.h"

#define KIB (1UL << 10)
#define MIB (1UL << 20)

static void *take(size_t size, size_t align)
{
	struct large large = { 0, NULL };
	char *p = large_alloc(size, align, 0);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % align, 0);
	assert_int_equal(large_find(p, &large), 0);
	assert_ptr_equal(large.start, p);
	assert_int_equal(large.usable, PAGE_ALIGN(size));
	assert_int_equal(large_find(p + large.usable - 1, &large), 0);
	assert_ptr_equal(large.start, p);
	return p;
}

static unsigned long areas(void)
{
	struct large_area_stat stat;

	large_area_stat(&stat);
	return stat.areas;
}

/* Sizes around the limit of 4 MiB. Expect runs up to it, then areas, each of
 * whole pages, and counters that follow. */
static void test_kinds(void **state)
{
	static const size_t sizes[] = { 1,     4096, 4097,    32769,
					50000, MIB,  MIB + 1, 4 * MIB };
	struct large_stat was = large_stat;
	unsigned long areas_before = areas();
	void *p;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = take(sizes[i], PAGE_SIZE);
		assert_true(arena_contains(p));
		assert_int_equal(large_stat.runs, was.runs + 1);
		assert_int_equal(large_stat.run_pages - was.run_pages,
				 PAGE_ALIGN(sizes[i]) / PAGE_SIZE);
		assert_int_equal(large_free(p), 0);
	}
	assert_int_equal(large_stat.runs, was.runs);
	assert_int_equal(large_stat.run_pages, was.run_pages);
	assert_int_equal(large_stat.runs_ever,
			 was.runs_ever + ARRAY_SIZE(sizes));
	p = take(4 * MIB + 1, PAGE_SIZE);
	assert_false(arena_contains(p));
	assert_int_equal(areas(), areas_before + 1);
	assert_int_equal(large_free(p), 0);
	assert_int_equal(areas(), areas_before);
	assert_int_equal(large_stat.runs, was.runs);
}

/* Blocks of 537 pages. Expect one of them to lie on both sides of a multiple of
 * 4 MiB, and each address in it to be found as its. */
static void test_across(void **state)
{
	const size_t size = 537 * PAGE_SIZE;
	unsigned int across = 0;
	char *p[16];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		struct large large;

		p[i] = take(size, PAGE_SIZE);
		across += (uintptr_t)p[i] / (4 * MIB) !=
			  (uintptr_t)(p[i] + size - 1) / (4 * MIB);
		for (size_t n = 0; n < size; n += PAGE_SIZE / 2) {
			assert_int_equal(large_find(p[i] + n, &large), 0);
			assert_ptr_equal(large.start, p[i]);
		}
	}
	assert_true(across > 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		assert_int_equal(large_free(p[i]), 0);
}

/* Alignments of a page to 64 MiB. Expect them, from runs and from areas. */
static void test_alignment(void **state)
{
	(void)state;
	for (size_t align = PAGE_SIZE; align <= 64 * MIB; align *= 2) {
		void *a = take(3 * PAGE_SIZE, align), *b = take(align, align);
		void *c = take(5 * MIB, align);

		assert_int_equal(large_free(a), 0);
		assert_int_equal(large_free(b), 0);
		assert_int_equal(large_free(c), 0);
	}
}

/* Blocks freed twice, or by an address inside. Expect -ENOENT, and the block
 * still there in the second case. */
static void test_not_twice(void **state)
{
	static const size_t sizes[] = { 50000, 5 * MIB };
	struct large large;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = take(sizes[i], PAGE_SIZE);

		assert_int_not_equal(large_free(p + PAGE_SIZE), 0);
		assert_int_equal(large_find(p, &large), 0);
		assert_int_equal(large_free(p), 0);
		assert_int_not_equal(large_free(p), 0);
		assert_int_not_equal(large_find(p, &large), 0);
	}
}

/* Neighbours. Expect each address to be found in the block that it is in. */
static void test_find(void **state)
{
	char *p[8];
	struct large large;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = take((9 + i) * PAGE_SIZE, PAGE_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		for (unsigned int page = 0; page < 9 + i; page++) {
			assert_int_equal(large_find(p[i] + page * PAGE_SIZE + 5,
						    &large),
					 0);
			assert_ptr_equal(large.start, p[i]);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		large_free(p[i]);
}

/* A run and an area shrink and grow. Expect the counters to follow, and what
 * was in them to stay. */
static void test_resize(void **state)
{
	static const size_t sizes[] = { MIB, 6 * MIB };
	struct large large;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long pages = large_stat.run_pages;
		char *p = take(sizes[i], PAGE_SIZE), *q;

		strcpy(p, "kept");
		q = large_resize(p, sizes[i] / 2);
		assert_ptr_equal(q, p);
		assert_int_equal(large_stat.run_pages - pages,
				 arena_contains(p) ? MIB / 2 / PAGE_SIZE : 0);
		assert_int_equal(large_find(p, &large), 0);
		assert_int_equal(large.usable, sizes[i] / 2);
		assert_int_not_equal(large_find(p + sizes[i] / 2, &large), 0);
		q = large_resize(p, sizes[i]);
		if (q)
			p = q;
		else
			assert_true(arena_contains(p)); /* no room behind it */
		assert_string_equal(p, "kept");
		assert_int_equal(large_find(p, &large), 0);
		assert_int_equal(large.usable, q ? sizes[i] : sizes[i] / 2);
		assert_int_equal(large_free(p), 0);
		assert_int_equal(large_stat.run_pages, pages);
	}
}

/* A run with free memory behind it. Expect it to grow where it is, up to the
 * largest block and no further. */
static void test_grow_in_place(void **state)
{
	char *p = take(4 * MIB, PAGE_SIZE);

	(void)state;
	assert_ptr_equal(large_resize(p, 40000), p);
	assert_ptr_equal(large_resize(p, 60000), p);
	assert_ptr_equal(large_resize(p, MIB), p);
	assert_ptr_equal(large_resize(p, 4 * MIB), p);
	assert_null(large_resize(p, 4 * MIB + 1));
	assert_int_equal(large_free(p), 0);
}

/* Runs of 17 pages that may grow, one after another. Expect each at a multiple
 * of 32 pages and not in a hole, with room for 32. */
static void test_grows(void **state)
{
	char *p[8];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = large_alloc(17 * PAGE_SIZE, PAGE_SIZE, LARGE_GROWS);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % (32 * PAGE_SIZE), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		assert_ptr_equal(large_resize(p[i], 32 * PAGE_SIZE), p[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		assert_int_equal(large_free(p[i]), 0);
}

/* Memory that was used before. Expect LARGE_ZERO to clear it. */
static void test_zero(void **state)
{
	static const size_t sizes[] = { 40000, 300000, 4 * MIB, 6 * MIB };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = take(sizes[i], PAGE_SIZE);

		memset(p, 1, sizes[i]);
		large_free(p);
		p = large_alloc(sizes[i], PAGE_SIZE, LARGE_ZERO);
		for (size_t at = 0; at < sizes[i]; at++)
			if (p[at])
				fail_msg("%zu of %zu", at, sizes[i]);
		large_free(p);
	}
}

/* Sizes and alignments that nothing holds. Expect NULL and no trace. */
static void test_absurd(void **state)
{
	struct large_stat was = large_stat;
	unsigned long areas_before = areas();

	(void)state;
	assert_null(large_alloc((size_t)PTRDIFF_MAX + 1, PAGE_SIZE, 0));
	assert_null(large_alloc(PTRDIFF_MAX, PAGE_SIZE, 0));
	assert_null(large_alloc(1UL << 50, PAGE_SIZE, LARGE_ZERO));
	assert_null(large_alloc(PAGE_SIZE, 1UL << 62, 0));
	assert_int_equal(large_stat.runs, was.runs);
	assert_int_equal(large_stat.runs_ever, was.runs_ever);
	assert_int_equal(areas(), areas_before);
}

static int ticks_run;

static void count_tick(unsigned int flags)
{
	(void)flags;
	ticks_run++;
}

static void let_tick_be_due(void)
{
	tick_interval_ms = 3600000;
	tick_last_ms = os_now_ms() - tick_interval_ms;
}

/* Nothing but realloc() of a run and of an area, longer and shorter, when a
 * tick is due each time. Expect each to run it: a program may do nothing
 * else. */
static void test_resize_ticks(void **state)
{
	static const size_t sizes[] = { MIB, 6 * MIB };
	static struct tick tick = { .fn = count_tick };
	unsigned long interval = tick_interval_ms;

	(void)state;
	tick_register(&tick);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = large_alloc(sizes[i], PAGE_SIZE, 0);

		ticks_run = 0;
		let_tick_be_due();
		p = large_resize(p, sizes[i] - 100000);
		assert_non_null(p);
		assert_int_equal(ticks_run, 1);
		let_tick_be_due();
		p = large_resize(p, sizes[i] - 50000);
		assert_non_null(p);
		assert_int_equal(ticks_run, 2);
		assert_int_equal(large_free(p), 0);
	}
	tick_interval_ms = interval;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_across),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_not_twice),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_grow_in_place),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_absurd),
		cmocka_unit_test(test_resize_ticks),
	};

	parse_args("thp=auto");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
