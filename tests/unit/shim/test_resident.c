// SPDX-License-Identifier: MIT
/*
 * test_resident.c - how much resident memory is the library's own
 *
 * A whole program's numbers are preload.resident. Here the library is a part of
 * the program, so it has no image of its own.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena/arena.h"
#include "shim/resident.h"
#include "shim/shim.h"
#include "support/child.h"

#define MIB (1UL << 20)

/* The file of an address of libc, of the program, and of no code. Expect libc's
 * path and nothing. */
static void test_file(void **state)
{
	int local;

	(void)state;
	assert_non_null(
		strstr(resident_file((void *)(uintptr_t)getpid), "libc.so.6"));
	assert_string_equal(resident_file((void *)(uintptr_t)test_file), "");
	assert_string_equal(resident_file(&local), "");
}

/* Bytes of [p, p + size) that are in memory, as mincore() says. */
static size_t resident(const void *p, size_t size)
{
	uintptr_t at = ALIGN_DOWN((uintptr_t)p, PAGE_SIZE);
	uintptr_t end = (uintptr_t)p + size;
	unsigned char in;
	size_t nr = 0;

	for (; at < end; at += PAGE_SIZE)
		if (!mincore((void *)at, PAGE_SIZE, &in)) /* mapped */
			nr += in & 1;
	return nr * PAGE_SIZE;
}

static size_t tables(void)
{
	unsigned long frames = arena_nr_frames;

	return resident(arena.vmemmap, frames * sizeof(struct page)) +
	       resident(arena_index, frames) +
	       resident(arena.pageblocks, frames >> PAGEBLOCK_ORDER);
}

/* Memory comes online, run by run, until struct pages need more than 256 pages
 * themselves. Expect the pages of the tables that are in memory, as the system
 * says before and after, and no image. */
static void test_tables(void **state)
{
	static void *runs[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		struct resident own;
		size_t before, after;

		runs[i] = malloc(4 * MIB);
		before = tables();
		resident_own(&own);
		after = tables();
		if (before == after) /* nothing was swapped out between */
			assert_int_equal(own.tables, before);
		assert_int_equal(own.image, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		free(runs[i]);
}

/* Blocks of a program, and sheaves of the library. Expect the caches that serve
 * malloc not to be counted. */
static void test_caches(void **state)
{
	static void *p[20000];
	struct resident before, after;

	(void)state;
	resident_own(&before);
	assert_true(before.caches > 0);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = malloc(1000);
	resident_own(&after);
	assert_true(after.caches >= before.caches);
	assert_true(after.caches - before.caches < 20000 * 1000 / 10);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		free(p[i]);
}

/* No file can be opened. Expect what needs none, and zeros. */
static void child_no_file(void *arg)
{
	struct rlimit none = { 0, 0 };
	struct resident own;

	(void)arg;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &none));
	memset(&own, 0xff, sizeof(own));
	resident_own(&own);
	REQUIRE(own.tables == 0 && own.image == 0);
	REQUIRE(own.caches > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_caches),
		child_test(child_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
