// SPDX-License-Identifier: MIT
/*
 * reclaim/vmscan.c - direct reclaim, by the request that needs memory
 *
 *	priority 12 11 10 ... 1 0	shrinkers are asked for more and more,
 *	         `--- until 32 pages were freed, or priority 0 is done
 *
 * There are no lists of used pages here: only shrinkers can free memory. Their
 * rooms count the pages that they free (mm_account_reclaimed_pages()). Objects
 * that the program's own shrinkers free may be of any kind. They count as
 * progress only if no page was freed.
 *
 * Locking	none held: shrinkers take the locks of all rooms. The thread
 *		has PF_MEMALLOC meanwhile, so it does not start reclaim again.
 * Source	Linux v6.12 mm/vmscan.c (docs/kernel.md A3, K2, K4, K6); without
 *		LRU lists: docs/divergence.md B
 */
#include "buddy/buddy.h"
#include "core/probe.h"
#include "core/task.h"
#include "reclaim/internal.h"
#include "sys/os.h"
#include "zone/numa.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"
#include "zone/wait.h"
#include "zone/watermark.h"

/* ---- how many reclaim ---------------------------------------------------- */

static u32 reclaimers; /* atomic: threads that reclaim for a request */

bool others_reclaim(void)
{
	return __atomic_load_n(&reclaimers, __ATOMIC_SEQ_CST) != 0;
}

/* In the child of a fork that a shrinker made the count is 0 already. */
static void reclaim_end(void)
{
	u32 old = READ_ONCE(reclaimers);

	while (old &&
	       !__atomic_compare_exchange_n(&reclaimers, &old, old - 1, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	memory_work_done();
}

void reclaim_fork_child(void)
{
	memory_waiters = 0;
	reclaimers = 0;
}

/* ---- a node -------------------------------------------------------------- */

unsigned long shrink_node(pg_data_t *pgdat, struct scan_control *sc)
{
	u32 before = current->reclaimed;
	unsigned long freed, pages;

	freed = shrink_slab(sc->gfp_mask, pgdat->node_id, sc->priority);
	pages = current->reclaimed - before;
	if (!pages)
		pages = freed;
	sc->nr_reclaimed += pages;
	if (pages)
		WRITE_ONCE(pgdat->kswapd_failures, 0U);
	return pages;
}

/* Calls shrink_node() once for each node of the zonelist. */
static void shrink_zones(const struct alloc_context *ac,
			 struct scan_control *sc)
{
	nodemask_t done = { 0 };
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask)
	{
		if (node_in(zone_to_nid(zone), done))
			continue;
		node_set(zone_to_nid(zone), &done);
		shrink_node(zone->zone_pgdat, sc);
	}
}

static unsigned long do_try_to_free_pages(const struct alloc_context *ac,
					  struct scan_control *sc)
{
	count_zid_vm_events(ALLOCSTALL_DMA, sc->reclaim_idx, 1);
	do {
		shrink_zones(ac, sc);
	} while (sc->nr_reclaimed < sc->nr_to_reclaim && --sc->priority >= 0);
	count_vm_events(PGSTEAL_DIRECT, sc->nr_reclaimed);
	return sc->nr_reclaimed;
}

/* ---- throttling ---------------------------------------------------------- */

#define THROTTLE_MS 1000UL

/*
 * Returns true if more than half of the sum of the min marks is free
 * (docs/kernel.md K4).
 */
static bool allow_direct_reclaim(const pg_data_t *pgdat)
{
	unsigned long reserve = 0;
	long free = 0;

	if (READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES)
		return true;
	for (unsigned int type = 0; type <= ZONE_NORMAL; type++) {
		const struct zone *zone = &pgdat->node_zones[type];

		if (!zone_managed_pages(zone))
			continue;
		reserve += min_wmark_pages(zone);
		free += zone_free_pages(zone);
	}
	return !reserve || free > (long)reserve / 2;
}

/*
 * If almost nothing is left, the request first gives kswapd's thread time to
 * reclaim. It waits for a second at most, so that no request hangs. It does not
 * wait if kswapd runs at ticks only.
 */
static void throttle_direct_reclaim(const struct alloc_context *ac)
{
	pg_data_t *pgdat = ac->preferred_zoneref->zone->zone_pgdat;
	unsigned long start;

	if (!kswapd_is_thread(pgdat) || allow_direct_reclaim(pgdat))
		return;
	count_vm_event(PGSCAN_DIRECT_THROTTLE);
	start = os_now_ms();
	do {
		wakeup_kswapd_node(pgdat);
		memory_wait(10);
	} while (!allow_direct_reclaim(pgdat) &&
		 os_now_ms() - start < THROTTLE_MS);
}

unsigned long try_to_free_pages(gfp_t gfp, unsigned int order,
				const struct alloc_context *ac)
{
	struct scan_control sc = {
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.gfp_mask = gfp,
		.order = order,
		.priority = DEF_PRIORITY,
		.reclaim_idx = ac->highest_zoneidx,
	};
	unsigned long reclaimed;
	unsigned int flags;

	throttle_direct_reclaim(ac);
	probe_mm_vmscan_direct_reclaim_begin(order, gfp);
	flags = memalloc_noreclaim_save();
	__atomic_add_fetch(&reclaimers, 1, __ATOMIC_SEQ_CST);
	reclaimed = do_try_to_free_pages(ac, &sc);
	reclaim_end();
	memalloc_noreclaim_restore(flags);
	probe_mm_vmscan_direct_reclaim_end(reclaimed);
	return reclaimed;
}

unsigned long zone_reclaimable_pages(const struct zone *zone, gfp_t gfp)
{
	if (zone_idx(zone) == ZONE_HIGHMEM)
		return 0;
	return min(reclaimable_pages(gfp, (int)zone_to_nid(zone)),
		   zone_managed_pages(zone));
}

/* ---- one node rather than another ---------------------------------------- */

#define RECLAIM_DISTANCE 30U
#define NODE_RECLAIM_PRIORITY 4

unsigned long node_reclaim_mode; /* vm.zone_reclaim_mode */
static unsigned long sysctl_min_slab_ratio = 5; /* percent */

static const struct ctl_table zone_reclaim_mode_ctl __sysctl = {
	.procname = "vm.zone_reclaim_mode",
	.data = &node_reclaim_mode,
	.nr = 1,
	.hi = 7,
	.outside = true,
};
static const struct ctl_table min_slab_ratio_ctl __sysctl = {
	.procname = "vm.min_slab_ratio",
	.data = &sysctl_min_slab_ratio,
	.nr = 1,
	.hi = 100,
	.outside = true,
};

bool zone_allows_reclaim(const struct zone *local, const struct zone *zone)
{
	return node_distance(zone_to_nid(local), zone_to_nid(zone)) <=
	       RECLAIM_DISTANCE;
}

static unsigned long node_managed_pages(const pg_data_t *pgdat)
{
	unsigned long pages = 0;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		pages += zone_managed_pages(&pgdat->node_zones[type]);
	return pages;
}

static int __node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned int order)
{
	struct scan_control sc = {
		.nr_to_reclaim = max(1UL << order, SWAP_CLUSTER_MAX),
		.gfp_mask = gfp,
		.order = order,
		.priority = NODE_RECLAIM_PRIORITY,
		.reclaim_idx = MAX_NR_ZONES - 1,
	};
	unsigned int flags = memalloc_noreclaim_save();

	do {
		shrink_node(pgdat, &sc);
	} while (sc.nr_reclaimed < sc.nr_to_reclaim && --sc.priority >= 0);
	memalloc_noreclaim_restore(flags);
	return sc.nr_reclaimed >= sc.nr_to_reclaim;
}

