// SPDX-License-Identifier: MIT
/*
 * test_vmstat.c - events, page states and numa events
 */
#include <pthread.h>

#include "zone/vmstat.h"
#include "support/start.h"

#define THREADS 3
#define TIMES 20000

static unsigned long vm_event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMES; i++) {
		count_vm_event(COMPACTSTALL);
		count_vm_events(SLABS_SCANNED, 3);
		count_zid_vm_events(ALLOCSTALL_DMA, ZONE_MOVABLE, 1);
		mod_node_page_state(NODE_DATA(0), NR_SLAB_RECLAIMABLE, 4);
		mod_node_page_state(NODE_DATA(0), NR_SLAB_RECLAIMABLE, -3);
	}
	return NULL;
}

/* Threads count at the same time. Expect every event there, and no other. */
static void child_events(void *arg)
{
	pthread_t threads[THREADS];
	unsigned long events[NR_VM_EVENT_ITEMS];

	(void)arg;
	start_zone("");
	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	all_vm_events(events);
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++) {
		unsigned long expected = 0;

		if (i == COMPACTSTALL || i == ALLOCSTALL_MOVABLE)
			expected = THREADS * TIMES;
		else if (i == SLABS_SCANNED)
			expected = 3 * THREADS * TIMES;
		REQUIRE(events[i] == expected);
	}
	REQUIRE(node_page_state(NODE_DATA(0), NR_SLAB_RECLAIMABLE) ==
		THREADS * TIMES);
}

/* Blocks of every order come and go. Expect pgalloc of the zone and pgfree to
 * rise by their base pages. */
static void child_pages(void *arg)
{
	struct page *page;
	struct zone *zone;

	(void)arg;
	zone = start_zone("");
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		unsigned long alloc = vm_event(PGALLOC_NORMAL);
		unsigned long freed = vm_event(PGFREE);

		page = alloc_pages(QUIET, order);
		REQUIRE(vm_event(PGALLOC_NORMAL) == alloc + (1UL << order));
		REQUIRE(vm_event(PGFREE) == freed);
		__free_pages(page, order);
		REQUIRE(vm_event(PGALLOC_NORMAL) == alloc + (1UL << order));
		REQUIRE(vm_event(PGFREE) == freed + (1UL << order));
	}
	REQUIRE(!vm_event(PGALLOC_DMA) && !vm_event(PGALLOC_MOVABLE));
	zone_check(zone);
}

/* Pages that were allocated and not freed: the counts against the zone. */
static void check_balance(struct zone *zone)
{
	struct zone_stat stat;

	zone_stat(zone, &stat);
	REQUIRE(vm_event(PGALLOC_NORMAL) - vm_event(PGFREE) ==
		stat.managed - stat.free - stat.pcp);
}

static void *pieces[64];

/* Take or give back one thing: a block, a run, a part of one, exact bytes. */
static void one_step(uint64_t *seed, size_t n, unsigned int kind)
{
	unsigned long nr = 2 + test_below(seed, 900);
	struct page *page = pieces[n];

	if (!page && kind == 3) {
		pieces[n] = alloc_pages_exact(PAGE_SIZE * (n + 1), QUIET);
	} else if (!page && kind == 2) {
		pieces[n] = alloc_page_run(QUIET, nr);
		if (pieces[n] && nr > 600)
			trim_page_run(pieces[n], 600, nr);
		nr = min(nr, 600UL);
		if (pieces[n] && !extend_page_run(pieces[n], nr, nr + 7))
			nr += 7;
		if (pieces[n])
			((struct page *)pieces[n])->nr_pages = nr;
	} else if (!page) {
		pieces[n] = alloc_pages(QUIET, kind ? 2 : 9);
	} else {
		pieces[n] = NULL;
		if (kind == 3)
			free_pages_exact(page, PAGE_SIZE * (n + 1));
		else if (kind == 2)
			free_page_run(page, page->nr_pages);
		else
			__free_pages(page, kind ? 2 : 9);
	}
}

/* Random blocks, runs that are cut and grown, exact sizes, and a run longer
 * than any block. Expect pgalloc less pgfree to be what is in use. */
