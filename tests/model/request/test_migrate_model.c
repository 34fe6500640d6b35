// SPDX-License-Identifier: MIT
/*
 * test_migrate_model.c - random operations while pages move and frames come and
 * go
 *
 * The oracle knows the blocks that stay, which never move, and the slots, whose
 * pages do. From these it makes a map of the frames in use and says what must
 * succeed and what must fail: a range with a block that stays is busy, a range
 * with nothing in it is not; a request fails only where nothing would fit; what
 * is isolated serves no request.
 */
#include <kmalloc/mm.h>

#include "compaction/compaction.h"
#include "compaction/migrate.h"
#include "core/tick.h"
#include "support/movable.h"
#include "zone/pageblock.h"

#define OPERATIONS 340000
#define CHECK_EVERY (KM_CHECK ? 1 : 64)
#define MAX_LIVE 1500
#define NR_SLOTS 3000
#define PAGEBLOCKS (TEST_FRAMES / PAGEBLOCK_PAGES)

enum { FREE, STAYS, MOVES };

struct block {
	struct page *page;
	unsigned int order;
	u64 stamp;
};

static struct block live[MAX_LIVE];
static unsigned long nr_live, nr_frames; /* of blocks and slots */
static u8 map[TEST_FRAMES];
static bool isolated[PAGEBLOCKS];
static unsigned long failed, ranges, offlined, onlined, isolations;
static u64 seed;
static struct zone *zone;

/* ---- what the oracle knows ----------------------------------------------- */

static void mark(const struct page *page, unsigned int order, u8 what)
{
	unsigned long pfn = page_to_pfn(page);

	for (unsigned long n = pfn; n < pfn + (1UL << order); n++) {
		REQUIRE(n < TEST_FRAMES && pfn_online(n) && map[n] == FREE);
		map[n] = what;
	}
}

static void make_map(void)
{
	memset(map, FREE, sizeof(map));
	for (unsigned long i = 0; i < nr_live; i++)
		mark(live[i].page, live[i].order, STAYS);
	for (unsigned long i = 0; i < NR_SLOTS; i++)
		if (slots[i].page)
			mark(slots[i].page, slots[i].order, MOVES);
}

static bool range_has(unsigned long pfn, unsigned long end, u8 what)
{
	return memchr(map + pfn, what, end - pfn);
}

static bool range_isolated(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn = ALIGN(pfn + 1, PAGEBLOCK_PAGES))
		if (isolated[pfn / PAGEBLOCK_PAGES])
			return true;
	return false;
}

static bool range_online(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn = ALIGN(pfn + 1, PAGEBLOCK_PAGES))
		if (!pfn_online(pfn))
			return false;
	return true;
}

static bool would_fit(unsigned int order)
{
	unsigned long nr = 1UL << order;

	make_map();
	for (unsigned long pfn = 0; pfn < TEST_FRAMES; pfn += nr)
		if (!range_has(pfn, pfn + nr, STAYS) &&
		    !range_has(pfn, pfn + nr, MOVES) &&
		    !range_isolated(pfn, pfn + nr))
			return true;
	return false;
}

static void check(void)
{
	struct zone_stat stat;

	zone_check(zone);
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == stat.free + stat.pcp + nr_frames);
	REQUIRE(zone->present_pages == arena.online_frames);
	REQUIRE(zone->managed_pages == zone->present_pages - stat.deferred);
	make_map();
}

/* ---- blocks and slots ---------------------------------------------------- */

static struct page *take(unsigned int order)
{
	static const gfp_t gfps[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE,
				      __GFP_COMP };
	struct page *page = alloc_pages(QUIET | gfps[test_below(&seed, 4)],
					order);

	if (!page) {
		REQUIRE(!would_fit(order));
		failed++;
		return NULL;
	}
	REQUIRE(!range_isolated(page_to_pfn(page),
				page_to_pfn(page) + (1UL << order)));
	nr_frames += 1UL << order;
	return page;
}

