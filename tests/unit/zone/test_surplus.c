// SPDX-License-Identifier: MIT
/*
 * test_surplus.c - the bound on free memory that is resident, and what it
 * learns
 */
#include <stdio.h>
#include <sys/mman.h>

#include "support/start.h"
#include "zone/surplus.h"
#include "zone/sysctl.h"

#define BLOCK MAX_ORDER_NR_PAGES

static struct page *heads[TEST_BLOCKS];
static struct zone *zone;

/* Marks so far apart hide nothing smaller than a largest block. */
static void start(const char *cmdline)
{
	zone = start_owned_zone(cmdline, heads);
	memset(&zone->turnover, 0, sizeof(zone->turnover));
}

static unsigned long bound_now(void)
{
	struct surplus_stat stat;

	surplus_stat(&stat);
	return stat.bound;
}

static void look(void)
{
	surplus_wanted = 1;
	surplus_poll();
	REQUIRE(!surplus_wanted);
}

/* Frees blocks from n on, as their owner would. */
static void free_blocks(unsigned int n, unsigned int nr)
{
	while (nr--)
		free_head(heads[n++]);
}

/* Blocks freed one after the other, 64 MiB in use. Expect the free that passes
 * the bound to give whole blocks back by itself, and no zone above its mark. */
static void child_at_once(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=8M");
	free_blocks(0, 2);
	REQUIRE(zone->unreported == 2 * BLOCK && !zone->turnover.returned);
	free_blocks(2, 1);
	REQUIRE(zone->turnover.returned == 2 * BLOCK);
	REQUIRE(zone->unreported == BLOCK);
	REQUIRE(zone->unreported <= zone->surplus_mark);
	free_blocks(3, 12);
	REQUIRE(zone->free_pages == 15 * BLOCK);
	REQUIRE(zone->unreported <= 2 * BLOCK);
	zone_check(zone);
}

/* What is in use by ratio, and a peak of all memory. Expect the bound to be
 * the largest of the three. */
static void child_bound(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=1M page_reporting.dirty_ratio=50");
	look();
	REQUIRE(bound_now() == TEST_FRAMES / 2);
	free_blocks(0, 8);
	look();
	REQUIRE(bound_now() == TEST_FRAMES / 4);
	REQUIRE(!do_sysctl("vm.free_dirty_ratio", NULL, 0, "0") || bound_now());
	look();
	REQUIRE(bound_now() == TEST_FRAMES / 64);
	do_sysctl("vm.free_dirty_bytes", NULL, 0, "40000000");
	look();
	REQUIRE(bound_now() == 40000000 >> PAGE_SHIFT);
}

static void take_blocks(unsigned int n, unsigned int nr)
{
	while (nr--) {
		heads[n] = alloc_pages(QUIET | __GFP_MOVABLE, MAX_PAGE_ORDER);
		REQUIRE(heads[n]);
		page_clean(heads[n++]);
	}
}

/* Blocks given back and wanted again at once. Expect the bound wider by each
 * of their pages, and the next ones to stay; ticks to take it back; nothing of
 * it left after an idle time. */
static void child_learns(void *arg)
{
	unsigned long wide;

	(void)arg;
	start("page_reporting.dirty_bytes=1M page_reporting.dirty_ratio=0");
	free_blocks(0, 4);
	REQUIRE(zone->unreported == 0 && zone->turnover.lately == 4 * BLOCK);
	take_blocks(0, 4);
	REQUIRE(zone->turnover.refaulted == 4 * BLOCK &&
		!zone->turnover.lately);
	look();
	wide = bound_now();
	REQUIRE(wide >= 4 * BLOCK && wide < 5 * BLOCK);
	free_blocks(0, 4);
	REQUIRE(zone->unreported == 4 * BLOCK);
	tick_run(tick_last_ms + 1);
	REQUIRE(bound_now() < wide && bound_now() >= 3 * BLOCK);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	REQUIRE(bound_now() <= (1UL << 20 >> PAGE_SHIFT) + TEST_FRAMES / 64);
}

