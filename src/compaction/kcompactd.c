// SPDX-License-Identifier: MIT
/*
 * compaction/kcompactd.c - compaction in the background
 *
 *	asked	wakeup_kcompactd(), by kswapd once it has made room: the zones
 *		of a node, for the order that was wanted
 *	ahead	when a node's score, its external fragmentation for blocks of a
 *		pageblock in percent, is above the high mark: until it is below
 *		the low one. Looked at every 500 ms; 64 times less often
 *		after a run that did not lower the score
 *
 *	score	0 ....... low=max(100-p,5) . high=min(low+10,100) ..... 100
 *			  stop here          start above		p: vm.
 *							compaction_proactiveness
 *
 *	told	vm.compact_memory: all zones, from end to end
 *
 * It runs at ticks, or in kswapd's thread if there is one.
 *
 * Locking	migrate_lock over each run, taken by trylock only. If it is busy
 *		the next tick tries again. Requests are relaxed words.
 * Source	Linux v6.12 mm/compaction.c, kcompactd() (docs/kernel.md C8)
 */
#include "compaction/internal.h"
#include "core/probe.h"
#include "core/tick.h"
#include "sys/os.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"

#define HPAGE_FRAG_CHECK_INTERVAL_MSEC 500UL

static int compact_memory(const unsigned long *values, unsigned int nr)
{
	(void)values;
	(void)nr;
	compact_nodes();
	return 0;
}

static const struct ctl_table compact_memory_ctl __sysctl = {
	.procname = "vm.compact_memory",
	.nr = 1,
	.lo = 1,
	.hi = 1,
	.outside = true,
	.set = compact_memory,
};

/* The next tick compacts ahead again, even right after a run without effect. */
static void proactiveness_changed(void)
{
	for_each_online_node(nid)
		WRITE_ONCE(NODE_DATA(nid)->kcompactd_next_ms, 0UL);
}

static const struct ctl_table compaction_proactiveness_ctl __sysctl = {
	.procname = "vm.compaction_proactiveness",
	.data = &sysctl_compaction_proactiveness,
	.nr = 1,
	.hi = 100,
	.outside = true,
	.changed = proactiveness_changed,
};

/* ---- on request ---------------------------------------------------------- */

void wakeup_kcompactd(struct pglist_data *pgdat, unsigned int order,
		      enum zone_type highest_zoneidx)
{
	if (!order)
		return;
	probe_mm_compaction_wakeup_kcompactd(pgdat->node_id, order,
					     highest_zoneidx);
	if (READ_ONCE(pgdat->kcompactd_max_order) < (int)order)
		WRITE_ONCE(pgdat->kcompactd_max_order, (int)order);
	if (READ_ONCE(pgdat->kcompactd_highest_zoneidx) < (int)highest_zoneidx)
		WRITE_ONCE(pgdat->kcompactd_highest_zoneidx,
			   (int)highest_zoneidx);
}

bool kcompactd_work_requested(const struct pglist_data *pgdat)
{
	return READ_ONCE(pgdat->kcompactd_max_order) > 0;
}

static void count_background(const struct compact_control *cc)
{
	count_vm_events(KCOMPACTD_MIGRATE_SCANNED, cc->total_migrate_scanned);
	count_vm_events(KCOMPACTD_FREE_SCANNED, cc->total_free_scanned);
}

static void compact_zone_asked(struct zone *zone, int order,
			       enum zone_type highest_zoneidx)
{
	struct compact_control cc = {
		.zone = zone,
		.order = order,
		.migratetype = MIGRATE_MOVABLE,
		.alloc_flags = WMARK_MIN,
		.highest_zoneidx = highest_zoneidx,
		.mode = MIGRATE_SYNC_LIGHT,
	};
	enum compact_result status;

	if (!populated_zone(zone) || compaction_deferred(zone, order))
		return;
	status = compact_zone(&cc, NULL);
	if (status == COMPACT_SUCCESS)
		compaction_defer_reset(zone, order, false);
	else if (status == COMPACT_COMPLETE ||
		 status == COMPACT_PARTIAL_SKIPPED)
		defer_compaction(zone, order);
	count_background(&cc);
}

