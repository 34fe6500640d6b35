// SPDX-License-Identifier: MIT
/*
 * test_badpage.c - pages that are not as they must be, and references
 */
#include "support/start.h"

static struct zone *zone;

static void free_order_two(void *page)
{
	__free_pages(page, 2);
}

static unsigned long count_pages(void)
{
	struct zone_stat stat;

	zone_check(zone);
	zone_stat(zone, &stat);
	return stat.free + stat.pcp;
}

/* What free finds wrong with a page (B6), with the kernel's reason for it. */
enum { MAPCOUNT, MAPPING, REFCOUNT, FLAGS, CHARGED, NR_FAULTS };

static const char *const reasons[NR_FAULTS] = {
	[MAPCOUNT] = "page dumped because: nonzero mapcount",
	[MAPPING] = "page dumped because: non-NULL mapping",
	[REFCOUNT] = "page dumped because: nonzero _refcount",
	[FLAGS] = "page dumped because: PAGE_FLAGS_CHECK_AT_FREE flag(s) set",
	[CHARGED] = "page dumped because: page still charged to cgroup",
};

static void spoil(struct page *page, unsigned int fault)
{
	switch (fault) {
	case MAPCOUNT:
		page->_mapcount = 1;
		break;
	case MAPPING:
		page->mapping = &zone;
		break;
	case FLAGS:
		page->flags |= PG_ISOLATED;
		break;
	case CHARGED:
		page->memcg = (void *)&zone;
	}
}

/* Pages freed while they seem to be in use. Expect the kernel's text, and
 * the page never seen again. */
static void child_bad_at_free(void *arg)
{
	char text[2048], want[64];

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	for (unsigned int fault = 0; fault < NR_FAULTS; fault++) {
		struct page *page = alloc_pages(QUIET, 2);
		unsigned long before = count_pages();

		/* a reference too many is no fault; what is charged is not
		 * after */
		if (fault == REFCOUNT || fault == CHARGED)
			continue;
		spoil(page, fault);
		capture_stderr(free_order_two, page, text, sizeof(text));
		snprintf(want, sizeof(want), "pfn:%05lx\n", page_to_pfn(page));
		REQUIRE(strstr(text, "BUG: Bad page state in process "));
		REQUIRE(strstr(text, want) && strstr(text, reasons[fault]));
		REQUIRE(count_pages() == before);
		REQUIRE(page->type == PAGE_BAD);
	}
}

static void alloc_it(void *out)
{
	*(struct page **)out = alloc_pages(QUIET, 9);
}

/* A free page that was written to. Expect its block to be named, passed over
 * and never handed out, and the request to be served from another. */
static void child_bad_at_prep(void *arg)
{
	struct page *heads[TEST_BLOCKS], *page = NULL;
	char text[2048];

	(void)arg;
	zone = start_owned_zone("page_reporting.dirty_bytes=64M", heads);
	free_head(heads[3]);
	free_head(heads[4]);
	heads[4]->_refcount = 7; /* the next one to be taken */
	capture_stderr(alloc_it, &page, text, sizeof(text));
	REQUIRE(strstr(text, "BUG: Bad page state in process "));
	REQUIRE(strstr(text, reasons[REFCOUNT]));
	REQUIRE(heads[4]->type == PAGE_BAD);
	REQUIRE(page && page != heads[4]);
	for (int i = 0; i < 3; i++)
		alloc_it(&page);
	REQUIRE(!page);
}

static void free_all_of_them(void *pages)
{
	for (int i = 0; i < 100; i++)
		__free_pages(((struct page **)pages)[i], 0);
}

/* A hundred bad pages in a row. Expect 60 reports, and a count of the rest
 * being left to the next minute. */
static void child_rate_limit(void *arg)
{
	struct page *pages[100];
	static char text[65536];

	(void)arg;
	zone = start_zone("");
	for (int i = 0; i < 100; i++) {
		pages[i] = alloc_pages(QUIET, 0);
		pages[i]->_mapcount = 1;
	}
	capture_stderr(free_all_of_them, pages, text, sizeof(text));
	REQUIRE(count_phrase(text, "BUG: Bad page state") == 60);
}

