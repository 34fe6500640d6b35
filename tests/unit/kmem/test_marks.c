// SPDX-License-Identifier: MIT
/*
 * test_marks.c - the table of marks: where they are, and when they are 0
 */
#include <errno.h>

#include "fake.h"
#include "kmem/account.h"
#include "kmem/marks.h"

#define ORDER 2
#define FRAMES (1UL << ORDER)
#define STEP (32UL << 20 >> PAGE_SHIFT)
#define MIDDLE (16UL << 40)
#define MIDDLE_END (84UL << 40)

static struct page *page;

static int setup(void **state)
{
	(void)state;
	page = alloc_pages(GFP_KERNEL, ORDER);
	assert_non_null(page);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	__free_pages(page, ORDER);
	return 0;
}

static void set_all(u16 to)
{
	const char *at = page_to_virt(page);

	for (unsigned long i = 0; i < FRAMES * MARKS_PER_FRAME; i++)
		*kmem_mark_of(at + i * MARK_BYTES) = to;
}

static void assert_all(u16 is)
{
	const char *at = page_to_virt(page);

	for (unsigned long i = 0; i < FRAMES * MARKS_PER_FRAME; i++)
		assert_int_equal(*kmem_mark_of(at + i * MARK_BYTES), is);
}

/* Takes all of [start, end) that is free, but for gaps below 2 MiB. */
static void take_addresses(uintptr_t start, uintptr_t end)
{
	uintptr_t middle = ALIGN(start + (end - start) / 2, PAGE_SIZE);
	int ret = os_reserve((void *)start, end - start);

	REQUIRE(!ret || ret == -EEXIST);
	if (!ret || end - start <= MIB)
		return;
	take_addresses(start, middle);
	take_addresses(middle, end);
}

/* The middle of the address space, where the table is at random, is taken.
 * Expect the table elsewhere, at a place with room for all of it. */
static void child_taken(void *arg)
{
	const size_t all = arena.span_frames * MARKS_PER_FRAME * sizeof(u16);
	const size_t step = STEP * MARKS_PER_FRAME * sizeof(u16);
	uintptr_t table;

	(void)arg;
	if (IS_ENABLED(KM_SANITIZE_THREAD)) /* takes it in too many pieces */
		return;
	take_addresses(MIDDLE, MIDDLE_END);
	REQUIRE(kmem_marks_end == 0);
	REQUIRE(kmem_marks_cover(0, 1) == 0);
	REQUIRE(kmem_marks_end == STEP);
	table = (uintptr_t)kmem_marks;
	REQUIRE(table < MIDDLE || table >= MIDDLE_END);
	REQUIRE(kmem_mark_of(pfn_to_virt(0)) == kmem_marks);
	kmem_marks[STEP * MARKS_PER_FRAME - 1] = 5;
	REQUIRE(all > step && !os_reserve((void *)(table + step), all - step));
}

/* Before the first slab of a marked cache, and after that of another. Expect no
 * marks, and none to clear. Later: a mark for each KiB, as many as 32 MiB have,
 * each a word of its own. */
static void test_places(void **state)
{
	const struct kmem_cache plain = { .marked = 0 };
	const struct kmem_cache marked = { .marked = 1 };
	char *at = page_to_virt(page);
	unsigned long pfn = page_to_pfn(page);

	(void)state;
	assert_int_equal(kmem_marks_end, 0);
	kmem_marks_clear(pfn, FRAMES);
	assert_int_equal(slab_page_cover(&plain, page), 0);
	assert_int_equal(kmem_marks_end, 0);
	assert_int_equal(slab_page_cover(&marked, page), 0);
	assert_int_equal(kmem_marks_end, ALIGN(pfn + FRAMES, STEP));
	assert_all(0);
	assert_ptr_equal(kmem_mark_of(at), kmem_marks + pfn * MARKS_PER_FRAME);
	assert_ptr_equal(kmem_mark_of(at + MARK_BYTES - 1), kmem_mark_of(at));
	assert_ptr_equal(kmem_mark_of(at + MARK_BYTES), kmem_mark_of(at) + 1);
}

/* A slab of a marked cache, and of another. Expect marks of 0 for both
 * (MARKS1), after the first too, and those behind to stay. */
static void test_new_slab(void **state)
{
	struct kmem_cache *s = kmem_cache_create("marked", 1024, 0,
						 SLAB_NO_MERGE, NULL);
	u16 *first = kmem_mark_of(page_to_virt(page));
	u16 *last = first + FRAMES * MARKS_PER_FRAME - 1;
	u16 behind = last[1];

	(void)state;
	assert_non_null(s);
	last[1] = 77;
	set_all(5);
	account_slab(s, page, 8);
	assert_all(0);
	set_all(5);
	unaccount_slab(s, page, 8);
	assert_all(5);
	s->marked = 1;
	account_slab(s, page, 8);
	assert_all(0);
	set_all(5);
	unaccount_slab(s, page, 8);
	assert_all(0);
	assert_int_equal(last[1], 77);
	last[1] = behind;
	s->marked = 0;
	kmem_cache_destroy(s);
}

/* Frames beyond the table. Expect it longer, with the marks that it had. */
static void test_grow(void **state)
{
	unsigned long had = kmem_marks_end;
	u16 *const table = kmem_marks;

	(void)state;
	set_all(9);
	assert_int_equal(kmem_marks_cover(had + 3, 1), 0);
	assert_int_equal(kmem_marks_end, had + STEP);
	assert_ptr_equal(kmem_marks, table);
	assert_all(9);
	assert_int_equal(kmem_marks[had * MARKS_PER_FRAME], 0);
	kmem_marks_clear(kmem_marks_end - 1, 100); /* no further than its end */
	set_all(0);
}

/* No memory for the marks. Expect -ENOMEM, and the table as it was; then the
 * next call to make it longer. */
static void test_no_memory(void **state)
{
	unsigned long had = kmem_marks_end;

	(void)state;
	os_fail_calls(1, ~0UL);
	assert_int_equal(kmem_marks_cover(had, 1), -ENOMEM);
	os_fail_calls(0, 0);
	assert_int_equal(kmem_marks_end, had);
	assert_int_equal(kmem_marks_cover(had, 1), 0);
	assert_int_equal(kmem_marks_end, had + STEP);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		child_test(child_taken), /* before there is a table */
		TEST(test_places),	 TEST(test_new_slab),
		TEST(test_grow),	 TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
