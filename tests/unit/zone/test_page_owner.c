// SPDX-License-Identifier: MIT
/*
 * test_page_owner.c - page_owner=on: a record of each block's owner
 */
#include <errno.h>

#include "diag/proc.h"
#include "support/start.h"
#include "zone/pageblock.h"

static char text[1 << 18];

static const char *owners(void)
{
	long len = proc_read("page_owner", text, sizeof(text));

	REQUIRE(len >= 0 && len < (long)sizeof(text));
	return text;
}

static unsigned int records(void)
{
	unsigned int nr = 0;

	for (const char *at = owners(); (at = strstr(at, "Page allocated via"));
	     at++)
		nr++;
	return nr;
}

static noinline struct page *take_block(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	REQUIRE(page);
	__asm__ volatile("" : : "r"(page) : "memory");
	return page;
}

/* A block, with and without __GFP_NOTRACK. Expect the record of the first, with
 * order, flags, thread, frame, types and stack; none of the second; none after
 * the free. */
static void child_record(void *arg)
{
	struct page *page, *hidden;
	char line[256];

	(void)arg;
	pin_to_one_cpu();
	start_zone("page_owner=on");
	REQUIRE(!records());
	page = take_block(GFP_KERNEL, 2);
	hidden = take_block(GFP_KERNEL | __GFP_NOTRACK, 2);
	REQUIRE(records() == 1);
	snprintf(line, sizeof(line),
		 "Page allocated via order 2, mask 0x100cc0(GFP_USER), pid %d, "
		 "tgid %d (",
		 os_tid(), os_pid());
	REQUIRE(!strncmp(text, line, strlen(line)));
	REQUIRE(strstr(text, " ns\nPFN 0x"));
	snprintf(line, sizeof(line),
		 "\nPFN 0x%lx type Unmovable Block %lu type %s Flags 0x",
		 page_to_pfn(page), page_to_pfn(page) >> pageblock_order,
		 get_pageblock_migratetype(page_to_pfn(page)) ==
				 MIGRATE_UNMOVABLE ?
			 "Unmovable" :
			 "Movable");
	REQUIRE(strstr(text, line));
	REQUIRE(strstr(text, "\n take_block+0x"));
	REQUIRE(strstr(text, "\n child_record+0x"));
	REQUIRE(!strcmp(text + strlen(text) - 2, "\n\n"));
	__free_pages(page, 2);
	REQUIRE(!records());
	__free_pages(hidden, 2);
	page = take_block(GFP_KERNEL | __GFP_NOTRACK, 2);
	REQUIRE(!records()); /* nothing is left of its last owner */
	__free_pages(page, 2);
}

/* A block that is split, and a run whose tail goes back. Expect a record for
 * each page of the first, one for the second, and none when they are freed. */
static void child_pieces(void *arg)
{
	struct page *page;
	void *exact;

	(void)arg;
	pin_to_one_cpu();
	start_zone("page_owner=on");
	page = take_block(GFP_KERNEL, 3);
	split_page(page, 3);
	REQUIRE(records() == 8 && strstr(text, "via order 0, "));
	REQUIRE(!strstr(text, "via order 3, "));
	__free_page(page + 5);
	REQUIRE(records() == 7);
	for (int n = 0; n < 8; n++)
		if (n != 5)
			__free_page(page + n);
	exact = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	REQUIRE(records() == 5 && !strstr(text, "via order 3, "));
	free_pages_exact(exact, 5 * PAGE_SIZE);
	REQUIRE(!records());
}

/* Without the parameter. Expect no such text, and nothing else either. */
static void child_off(void *arg)
{
	(void)arg;
	start_zone("");
	take_block(GFP_KERNEL, 0);
	REQUIRE(proc_read("page_owner", text, sizeof(text)) == -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_record),
		child_test(child_pieces),
		child_test(child_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
