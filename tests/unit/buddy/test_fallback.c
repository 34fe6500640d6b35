// SPDX-License-Identifier: MIT
/*
 * test_fallback.c - which type gives when the lists of a migratetype are empty
 *
 * Each row of the table is a zone in which only the named pieces are free,
 * one request, and the piece that serves it. Letters are migratetypes.
 */
#include "buddy/internal.h"
#include "support/start.h"
#include "zone/gfp.h"
#include "zone/pageblock.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

#define U MIGRATE_UNMOVABLE
#define M MIGRATE_MOVABLE
#define R MIGRATE_RECLAIMABLE
#define MAX_PIECES 4

struct piece {
	unsigned int block; /* pageblock of the zone */
	unsigned int start, nr; /* frames in it; nr 0: no such piece */
	unsigned int mt; /* of the pageblock */
};

struct row {
	const char *name;
	unsigned int mt, order; /* the request */
	struct piece pieces[MAX_PIECES];
	int from; /* the piece that serves it; -1: none */
	unsigned int becomes; /* the type of its pageblock afterwards */
};

static const struct row rows[] = {
	/* M1: the order of the table, whole blocks being equal */
	{ "U takes R before M",
	  U,
	  0,
	  { { 2, 0, 512, M }, { 4, 0, 512, R } },
	  1,
	  U },
	{ "U takes M", U, 0, { { 2, 0, 512, M } }, 0, U },
	{ "M takes R before U",
	  M,
	  0,
	  { { 2, 0, 512, U }, { 4, 0, 512, R } },
	  1,
	  M },
	{ "M takes U", M, 0, { { 2, 0, 512, U } }, 0, M },
	{ "R takes U before M",
	  R,
	  0,
	  { { 2, 0, 512, M }, { 4, 0, 512, U } },
	  1,
	  R },
	{ "R takes M", R, 0, { { 2, 0, 512, M } }, 0, R },
	{ "own list before all others",
	  U,
	  0,
	  { { 2, 0, 512, R }, { 4, 8, 1, U } },
	  1,
	  U },
	{ "nothing anywhere", U, 0, { { 0, 0, 0, U } }, -1, U },
	{ "nothing large enough", U, 5, { { 2, 0, 16, M } }, -1, U },

	/* M3: claiming looks at the largest first, whatever the table says */
	{ "the larger of two",
	  U,
	  0,
	  { { 2, 0, 512, M }, { 4, 0, 256, R } },
	  0,
	  U },
	{ "the larger of two, by one order",
	  M,
	  0,
	  { { 2, 0, 256, R }, { 4, 0, 512, U } },
	  1,
	  M },

	/* M5: half a pageblock of free or alike frames, or no claim */
	{ "half free: claimed", M, 0, { { 2, 0, 256, U } }, 0, M },
	{ "less than half free: stolen",
	  M,
	  0,
	  { { 2, 0, 128, U }, { 2, 256, 64, U } },
	  1,
	  U },
	{ "half free in pieces: claimed",
	  M,
	  0,
	  { { 2, 0, 128, U }, { 2, 256, 128, U } },
	  1,
	  M },
	{ "U in M: what is in use counts as alike",
	  U,
	  0,
	  { { 2, 0, 4, M } },
	  0,
	  U },
	{ "R in M: the same", R, 0, { { 2, 0, 4, M } }, 0, R },
	{ "U in R: what is in use is not alike", U, 0, { { 2, 0, 4, R } }, 0, R },
	{ "a block that is refused: one order lower is tried",
	  U,
	  0,
	  { { 2, 0, 128, R }, { 4, 0, 64, M } },
	  1,
	  U },

	/* M4: Movable claims from order 4 upward only; others always may */
	{ "M and an order below 4: stolen", M, 0, { { 2, 0, 8, U } }, 0, U },
	{ "U and an order below 4: claimed", U, 0, { { 2, 0, 1, M } }, 0, U },

	/* M6: stealing takes the smallest that is large enough */
	{ "the smallest is stolen",
	  M,
	  0,
	  { { 2, 0, 64, U }, { 4, 0, 2, R }, { 6, 0, 16, U } },
	  1,
	  R },
	{ "the smallest that is large enough",
	  M,
	  3,
	  { { 2, 0, 64, U }, { 4, 0, 4, R }, { 6, 0, 16, U } },
	  2,
	  U },
	{ "of one order, the table decides",
	  M,
	  1,
	  { { 2, 0, 2, U }, { 4, 0, 2, R } },
	  1,
	  R },
};

