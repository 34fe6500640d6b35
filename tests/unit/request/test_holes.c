// SPDX-License-Identifier: MIT
/*
 * test_holes.c - stretches of free frames, and the notes of them
 */
#include "request/holes.h"
#include "support/random.h"
#include "support/start.h"
#include "zone/pageblock.h"

static struct zone *zone;
static struct page *heads[TEST_BLOCKS];
static unsigned long base; /* the first frame of the zone */

static void start_holes(void)
{
	zone = start_owned_zone("", heads);
	base = zone->zone_start_pfn;
}

static struct stretch around(unsigned long pfn)
{
	struct fit fit = { .zone = zone, .types = 1U << MIGRATE_MOVABLE };
	struct stretch at;

	spin_lock(&zone->lock);
	at = stretch_around(&fit, pfn);
	spin_unlock(&zone->lock);
	return at;
}

static void expect_stretch(unsigned long pfn, unsigned long start,
			   unsigned long nr)
{
	struct stretch at = around(pfn);

	REQUIRE(at.pfn == start);
	REQUIRE(at.nr == nr);
}

static void note(unsigned long pfn)
{
	spin_lock(&zone->lock);
	hole_note(zone, pfn);
	holes_check(zone);
	spin_unlock(&zone->lock);
}

/* Give frames of a hole, and note it. */
static void make_hole(unsigned long pfn, unsigned long nr)
{
	give_frames(zone, pfn, nr);
	note(pfn + nr / 2);
}

static struct stretch take(unsigned long nr)
{
	struct fit fit = { zone, nr, 1U << MIGRATE_MOVABLE, 1 };
	struct stretch hole;

	spin_lock(&zone->lock);
	hole = hole_take(&fit);
	holes_check(zone);
	spin_unlock(&zone->lock);
	return hole;
}

/* Take the free block at pfn off its list. */
static void take_block(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	spin_lock(&zone->lock);
	REQUIRE(PageBuddy(page));
	del_page_from_free_list(zone, page, page->order);
	spin_unlock(&zone->lock);
}

/* 9 frames from 3 on, as blocks of 1, 4 and 4; then from 1,020 to 1,027, over
 * the end of a largest block; one free block alone. Expect the same stretch
 * from each of its blocks, and nothing of what is in use. */
static void child_measure(void *arg)
{
	(void)arg;
	start_holes();
	give_frames(zone, base + 3, 9);
	expect_stretch(base + 3, base + 3, 9);
	expect_stretch(base + 4, base + 3, 9);
	expect_stretch(base + 8, base + 3, 9);
	give_frames(zone, base + 1020, 8);
	expect_stretch(base + 1020, base + 1020, 8);
	expect_stretch(base + 1024, base + 1020, 8);
	give_frames(zone, base + 2048 + 32, 16);
	expect_stretch(base + 2048 + 32, base + 2048 + 32, 16);
	zone_check(zone);
}

/* A largest block between frames that are free; the last frames of the zone;
 * more than LONGEST. Expect one stretch, which ends with the zone, and LONGEST
 * at most around where the look began. */
static void child_measure_far(void *arg)
{
	unsigned long last = base;

	(void)arg;
	start_holes();
	last = zone_end_pfn(zone);
	give_frames(zone, base + 1016, 8);
	give_frames(zone, base + 1024, 1024);
	give_frames(zone, base + 2048, 5);
	expect_stretch(base + 1016, base + 1016, 8 + 1024 + 5);
	expect_stretch(base + 2048, base + 1016, 8 + 1024 + 5);
	expect_stretch(base + 1024, base + 1016, 8 + 1024 + 5);
	give_frames(zone, last - 6, 6);
	expect_stretch(last - 4, last - 6, 6);
	give_frames(zone, base + 4096, LONGEST + 2048);
	expect_stretch(base + 4096, base + 4096, LONGEST);
	expect_stretch(base + 8192, base + 8192 - 3072, LONGEST);
}

/* Two pageblocks of different types, free where they meet. Expect that the
 * stretch ends there. */