/* Calls that name no page at all. Expect a warning each, and nothing lost. */
static void child_no_page(void *arg)
{
	struct page *page, stranger = { .type = PAGE_ALLOCATED };
	unsigned long before;

	(void)arg;
	zone = start_zone("");
	page = alloc_pages(QUIET, 0);
	before = count_pages();
	__free_pages(NULL, 0);
	__free_pages(&stranger, 0);
	__free_pages(pfn_to_page(TEST_FRAMES - 1), 0); /* offline */
	__free_pages((struct page *)((char *)page + 8), 0);
	free_pages((unsigned long)&stranger, 0);
	free_pages((unsigned long)page_address(page) + 16, 0);
	REQUIRE(stranger.type == PAGE_ALLOCATED && count_pages() == before);
	__free_pages(page, 0);
	REQUIRE(count_pages() == before + 1);
}

static void split_badly(void *block)
{
	struct page **pages = block;

	split_page(NULL, 0);
	split_page(pages[0], 3);
	split_page(pages[0], 1);
	split_page(pages[1], 2);
}

/* A block to be split by another order, a compound one, NULL. Expect one
 * warning, all as it was, and no address of NULL. */
static void child_split(void *arg)
{
	struct page *pages[2];
	unsigned long before;
	char text[4096];

	(void)arg;
	zone = start_zone("");
	pages[0] = alloc_pages(QUIET, 2);
	pages[1] = alloc_pages(QUIET | __GFP_COMP, 2);
	before = count_pages();
	capture_stderr(split_badly, pages, text, sizeof(text));
	REQUIRE(count_phrase(text, "WARNING: ") == 1 && !page_address(NULL));
	REQUIRE(pages[0]->order == 2 && pages[1]->order == 2);
	__free_pages(pages[0], 2);
	__free_pages(pages[1], 2);
	REQUIRE(count_pages() == before + 8);
}

/* A block freed while its first page has a reference (B7). Expect the other
 * pages to be free at once, the first with the last reference. */
static void child_held(void *arg)
{
	unsigned long before;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(QUIET, 4);
	before = count_pages();
	get_page(page);
	__free_pages(page, 4);
	REQUIRE(count_pages() == before + 15);
	REQUIRE(page->type == PAGE_ALLOCATED && page->order == 0);
	put_page(page);
	REQUIRE(count_pages() == before + 16);
}

/* The same with a compound block. Expect all of it to live on. */
static void child_held_compound(void *arg)
{
	unsigned long before;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(QUIET | __GFP_COMP, 4);
	before = count_pages();
	for (int n = 0; n < 16; n++) {
		char *addr = page_address(page);

		REQUIRE(compound_head(page + n) == page);
		REQUIRE(virt_to_head_page(addr + n * 4096 + 77) == page);
	}
	get_page(page);
	__free_pages(page, 4);
	REQUIRE(count_pages() == before && page->order == 4);
	put_page(page);
	REQUIRE(count_pages() == before + 16);
	REQUIRE(!arena_index[page_to_pfn(page) + 15]);
}

static void hold_badly(void *arg)
{
	struct page **pages = arg;

	for (int round = 0; round < 2; round++) {
		get_page(NULL);
		put_page(NULL);
		get_page((struct page *)pages); /* on the stack */
		put_page((struct page *)pages);
	}
	get_page(pages[0]); /* free */
	put_page(pages[0]);
	put_page(pages[1] + 1); /* within a block */
}

/* References to no page, one that is not ours, a free one, one within a block.
 * Expect the kernel's lines, and nothing lost or changed. */
static void child_hold_badly(void *arg)
{
	struct page *pages[2];
	unsigned long before;
	char text[65536];

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	pages[0] = alloc_pages(QUIET, 0);
	pages[1] = alloc_pages(QUIET, 3);
	__free_pages(pages[0], 0);
	before = count_pages();
	capture_stderr(hold_badly, pages, text, sizeof(text));
	REQUIRE(count_phrase(text, "WARNING: ") == 1); /* a place once */
	REQUIRE(count_phrase(text, "BUG: Bad page state") == 3);
	REQUIRE(count_phrase(text, "it is free already") == 2);
	REQUIRE(count_pages() == before && pages[1]->_refcount == 1);
	__free_pages(pages[1], 3);
	REQUIRE(count_pages() == before + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_bad_at_free), child_test(child_bad_at_prep),
		child_test(child_rate_limit),  child_test(child_no_page),
		child_test(child_rate_limit),  child_test(child_split),
		child_test(child_held),	       child_test(child_held_compound),
		child_test(child_hold_badly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
