// SPDX-License-Identifier: MIT
/*
 * test_freed.c - large blocks freed twice, and the line that says so
 */
#include <malloc.h>
#include <stdlib.h>

#include "shim/shim.h"
#include "support/child.h"
#include "zone/sysctl.h"

#define MIB (1UL << 20)

struct again {
	const char *function;
	void *p;
};

static void check(void *arg)
{
	const struct again *again = arg;

	freed_check(again->function, again->p);
	abort();
}

/* Expect the line of freed_check(), or none if `phrase` is "". */
static void expect_line(const char *function, void *p, const char *phrase)
{
	struct again again = { function, p };
	struct child_end end;
	char text[128] = "";

	if (*phrase)
		snprintf(text, sizeof(text), "kmalloc: %s(): %s\n", function,
			 phrase);
	child_run(check, &again, &end);
	assert_string_equal(end.err, text);
}

/* Addresses that were noted, and others. Expect a line for those alone. */
static void test_table(void **state)
{
	char *p = (char *)(0x123456UL << PAGE_SHIFT);
	char phrase[80];

	(void)state;
	expect_line("free", NULL, "");
	expect_line("free", p, "");
	freed_note(p);
	expect_line("free", p + 16, "");
	expect_line("free", p + PAGE_SIZE, "");
	snprintf(phrase, sizeof(phrase), "double free of %p", (void *)p);
	expect_line("free", p, phrase);
	snprintf(phrase, sizeof(phrase), "%p was freed already", (void *)p);
	expect_line("realloc", p, phrase);
}

/* Pages in a row. Expect most to be remembered at a time: they do not share
 * entries. */
static void test_spread(void **state)
{
	char *p = (char *)(0x200000UL << PAGE_SHIFT);
	unsigned int kept = 0;

	(void)state;
	for (size_t i = 0; i < 128; i++)
		freed_note(p + i * PAGE_SIZE);
	for (size_t i = 0; i < 128; i++) {
		struct again again = { "free", p + i * PAGE_SIZE };

		kept += child_aborts(check, &again, "double free of");
	}
	assert_true(kept >= 96);
}

static void free_it(void *p)
{
	free(p);
}

static void resize_it(void *p)
{
	REQUIRE(!realloc(p, 100));
}

static void ask_it(void *p)
{
	REQUIRE(!malloc_usable_size(p));
}

static void expect_double(void *p)
{
	assert_true(child_aborts(free_it, p, "kmalloc: free(): double free"));
	assert_true(child_aborts(resize_it, p, "was freed already\n"));
	assert_true(child_aborts(ask_it, p, "was freed already\n"));
}

/* Runs and areas that were freed, the last with free neighbours. Expect each to
 * be told by its own start, before another may take its entry. The bound keeps
 * free() from giving lazy areas back, for which it would need a struct: that
 * may lie in a new slab, where a run was just freed. */
static void test_blocks(void **state)
{
	static const size_t sizes[] = { 40000, MIB, 5 * MIB };

	(void)state;
	assert_true(do_sysctl("vm.free_dirty_bytes", NULL, 0, "1000000000") >
		    0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p[3];

		for (size_t n = 0; n < 3; n++)
			p[n] = malloc(sizes[i]);
		for (size_t n = 0; n < 3; n++) {
			free(p[n * 2 % 3]);
			expect_double(p[n * 2 % 3]);
		}
	}
}

/* An area that realloc() moved. Expect its old place to count as freed, and the
 * new one not to. */
static void test_moved(void **state)
{
	char *a = malloc(5 * MIB), *b = malloc(5 * MIB);
	char *p = a < b ? a : b, *q = realloc(p, 64 * MIB);

	(void)state;
	assert_ptr_not_equal(p, q); /* its neighbour was in the way */
	expect_double(p);
	free(q);
	free(a < b ? b : a);
	expect_double(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved), /* the first to free */
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
