// SPDX-License-Identifier: MIT
/*
 * test_grow.c - zones get frames as they need them
 */
#include <errno.h>
#include <sys/mman.h>

#include "support/start.h"
#include "sys/os.h"

#define FIRST (1UL << 20 >> PAGE_SHIFT)

/* A fresh zone and its first page. Expect nothing managed, then the first
 * section, of 1 MiB. */
static void child_first_block(void *arg)
{
	struct zone *zone = start_zone("");
	struct zone_stat stat;

	(void)arg;
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == 0 && stat.free == 0 && stat.deferred == 0);
	REQUIRE(!arena_nr_frames);
	REQUIRE(alloc_pages(GFP_KERNEL, 0));
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == FIRST && stat.deferred == 0);
	REQUIRE(zone->present_pages == FIRST && arena_nr_frames == FIRST);
	check_conservation(zone, 1);
}

/* The zone grown to its end. Expect sections that double, each handed over one
 * block at a time, then -ENOMEM each time, with every frame managed. */
static void child_to_the_end(void *arg)
{
	struct zone *zone = start_zone("");
	unsigned long seen = 0;

	(void)arg;
	while (seen < TEST_FRAMES) {
		unsigned long there = zone->present_pages, more;

		more = clamp(seen, FIRST, MAX_ORDER_NR_PAGES);
		REQUIRE(!deferred_grow_zone(zone, seen));
		REQUIRE(zone->managed_pages == seen + more);
		REQUIRE(zone->present_pages == there ||
			(there == seen &&
			 zone->present_pages == max(2 * there, FIRST)));
		/* a caller that saw less than there is by now gets no more */
		REQUIRE(!deferred_grow_zone(zone, seen));
		REQUIRE(zone->managed_pages == seen + more);
		seen += more;
	}
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == TEST_BLOCKS);
	REQUIRE(deferred_grow_zone(zone, zone->managed_pages) == -ENOMEM);
	REQUIRE(deferred_grow_zone(zone, zone->managed_pages) == -ENOMEM);
	REQUIRE(zone->managed_pages == TEST_FRAMES);
	REQUIRE(zone->present_pages == TEST_FRAMES);
	check_conservation(zone, 0);
}

/* A section that is refused so many times. Expect half of what was wanted each
 * time, down to 512 KiB, then -ENOMEM with nothing changed. */
static void child_refused(void *arg)
{
	const unsigned long block = MAX_ORDER_NR_PAGES;
	struct zone *zone = start_zone("");
	unsigned long there = block;

	(void)arg;
	grow_zone_to(zone, block);
	os_fail_calls(1, 100);
	REQUIRE(deferred_grow_zone(zone, there) == -ENOMEM);
	REQUIRE(zone->present_pages == there && arena_nr_frames == there);
	os_fail_calls(1, 3); /* 4, 2, 1 MiB */
	REQUIRE(!deferred_grow_zone(zone, there));
	there += ARENA_STEP;
	REQUIRE(zone->present_pages == there && zone->managed_pages == there);
	os_fail_calls(1, 1); /* 4.5 MiB */
	REQUIRE(!deferred_grow_zone(zone, there));
	REQUIRE(zone->present_pages == there + block / 2);
	os_fail_calls(0, 0);
	grow_zone_to(zone, TEST_FRAMES);
	check_conservation(zone, 0);
}

/* A foreign mapping in the way. Expect the zone to grow behind it, that page
 * left alone, and its place to be taken when it is gone. */
