// SPDX-License-Identifier: MIT
/*
 * test_hotplug.c - frames that go offline and come back
 */
#include <fcntl.h>
#include <sys/mman.h>

#include <kmalloc/mm.h>

#include "compaction/compaction.h"
#include "compaction/migrate.h"
#include "support/movable.h"
#include "sys/os.h"
#include "zone/watermark.h"

#define BLOCK MAX_ORDER_NR_PAGES

static struct page *heads[TEST_BLOCKS];

struct counts {
	unsigned long managed, present, spanned, free, online, charged;
};

static struct counts counts_of(const struct zone *zone)
{
	return (struct counts){
		zone->managed_pages, zone->present_pages, zone->spanned_pages,
		zone->free_pages,    arena.online_frames, arena.charged_frames,
	};
}

static void same_counts(const struct zone *zone, const struct counts *before)
{
	struct counts now = counts_of(zone);

	REQUIRE(!memcmp(&now, before, sizeof(now)));
	REQUIRE(!zone->nr_isolate_pageblock && !zone->nr_isolated);
	REQUIRE(!zone->pcp_disabled);
}

/* May a byte be read there? */
static bool mapped(const void *p)
{
	unsigned char vec;
	int fd[2];
	bool ok;

	(void)vec;
	REQUIRE(!pipe(fd));
	ok = write(fd[1], p, 1) == 1;
	close(fd[0]);
	close(fd[1]);
	return ok;
}

/* Two blocks with movable pages, offline and online again. Expect the pages
 * elsewhere with their contents, the counts less by these frames, no access
 * to them; then free frames that are zero and known to be. */
static void child_off_and_on(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct counts before, now;
	unsigned long min_kbytes;

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	before = counts_of(zone);
	min_kbytes = min_free_kbytes;
	REQUIRE(!km_offline_pages(2 * BLOCK, 2 * BLOCK));
	now = counts_of(zone);
	REQUIRE(now.managed == before.managed - 2 * BLOCK);
	REQUIRE(now.present == before.present - 2 * BLOCK);
	REQUIRE(now.spanned == before.spanned);
	REQUIRE(now.online == before.online - 2 * BLOCK);
	REQUIRE(now.charged == before.charged - 2 * BLOCK);
	REQUIRE(now.free == before.free - 2 * BLOCK);
	REQUIRE(min_free_kbytes < min_kbytes);
	min_kbytes = min_free_kbytes;
	REQUIRE(!pfn_online(2 * BLOCK) && !pfn_online(4 * BLOCK - 1));
	REQUIRE(!mapped(pfn_to_virt(2 * BLOCK)) && mapped(pfn_to_virt(0)));
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	check_conservation(zone, TEST_FRAMES / 2);
	REQUIRE(km_offline_pages(2 * BLOCK, BLOCK) == -EINVAL);
	REQUIRE(km_online_pages(BLOCK, 2 * BLOCK) == -EEXIST);
	REQUIRE(!km_online_pages(2 * BLOCK, 2 * BLOCK));
	REQUIRE(km_online_pages(2 * BLOCK, 2 * BLOCK) == -EEXIST);
	same_counts(zone, &before);
	REQUIRE(min_free_kbytes > min_kbytes);
	check_conservation(zone, TEST_FRAMES / 2);
	for (int i = 0; i < 2; i++) {
		const char *bytes;
		struct page *page = alloc_pages(QUIET, 10);

		REQUIRE(page && page_known_zero(page));
		bytes = page_to_virt(page);
		REQUIRE(!bytes[0] && !bytes[MAX_BLOCK_SIZE - 1]);
	}
	REQUIRE(!called_with_locks);
}

/* What cannot be moved: a page in use, an owner that refuses, a slab, a run, no
 * room elsewhere; and ranges that are none. Expect all as it was. */
static void child_refused(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	struct counts before;

	(void)arg;
	fragment(zone, 8 * BLOCK, 9 * BLOCK, 2);
	before = counts_of(zone);
	for (unsigned int type = PAGE_ALLOCATED; type <= PAGE_BAD; type++) {
		set_page_type(heads[1], (enum page_type)type);
		REQUIRE(km_offline_pages(BLOCK, BLOCK) == -EBUSY);
		same_counts(zone, &before);
	}
	REQUIRE(km_offline_pages(8 * BLOCK, BLOCK) == -EBUSY); /* no room */
	same_counts(zone, &before);
	give_frames(zone, 10 * BLOCK, 2 * BLOCK);
	before = counts_of(zone);
	refuse_isolate = true;
	REQUIRE(km_offline_pages(8 * BLOCK, BLOCK) == -EBUSY);
	refuse_isolate = false;
	migrate_says = -EINVAL;
	REQUIRE(km_offline_pages(8 * BLOCK, BLOCK) == -EBUSY);
	migrate_says = 0;
	same_counts(zone, &before);
	REQUIRE(km_offline_pages(8 * BLOCK, 0) == -EINVAL);
	REQUIRE(km_offline_pages(8 * BLOCK, 512) == -EINVAL);
	REQUIRE(km_offline_pages(8 * BLOCK + 1, BLOCK) == -EINVAL);
	REQUIRE(km_offline_pages(TEST_FRAMES, BLOCK) == -EINVAL);
	REQUIRE(km_offline_pages(15 * BLOCK, 2 * BLOCK) == -EINVAL);
	REQUIRE(km_online_pages(15 * BLOCK, 2 * BLOCK) == -EINVAL);
	REQUIRE(km_online_pages(TEST_FRAMES, BLOCK) == -EINVAL);
	same_counts(zone, &before);
	REQUIRE(slots_check() == 512);
	REQUIRE(!km_offline_pages(8 * BLOCK, BLOCK));
	REQUIRE(slots_check() == 512);
	zone_check(zone);
}