static void child_balance(void *arg)
{
	uint64_t seed = 77;
	struct page *page;
	struct zone *zone;

	(void)arg;
	zone = start_zone("");
	for (int i = 0; i < 5000; i++) {
		size_t n = test_below(&seed, ARRAY_SIZE(pieces));

		one_step(&seed, n, n % 4);
		check_balance(zone);
	}
	for (size_t n = 0; n < ARRAY_SIZE(pieces); n++)
		if (pieces[n])
			one_step(&seed, n, n % 4);
	check_balance(zone);
	drain_all_pages(zone);
	page = alloc_long_run(zone, 1500);
	REQUIRE(page);
	check_balance(zone);
	free_page_run(page, 1500);
	check_balance(zone);
}

/* States of nodes and zones. Expect sums over both, free pages as the zone
 * counts them, and no negative numbers. */
static void child_states(void *arg)
{
	struct zone *zone;

	(void)arg;
	zone = start_zone("numa=fake=2");
	mod_node_page_state(NODE_DATA(0), NR_FILE_DIRTY, 5);
	mod_node_page_state(NODE_DATA(1), NR_FILE_DIRTY, 7);
	REQUIRE(node_page_state(NODE_DATA(0), NR_FILE_DIRTY) == 5);
	REQUIRE(node_page_state(NODE_DATA(1), NR_FILE_DIRTY) == 7);
	REQUIRE(global_node_page_state(NR_FILE_DIRTY) == 12);
	mod_node_page_state(NODE_DATA(1), NR_FILE_DIRTY, -9);
	REQUIRE(node_page_state(NODE_DATA(1), NR_FILE_DIRTY) == 0);
	mod_zone_page_state(zone, NR_ZONE_WRITE_PENDING, 3);
	REQUIRE(zone_page_state(zone, NR_ZONE_WRITE_PENDING) == 3);
	REQUIRE(global_zone_page_state(NR_ZONE_WRITE_PENDING) == 3);
	REQUIRE(alloc_pages_node(0, QUIET, 0));
	REQUIRE(zone_page_state(zone, NR_FREE_PAGES) == zone->free_pages);
	REQUIRE(zone->free_pages > 0);
}

static void expect_numa(const struct zone *zone, const unsigned long *expected)
{
	for (unsigned int i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++)
		REQUIRE(zone_numa_event_state(zone, i) == expected[i]);
}

/* Requests that this CPU's node serves, that it asks of the other one, and
 * that another one serves instead. Expect each counted by zone (VMSTAT1): hit,
 * miss, foreign, interleave, local, other. */
static void child_numa(void *arg)
{
	const struct zone *here, *there;
	unsigned int local;

	(void)arg;
	pin_to_one_cpu();
	start_zone("numa=fake=2");
	local = numa_node_id();
	here = &NODE_DATA(local)->node_zones[ZONE_NORMAL];
	there = &NODE_DATA(!local)->node_zones[ZONE_NORMAL];
	REQUIRE(alloc_pages(QUIET, 3));
	expect_numa(here, (unsigned long[]){ 1, 0, 0, 0, 1, 0 });
	REQUIRE(alloc_pages_node((int)!local, QUIET | __GFP_THISNODE, 0));
	expect_numa(there, (unsigned long[]){ 1, 0, 0, 0, 0, 1 });
	zone_statistics(there, here, 2, 0);
	expect_numa(here, (unsigned long[]){ 1, 2, 0, 0, 3, 0 });
	expect_numa(there, (unsigned long[]){ 1, 0, 2, 0, 0, 1 });
	zone_statistics(here, there, 4, 0);
	expect_numa(here, (unsigned long[]){ 1, 2, 4, 0, 3, 0 });
	expect_numa(there, (unsigned long[]){ 1, 4, 2, 0, 0, 5 });
	zone_statistics(there, there, 8, __GFP_OTHER_NODE);
	expect_numa(there, (unsigned long[]){ 9, 4, 2, 0, 8, 5 });
	zone_statistics(there, here, 16, __GFP_OTHER_NODE);
	expect_numa(here, (unsigned long[]){ 1, 18, 4, 0, 3, 16 });
	REQUIRE(global_numa_event_state(NUMA_HIT) == 10);
	REQUIRE(global_numa_event_state(NUMA_FOREIGN) == 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_events),  child_test(child_pages),
		child_test(child_balance), child_test(child_states),
		child_test(child_numa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
