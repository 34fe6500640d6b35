// SPDX-License-Identifier: MIT
/*
 * test_unwind_peek.c - words of a stack that may be damaged
 */
#include <errno.h>
#include <sys/mman.h>

#include "diag/unwind/internal.h"
#include "support/child.h"

static char *pages; /* three; the one in the middle can be read */

static int setup(void **state)
{
	u64 word = 0;

	(void)state;
	pages = mmap(NULL, 3 * PAGE_SIZE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + PAGE_SIZE, PAGE_SIZE,
				  PROT_READ | PROT_WRITE),
			 0);
	for (char *at = pages + PAGE_SIZE; at < pages + 2 * PAGE_SIZE;
	     at += 8) {
		memcpy(at, &word, 8);
		word += 0x0101010101010101UL;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap(pages, 3 * PAGE_SIZE);
	return 0;
}

static int peek(struct unwind_cursor *c, long offset, u64 *value)
{
	return unwind_peek(c, (uintptr_t)(pages + offset), value);
}

/* The first word of a page, the last and those beside it. Expect their values,
 * and -EFAULT where no page is, with the value as it was. */
static void test_ends(void **state)
{
	struct unwind_cursor c = { .readable = 0 };
	u64 value = 1;

	(void)state;
	assert_int_equal(peek(&c, PAGE_SIZE, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(peek(&c, 2 * PAGE_SIZE - 8, &value), 0);
	assert_int_equal(value, 511 * 0x0101010101010101UL);
	value = 4711;
	assert_int_equal(peek(&c, 2 * PAGE_SIZE, &value), -EFAULT);
	assert_int_equal(peek(&c, PAGE_SIZE - 8, &value), -EFAULT);
	assert_int_equal(unwind_peek(&c, 0, &value), -EFAULT);
	assert_int_equal(unwind_peek(&c, -8UL, &value), -EFAULT);
	assert_int_equal(value, 4711);
}

/* Addresses that are no multiple of 8, one of which would reach into the next
 * page. Expect -EFAULT: a stack pointer is none of them. */
static void test_alignment(void **state)
{
	struct unwind_cursor c = { .readable = 0 };
	u64 value;

	(void)state;
	assert_int_equal(peek(&c, PAGE_SIZE, &value), 0);
	for (int i = 1; i < 8; i++)
		assert_int_equal(peek(&c, PAGE_SIZE + i, &value), -EFAULT);
	assert_int_equal(peek(&c, 2 * PAGE_SIZE - 4, &value), -EFAULT);
}

/* A page was found readable. Expect it to be noted, whole and alone, so that
 * the next word of it costs no system call; and the note to follow the walk. */
static void test_noted(void **state)
{
	struct unwind_cursor c = { .readable = 0 };
	u64 value;

	(void)state;
	assert_int_equal(peek(&c, PAGE_SIZE + 80, &value), 0);
	assert_int_equal(c.readable, (uintptr_t)pages + PAGE_SIZE);
	assert_int_equal(c.readable_end, (uintptr_t)pages + 2 * PAGE_SIZE);
	assert_int_equal(mprotect(pages, PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(peek(&c, 0, &value), 0);
	assert_int_equal(c.readable, (uintptr_t)pages);
	assert_int_equal(c.readable_end, (uintptr_t)pages + PAGE_SIZE);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ends),
		TEST(test_alignment),
		TEST(test_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