static struct page *heads[TEST_BLOCKS];

static unsigned long first_frame(const struct piece *piece)
{
	return piece->block * PAGEBLOCK_PAGES + piece->start;
}

static int inside(const struct piece *piece, const struct page *page)
{
	return page_to_pfn(page) - first_frame(piece) < piece->nr;
}

/* The rest of the piece is free, and on the list of its pageblock. */
static void check_rest(struct zone *zone, const struct row *row)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_PIECES; i++)
		sum += row->pieces[i].nr;
	REQUIRE(zone->free_pages == sum - (1UL << row->order));
	zone_check(zone);
	for (int i = 0; i < MAX_PIECES; i++) {
		const struct piece *piece = &row->pieces[i];
		unsigned int want = piece->mt;

		if (!piece->nr)
			continue;
		if (piece->block == row->pieces[row->from].block)
			want = row->becomes;
		REQUIRE(get_pageblock_migratetype(first_frame(piece)) == want);
	}
}

static void run_row(void *arg)
{
	const struct row *row = arg;
	struct zone *zone = start_owned_zone("", heads);
	struct page *page;

	for (unsigned int i = 0; i < MAX_PIECES; i++) {
		const struct piece *piece = &row->pieces[i];

		if (!piece->nr)
			continue;
		set_pageblock_migratetype(first_frame(piece), piece->mt);
		give_frames(zone, first_frame(piece), piece->nr);
	}
	zone_check(zone);
	spin_lock(&zone->lock);
	page = __rmqueue(zone, row->order, row->mt, 0);
	spin_unlock(&zone->lock);
	if (row->from < 0) {
		REQUIRE(!page);
		zone_check(zone);
		return;
	}
	REQUIRE(page);
	REQUIRE(inside(&row->pieces[row->from], page));
	REQUIRE(!(page_to_pfn(page) & ((1UL << row->order) - 1)));
	check_rest(zone, row);
}

/* Every row of the table, in a zone of its own. Expect the piece and the type
 * that the row names (docs/kernel.md M1, M3 to M6). */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct child_end end;

		child_run(run_row, (void *)(uintptr_t)&rows[i], &end);
		if (end.status)
			fail_msg("%s: status %#x: %s", rows[i].name, end.status,
				 end.err);
	}
}

/* A largest block of another type (M5). Expect both its pageblocks claimed. */
static void child_claim_largest(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[3]);
	struct page *page;

	(void)arg;
	give_frames(zone, pfn, MAX_ORDER_NR_PAGES);
	spin_lock(&zone->lock);
	page = __rmqueue(zone, 0, U, 0);
	spin_unlock(&zone->lock);
	REQUIRE(page == heads[3]);
	REQUIRE(get_pageblock_migratetype(pfn) == U);
	REQUIRE(get_pageblock_migratetype(pfn + PAGEBLOCK_PAGES) == U);
	REQUIRE(zone->free_pages == MAX_ORDER_NR_PAGES - 1);
	zone_check(zone);
}

/* A pageblock that holds slabs and runs beside its free frames. Expect the
 * scan to step over them and to count and move every free block. */
static void child_scan_steps(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[2]);
	struct page *page;

	(void)arg;
	set_pageblock_migratetype(pfn, U);
	pfn_to_page(pfn)->type = PAGE_SLAB;
	pfn_to_page(pfn)->order = 3;
	pfn_to_page(pfn + 8)->type = PAGE_RUN;
	pfn_to_page(pfn + 8)->nr_pages = 5;
	pfn_to_page(pfn + 13)->type = PAGE_ALLOCATED;
	give_frames(zone, pfn + 14, 2);
	give_frames(zone, pfn + 16, 240);
	give_frames(zone, pfn + 300, 14); /* 256 free in all */
	spin_lock(&zone->lock);
	page = __rmqueue(zone, 0, M, 0);
	spin_unlock(&zone->lock);
	REQUIRE(page && get_pageblock_migratetype(pfn) == M);
	REQUIRE(zone->free_pages == 255);
	zone_check(zone); /* BUDDY4: all moved */
}