/* Clears the request, unless more was asked for meanwhile. */
static void kcompactd_do_work(struct pglist_data *pgdat)
{
	int highest = READ_ONCE(pgdat->kcompactd_highest_zoneidx);
	int order = READ_ONCE(pgdat->kcompactd_max_order);

	count_vm_event(KCOMPACTD_WAKE);
	for (int type = 0; type <= highest; type++)
		compact_zone_asked(&pgdat->node_zones[type], order,
				   (enum zone_type)highest);
	if (READ_ONCE(pgdat->kcompactd_max_order) <= order) {
		WRITE_ONCE(pgdat->kcompactd_max_order, 0);
		WRITE_ONCE(pgdat->kcompactd_highest_zoneidx, 0);
	}
}

/* ---- everything ---------------------------------------------------------- */

#define COMPACT_AHEAD 1 /* until the low mark */

static void compact_node(struct pglist_data *pgdat, unsigned int flags)
{
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct compact_control cc = {
			.zone = &pgdat->node_zones[type],
			.order = -1,
			.migratetype = MIGRATE_MOVABLE,
			.highest_zoneidx = (enum zone_type)type,
			.mode = flags & COMPACT_AHEAD ? MIGRATE_SYNC_LIGHT :
							MIGRATE_SYNC,
			.ignore_skip_hint = true,
			.whole_zone = true,
			.proactive_compaction = flags & COMPACT_AHEAD,
		};

		if (!populated_zone(cc.zone))
			continue;
		compact_zone(&cc, NULL);
		count_background(&cc);
	}
}

void compact_nodes(void)
{
	spin_lock(&migrate_lock);
	for_each_online_node(nid)
		compact_node(NODE_DATA(nid), 0);
	migrate_unlock();
}

/* ---- ahead of need ------------------------------------------------------- */

static bool should_proactive_compact_node(struct pglist_data *pgdat)
{
	return READ_ONCE(sysctl_compaction_proactiveness) &&
	       fragmentation_score_node(pgdat) >
		       fragmentation_score_high_wmark();
}

static void compact_ahead(struct pglist_data *pgdat)
{
	unsigned long now = os_now_ms(), wait = HPAGE_FRAG_CHECK_INTERVAL_MSEC;
	unsigned int before;

	if (now < READ_ONCE(pgdat->kcompactd_next_ms))
		return;
	if (should_proactive_compact_node(pgdat)) {
		before = fragmentation_score_node(pgdat);
		compact_node(pgdat, COMPACT_AHEAD);
		if (fragmentation_score_node(pgdat) >= before)
			wait <<= COMPACT_MAX_DEFER_SHIFT;
	}
	WRITE_ONCE(pgdat->kcompactd_next_ms, now + wait);
}

/* Requests failed on the whole zone: their skip marks are out of date. */
static void forget_skip_bits(struct pglist_data *pgdat)
{
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct zone *zone = &pgdat->node_zones[type];

		if (READ_ONCE(zone->compact_blockskip_flush))
			reset_isolation_suitable(zone);
	}
}

static bool has_movable_pages(const struct pglist_data *pgdat)
{
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		if (READ_ONCE(pgdat->node_zones[type].nr_movable_pages))
			return true;
	return false;
}

void kcompactd_run(struct pglist_data *pgdat)
{
	if (!has_movable_pages(pgdat) || lock_is_fork_owner() ||
	    !spin_trylock(&migrate_lock))
		return;
	forget_skip_bits(pgdat);
	if (kcompactd_work_requested(pgdat))
		kcompactd_do_work(pgdat);
	else
		compact_ahead(pgdat);
	migrate_unlock();
}

static void kcompactd_tick(unsigned int flags)
{
	(void)flags;
	for_each_online_node(nid)
		kcompactd_run(NODE_DATA(nid));
}

static const struct tick kcompactd = { .fn = kcompactd_tick };

void kcompactd_init(void)
{
	tick_register(&kcompactd);
}
