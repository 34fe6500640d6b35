// SPDX-License-Identifier: MIT
/*
 * test_buddy_stress.c - threads on one zone, handing blocks to each other
 *
 * Each block carries a stamp that names it. The thread that frees a block,
 * often another than the one that took it, looks at the stamp first.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/tick.h"
#include "support/start.h"

#define TURNS (KM_SANITIZE_THREAD ? 500000 : 1500000)
#define WORKERS 2
#define LIVE 200
#define SHARED 64

struct block {
	struct page *page;
	unsigned long nr;
	unsigned int order;
	bool is_run;
};

static struct block *shared[SHARED]; /* atomic: exchanged */
static int working; /* atomic: workers that are not done */
static struct zone *zone;

static void write_stamp(const struct block *b)
{
	u64 *first = page_to_virt(b->page);
	u64 *last = page_to_virt(b->page + b->nr - 1);

	first[0] = (u64)(uintptr_t)b;
	last[1] = ~(u64)(uintptr_t)b;
}

static void check_stamp(const struct block *b)
{
	const u64 *first = page_to_virt(b->page);
	const u64 *last = page_to_virt(b->page + b->nr - 1);

	REQUIRE(first[0] == (u64)(uintptr_t)b);
	REQUIRE(last[1] == ~(u64)(uintptr_t)b);
}

static struct block *take(u64 *seed)
{
	static const gfp_t gfps[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	gfp_t gfp = QUIET | gfps[test_below(seed, 3)];
	struct block *b = malloc(sizeof(*b));

	REQUIRE(b);
	b->order = (unsigned int)test_below(seed, test_below(seed, 8) + 1);
	b->is_run = test_below(seed, 4) == 0;
	b->nr = 1UL << b->order;
	if (b->is_run) {
		b->nr = test_below(seed, b->nr) + 1;
		b->page = b->nr % 2 ? alloc_fit_run(gfp, b->nr) :
				      alloc_page_run(gfp, b->nr);
	} else {
		b->page = alloc_pages(gfp, b->order);
	}
	if (!b->page) {
		free(b);
		return NULL;
	}
	if (b->is_run)
		smp_store_release(&b->page->type, PAGE_RUN);
	write_stamp(b);
	return b;
}

static void give(struct block *b)
{
	if (!b)
		return;
	check_stamp(b);
	if (b->is_run)
		free_page_run(b->page, b->nr);
	else
		__free_pages(b->page, b->order);
	free(b);
}

static void resize(struct block *b, u64 *seed)
{
	unsigned long want;

	if (!b || !b->is_run)
		return;
	want = test_below(seed, b->nr * 2) + 1;
	if (want > b->nr) {
		if (extend_page_run(b->page, b->nr, want))
			return;
		WRITE_ONCE(b->page->nr_pages, want);
	} else if (want < b->nr) {
		WRITE_ONCE(b->page->nr_pages, want);
		trim_page_run(b->page, want, b->nr);
	}
	b->nr = want;
	write_stamp(b);
}

static void *work(void *arg)
{
	struct block *live[LIVE] = { NULL };
	u64 seed = (u64)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		struct block **slot = &live[test_below(&seed, LIVE)];
		struct block **other = &shared[test_below(&seed, SHARED)];

		switch (test_below(&seed, 8)) {
		case 0:
			*slot = __atomic_exchange_n(other, *slot,
						    __ATOMIC_ACQ_REL);
			break;
		case 1:
			resize(*slot, &seed);
			break;
		default:
			give(*slot);
			*slot = *slot ? NULL : take(&seed);
		}
	}
	for (int i = 0; i < LIVE; i++)
		give(live[i]);
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Two threads that take, resize, hand over and free, while a third drains,
 * reports and checks the zone. Expect every stamp intact, the checks to hold,
 * and every frame back in the end. */
static void child_stress(void *arg)
{
	pthread_t threads[WORKERS];
	unsigned long turn = 0;

	(void)arg;
	zone = start_zone("");
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work,
					(void *)(i * 7919 + 11)));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 300000 };

		switch (turn++ % 4) {
		case 0:
			drain_all_pages(zone);
			break;
		case 1:
			page_reporting_process(zone, REPORT_YOUNG);
			break;
		case 2:
			tick_run(turn);
			break;
		default:
			zone_check(zone);
		}
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	for (int i = 0; i < SHARED; i++)
		give(shared[i]);
	drain_all_pages(zone);
	check_conservation(zone, 0);
	REQUIRE(zone->free_pages == zone->managed_pages);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free ==
		zone->managed_pages / MAX_ORDER_NR_PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_stress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
