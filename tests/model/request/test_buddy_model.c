// SPDX-License-Identifier: MIT
/*
 * test_buddy_model.c - random operations against a byte for each frame
 *
 * The oracle knows which frames are in use and nothing of how the buddy keeps
 * the rest: blocks handed out must not overlap, a request may fail only if no
 * aligned range of free frames would do, and nothing is ever lost.
 */
#include "core/tick.h"
#include "support/start.h"

#define OPERATIONS 340000
#define CHECK_EVERY (KM_CHECK ? 1 : 64)
#define MAX_LIVE 3000

struct block {
	struct page *page;
	unsigned long nr; /* frames */
	unsigned int order; /* of a block; a run is freed by its length */
	bool is_run;
	u64 stamp;
};

static u8 used[TEST_FRAMES];
static unsigned long nr_used;
static struct block live[MAX_LIVE];
static unsigned long nr_live, failed, trimmed, extended;
static u64 seed;
static struct zone *zone;

static void mark(unsigned long pfn, unsigned long nr, u8 from, u8 to)
{
	for (unsigned long n = pfn; n < pfn + nr; n++) {
		REQUIRE(n < TEST_FRAMES && used[n] == from);
		used[n] = to;
	}
	nr_used += to ? nr : -nr;
}

/* A word in the first and last frame, so that shared memory is seen. */
static void write_stamp(struct block *b)
{
	u64 *first = page_to_virt(b->page);
	u64 *last = page_to_virt(b->page + b->nr - 1);

	b->stamp = test_rand(&seed);
	*first = b->stamp;
	last[1] = b->stamp;
}

static void check_stamp(const struct block *b)
{
	const u64 *first = page_to_virt(b->page);
	const u64 *last = page_to_virt(b->page + b->nr - 1);

	REQUIRE(*first == b->stamp && last[1] == b->stamp);
}

/* Is there an aligned range of free frames that a block would fit in? */
static bool would_fit(unsigned int order)
{
	unsigned long size = 1UL << order;

	for (unsigned long pfn = 0; pfn < TEST_FRAMES; pfn += size)
		if (!memchr(used + pfn, 1, size))
			return true;
	return false;
}

static gfp_t random_gfp(void)
{
	static const gfp_t gfps[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	gfp_t gfp = QUIET | gfps[test_below(&seed, 3)];

	return test_below(&seed, 8) ? gfp : gfp | __GFP_ZERO;
}

static void check_zero(const struct block *b)
{
	for (unsigned long n = 0; n < b->nr; n++) {
		const u64 *word = page_to_virt(b->page + n);

		REQUIRE(!word[0] && !word[1] && !word[511]);
	}
}

/* Small orders mostly, since they are what programs ask for. */
static unsigned int random_order(void)
{
	return (unsigned int)test_below(&seed,
					test_below(&seed, NR_PAGE_ORDERS) + 1);
}

static void op_alloc(bool run)
{
	struct block *b = &live[nr_live];
	unsigned int order = random_order();
	gfp_t gfp = random_gfp();

	if (nr_live == MAX_LIVE)
		return;
	b->nr = run ? test_below(&seed, 1UL << order) + 1 : 1UL << order;
	b->order = order = get_order(b->nr << PAGE_SHIFT);
	b->is_run = run;
	b->page = run ? alloc_page_run(gfp, b->nr) : alloc_pages(gfp, order);
	if (!b->page) {
		REQUIRE(!would_fit(order));
		failed++;
		return;
	}
	REQUIRE(!(page_to_pfn(b->page) & ((1UL << order) - 1)));
	REQUIRE(b->page->type == PAGE_ALLOCATED && page_zone(b->page) == zone);
	mark(page_to_pfn(b->page), b->nr, 0, 1);
	if ((gfp & __GFP_ZERO) || page_known_zero(b->page))
		check_zero(b);
	if (run)
		b->page->type = PAGE_RUN;
	write_stamp(b);
	nr_live++;
}

static void op_free(void)
{
	struct block *b;

	if (!nr_live)
		return;
	b = &live[test_below(&seed, nr_live)];
	check_stamp(b);
	mark(page_to_pfn(b->page), b->nr, 1, 0);
	if (b->is_run)
		free_page_run(b->page, b->nr);
	else
		__free_pages(b->page, b->order);
	*b = live[--nr_live];
}

static struct block *random_run(void)
{
	struct block *b = nr_live ? &live[test_below(&seed, nr_live)] : NULL;

	return b && b->is_run ? b : NULL;
}

static void op_trim(void)
{
	struct block *b = random_run();
	unsigned long keep;

	if (!b)
		return;
	check_stamp(b);
	keep = test_below(&seed, b->nr) + 1;
	b->page->nr_pages = keep;
	trim_page_run(b->page, keep, b->nr);
	mark(page_to_pfn(b->page) + keep, b->nr - keep, 1, 0);
	b->nr = keep;
	trimmed++;
	write_stamp(b);
}

static void op_extend(void)
{
	struct block *b = random_run();
	unsigned long want;

	if (!b)
		return;
	check_stamp(b);
	want = b->nr + test_below(&seed, b->nr) + 1;
	if (want > MAX_ORDER_NR_PAGES || extend_page_run(b->page, b->nr, want))
		return;
	b->page->nr_pages = want;
	mark(page_to_pfn(b->page) + b->nr, want - b->nr, 0, 1);
	b->nr = want;
	extended++;
	write_stamp(b);
}

static void check(void)
{
	struct zone_stat stat;

	zone_check(zone);
	zone_stat(zone, &stat);
	REQUIRE(stat.managed == stat.free + stat.pcp + nr_used);
}

/* Frees and allocations in a ratio that drifts, so that the arena is full
 * for a while and empty for a while. */
static void one_operation(unsigned long i)
{
	unsigned long bias = i / 5000 % 4 < 2 ? 60 : 40;
	unsigned long dice = test_below(&seed, 1000);

	if (dice < 5)
		drain_all_pages(zone);
	else if (dice < 10)
		tick_run(i);
	else if (dice < 12)
		page_reporting_process(zone, REPORT_YOUNG);
	else if (dice < 100)
		op_trim();
	else if (dice < 200)
		op_extend();
	else if (test_below(&seed, 100) < bias)
		op_alloc(dice % 3 == 0);
	else
		op_free();
}

static void run_model(void *arg)
{
	seed = (u64)(uintptr_t)arg;
	zone = start_zone("");
	for (unsigned long i = 0; i < OPERATIONS; i++) {
		one_operation(i);
		if (i % CHECK_EVERY == 0)
			check();
	}
	check();
	REQUIRE(failed > 20 && trimmed > 20 && extended > 20);
	while (nr_live)
		op_free();
	drain_all_pages(zone);
	check();
	REQUIRE(!nr_used && zone->free_pages == zone->managed_pages);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free ==
		zone->managed_pages / MAX_ORDER_NR_PAGES);
}

/* A million operations from three seeds. Expect the oracle's frames at every
 * step, zone_check() to hold, and whole largest blocks in the end. */
static void test_model(void **state)
{
	static const u64 seeds[] = { 0x9e3779b97f4a7c15, 1, 0xdecafbad };

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
