// SPDX-License-Identifier: MIT
/*
 * reclaim/kswapd.c - reclaim ahead, until some zone is above its high mark
 *
 *	a request goes below low      wakeup_kswapd(): noted for the node
 *	        |
 *	        v                     at the next tick, or at once by a thread
 *	balance_pgdat()               of the node (kswapd=on; the first request
 *	                              that may block or a tick starts it)
 *	  priority 12 .. 1            each turn wants the sum of the high marks
 *	        |
 *	        v
 *	balanced: a zone is above high for the order, and no boost is left
 *	16 runs in a row without a page: hopeless. The node's kswapd is not
 *	woken again until direct reclaim frees something.
 *
 * Locking	none: the words of the node are atomic. At a tick tick_lock is
 *		held (outermost), and PF_MEMALLOC is set.
 * Source	Linux v6.12 mm/vmscan.c, kswapd() (docs/kernel.md K1-K3, W9)
 */
#include <errno.h>
#include <string.h>

#include "compaction/compaction.h"
#include "core/probe.h"
#include "core/task.h"
#include "core/tick.h"
#include "diag/param.h"
#include "reclaim/internal.h"
#include "sys/os.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

static u8 want_threads; /* kswapd=on; constant after init */
static u8 threads_allowed; /* relaxed */

static int set_kswapd(const char *value)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	want_threads = value[1] == 'n';
	return 0;
}
boot_param("kswapd", set_kswapd, "off, on");

void kswapd_allow_threads(void)
{
	WRITE_ONCE(threads_allowed, 1);
}

/* ---- marks of the zones -------------------------------------------------- */

/*
 * Lowers the boosts by what has been reclaimed. A zone that was never set up
 * has no boost.
 */
static void clear_boosts(pg_data_t *pgdat, enum zone_type idx,
			 const unsigned long boosts[MAX_NR_ZONES])
{
	struct zone *zone;

	for_each_zone_below(zone, pgdat, idx)
	{
		unsigned long boost = boosts[zone_idx(zone)];

		if (boost)
			clear_watermark_boost(zone, boost);
	}
}

static void set_reclaim_active(pg_data_t *pgdat, enum zone_type idx, u8 active)
{
	struct zone *zone;

	for_each_zone_below(zone, pgdat, idx)
	{
		if (active)
			zone_set_flag(zone, ZONE_RECLAIM_ACTIVE);
		else
			zone_clear_flag(zone, ZONE_RECLAIM_ACTIVE);
	}
}

/* ---- one run ------------------------------------------------------------- */

/* One pass over the node. Returns true if it reclaimed what it was to. */
static bool kswapd_shrink_node(pg_data_t *pgdat, struct scan_control *sc)
{
	unsigned long got;
	struct zone *zone;

	sc->nr_to_reclaim = 0;
	for_each_zone_below(zone, pgdat, sc->reclaim_idx)
	{
		if (zone_managed_pages(zone))
			sc->nr_to_reclaim += max(high_wmark_pages(zone),
						 SWAP_CLUSTER_MAX);
	}
	got = shrink_node(pgdat, sc);
	/* enough single pages for compaction to make a block of them */
	if (sc->order && sc->nr_reclaimed >= 2UL << sc->order)
		sc->order = 0;
	return got >= sc->nr_to_reclaim;
}

/*
 * The passes of one run, at falling priority. boost: pages that the boosts
 * still ask for.
 */
static void balance_passes(pg_data_t *pgdat, struct scan_control *sc,
			   unsigned long boost)
{
	while (sc->priority >= 1) {
		bool balanced = pgdat_balanced(pgdat, sc->order,
					       sc->reclaim_idx);
		unsigned long before = sc->nr_reclaimed, got;
		bool raise = true;

		if (!balanced && boost) { /* the marks come before the boost */
			boost = 0;
			sc->priority = DEF_PRIORITY;
			continue;
		}
		if (balanced && !boost)
			return;
		if (boost && sc->priority == DEF_PRIORITY - 2)
			raise = false;
		if (kswapd_shrink_node(pgdat, sc))
			raise = false;
		got = sc->nr_reclaimed - before;
		boost -= min(boost, got);
		if (boost && !got && sc->priority <= DEF_PRIORITY - 2)
			return; /* no more effort for a boost */
		if (raise || !got)
			sc->priority--;
	}
	if (!sc->nr_reclaimed)
		__atomic_add_fetch(&pgdat->kswapd_failures, 1,
				   __ATOMIC_RELAXED);
}

/* One run. The caller has PF_MEMALLOC set. */
static void balance_pgdat(pg_data_t *pgdat, unsigned int order,
			  enum zone_type idx)
{
	struct scan_control sc = {
		.gfp_mask = GFP_KERNEL,
		.order = order,
		.priority = DEF_PRIORITY,
		.reclaim_idx = idx,
	};
	unsigned long boosts[MAX_NR_ZONES], boost;

	count_vm_event(PAGEOUTRUN);
	boost = pgdat_boost(pgdat, idx, boosts);
	set_reclaim_active(pgdat, idx, 1);
	balance_passes(pgdat, &sc, boost);
	set_reclaim_active(pgdat, idx, 0);
	if (boost) { /* types are mixed: kcompactd may repair that */
		clear_boosts(pgdat, idx, boosts);
		order = max(order, (unsigned int)PAGEBLOCK_ORDER);
	}
	wakeup_kcompactd(pgdat, order, idx);
	count_vm_events(PGSTEAL_KSWAPD, sc.nr_reclaimed);
}