/* An allocated block whose owner says how to move it. */
static void movable_frames(unsigned long pfn, unsigned long nr)
{
	for (unsigned long n = 0; n < nr; n++) {
		pfn_to_page(pfn + n)->type = PAGE_ALLOCATED;
		pfn_to_page(pfn + n)->order = 0;
		pfn_to_page(pfn + n)->flags = PG_MOVABLE_OPS;
	}
}

static const struct {
	unsigned int mt, block_mt;
	unsigned long free, movable;
	unsigned int becomes;
} movable_rows[] = {
	/* M5: what Movable finds movable is alike */
	{ M, U, 192, 63, U },
	{ M, U, 192, 64, M },
	{ M, U, 64, 192, M },
	{ M, R, 255, 0, R },
	/* to others, what is not movable in a block of Movable is */
	{ U, M, 64, 320, M },
	{ U, M, 64, 256, U },
	{ R, M, 64, 257, M },
	{ R, M, 64, 256, R },
	/* and nothing in a block of the third type */
	{ U, R, 192, 64, R },
	{ R, U, 192, 320, U },
};

static void run_movable_row(void *arg)
{
	size_t i = (size_t)arg;
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[2]);
	struct page *page;

	set_pageblock_migratetype(pfn, movable_rows[i].block_mt);
	give_frames(zone, pfn, movable_rows[i].free);
	movable_frames(pfn + movable_rows[i].free, movable_rows[i].movable);
	spin_lock(&zone->lock);
	page = __rmqueue(zone, 0, movable_rows[i].mt, 0);
	spin_unlock(&zone->lock);
	REQUIRE(page);
	REQUIRE(get_pageblock_migratetype(pfn) == movable_rows[i].becomes);
	zone_check(zone);
}

/* Pageblocks with movable pages in them. Expect these to count as free for
 * Movable, and against the others (M5). */
static void test_movable(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(movable_rows); i++) {
		struct child_end end;

		child_run(run_movable_row, (void *)i, &end);
		if (end.status)
			fail_msg("row %zu: status %#x: %s", i, end.status,
				 end.err);
	}
}

/* ---- pageblock.rule=4.4 -------------------------------------------------- */

struct old_row {
	const char *name;
	unsigned int mt, order;
	struct piece pieces[MAX_PIECES];
	int from;
	unsigned int becomes; /* the type of the pageblock */
	unsigned int rest; /* on which list what is left of the piece is */
};

/* M7, in the words of the notes: the largest foreign block; the pageblock
 * changes its type if at least half of it moved; the rest is ours always. */
static const struct old_row old_rows[] = {
	{ "whole block", U, 0, { { 2, 0, 512, M } }, 0, U, U },
	{ "half of one", M, 0, { { 2, 0, 256, U } }, 0, M, M },
	{ "half in pieces",
	  M,
	  0,
	  { { 2, 0, 128, U }, { 2, 256, 128, U } },
	  1,
	  M,
	  M },
	{ "less than half: the rest is ours, the block is not",
	  M,
	  0,
	  { { 2, 0, 128, U } },
	  0,
	  U,
	  M },
	{ "U in M: what is in use does not count",
	  U,
	  0,
	  { { 2, 0, 4, M } },
	  0,
	  M,
	  U },
	{ "M from order 3: nothing else moves",
	  M,
	  0,
	  { { 2, 0, 8, U } },
	  0,
	  U,
	  M },
	{ "the largest, not the smallest",
	  M,
	  0,
	  { { 2, 0, 4, U }, { 4, 0, 8, U } },
	  1,
	  U,
	  M },
	{ "of one order, the table decides",
	  M,
	  0,
	  { { 2, 0, 64, U }, { 4, 0, 64, R } },
	  1,
	  R,
	  M },
	{ "R takes U before M",
	  R,
	  0,
	  { { 2, 0, 64, M }, { 4, 0, 64, U } },
	  1,
	  U,
	  R },
};