static void child_types(void *arg)
{
	unsigned long end;

	(void)arg;
	start_holes();
	end = base + PAGEBLOCK_PAGES;
	set_pageblock_migratetype(end, MIGRATE_UNMOVABLE);
	give_frames(zone, end - 10, 20);
	expect_stretch(end - 8, end - 10, 10);
}

/* Holes of 20, 12 and 15 frames. Expect the shortest that is long enough, once,
 * and none for what no hole has room for. */
static void child_best(void *arg)
{
	struct stretch hole;

	(void)arg;
	start_holes();
	make_hole(base + 7, 20);
	make_hole(base + 101, 12);
	make_hole(base + 201, 15);
	hole = take(13);
	REQUIRE(hole.pfn == base + 201 && hole.nr == 15);
	hole = take(9);
	REQUIRE(hole.pfn == base + 101 && hole.nr == 12);
	REQUIRE(!take(21).nr);
	hole = take(20);
	REQUIRE(hole.pfn == base + 7 && hole.nr == 20);
	REQUIRE(!take(1).nr);
	REQUIRE(!take(MAX_ORDER_NR_PAGES).nr);
}

/* Holes of one bin, 12 and 13 frames. Expect the fitting one of them. */
static void child_one_bin(void *arg)
{
	(void)arg;
	start_holes();
	make_hole(base + 7, 13);
	make_hole(base + 101, 12);
	REQUIRE(take(12).nr == 12);
	REQUIRE(take(12).nr == 13);
	make_hole(base + 201, 12);
	REQUIRE(!take(13).nr);
}

/* Holes of 7 frames and of 1,024. Expect no note of them. */
static void child_lengths(void *arg)
{
	(void)arg;
	start_holes();
	make_hole(base + 1, 7);
	make_hole(base + 1024, 1024);
	REQUIRE(!take(1).nr);
	make_hole(base + 4096, 1023);
	REQUIRE(take(1).nr == 1023);
}

/* Holes that were used up, grew on either side, or lost their first or last
 * block since they were noted. Expect what is there now, or nothing. */
static void child_stale(void *arg)
{
	struct stretch hole;

	(void)arg;
	start_holes();
	make_hole(base + 64, 16);
	take_block(base + 64);
	REQUIRE(!take(10).nr);

	make_hole(base + 128, 12); /* 8, 4 */
	give_frames(zone, base + 140, 4); /* now 16 */
	hole = take(10);
	REQUIRE(hole.pfn == base + 128 && hole.nr == 16);
	take_block(base + 128);

	make_hole(base + 200, 16);
	give_frames(zone, base + 195, 5); /* 21 in front of it too */
	hole = take(10);
	REQUIRE(hole.pfn == base + 195 && hole.nr == 21);
	REQUIRE(!take(10).nr);

	make_hole(base + 256, 12); /* 8, 4 */
	take_block(base + 264);
	REQUIRE(!take(10).nr);
	REQUIRE(take(8).pfn == base + 256);
	make_hole(base + 512, 12);
	take_block(base + 512);
	REQUIRE(!take(4).nr);
}

/* More holes of a length than a bin has room for. Expect the newest of them,
 * each once. */
static void child_full_bin(void *arg)
{
	bool seen[40] = { false };
	unsigned int found = 0;
	struct stretch hole;

	(void)arg;
	start_holes();
	for (unsigned long n = 0; n < 40; n++)
		make_hole(base + n * 20, 16);
	while ((hole = take(16)).nr) {
		REQUIRE((hole.pfn - base) % 20 == 0);
		REQUIRE((hole.pfn - base) / 20 >= 8);
		REQUIRE(!seen[(hole.pfn - base) / 20]);
		seen[(hole.pfn - base) / 20] = true;
		found++;
	}
	REQUIRE(found == 32);
}

/* A frame that is not free. Expect no note. */
static void child_not_free(void *arg)
{
	(void)arg;
	start_holes();
	note(base + 30);
	REQUIRE(!take(1).nr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_measure),  child_test(child_measure_far),
		child_test(child_types),    child_test(child_best),
		child_test(child_one_bin),  child_test(child_lengths),
		child_test(child_stale),    child_test(child_full_bin),
		child_test(child_not_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