/* Serves the request of the node, if there is one. */
static void kswapd_work(pg_data_t *pgdat)
{
	unsigned int flags, order, idx;

	if (!__atomic_exchange_n(&pgdat->kswapd_wait, 0, __ATOMIC_ACQ_REL))
		return;
	order = __atomic_exchange_n(&pgdat->kswapd_order, 0U, __ATOMIC_RELAXED);
	idx = __atomic_exchange_n(&pgdat->kswapd_highest_zoneidx, 0U,
				  __ATOMIC_RELAXED);
	probe_mm_vmscan_kswapd_wake(pgdat->node_id, idx, order);
	flags = task_flags_save(PF_MEMALLOC | PF_KSWAPD);
	balance_pgdat(pgdat, order, (enum zone_type)idx);
	task_flags_restore(flags, PF_MEMALLOC | PF_KSWAPD);
	probe_mm_vmscan_kswapd_sleep(pgdat->node_id);
}

/* ---- the thread ---------------------------------------------------------- */

#define TRIAL_SLEEP_MS 100
#define STACK_SIZE (256UL << 10) /* shrinkers of the program run on it */

/*
 * The thread first sleeps for a short time and checks that the node is still
 * balanced. If it is not, the thread goes on without being woken.
 */
static void *kswapd(void *arg)
{
	pg_data_t *pgdat = arg;

	for (;;) {
		kswapd_work(pgdat);
		if (kcompactd_work_requested(pgdat))
			kcompactd_run(pgdat);
		os_futex_wait_ms(&pgdat->kswapd_wait, 0, TRIAL_SLEEP_MS);
		if (READ_ONCE(pgdat->kswapd_wait))
			continue;
		os_futex_wait(&pgdat->kswapd_wait, 0);
	}
	return NULL;
}

/*
 * Starts the node's thread. Called for a request that may block and at a tick,
 * when no lock is held. Allocations of the start use the reserves and reclaim
 * nothing.
 */
static void start_thread(pg_data_t *pgdat)
{
	u32 none = THREAD_NONE;
	unsigned int flags;

	if (!want_threads || !READ_ONCE(threads_allowed) ||
	    lock_is_fork_owner() ||
	    !__atomic_compare_exchange_n(&pgdat->kswapd_thread, &none,
					 THREAD_RUNS, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	flags = memalloc_noreclaim_save();
	if (os_thread_start(kswapd, pgdat, STACK_SIZE))
		WRITE_ONCE(pgdat->kswapd_thread, (u32)THREAD_FAILED);
	memalloc_noreclaim_restore(flags);
}

/* The tick starts the thread for requests that may not block. */
static void kswapd_tick(unsigned int flags)
{
	(void)flags;
	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);

		if (READ_ONCE(pgdat->kswapd_wait))
			start_thread(pgdat);
		if (!kswapd_is_thread(pgdat))
			kswapd_work(pgdat);
	}
}

static const struct tick kswapd_ticks = { .fn = kswapd_tick };

void kswapd_init(void)
{
	tick_register(&kswapd_ticks);
}

/* ---- waking -------------------------------------------------------------- */

static void raise_to(unsigned int *word, unsigned int value)
{
	unsigned int old = READ_ONCE(*word);

	while (old < value &&
	       !__atomic_compare_exchange_n(word, &old, value, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void wakeup_kswapd(struct zone *zone, gfp_t gfp, unsigned int order,
		   enum zone_type highest_zoneidx)
{
	pg_data_t *pgdat = zone->zone_pgdat;
	unsigned long boosts[MAX_NR_ZONES];

	if (!zone_managed_pages(zone))
		return;
	raise_to(&pgdat->kswapd_highest_zoneidx, highest_zoneidx);
	raise_to(&pgdat->kswapd_order, order);
	if (READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES ||
	    (pgdat_balanced(pgdat, order, highest_zoneidx) &&
	     !pgdat_boost(pgdat, highest_zoneidx, boosts))) {
		/* There are free pages, but not in one piece. */
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			wakeup_kcompactd(pgdat, order, highest_zoneidx);
		return;
	}
	if ((gfp & __GFP_DIRECT_RECLAIM) && !(current->flags & PF_MEMALLOC))
		start_thread(pgdat);
	probe_mm_vmscan_wakeup_kswapd(pgdat->node_id, zone_idx(zone), order,
				      gfp);
	wakeup_kswapd_node(pgdat);
}

void wake_all_kswapds(unsigned int order, gfp_t gfp,
		      const struct alloc_context *ac)
{
	struct zoneref *z = ac->preferred_zoneref;
	nodemask_t done = { 0 };
	struct zone *zone;

	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		if (!zone_managed_pages(zone) ||
		    node_in(zone_to_nid(zone), done))
			continue;
		node_set(zone_to_nid(zone), &done);
		wakeup_kswapd(zone, gfp, order, ac->highest_zoneidx);
	}
}

/*
 * The child of fork has only this thread; it starts a thread of its own on
 * need.
 */
void kswapd_fork_child(void)
{
	for_each_online_node(nid)
		NODE_DATA(nid)->kswapd_thread = THREAD_NONE;
}
