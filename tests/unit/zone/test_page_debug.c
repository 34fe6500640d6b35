// SPDX-License-Identifier: MIT
/*
 * test_page_debug.c - page_poison, debug_pagealloc, init_on_alloc, init_on_free
 */
#include <signal.h>
#include <sys/wait.h>

#include "zone/page_debug.h"
#include "support/start.h"

static void dirty(struct page *page, unsigned int order)
{
	memset(page_to_virt(page), 0x5c, PAGE_SIZE << order);
}

static bool holds(const void *p, int byte, size_t size)
{
	const u8 *at = p;

	while (size && *at == (u8)byte) {
		at++;
		size--;
	}
	return !size;
}

/* No parameter. Expect nothing to be watched. */
static void child_off(void *arg)
{
	(void)arg;
	start_zone("");
	REQUIRE(!page_debugging);
	REQUIRE(!want_init_on_alloc(GFP_KERNEL));
	REQUIRE(want_init_on_alloc(GFP_KERNEL | __GFP_ZERO));
	REQUIRE(!want_init_on_free());
}

/* The kernel's test_pages: blocks of each order are written to and freed, then
 * asked for again. Expect no byte that is not zero. */
static void child_init_on_alloc(void *arg)
{
	struct zone *zone = start_zone("init_on_alloc=1");

	(void)arg;

	REQUIRE(page_debugging == PAGE_INIT_ON_ALLOC);
	for (int round = 0; round < 3; round++) {
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			struct page *page = alloc_pages(GFP_KERNEL, order);

			REQUIRE(holds(page_to_virt(page), 0,
				      PAGE_SIZE << order));
			dirty(page, order);
			__free_pages(page, order);
		}
	}
	zone_check(zone);
}

/* The same for runs, cut and lengthened, and for a long one. */
static void child_init_on_alloc_runs(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("init_on_alloc=1");
	for (int round = 0; round < 3; round++) {
		page = alloc_page_run(GFP_KERNEL, 5);
		REQUIRE(holds(page_to_virt(page), 0, 5 * PAGE_SIZE));
		memset(page_to_virt(page), 1, 5 * PAGE_SIZE);
		trim_page_run(page, 3, 5);
		REQUIRE(!extend_page_run(page, 3, 5));
		REQUIRE(holds((char *)page_to_virt(page) + 3 * PAGE_SIZE, 0,
			      2 * PAGE_SIZE));
		memset(page_to_virt(page), 1, 5 * PAGE_SIZE);
		free_page_run(page, 5);
	}
}

/* init_on_free. Expect freed memory to be zero, whichever way it was freed. */
static void child_init_on_free(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("init_on_free=1");
	REQUIRE(page_debugging == PAGE_INIT_ON_FREE);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		page = alloc_pages(GFP_KERNEL, order);
		dirty(page, order);
		__free_pages(page, order);
		REQUIRE(holds(page_to_virt(page), 0, PAGE_SIZE << order));
	}
	page = alloc_page_run(GFP_KERNEL, 5);
	memset(page_to_virt(page), 1, 5 * PAGE_SIZE);
	trim_page_run(page, 3, 5);
	REQUIRE(holds(page_to_virt(page), 1, 3 * PAGE_SIZE));
	REQUIRE(holds((char *)page_to_virt(page) + 3 * PAGE_SIZE, 0,
		      2 * PAGE_SIZE));
	free_page_run(page, 3);
	REQUIRE(holds(page_to_virt(page), 0, 3 * PAGE_SIZE));
}

/* page_poison. Expect freed pages to be full of aa, pages that were not written
 * in the meantime to be handed out without a word, and zero to be zero. */
static void child_poison(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("page_poison=1");
	REQUIRE(page_debugging == PAGE_POISONING);
	for (int round = 0; round < 3; round++) {
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			page = alloc_pages(GFP_KERNEL, order);
			dirty(page, order);
			__free_pages(page, order);
			REQUIRE(holds(page_to_virt(page), PAGE_POISON,
				      PAGE_SIZE << order));
			page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
			REQUIRE(holds(page_to_virt(page), 0,
				      PAGE_SIZE << order));
			__free_pages(page, order);
		}
	}
	page = alloc_page_run(GFP_KERNEL, 7);
	memset(page_to_virt(page), 1, 7 * PAGE_SIZE);
	trim_page_run(page, 2, 7);
	REQUIRE(holds((char *)page_to_virt(page) + 2 * PAGE_SIZE, PAGE_POISON,
		      5 * PAGE_SIZE));
	free_page_run(page, 2);
}

static void test_poison_is_silent(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_poison, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "");
}

/* With init_on_*. Expect poison to win, and to say so. */
static void child_precedence(void *arg)
{
	(void)arg;
	start_zone("page_poison=on init_on_alloc=1 init_on_free=1");
	REQUIRE(page_debugging == PAGE_POISONING);
}

static void test_precedence(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_precedence, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err,
			    "mem auto-init: page_poison will take precedence "
			    "over init_on_alloc and init_on_free\n");
}

