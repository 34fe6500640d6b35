// SPDX-License-Identifier: MIT
/*
 * test_fail_page_alloc.c - fault injection for requests of pages (D14)
 */
#include "diag/fault.h"
#include "support/start.h"

#define ALWAYS "fail_page_alloc=1,100,0,-1 fail_page_alloc.verbose=0 "

static int fails(gfp_t gfp, unsigned int order)
{
	return !alloc_pages(gfp, order);
}

/* Every request is to fail, with the kernel's defaults. Expect those that may
 * wait, those for HighMem, single pages and __GFP_NOFAIL to be served. */
static void child_defaults(void *arg)
{
	(void)arg;
	start_zone(ALWAYS);
	REQUIRE(fails(GFP_NOWAIT, 1));
	REQUIRE(fails(GFP_ATOMIC, 3));
	REQUIRE(!fails(GFP_NOWAIT, 0));
	REQUIRE(!fails(GFP_KERNEL, 1));
	REQUIRE(!fails(GFP_NOWAIT | __GFP_HIGHMEM, 1));
	REQUIRE(!fails(GFP_NOWAIT | __GFP_NOFAIL, 1));
}

/* The knobs turned. Expect them all to fail but __GFP_NOFAIL, and orders below
 * min-order. */
static void child_knobs(void *arg)
{
	(void)arg;
	start_zone(ALWAYS "fail_page_alloc.ignore-gfp-wait=0 "
			  "fail_page_alloc.ignore-gfp-highmem=0 "
			  "fail_page_alloc.min-order=2");
	REQUIRE(!fails(GFP_KERNEL, 1));
	REQUIRE(fails(GFP_KERNEL, 2));
	REQUIRE(fails(GFP_HIGHUSER, 2));
	REQUIRE(!fails(GFP_KERNEL | __GFP_NOFAIL, 2));
	fault_exempt_begin();
	REQUIRE(!fails(GFP_KERNEL, 2));
	fault_exempt_end();
}

/* Space of 100 pages, and two failures. Expect each request to use up its
 * pages of it, then two to fail. */
static void child_space(void *arg)
{
	unsigned int served = 0;

	(void)arg;
	start_zone("fail_page_alloc=1,100,100,2 fail_page_alloc.verbose=0");
	while (!fails(GFP_NOWAIT, 3))
		served++;
	REQUIRE(served == 12);
	REQUIRE(fails(GFP_NOWAIT, 3));
	REQUIRE(!fails(GFP_NOWAIT, 3));
}

/* Under malloc. Expect requests of every kind to fail, unless the command line
 * has said otherwise. */
static void child_malloc(void *arg)
{
	(void)arg;
	start_zone(ALWAYS "fail_page_alloc.min-order=1");
	fail_page_alloc_for_malloc();
	REQUIRE(fails(GFP_KERNEL, 1));
	REQUIRE(!fails(GFP_KERNEL, 0));
}

static void one_failure(void *arg)
{
	start_zone("fail_page_alloc=1,100,0,-1 fail_page_alloc.verbose=1");
	REQUIRE(fails(*(gfp_t *)arg, 1));
}

/* A failure with and without __GFP_NOWARN. Expect the kernel's line, and
 * nothing. */
static void test_message(void **state)
{
	gfp_t loud = GFP_ATOMIC, quiet = GFP_NOWAIT;
	struct child_end end;

	(void)state;
	child_run(one_failure, &loud, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "name fail_page_alloc, "), 1);
	child_run(one_failure, &quiet, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_defaults),	child_test(child_knobs),
		child_test(child_space),	child_test(child_malloc),
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