int node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned int order)
{
	unsigned long least;
	int ret;

	if (!(gfp & __GFP_DIRECT_RECLAIM) || (current->flags & PF_MEMALLOC))
		return NODE_RECLAIM_NOSCAN;
	if (pgdat->node_id != (int)numa_node_id())
		return NODE_RECLAIM_NOSCAN;
	least = node_managed_pages(pgdat) * sysctl_min_slab_ratio / 100;
	if (reclaimable_pages(gfp, pgdat->node_id) <= least)
		return NODE_RECLAIM_FULL;
	if (__atomic_exchange_n(&pgdat->reclaim_locked, 1, __ATOMIC_ACQUIRE))
		return NODE_RECLAIM_NOSCAN;
	VM_BUG_ON((lock_held & ~LOCK_GATES) && !lock_is_fork_owner());
	ret = __node_reclaim(pgdat, gfp, order);
	__atomic_store_n(&pgdat->reclaim_locked, 0, __ATOMIC_RELEASE);
	count_vm_event(ret ? PGSCAN_ZONE_RECLAIM_SUCCESS :
			     PGSCAN_ZONE_RECLAIM_FAILED);
	return ret;
}

/* ---- everything at once -------------------------------------------------- */

static void drop_slab(void)
{
	unsigned long freed;
	unsigned int shift = 0;

	do {
		freed = 0;
		for_each_online_node(nid)
			freed += shrink_slab(GFP_KERNEL, (int)nid, 0);
	} while (freed >> shift++ > 1);
}

void drop_caches(unsigned int what)
{
	unsigned int flags = memalloc_noreclaim_save();
	struct zone *zone;

	if (what & DROP_SLABS) {
		count_vm_event(DROP_SLAB);
		drop_slab();
	}
	if (what & DROP_PAGES) {
		count_vm_event(DROP_PAGECACHE);
		for_each_zone(zone) {
			drain_all_pages(zone);
			page_reporting_process(zone,
					       REPORT_YOUNG | REPORT_SMALL);
		}
	}
	memalloc_noreclaim_restore(flags);
}

static int write_drop_caches(const unsigned long *values, unsigned int nr)
{
	(void)nr;
	drop_caches((unsigned int)values[0]);
	return 0;
}

static const struct ctl_table drop_caches_ctl __sysctl = {
	.procname = "vm.drop_caches",
	.nr = 1,
	.lo = 1,
	.hi = 4,
	.outside = true,
	.set = write_drop_caches,
};