/* Free a page, write to it, ask for it again. */
static void child_write_after_free(void *arg)
{
	const char *text = arg;
	struct page *page, *again;
	char *p;

	start_zone("page_poison=1");
	pin_to_one_cpu();
	page = alloc_page(GFP_KERNEL);
	p = page_to_virt(page);
	__free_page(page);
	if (*text)
		memcpy(p + 100, text, strlen(text));
	else
		p[100] ^= 4;
	again = alloc_page(GFP_KERNEL);
	REQUIRE(again == page);
}

/* One bit, then several bytes. Expect the kernel's line for each, the bytes, a
 * stack and the page. */
static void test_corruption(void **state)
{
	struct child_end end;
	char text[] = "Hello", none[] = "";

	(void)state;
	child_run(child_write_after_free, none, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(
		strncmp(end.err, "pagealloc: single bit error\n00", 30), 0);
	assert_non_null(strstr(end.err, "064: ae "));
	child_run(child_write_after_free, text, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(
		strncmp(end.err, "pagealloc: memory corruption\n00", 31), 0);
	assert_non_null(strstr(end.err, "064: 48 65 6c 6c 6f "));
	assert_non_null(strstr(end.err, "  Hello\n"));
	assert_non_null(strstr(end.err, "Call Trace:\n"));
	assert_non_null(strstr(end.err, "page dumped because: pagealloc: "
					"corrupted page details\n"));
}

static void child_touch(void *arg)
{
	struct page *page;

	start_zone("debug_pagealloc=on");
	page = alloc_pages(GFP_KERNEL, 1);
	dirty(page, 1);
	__free_pages(page, 1);
	REQUIRE(page_debugging == PAGE_UNMAPPING);
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)page_to_virt(page) = *(char *)arg;
}

/* debug_pagealloc. Expect the end at the first touch of freed memory. */
static void test_touch(void **state)
{
	struct child_end end;
	char byte = 1;

	(void)state;
	child_run(child_touch, &byte, &end);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGSEGV);
}

/* Blocks of all orders come and go, whole and in parts. Expect everything in
 * hand to be accessible, and to be what was written. */
static void child_unmapping(void *arg)
{
	struct page *pages[64];
	uint64_t seed = 3;

	(void)arg;
	start_zone("debug_pagealloc");
	for (int round = 0; round < 200; round++) {
		unsigned int order = (unsigned int)test_below(&seed, 8);
		unsigned int nr = 1 + (unsigned int)test_below(&seed, 63);

		for (unsigned int i = 0; i < nr; i++) {
			pages[i] = alloc_pages(QUIET, order);
			REQUIRE(pages[i]);
			memset(page_to_virt(pages[i]), (int)i,
			       PAGE_SIZE << order);
		}
		for (unsigned int i = 0; i < nr; i++) {
			REQUIRE(holds(page_to_virt(pages[i]), (int)i,
				      PAGE_SIZE << order));
			__free_pages(pages[i], order);
		}
	}
	for (unsigned long want = 2; want < 60; want++) {
		struct page *page = alloc_page_run(GFP_KERNEL, want);

		memset(page_to_virt(page), 1, want << PAGE_SHIFT);
		trim_page_run(page, want / 2, want);
		if (!extend_page_run(page, want / 2, want))
			memset(page_to_virt(page), 2, want << PAGE_SHIFT);
		else
			trim_page_run(page, want / 2, want / 2);
		free_page_run(page, want / 2);
	}
}

/* More stretches of free pages than may lose access. Expect the last ones to
 * keep it, and no call to fail. */
static void child_many_stretches(void *arg)
{
	static struct page *pages[20000];
	unsigned int nr = 0, accessible = 0;

	(void)arg;
	parse_args("arena=128M");
	parse_args("debug_pagealloc=1");
	REQUIRE(!arena_init());
	REQUIRE(!page_alloc_init(0));
	while (nr < ARRAY_SIZE(pages) && (pages[nr] = alloc_page(QUIET)))
		nr++;
	REQUIRE(nr == ARRAY_SIZE(pages));
	for (unsigned int i = 0; i < nr; i += 2)
		__free_page(pages[i]);
	drain_all_pages(&NODE_DATA(0)->node_zones[ZONE_NORMAL]);
	for (unsigned int i = 0; i < nr; i += 2)
		accessible += os_readable(page_to_virt(pages[i]));
	REQUIRE(accessible >= nr / 2 - MAX_UNMAPPED);
	REQUIRE(accessible < nr / 2 - MAX_UNMAPPED + 100);
	for (unsigned int i = 1; i < nr; i += 2)
		REQUIRE(os_readable(page_to_virt(pages[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_off),
		child_test(child_init_on_alloc),
		child_test(child_init_on_alloc_runs),
		child_test(child_init_on_free),
		cmocka_unit_test(test_poison_is_silent),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_corruption),
		cmocka_unit_test(test_touch),
		child_test(child_unmapping),
		child_test(child_many_stretches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