static void op_take_block(void)
{
	struct block *b = &live[nr_live];
	u64 *last;

	if (nr_live == MAX_LIVE)
		return;
	b->order = (unsigned int)test_below(&seed, test_below(&seed, 6) + 1);
	b->page = take(b->order);
	if (!b->page)
		return;
	b->stamp = test_rand(&seed);
	last = page_to_virt(b->page + (1UL << b->order) - 1);
	last[7] = b->stamp;
	nr_live++;
}

static void op_free_block(void)
{
	struct block *b;
	u64 *last;

	if (!nr_live)
		return;
	b = &live[test_below(&seed, nr_live)];
	last = page_to_virt(b->page + (1UL << b->order) - 1);
	REQUIRE(last[7] == b->stamp);
	nr_frames -= 1UL << b->order;
	__free_pages(b->page, b->order);
	*b = live[--nr_live];
}

static void op_slot(void)
{
	unsigned long i = test_below(&seed, NR_SLOTS);
	struct slot *s = &slots[i];
	struct page *page;

	if (s->page && test_below(&seed, 2)) {
		slot_rewrite(i, test_rand(&seed));
	} else if (s->page) {
		nr_frames -= 1UL << s->order;
		slot_free(i);
	} else {
		page = take((unsigned int)test_below(&seed,
						     test_below(&seed, 6) + 1));
		if (page)
			slot_adopt(i, page, test_rand(&seed));
	}
}

/* ---- ranges -------------------------------------------------------------- */

static void op_range(void)
{
	unsigned long pfn = test_below(&seed, TEST_FRAMES);
	unsigned long end = min(pfn + 1 + test_below(&seed, 1200), TEST_FRAMES);
	bool stays, moves, away;
	int ret;

	make_map();
	stays = range_has(pfn, end, STAYS);
	moves = range_has(pfn, end, MOVES);
	away = range_isolated(pfn, end) || !range_online(pfn, end);
	ret = alloc_contig_range(pfn, end, ACR_FLAGS_NONE,
				 GFP_KERNEL | __GFP_MEMALLOC);
	REQUIRE(ret <= 0 && !(ret == 0 && (stays || away)));
	REQUIRE(ret == 0 || stays || moves || away);
	if (ret)
		return;
	ranges++;
	make_map();
	REQUIRE(!range_has(pfn, end, MOVES));
	for (unsigned long n = pfn; n < end; n++)
		memset(pfn_to_virt(n), 0x3c, 64);
	free_contig_range(pfn, end - pfn);
}

static void op_offline(void)
{
	unsigned long pfn = test_below(&seed, TEST_BLOCKS) * MAX_ORDER_NR_PAGES;
	unsigned long end = pfn + MAX_ORDER_NR_PAGES;
	bool stays, moves, away;
	int ret;

	make_map();
	stays = range_has(pfn, end, STAYS);
	moves = range_has(pfn, end, MOVES);
	away = range_isolated(pfn, end) || !pfn_online(pfn);
	ret = km_offline_pages(pfn, MAX_ORDER_NR_PAGES);
	REQUIRE(!(ret == 0 && (stays || away)));
	REQUIRE(ret == 0 || stays || moves || away);
	REQUIRE(ret || !pfn_online(pfn));
	offlined += !ret;
}

static void op_online(void)
{
	unsigned long pfn = test_below(&seed, TEST_BLOCKS) * MAX_ORDER_NR_PAGES;
	bool there = pfn_online(pfn);
	int ret = km_online_pages(pfn, MAX_ORDER_NR_PAGES);

	REQUIRE(ret == (there ? -EEXIST : 0));
	onlined += !ret;
}

