// SPDX-License-Identifier: MIT
/*
 * test_check.c - zone_check() sees what it says it checks
 */
#include "support/start.h"
#include "zone/pageblock.h"

static struct page *heads[TEST_BLOCKS];

struct damage {
	const char *name;
	void (*harm)(struct zone *zone, unsigned long pfn);
};

/* Frames 16..31 of the block are free on the Movable list of order 4. */
static void wrong_type(struct zone *zone, unsigned long pfn)
{
	(void)zone;
	pfn_to_page(pfn + 16)->type = PAGE_ALLOCATED;
}

static void wrong_order(struct zone *zone, unsigned long pfn)
{
	(void)zone;
	pfn_to_page(pfn + 16)->order = 3;
}

static void wrong_list(struct zone *zone, unsigned long pfn)
{
	(void)zone;
	set_pageblock_migratetype(pfn, MIGRATE_UNMOVABLE);
}

static void wrong_length(struct zone *zone, unsigned long pfn)
{
	(void)pfn;
	zone->free_area[4].nr_free++;
}

static void wrong_sum(struct zone *zone, unsigned long pfn)
{
	(void)pfn;
	zone->free_pages--;
}

static void wrong_unreported(struct zone *zone, unsigned long pfn)
{
	(void)zone;
	pfn_to_page(pfn + 16)->flags ^= PG_REPORTED;
}

static void more_than_managed(struct zone *zone, unsigned long pfn)
{
	(void)pfn;
	zone->managed_pages = 8;
}

static void unmerged(struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	spin_lock(&zone->lock);
	page->flags = 0;
	add_to_free_list(zone, page, 4, MIGRATE_MOVABLE);
	spin_unlock(&zone->lock);
}

static void misaligned(struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn + 40);

	spin_lock(&zone->lock);
	page->flags = 0;
	page->type = PAGE_NONE;
	add_to_free_list(zone, page, 4, MIGRATE_MOVABLE);
	spin_unlock(&zone->lock);
}

static void wrong_pcp_count(struct zone *zone, unsigned long pfn)
{
	(void)pfn;
	test_pageset(zone)->count++;
}

static const struct damage damages[] = {
	{ "type", wrong_type },
	{ "order", wrong_order },
	{ "list", wrong_list },
	{ "length", wrong_length },
	{ "sum", wrong_sum },
	{ "unreported", wrong_unreported },
	{ "managed", more_than_managed },
	{ "unmerged", unmerged },
	{ "misaligned", misaligned },
	{ "pcp count", wrong_pcp_count },
};

static void harm_and_check(void *arg)
{
	const struct damage *damage = arg;
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[4]);

	give_frames(zone, pfn + 16, 16);
	zone_check(zone); /* whole so far: an abort here is not counted */
	dprintf(2, "harm now\n");
	damage->harm(zone, pfn);
	zone_check(zone);
}

/* One invariant after the other is broken by hand. Expect a BUG each time,
 * and none before. */
static void test_damages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		if (!child_aborts(harm_and_check,
				  (void *)(uintptr_t)&damages[i],
				  "harm now\nkmalloc: BUG: "))
			fail_msg("%s was not seen", damages[i].name);
}

/* The counters of a zone with pages in every place. Expect their sums. */
static void child_stat(void *arg)
{
	struct zone_stat stat;
	struct zone *zone;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(alloc_pages(GFP_KERNEL, 5));
	__free_pages(page, 0);
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == zone->present_pages);
	REQUIRE(stat.pcp == (unsigned long)test_pageset(zone)->count);
	REQUIRE(stat.free + stat.pcp + 32 == stat.managed);
	REQUIRE(stat.resident_free <= stat.free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damages),
		child_test(child_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
