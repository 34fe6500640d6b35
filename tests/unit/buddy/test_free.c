// SPDX-License-Identifier: MIT
/*
 * test_free.c - pages that cannot be freed, and references to parts of a block
 */
#include <signal.h>
#include <ucontext.h>

#include "buddy/buddy.h"
#include "support/single_step.h"
#include "support/start.h"
#include "zone/pageblock.h"

static struct page *heads[TEST_BLOCKS];

struct bad_free {
	struct page *page;
	unsigned int order;
};

static void free_it(void *arg)
{
	const struct bad_free *bad = arg;

	__free_pages(bad->page, bad->order);
}

static void expect_named(struct zone *zone, struct page *page,
			 unsigned int order)
{
	struct bad_free bad = { page, order };
	unsigned long before = zone->free_pages;
	char text[1024], want[64];

	capture_stderr(free_it, &bad, text, sizeof(text));
	snprintf(want, sizeof(want), "pfn:%05lx", page_to_pfn(page));
	REQUIRE(count_phrase(text, "BUG: Bad page state in process ") == 1);
	REQUIRE(strstr(text, want));
	zone_check(zone);
	REQUIRE(zone->free_pages == before);
}

/* Wrong orders, a tail page, a page that is free, on a per-CPU list, a slab
 * or a run. Expect each named, and no frame lost or freed twice. */
static void child_bad_frees(void *arg)
{
	struct page *page, *small;
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 4);
	small = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(page && small);
	expect_named(zone, page, 3);
	expect_named(zone, page, 5);
	expect_named(zone, page + 1, 0);
	page->type = PAGE_SLAB;
	expect_named(zone, page, 4);
	page->type = PAGE_RUN;
	expect_named(zone, page, 4);
	page->type = PAGE_ALLOCATED;
	check_conservation(zone, 17);
	__free_pages(page, 4);
	expect_named(zone, page, 4); /* twice */
	__free_pages(small, 0);
	REQUIRE(small->type == PAGE_PCP);
	expect_named(zone, small, 0);
	__free_pages(NULL, 0);
	check_conservation(zone, 0);
}

/* References to tail pages of a __GFP_COMP block, taken and given up, and to a
 * page of a block that is no compound one. Expect them to count for the head:
 * the block stays until the last is given up, whichever page names it, and goes
 * whole; without __GFP_COMP a tail is reported as not in use. */
static void child_tail_references(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	(void)arg;
	free_head(heads[0]);
	page = alloc_pages(QUIET | __GFP_COMP, 3);
	REQUIRE(compound_head(page + 5) == page);
	get_page(page + 5);
	get_page(page + 7);
	REQUIRE(page->_refcount == 3 && !page[5]._refcount);
	__free_pages(page, 3);
	REQUIRE(page_type(page) == PAGE_ALLOCATED && page->_refcount == 2);
	put_page(page + 1);
	REQUIRE(page_type(page) == PAGE_ALLOCATED && page->_refcount == 1);
	put_page(page + 7);
	REQUIRE(page_type(page) != PAGE_ALLOCATED && !page->_refcount);
	check_conservation(zone, MAX_ORDER_NR_PAGES * (TEST_BLOCKS - 1));
}

#if defined(SINGLE_STEP_FLAG) && !KM_SANITIZE_THREAD
static struct page *shared;
static unsigned int step, at_step;

/* What the other user of the block does at one instruction of put_page(). */
static void free_then(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (step++ != at_step)
		return;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &=
		~SINGLE_STEP_FLAG;
	__free_pages(shared, 1);
}

/* A block of two pages that is no compound one, with a second reference to the
 * first page: one user frees the block at one instruction after another of the
 * other one's put_page(). Expect both pages to be free then. */
static void child_two_users(void *arg)
{
	const struct sigaction act = { .sa_sigaction = free_then,
				       .sa_flags = SA_SIGINFO };
	struct zone *zone = start_owned_zone("", heads);
	bool more = true;

	(void)arg;
	free_head(heads[0]);
	REQUIRE(!sigaction(SIGTRAP, &act, NULL));
	for (at_step = 0; more; at_step++) {
		shared = alloc_pages(QUIET, 1);
		get_page(shared);
		step = 0;
		single_step_on();
		put_page(shared);
		single_step_off();
		more = step > at_step;
		if (!more)
			__free_pages(shared, 1);
		check_conservation(zone,
				   MAX_ORDER_NR_PAGES * (TEST_BLOCKS - 1));
	}
	REQUIRE(at_step > 10);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_bad_frees),
		child_test(child_tail_references),
#if defined(SINGLE_STEP_FLAG) && !KM_SANITIZE_THREAD
		child_test(child_two_users),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