static void run_old_row(void *arg)
{
	const struct old_row *row = arg;
	struct zone *zone = start_owned_zone("pageblock.rule=4.4", heads);
	const struct piece *from = &row->pieces[row->from];
	unsigned long pages = 0, others = 0;
	struct page *page;

	for (unsigned int i = 0; i < MAX_PIECES; i++) {
		const struct piece *piece = &row->pieces[i];

		if (!piece->nr)
			continue;
		set_pageblock_migratetype(first_frame(piece), piece->mt);
		give_frames(zone, first_frame(piece), piece->nr);
		if (piece->block != from->block)
			others += piece->nr;
	}
	spin_lock(&zone->lock);
	page = __rmqueue(zone, row->order, row->mt, 0);
	spin_unlock(&zone->lock);
	REQUIRE(page && inside(from, page));
	REQUIRE(get_pageblock_migratetype(first_frame(from)) == row->becomes);
	zone_check(zone);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct page *rest;

		list_for_each_entry(
			rest, &zone->free_area[order].free_list[row->rest], lru)
			pages += 1UL << order;
	}
	REQUIRE(pages == zone->free_pages - others);
	/* M2: freed, it goes where its pageblock says */
	spin_lock(&zone->lock);
	__free_one_page(zone, page, row->order);
	spin_unlock(&zone->lock);
	REQUIRE(PageBuddy(page) || zone->free_pages);
	zone_check(zone);
}

/* Every row of the table with the rule of 4.4. Expect the piece, the type of
 * its pageblock and the list of its rest that the row names. */
static void test_old_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(old_rows); i++) {
		struct child_end end;

		child_run(run_old_row, (void *)(uintptr_t)&old_rows[i], &end);
		if (end.status)
			fail_msg("%s: status %#x: %s", old_rows[i].name,
				 end.status, end.err);
	}
}

/* A pageblock of U, a quarter of it free, taken by M and freed again with the
 * rule of 4.4. Expect it to keep its type and all of it to be on U's list: what
 * was on another one is retyped as it merges. */
static void child_old_rule_free(void *arg)
{
	struct zone *zone = start_owned_zone("pageblock.rule=4.4", heads);
	unsigned long pfn = page_to_pfn(heads[2]);
	struct page *page;

	(void)arg;
	set_pageblock_migratetype(pfn, U);
	give_frames(zone, pfn, 128);
	spin_lock(&zone->lock);
	page = __rmqueue(zone, 0, M, 0);
	REQUIRE(page == pfn_to_page(pfn));
	REQUIRE(pfn_to_page(pfn + 64)->migratetype == M);
	__free_one_page(zone, page, 0);
	spin_unlock(&zone->lock);
	REQUIRE(PageBuddy(page) && page->order == 7 && page->migratetype == U);
	REQUIRE(get_pageblock_migratetype(pfn) == U);
	zone_check(zone);
}

/* ---- what else depends on it --------------------------------------------- */

/* Claims of foreign blocks, large ones and small ones (W9). Expect a boost of
 * one pageblock for each try on a small one, up to the limit; and that it can
 * be worked off. */
static void child_boost(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long pfn = page_to_pfn(heads[2]);

	(void)arg;
	zone->_watermark[WMARK_HIGH] = 600;
	give_frames(zone, page_to_pfn(heads[4]), MAX_ORDER_NR_PAGES);
	spin_lock(&zone->lock);
	REQUIRE(__rmqueue(zone, MAX_PAGE_ORDER, U, ALLOC_KSWAPD));
	REQUIRE(!zone->watermark_boost && !zone_flag(zone, ZONE_BOOSTED));
	spin_unlock(&zone->lock);
	for (unsigned long n = 1; n <= 3; n++) {
		set_pageblock_migratetype(pfn, U);
		give_frames(zone, pfn, 128);
		spin_lock(&zone->lock);
		REQUIRE(__rmqueue(zone, 7, M, n > 1 ? ALLOC_KSWAPD : 0));
		spin_unlock(&zone->lock);
		REQUIRE(zone->watermark_boost == min(n * 512, 900UL));
		REQUIRE(zone_flag(zone, ZONE_BOOSTED) == (n > 1));
		REQUIRE(high_wmark_pages(zone) == 600 + zone->watermark_boost);
	}
	clear_watermark_boost(zone, 500);
	REQUIRE(zone->watermark_boost == 400);
	clear_watermark_boost(zone, 500);
	REQUIRE(!zone->watermark_boost);
	/* no high mark, or less than four pageblocks: never */
	spin_lock(&zone->lock);
	zone->_watermark[WMARK_HIGH] = 0;
	REQUIRE(!boost_watermark(zone));
	zone->_watermark[WMARK_HIGH] = 600;
	zone->managed_pages = 4 * PAGEBLOCK_PAGES - 1;
	REQUIRE(!boost_watermark(zone));
	zone->managed_pages = TEST_FRAMES;
	REQUIRE(do_sysctl("vm.watermark_boost_factor", NULL, 0, "0") > 0);
	REQUIRE(!boost_watermark(zone) && !zone->watermark_boost);
	spin_unlock(&zone->lock);
}