static void child_hole(void *arg)
{
	const unsigned long hole = 3 * MAX_ORDER_NR_PAGES;
	struct zone *zone = start_zone("");
	char *p;

	(void)arg;
	p = mmap(pfn_to_virt(hole), PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	REQUIRE(p == pfn_to_virt(hole));
	*p = 0x55;
	grow_zone_to(zone, TEST_FRAMES - PAGEBLOCK_PAGES);
	REQUIRE(deferred_grow_zone(zone, zone->managed_pages) < 0);
	REQUIRE(zone->present_pages == TEST_FRAMES - PAGEBLOCK_PAGES);
	REQUIRE(!pfn_online(hole) && pfn_online(hole + PAGEBLOCK_PAGES));
	zone_check(zone);
	REQUIRE(*p == 0x55 && !munmap(p, PAGE_SIZE));
	REQUIRE(!deferred_grow_zone(zone, zone->managed_pages));
	REQUIRE(pfn_online(hole) && zone->managed_pages == TEST_FRAMES);
	check_conservation(zone, 0);
}

/* Is the frame mapped, or has its struct page been written? */
static bool frame_touched(unsigned long pfn)
{
	static const struct page untouched;
	unsigned char resident;

	return !mincore(pfn_to_virt(pfn), 1, &resident) ||
	       memcmp(pfn_to_page(pfn), &untouched, sizeof(untouched));
}

/* A zone whose first frame is the last of its pageblock. Expect 1 MiB behind
 * it, that frame first and none before it ever, and nothing mapped there
 * (GROW2); then all the others of the zone. */
static void child_first_frame(void *arg)
{
	const unsigned long first = PAGEBLOCK_PAGES - 1;
	struct zone *zone = start_zone("");

	(void)arg;
	zone->first_frame = first;
	REQUIRE(page_to_pfn(alloc_pages(GFP_KERNEL, 0)) == first);
	REQUIRE(zone->present_pages == FIRST + 1);
	REQUIRE(zone->deferred_end == FIRST + PAGEBLOCK_PAGES);
	grow_zone_to(zone, TEST_FRAMES - first);
	REQUIRE(zone->present_pages == TEST_FRAMES - first);
	REQUIRE(deferred_grow_zone(zone, zone->managed_pages) == -ENOMEM);
	for (unsigned long pfn = 0; pfn < first; pfn++)
		REQUIRE(!frame_touched(pfn));
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == TEST_BLOCKS - 1);
	check_conservation(zone, 1);
}

/* The same while the OS refuses more than 512 KiB at a time. Expect a first
 * frame inside what is there, and the others after it. */
static void child_first_frame_refused(void *arg)
{
	const unsigned long first = PAGEBLOCK_PAGES - 1;
	struct zone *zone = start_zone("");

	(void)arg;
	zone->first_frame = first;
	os_fail_calls(1, 2); /* 3 and 1.5 MiB */
	REQUIRE(!deferred_grow_zone(zone, 0));
	os_fail_calls(0, 0);
	REQUIRE(zone->present_pages == 1);
	REQUIRE(page_to_pfn(alloc_pages(QUIET, 0)) == first % ARENA_STEP);
	grow_zone_to(zone, TEST_FRAMES - first % ARENA_STEP);
	check_conservation(zone, 1);
}

/* New frames (GROW1). Expect them to be known as zero, and to be. */
static void child_zero(void *arg)
{
	const unsigned long *word;
	struct page *page;

	(void)arg;
	start_zone("");
	page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	REQUIRE(page_known_zero(page));
	word = page_address(page);
	for (size_t i = 0; i < MAX_BLOCK_SIZE / sizeof(*word); i++)
		REQUIRE(!word[i]);
}

/* No memory for the per-CPU lists. Expect -ENOMEM. */
static void child_no_pagesets(void *arg)
{
	(void)arg;
	parse_args(TEST_ARENA);
	REQUIRE(!arena_init());
	os_fail_calls(1, 1);
	REQUIRE(page_alloc_init(0) == -ENOMEM);
}

/* A section that cannot be had now. Expect NULL with nothing changed, and
 * the section at the next request. */
static void child_failed_section(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	os_fail_calls(1, 1000);
	REQUIRE(!alloc_pages(QUIET, 0));
	REQUIRE(zone->managed_pages == 0 && arena_nr_frames == 0);
	os_fail_calls(0, 0);
	REQUIRE(alloc_pages(QUIET, 0));
	check_conservation(zone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_first_block),
		child_test(child_to_the_end),
		child_test(child_refused),
		child_test(child_hole),
		child_test(child_zero),
		child_test(child_no_pagesets),
		child_test(child_first_frame),
		child_test(child_first_frame_refused),
		child_test(child_failed_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
