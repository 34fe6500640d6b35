// SPDX-License-Identifier: MIT
/*
 * test_migrate_stress.c - owners at work while their pages are moved
 *
 * Two threads take, write, check and free movable pages under their owner's
 * lock; a third makes them change places in every way there is.
 */
#include <time.h>

#include <kmalloc/mm.h>

#include "compaction/compaction.h"
#include "core/tick.h"
#include "request/internal.h"
#include "support/movable.h"

#define TURNS (KM_SANITIZE_THREAD ? 250000 : 800000)
#define WORKERS 2
#define SLOTS_EACH 3000 /* half of the zone, at two pages a slot */

static int working; /* atomic: workers that are not done */
static struct zone *zone;
static unsigned long ranges, offlined, blocks; /* of the mover */

static void take_slot(unsigned long i, u64 *seed)
{
	static const gfp_t gfps[] = { 0, __GFP_MOVABLE, __GFP_COMP };
	unsigned int order = test_below(seed, 4) ?
				     0 :
				     (unsigned int)test_below(seed, 4);
	struct page *page = alloc_pages(QUIET | gfps[test_below(seed, 3)],
					order);

	if (page)
		slot_adopt(i, page, test_rand(seed));
}

static void *work(void *arg)
{
	unsigned long me = (unsigned long)(uintptr_t)arg;
	u64 seed = me * 7919 + 11;

	for (int n = 0; n < TURNS; n++) {
		unsigned long i = me * SLOTS_EACH +
				  test_below(&seed, SLOTS_EACH);

		/* only this thread fills and empties the slot */
		if (test_below(&seed, 3) == 0)
			slot_rewrite(test_below(&seed, WORKERS * SLOTS_EACH),
				     test_rand(&seed));
		else if (!slot_free(i))
			take_slot(i, &seed);
	}
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void take_range(u64 *seed)
{
	unsigned long start = test_below(seed, TEST_FRAMES - 1);
	unsigned long end = min(start + 1 + test_below(seed, 1500),
				TEST_FRAMES);

	if (alloc_contig_range(start, end, ACR_FLAGS_NONE, GFP_KERNEL))
		return;
	ranges++;
	for (unsigned long pfn = start; pfn < end; pfn++)
		*(u64 *)pfn_to_virt(pfn) = pfn;
	for (unsigned long pfn = start; pfn < end; pfn++)
		REQUIRE(*(u64 *)pfn_to_virt(pfn) == pfn);
	free_contig_range(start, end - start);
}

static void off_and_on(u64 *seed)
{
	unsigned long pfn = test_below(seed, TEST_BLOCKS) * MAX_ORDER_NR_PAGES;

	if (km_offline_pages(pfn, MAX_ORDER_NR_PAGES))
		return;
	offlined++;
	if (test_below(seed, 2))
		zone_check(zone);
	/* unless the zone has grown into it already */
	km_online_pages(pfn, MAX_ORDER_NR_PAGES);
}

static void want_block(void)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_MOVABLE;
	enum compact_result result;
	struct alloc_context ac;
	struct page *page;

	prepare_alloc_pages(gfp, 0, NULL, &ac);
	page = __alloc_pages_direct_compact(gfp, 9, WMARK_MIN, &ac,
					    COMPACT_PRIO_SYNC_FULL, &result);
	if (!page)
		return;
	blocks++;
	memset(page_to_virt(page), 0x77, PAGE_SIZE << 9);
	__free_pages(page, 9);
}

static void one_move(unsigned long turn, u64 *seed)
{
	switch (turn % 8) {
	case 0:
		compact_nodes();
		break;
	case 1:
	case 2:
		take_range(seed);
		break;
	case 3:
	case 4:
		off_and_on(seed);
		break;
	case 5:
		wakeup_kcompactd(NODE_DATA(0), 9, ZONE_NORMAL);
		tick_run(turn);
		break;
	case 6:
		want_block();
		break;
	default:
		zone_check(zone);
	}
}

/* Expect every page to have what its owner wrote, wherever it is, no lock held
 * when an owner is called, ranges and blocks that no other thread writes to,
 * the checks to hold, and every frame back in the end. */
static void child_stress(void *arg)
{
	pthread_t threads[WORKERS];
	unsigned long turn = 0;
	u64 seed = 4711;

	(void)arg;
	zone = start_zone("");
	while (!deferred_grow_zone(zone, zone->managed_pages))
		;
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work, (void *)i));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 100000 };

		one_move(turn++, &seed);
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	REQUIRE(nr_migrated > 100 && ranges && offlined && blocks);
	REQUIRE(!called_with_locks);
	slots_check();
	for (unsigned long i = 0; i < MOVABLE_SLOTS; i++)
		slot_free(i);
	while (!deferred_grow_zone(zone, zone->managed_pages))
		;
	drain_all_pages(zone);
	check_conservation(zone, 0);
	REQUIRE(!zone->nr_movable_pages && !zone->nr_isolate_pageblock);
	REQUIRE(zone->free_pages == TEST_FRAMES);
	REQUIRE(zone->free_area[MAX_PAGE_ORDER].nr_free == TEST_BLOCKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_stress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