/* Pages on the per-CPU lists, and frames that are online but on no list yet.
 * Expect them offline as well. */
static void child_pcp_and_deferred(void *arg)
{
	struct zone *zone;
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	page = alloc_pages(GFP_KERNEL, 0);
	__free_pages(page, 0);
	REQUIRE(test_pageset(zone)->count > 0);
	grow_zone_to(zone, 3 * BLOCK);
	REQUIRE(zone->present_pages == 4 * BLOCK);
	REQUIRE(!km_offline_pages(0, BLOCK));
	REQUIRE(test_pageset(zone)->count == 0);
	REQUIRE(!km_offline_pages(2 * BLOCK, 2 * BLOCK));
	REQUIRE(zone->managed_pages == BLOCK && zone->present_pages == BLOCK);
	zone_check(zone);
	REQUIRE(page_to_pfn(alloc_pages(GFP_KERNEL, 0)) / BLOCK == 1);
	check_conservation(zone, 1);
}

/* Growth with holes. Expect the frames behind first, and those that were taken
 * offline when there is nothing else, each once. */
static void child_growth(void *arg)
{
	unsigned long seen[TEST_BLOCKS] = { 0 };
	struct zone *zone = start_zone("");
	struct page *page;

	(void)arg;
	REQUIRE(alloc_pages(QUIET, 10) == pfn_to_page(0));
	for (unsigned int i = 0; i < 7; i++)
		REQUIRE(alloc_pages(QUIET, 10));
	__free_pages(pfn_to_page(3 * BLOCK), 10);
	__free_pages(pfn_to_page(5 * BLOCK), 10);
	REQUIRE(!km_offline_pages(3 * BLOCK, BLOCK));
	REQUIRE(!km_offline_pages(5 * BLOCK, BLOCK));
	for (unsigned int i = 0; i < 8; i++) {
		page = alloc_pages(QUIET, 10);
		REQUIRE(page_to_pfn(page) == (8 + i) * BLOCK);
	}
	REQUIRE(!pfn_online(3 * BLOCK) && !pfn_online(5 * BLOCK));
	while ((page = alloc_pages(QUIET, 10)))
		seen[page_to_pfn(page) / BLOCK]++;
	for (unsigned int i = 0; i < TEST_BLOCKS; i++)
		REQUIRE(seen[i] == (i == 3 || i == 5));
	REQUIRE(!zone->offlined_pages && zone->managed_pages == TEST_FRAMES);
	check_conservation(zone, TEST_FRAMES);
}

/* Every OS call of both ways fails in turn. Expect an error with all counts as
 * they were, and success the next time. */
static void child_os_failures(void *arg)
{
	struct zone *zone = start_owned_zone(arg, heads);
	struct counts before;
	unsigned int failures = 0;

	zone = pfn_to_zone(page_to_pfn(heads[4]));
	fragment(zone, 8 * BLOCK, 9 * BLOCK, 2);
	give_frames(zone, 4 * BLOCK, 2 * BLOCK);
	for (unsigned long n = 1; n < 9; n++) {
		before = counts_of(zone);
		os_fail_calls(n, 1);
		if (km_offline_pages(4 * BLOCK, BLOCK)) {
			os_fail_calls(0, 0);
			failures++;
			same_counts(zone, &before);
			zone_check(zone);
			REQUIRE(!km_offline_pages(4 * BLOCK, BLOCK));
		}
		os_fail_calls(0, 0);
		before = counts_of(zone);
		os_fail_calls(n, 1);
		if (km_online_pages(4 * BLOCK, BLOCK)) {
			os_fail_calls(0, 0);
			failures++;
			same_counts(zone, &before);
			zone_check(zone);
			REQUIRE(!km_online_pages(4 * BLOCK, BLOCK));
		}
		os_fail_calls(0, 0);
		zone_check(zone);
	}
	REQUIRE(failures >= 2); /* one each way: its struct pages stay */
	REQUIRE(slots_check() == 512);
}