/* Less memory than a pageblock for each type (Z4). Expect every request
 * and pageblock Unmovable; with more, not. */
static void child_no_grouping(void *arg)
{
	(void)arg;
	parse_args("mem=8M");
	start_zone("");
	REQUIRE(page_group_by_mobility_disabled);
	REQUIRE(gfp_migratetype(GFP_KERNEL | __GFP_MOVABLE) == U);
	REQUIRE(alloc_pages(QUIET | __GFP_MOVABLE, 0)->migratetype == U);
	set_pageblock_migratetype(0, M);
	REQUIRE(get_pageblock_migratetype(0) == U);
	zone_check(&node_data[0].node_zones[ZONE_NORMAL]);
}

/* A Normal zone with DMA32 beside it that has only blocks of another type left
 * (M8). Expect DMA32 to be asked first, then types to mix; without DMA32,
 * mixing at once. */
static void nofragment(void *arg)
{
	const char *cmdline = arg;
	struct zone *normal, *dma32;
	struct page *page;

	pin_to_one_cpu();
	normal = start_zone(cmdline);
	dma32 = &node_data[0].node_zones[ZONE_DMA32];
	while (normal->managed_pages < normal->spanned_pages)
		REQUIRE(!deferred_grow_zone(normal, normal->managed_pages));
	for (unsigned long pfn = normal->zone_start_pfn;
	     pfn < zone_end_pfn(normal); pfn += MAX_ORDER_NR_PAGES) {
		page = alloc_pages(QUIET | __GFP_MOVABLE, MAX_PAGE_ORDER);
		REQUIRE(page_zone(page) == normal);
		if (pfn == normal->zone_start_pfn)
			give_frames(normal, page_to_pfn(page), 300);
	}
	setup_per_zone_wmarks();
	normal->_watermark[WMARK_MIN] = normal->_watermark[WMARK_LOW] =
		normal->_watermark[WMARK_HIGH] = 0;
	page = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(page);
	REQUIRE(page_zone(page) == (dma32->spanned_pages ? dma32 : normal));
}

static void child_nofragment(void *arg)
{
	static char with[] = "dma=0 dma32=32M", without[] = "dma=0 dma32=0";
	struct child_end end;

	(void)arg;
	child_run(nofragment, with, &end);
	REQUIRE(!end.status || !dprintf(2, "%s", end.err));
	child_run(nofragment, without, &end);
	REQUIRE(!end.status || !dprintf(2, "%s", end.err));
}

/* Normal of one node has only blocks of another type left, its DMA32 nothing,
 * and another node plenty (M8). Expect types to mix rather than to go there. */
static void child_not_remote(void *arg)
{
	struct zone *normal, *dma32;
	struct page *page;

	(void)arg;
	normal = start_zone("numa=fake=2 dma=0 dma32=8M");
	dma32 = &node_data[0].node_zones[ZONE_DMA32];
	while (!deferred_grow_zone(normal, normal->managed_pages))
		;
	while (!deferred_grow_zone(dma32, dma32->managed_pages))
		;
	do {
		page = alloc_pages_node(0,
					QUIET | __GFP_MOVABLE | __GFP_THISNODE,
					MAX_PAGE_ORDER);
		if (page && page_to_pfn(page) == normal->zone_start_pfn)
			give_frames(normal, page_to_pfn(page), 300);
	} while (page);
	normal->_watermark[WMARK_MIN] = normal->_watermark[WMARK_LOW] =
		normal->_watermark[WMARK_HIGH] = 0;
	page = alloc_pages_node(0, GFP_KERNEL, 0);
	REQUIRE(page && page_zone(page) == normal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		child_test(child_claim_largest),
		child_test(child_scan_steps),
		cmocka_unit_test(test_movable),
		cmocka_unit_test(test_old_rule),
		child_test(child_old_rule_free),
		child_test(child_boost),
		child_test(child_no_grouping),
		child_test(child_nofragment),
		child_test(child_not_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
