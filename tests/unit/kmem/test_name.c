// SPDX-License-Identifier: MIT
/*
 * test_name.c - blocks for names, in a cache and in pages
 */
#include "buddy/buddy.h"
#include "diag/fault.h"
#include "diag/param.h"
#include "fake.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/marks.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

static char text[3 * PAGE_SIZE];

/* A name of so many characters. */
static const char *name(size_t len)
{
	memset(text, 'n', len);
	text[len] = '\0';
	return text;
}

static unsigned long pages_out(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;

	zone_stat(zone, &stat);
	return stat.managed - stat.free - stat.pcp;
}

/* Names around the largest of the cache, and around whole pages, with and
 * without room in front. Expect copies with their zero where they belong, from
 * the cache up to its size and then in as few pages as hold them; all of it
 * back. */
static void test_sizes(void **state)
{
	static const struct {
		size_t len, before;
		unsigned long pages; /* 0: an object of the cache */
	} rows[] = {
		{ 0, 0, 0 },
		{ NAME_CACHE_SIZE - 1, 0, 0 },
		{ NAME_CACHE_SIZE, 0, 1 },
		{ 15, NAME_CACHE_SIZE - 16, 0 },
		{ 16, NAME_CACHE_SIZE - 16, 1 },
		{ PAGE_SIZE - 1, 0, 1 },
		{ PAGE_SIZE, 0, 2 },
		{ PAGE_SIZE - 24, 24, 2 },
	};

	(void)state;
	kmem_name_free(kmem_name_alloc("", 0), "",
		       0); /* the cache has a slab */
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *n = name(rows[i].len);
		unsigned long out = pages_out();
		char *block = kmem_name_alloc(n, rows[i].before);

		assert_non_null(block);
		assert_string_equal(block + rows[i].before, n);
		assert_int_equal(pages_out(), out + rows[i].pages);
		assert_int_equal(!virt_to_slab_page(block), rows[i].pages != 0);
		kmem_name_free(block, n, rows[i].before);
		assert_int_equal(pages_out(), out);
	}
}

/* No object and no page. Expect NULL of each kind. */
static void test_short(void **state)
{
	(void)state;
	kmem_owner_flush(kmem_owner_get());
	kmem_reclaim(SHRINK_ALL);
	fake.limited = &name_cache;
	fake.allowance = 0;
	assert_null(kmem_name_alloc("short", 0));
	fake.allowance = -1;
	parse_args("fail_page_alloc.verbose=0 fail_page_alloc.min-order=0 "
		   "fail_page_alloc.ignore-gfp-wait=0");
	fault_set_nth(1);
	assert_null(kmem_name_alloc(name(100), 0));
	assert_int_equal(fault_nth(), 0);
}

/* Frames with marks become a name. Expect that it has none: malloc would look
 * for its words there later. Marks of other frames stay. */
static void test_marks(void **state)
{
	char *block = kmem_name_alloc(name(PAGE_SIZE), 0);
	u16 *all;

	(void)state;
	assert_int_equal(kmem_marks_cover(virt_to_pfn(block), 2), 0);
	kmem_name_free(block, name(PAGE_SIZE), 0);
	all = kmem_marks;
	memset(all, 0xff, kmem_marks_end * MARKS_PER_FRAME * sizeof(*all));
	block = kmem_name_alloc(name(PAGE_SIZE), 0);
	all += virt_to_pfn(block) * MARKS_PER_FRAME;
	for (unsigned int i = 0; i < 2 * MARKS_PER_FRAME; i++)
		assert_int_equal(all[i], 0);
	assert_int_equal(all[2 * MARKS_PER_FRAME], 0xffff);
	kmem_name_free(block, name(PAGE_SIZE), 0);
	kmem_marks_clear(0, kmem_marks_end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