/* A pageblock that stays isolated for some operations. */
static void op_isolate(void)
{
	unsigned long n = test_below(&seed, PAGEBLOCKS);
	unsigned long pfn = n * PAGEBLOCK_PAGES, end = pfn + PAGEBLOCK_PAGES;
	int ret;

	spin_lock(&migrate_lock);
	if (isolated[n]) {
		undo_isolate_page_range(pfn, end);
		isolated[n] = false;
	} else if (pfn_online(pfn)) {
		unsigned int mt = get_pageblock_migratetype(pfn);

		make_map();
		ret = start_isolate_page_range(pfn, end);
		REQUIRE(!ret == !range_has(pfn, end, STAYS));
		isolated[n] = !ret;
		drain_all_pages(zone); /* what was freed before */
		if (!ret && test_below(&seed, 2)) {
			undo_isolate_page_range(pfn, end);
			isolated[n] = false;
			REQUIRE(get_pageblock_migratetype(pfn) == mt);
		}
		isolations += !ret;
	}
	spin_unlock(&migrate_lock);
}

static void op_compact(void)
{
	if (test_below(&seed, 4) == 0) {
		compact_nodes();
	} else {
		wakeup_kcompactd(NODE_DATA(0),
				 1 + (unsigned int)test_below(&seed, 9),
				 ZONE_NORMAL);
		kcompactd_run(NODE_DATA(0));
	}
}

/* ---- the run ------------------------------------------------------------- */

static void one_operation(unsigned long i)
{
	unsigned long bias = i / 4000 % 4 < 2 ? 60 : 40;
	unsigned long dice = test_below(&seed, 1000);

	if (dice < 4)
		op_range();
	else if (dice < 8)
		op_offline();
	else if (dice < 12)
		op_online();
	else if (dice < 18)
		op_isolate();
	else if (dice < 20)
		op_compact();
	else if (dice < 22)
		tick_run(i);
	else if (dice < 24)
		drain_all_pages(zone);
	else if (dice < 26)
		page_reporting_process(zone, REPORT_YOUNG);
	else if (dice < 500)
		op_slot();
	else if (test_below(&seed, 100) < bias)
		op_take_block();
	else
		op_free_block();
}

static void give_all_back(void)
{
	spin_lock(&migrate_lock);
	undo_isolate_page_range(0, TEST_FRAMES);
	spin_unlock(&migrate_lock);
	while (nr_live)
		op_free_block();
	for (unsigned long i = 0; i < NR_SLOTS; i++) {
		if (slots[i].page)
			nr_frames -= 1UL << slots[i].order;
		slot_free(i);
	}
	for (unsigned long i = 0; i < TEST_BLOCKS; i++)
		km_online_pages(i * MAX_ORDER_NR_PAGES, MAX_ORDER_NR_PAGES);
	drain_all_pages(zone);
	check();
	REQUIRE(!nr_frames && zone->free_pages == TEST_FRAMES);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == TEST_BLOCKS);
}

static void run_model(void *arg)
{
	seed = (u64)(uintptr_t)arg;
	zone = start_zone("");
	while (!deferred_grow_zone(zone, zone->managed_pages))
		;
	for (unsigned long i = 0; i < OPERATIONS; i++) {
		one_operation(i);
		if (i % CHECK_EVERY == 0)
			check();
	}
	slots_check();
	REQUIRE(nr_migrated > 100 && ranges > 3 && offlined > 3 && onlined > 3);
	REQUIRE(isolations > 3 && !called_with_locks);
	give_all_back();
	REQUIRE(!zone->nr_movable_pages && !zone->offlined_pages);
}

/* A million operations from three seeds. Expect what the oracle says at each of
 * them, zone_check() to hold, and whole largest blocks in the end. */
static void test_model(void **state)
{
	static const u64 seeds[] = { 0x9e3779b97f4a7c15, 7, 0xc0ffee };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		struct child_end end;

		child_run(run_model, (void *)(uintptr_t)seeds[i], &end);
		if (end.status)
			fail_msg("seed %#lx status %#x: %s", seeds[i],
				 end.status, end.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
