// SPDX-License-Identifier: MIT
/*
 * test_kcompactd.c - compaction that no request waits for
 */
#include "compaction/compaction.h"
#include "compaction/internal.h"
#include "compaction/migrate.h"
#include "core/tick.h"
#include "support/movable.h"
#include "sys/os.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"

static struct page *heads[TEST_BLOCKS];

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

/* What kswapd asks for. Expect the highest order and zone to be kept, order 0
 * to be nothing, and the next tick to make a block, in this thread. */
static void child_asked(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	pg_data_t *pgdat = NODE_DATA(0);

	(void)arg;
	sysctl_compaction_proactiveness = 0;
	fragment(zone, 0, TEST_FRAMES, 2);
	wakeup_kcompactd(pgdat, 0, ZONE_MOVABLE);
	REQUIRE(!kcompactd_work_requested(pgdat));
	tick_run(tick_last_ms + 1);
	REQUIRE(!nr_migrated);
	wakeup_kcompactd(pgdat, 9, ZONE_NORMAL);
	wakeup_kcompactd(pgdat, 4, ZONE_DMA);
	REQUIRE(pgdat->kcompactd_max_order == 9);
	REQUIRE(pgdat->kcompactd_highest_zoneidx == ZONE_NORMAL);
	tick_run(tick_last_ms + 1);
	REQUIRE(!kcompactd_work_requested(pgdat));
	REQUIRE(zone->free_area[9].nr_free + zone->free_area[10].nr_free);
	REQUIRE(event(KCOMPACTD_WAKE) == 1);
	REQUIRE(event(KCOMPACTD_MIGRATE_SCANNED));
	REQUIRE(event(KCOMPACTD_FREE_SCANNED) && !event(COMPACTSTALL));
	REQUIRE(zone->compact_order_failed == 10);
	zone_check(zone);
	REQUIRE(slots_check() == TEST_FRAMES / 2 && !called_with_locks);
}

/* Owners that refuse. Expect deferral as for a request that waits. */
static void child_in_vain(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	sysctl_compaction_proactiveness = 0;
	fragment(zone, 0, TEST_FRAMES, 2);
	refuse_isolate = true;
	wakeup_kcompactd(NODE_DATA(0), 9, ZONE_NORMAL);
	kcompactd_run(NODE_DATA(0));
	REQUIRE(zone->compact_defer_shift == 1);
	REQUIRE(!kcompactd_work_requested(NODE_DATA(0)));
}

/* The marks of C8. Expect 80 and 90 by default, 5 at the least, 100 at most. */
static void child_marks(void *arg)
{
	static const struct {
		unsigned long p;
		unsigned int low, high;
	} golden[] = { { 0, 100, 100 },
		       { 20, 80, 90 },
		       { 50, 50, 60 },
		       { 95, 5, 15 },
		       { 100, 5, 15 } };

	(void)arg;
	REQUIRE(sysctl_compaction_proactiveness == 20);
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		sysctl_compaction_proactiveness = golden[i].p;
		REQUIRE(fragmentation_score_low_wmark() == golden[i].low);
		REQUIRE(fragmentation_score_high_wmark() == golden[i].high);
	}
}

/* A node with a score of 99, and no request. Expect nothing with a
 * proactiveness of 0; with 20 the score below the low mark in one run, which
 * stops there, and the next look in half a second. */
static void child_ahead(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	pg_data_t *pgdat = NODE_DATA(0);

	(void)arg;
	REQUIRE(do_sysctl("vm.compaction_proactiveness", NULL, 0, "0") >= 0);
	fragment(zone, 0, TEST_FRAMES, 2);
	REQUIRE(fragmentation_score_node(pgdat) == 99);
	kcompactd_run(pgdat);
	REQUIRE(!nr_migrated && pgdat->kcompactd_next_ms);
	REQUIRE(do_sysctl("vm.compaction_proactiveness", NULL, 0, "20") >= 0);
	REQUIRE(!pgdat->kcompactd_next_ms);
	kcompactd_run(pgdat);
	REQUIRE(nr_migrated && fragmentation_score_node(pgdat) <= 80);
	REQUIRE(fragmentation_score_node(pgdat) > 20);
	REQUIRE(slots_check() == TEST_FRAMES / 2);
	zone_check(zone);
	REQUIRE(do_sysctl("vm.compaction_proactiveness", NULL, 0, "101") < 0);
}

/* The same where nothing can be moved. Expect the next look 32 seconds later:
 * 64 times half a second. */
static void child_no_gain(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long now;

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	refuse_isolate = true;
	now = os_now_ms();
	kcompactd_run(NODE_DATA(0));
	REQUIRE(nr_isolated_calls);
	REQUIRE(NODE_DATA(0)->kcompactd_next_ms >= now + 32000);
	nr_isolated_calls = 0;
	kcompactd_run(NODE_DATA(0));
	REQUIRE(!nr_isolated_calls);
	zone_check(zone);
}

/* Another thread moves pages already. Expect the tick to pass by. */
static void child_busy(void *arg)
{
	struct zone *zone = start_owned_zone("", heads);

	(void)arg;
	fragment(zone, 0, TEST_FRAMES, 2);
	wakeup_kcompactd(NODE_DATA(0), 9, ZONE_NORMAL);
	spin_lock(&migrate_lock);
	kcompactd_run(NODE_DATA(0));
	REQUIRE(kcompactd_work_requested(NODE_DATA(0)) && !nr_isolated_calls);
	spin_unlock(&migrate_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_asked),   child_test(child_in_vain),
		child_test(child_marks),   child_test(child_ahead),
		child_test(child_no_gain), child_test(child_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