/* Memory used again while it was resident. Expect the bound wider as well. */
static void child_reuse(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=4M page_reporting.dirty_ratio=0");
	for (int i = 0; i < 3; i++) {
		free_blocks(0, 1);
		take_blocks(0, 1);
	}
	REQUIRE(zone->turnover.reused >= 3 * BLOCK);
	look();
	REQUIRE(bound_now() >= 4 * BLOCK);
	free_blocks(0, 3);
	REQUIRE(zone->unreported == 3 * BLOCK);
}

/* All that a program has freed and built again, ten times. Expect less than
 * 30% of it resident after the last free, but more than after the first, and no
 * bound after many ticks. */
static void child_cycles(void *arg)
{
	unsigned long first = 0, wide;

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	for (int i = 0; i < 10; i++) {
		free_blocks(0, TEST_BLOCKS);
		if (!i)
			first = zone->unreported;
		if (i < 9)
			take_blocks(0, TEST_BLOCKS);
	}
	REQUIRE(first <= TEST_FRAMES / 16);
	REQUIRE(zone->unreported > first);
	REQUIRE(zone->unreported <= TEST_FRAMES * 3 / 10);
	look();
	wide = bound_now();
	tick_run(tick_last_ms + 1);
	REQUIRE(bound_now() + 100 <= wide); /* a sixteenth less */
	for (int i = 0; i < 300; i++)
		tick_run(tick_last_ms + 1);
	REQUIRE(bound_now() <= 8);
}

/* Free memory in blocks that are too small to go. Expect one look, not one
 * more at each page that is freed. */
static void child_too_small(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=1M page_reporting.dirty_ratio=0");
	for (unsigned long pfn = 0; pfn < 8 * BLOCK; pfn += 16)
		give_frames(zone, pfn, 8);
	look();
	REQUIRE(zone->unreported == 4 * BLOCK && !zone->turnover.returned);
	REQUIRE(zone->surplus_mark >= zone->unreported + 64);
	REQUIRE(!surplus_wanted);
}

/* Pages freed one by one, by way of the per-CPU lists, and a run. Expect both
 * to pass the mark, and what is too much to go with the pages that pass it. */
static void child_pages(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	for (unsigned int i = 0; i < 4; i++) {
		split_page(heads[i], MAX_PAGE_ORDER);
		for (unsigned long n = 0; n < BLOCK; n++) {
			heads[i][n]._refcount = 1;
			__free_page(heads[i] + n);
		}
	}
	REQUIRE(zone->turnover.returned >= 3 * BLOCK);
	surplus_wanted = 0;
	free_page_run(heads[8], BLOCK);
	REQUIRE(surplus_wanted);
}

/* A run cut from a block that was given back, then one that is resident.
 * Expect all of the first to count as wanted, all of the second as reused. */
static void child_runs(void *arg)
{
	struct page *run;

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	free_blocks(0, 1);
	REQUIRE(zone->turnover.lately == BLOCK);
	run = alloc_fit_run(QUIET | __GFP_MOVABLE, 1000);
	REQUIRE(run && zone->turnover.refaulted == 1000);
	free_page_run(run, 1000);
	zone->turnover.reused = 0;
	run = alloc_fit_run(QUIET | __GFP_MOVABLE, 1000);
	REQUIRE(run && zone->turnover.reused == 1000);
}

/* Given back, then ticks; the same for a block whose half was given before.
 * Expect half as much to count at each tick, and never more than is absent. */
static void child_forgets(void *arg)
{
	unsigned long pfn;

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	free_blocks(0, 1);
	tick_run(tick_last_ms + 1);
	REQUIRE(zone->turnover.lately == BLOCK / 2);
	tick_run(tick_last_ms + 2 * tick_interval_ms);
	REQUIRE(zone->turnover.lately == 0);
	pfn = page_to_pfn(heads[1]);
	take_blocks(0, 1);
	give_frames(zone, pfn, BLOCK / 2);
	look();
	give_frames(zone, pfn + BLOCK / 2, BLOCK / 2);
	look();
	REQUIRE(zone->turnover.returned == 2 * BLOCK + BLOCK / 2);
	REQUIRE(zone->turnover.lately == BLOCK);
}

