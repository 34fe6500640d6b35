// SPDX-License-Identifier: MIT
/*
 * test_fallback.c - who gives when the lists of a migratetype are empty
 *
 * Each row of the table is a zone in which only the named pieces are free,
 * one request, and the piece that serves it. Letters are migratetypes.
 */
#include "support/start.h"

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
 * that the row names (kernel-facts M1, M3 to M6). */
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
	zone_check(zone); /* B4: all of them moved */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		child_test(child_claim_largest),
		child_test(child_scan_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