static void child_os_failures_normal(void *arg)
{
	(void)arg;
	child_os_failures((void *)(uintptr_t) "");
}

/* mem= full. Expect no frames online beyond it, and room again after some went
 * offline. */
static void child_limit(void *arg)
{
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("mem=16M");
	REQUIRE(alloc_pages(QUIET, 10));
	while (!deferred_grow_zone(zone, zone->managed_pages))
		;
	REQUIRE(zone->managed_pages == 4 * BLOCK && !arena_room());
	REQUIRE(km_online_pages(8 * BLOCK, BLOCK) == -ENOMEM);
	REQUIRE(!km_offline_pages(2 * BLOCK, BLOCK));
	REQUIRE(arena_room() == BLOCK);
	REQUIRE(!km_online_pages(8 * BLOCK, BLOCK));
	REQUIRE(!arena_room());
	check_conservation(zone, BLOCK);
}

/* HighMem, whose frames are pages of a file. Expect it to go and come as the
 * others do, and its blocks to be reported to the OS but for isolated ones. */
static void child_highmem(void *arg)
{
	struct zone *high, *zone;
	struct page *page;
	unsigned long pfn;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("highmem=32M");
	high = &node_data[0].node_zones[ZONE_HIGHMEM];
	page = alloc_pages(GFP_HIGHUSER, 10);
	REQUIRE(page && page_zone(page) == high && !page_address(page));
	pfn = page_to_pfn(page);
	REQUIRE(km_offline_pages(pfn, BLOCK) == -EBUSY);
	__free_pages(page, 10);
	REQUIRE(high->unreported == BLOCK);
	spin_lock(&migrate_lock);
	REQUIRE(!start_isolate_page_range(pfn, pfn + BLOCK));
	REQUIRE(page_reporting_process(high, REPORT_YOUNG) == 0);
	undo_isolate_page_range(pfn, pfn + BLOCK);
	spin_unlock(&migrate_lock);
	REQUIRE(page_reporting_process(high, REPORT_YOUNG) == BLOCK);
	REQUIRE(page_reporting_process(zone, REPORT_YOUNG) == 0);
	REQUIRE(!high->unreported);
	REQUIRE(!km_offline_pages(pfn, BLOCK));
	REQUIRE(!pfn_online(pfn) && high->managed_pages == 0);
	zone_check(high);
	REQUIRE(!km_online_pages(pfn, BLOCK));
	REQUIRE(high->managed_pages == BLOCK);
	zone_check(high);
	REQUIRE(alloc_pages(GFP_HIGHUSER, 10) == page);
}

/* Each OS call that HighMem's first frames need fails in turn, then the one
 * that punches a hole where they go offline. Expect NULL or an error, with all
 * counts as they were, and success the next time. */
static void child_highmem_failures(void *arg)
{
	const gfp_t gfp = QUIET | __GFP_HIGHMEM | __GFP_THISNODE;
	struct page *page = NULL;
	unsigned int failures = 0;
	struct counts before;
	struct zone *high;
	unsigned long pfn;

	(void)arg;
	pin_to_one_cpu();
	start_zone("highmem=32M");
	high = &node_data[0].node_zones[ZONE_HIGHMEM];
	page = alloc_pages(QUIET, 10);
	__free_pages(page, 10); /* Normal has one and need not grow */
	before = counts_of(high);
	/* each from then on: half a section is asked for after a whole one */
	for (unsigned long n = 1; n < 9; n++) {
		os_fail_calls(n, 100);
		page = alloc_pages(gfp, 8);
		os_fail_calls(0, 0);
		if (page && page_zone(page) != high) {
			__free_pages(page, 8);
			page = NULL;
		}
		if (page)
			break;
		failures++;
		same_counts(high, &before);
		zone_check(high);
	}
	REQUIRE(page && page_zone(page) == high && failures >= 2);
	__free_pages(page, 8);
	page = alloc_pages(gfp, 10);
	REQUIRE(page && page_zone(page) == high);
	pfn = page_to_pfn(page);
	__free_pages(page, 10);
	before = counts_of(high);
	os_fail_calls(1, 1);
	REQUIRE(km_offline_pages(pfn, BLOCK) < 0);
	os_fail_calls(0, 0);
	same_counts(high, &before);
	zone_check(high);
	REQUIRE(!km_offline_pages(pfn, BLOCK) && !high->managed_pages);
	REQUIRE(!km_online_pages(pfn, BLOCK));
	REQUIRE(alloc_pages(gfp, 10) == page);
	zone_check(high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_off_and_on),
		child_test(child_refused),
		child_test(child_pcp_and_deferred),
		child_test(child_growth),
		child_test(child_os_failures_normal),
		child_test(child_limit),
		child_test(child_highmem),
		child_test(child_highmem_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