/* Much reused, then all freed in steps down to 1/32 of the peak. Expect the
 * reuse to count whole, then up to a twelfth of the peak, then not at all. */
static void child_rest(void *arg)
{
	unsigned long last;

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	last = page_to_pfn(heads[TEST_BLOCKS - 1]);
	look();
	zone->turnover.reused += TEST_FRAMES;
	free_blocks(0, TEST_BLOCKS - 1);
	look();
	REQUIRE(bound_now() >= 4 * BLOCK);
	give_frames(zone, last, BLOCK / 4);
	look();
	REQUIRE(bound_now() >= TEST_FRAMES / 12);
	REQUIRE(bound_now() <= TEST_FRAMES / 12 + TEST_FRAMES / 32);
	give_frames(zone, last + BLOCK / 4, BLOCK / 4);
	look();
	REQUIRE(bound_now() < BLOCK / 2);
}

static unsigned int drains;

static void count_drain(void)
{
	lock_assert_held(&tick_lock);
	drains++;
}

/* A block more than a quarter of the peak in use, then less and less. Expect
 * the rooms drained below a quarter, and again only when a quarter of that is
 * gone, or after growth; not for less than the floor. */
static void child_drain(void *arg)
{
	static const struct tick room = { .fn = surplus_tick,
					  .drain = count_drain };

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	tick_register(&room);
	free_blocks(0, TEST_BLOCKS - 4);
	look();
	REQUIRE(drains == 0);
	free_blocks(TEST_BLOCKS - 4, 1);
	REQUIRE(drains == 1); /* 3 blocks are in use */
	give_frames(zone, page_to_pfn(heads[TEST_BLOCKS - 3]), BLOCK / 2);
	look();
	REQUIRE(drains == 1);
	give_frames(zone, page_to_pfn(heads[TEST_BLOCKS - 3]) + BLOCK / 2,
		    BLOCK / 2);
	look();
	REQUIRE(drains == 2); /* 2 are */
	take_blocks(0, 2);
	look();
	REQUIRE(drains == 2);
	free_blocks(0, 1);
	look();
	REQUIRE(drains == 3);
	take_blocks(0, 1);
	look();
	do_sysctl("vm.free_dirty_bytes", NULL, 0, "8388608");
	free_blocks(0, 2);
	look();
	REQUIRE(drains == 3);
	free_blocks(TEST_BLOCKS - 2, 1);
	look();
	REQUIRE(drains == 4);
}

/* The same with a peak that has sunk below 32 MiB. Expect no room drained. */
static void child_small_peak(void *arg)
{
	static const struct tick room = { .fn = surplus_tick,
					  .drain = count_drain };

	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	free_blocks(0, TEST_BLOCKS - 3);
	for (int i = 0; i < 6; i++)
		tick_run(tick_last_ms + 1);
	tick_register(&room);
	free_blocks(TEST_BLOCKS - 3, 2);
	look();
	REQUIRE(drains == 0);
}

/* While a tick runs, or this thread reclaims, or forks. Expect nothing given,
 * and the wish kept. */
static void child_busy(void *arg)
{
	(void)arg;
	start("page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0");
	spin_lock(&tick_lock);
	free_blocks(0, 4);
	spin_unlock(&tick_lock);
	REQUIRE(zone->unreported == 4 * BLOCK && surplus_wanted);
	current->flags |= PF_MEMALLOC;
	surplus_poll();
	current->flags &= ~PF_MEMALLOC;
	current->no_ticks = 1;
	surplus_poll();
	current->no_ticks = 0;
	REQUIRE(zone->unreported == 4 * BLOCK && surplus_wanted);
	surplus_poll();
	REQUIRE(zone->unreported == 0 && !surplus_wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_at_once),    child_test(child_bound),
		child_test(child_learns),     child_test(child_reuse),
		child_test(child_cycles),     child_test(child_too_small),
		child_test(child_busy),	      child_test(child_pages),
		child_test(child_runs),	      child_test(child_forgets),
		child_test(child_rest),	      child_test(child_drain),
		child_test(child_small_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
