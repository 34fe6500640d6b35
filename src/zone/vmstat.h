// SPDX-License-Identifier: MIT
/*
 * zone/vmstat.h - what the page allocator counts, under the kernel's names
 *
 *	events		how often something happened; only ever rise
 *			  count_vm_event(COMPACTSTALL)
 *	states		how many pages there are of a kind, by node or by zone
 *			  mod_node_page_state(pgdat, NR_SLAB_RECLAIMABLE, 8)
 *	numa events	where requests were served, by zone
 *			  zone_statistics(preferred, zone, 1)
 *
 * These counters are for slow paths. Free pages and pages allocated and freed
 * are counted where they move (zone->allocated, pcp->allocated,
 * zone->free_pages), and only added up here.
 *
 * Locking	none: relaxed atomics, events in a slot for each CPU
 * Source	Linux v6.12 include/linux/vmstat.h, vm_event_item.h, mmzone.h
 *		(docs/kernel.md I6). Items that have no counterpart here (files,
 *		swap) are in the texts and stay 0
 */
#ifndef KM_ZONE_VMSTAT_H
#define KM_ZONE_VMSTAT_H

#include <kmalloc/gfp.h>

#include "zone/mmzone.h"

/* in the order of /proc/vmstat, as the two enums below */
enum zone_stat_item {
	NR_FREE_PAGES, /* read only: the zone's own counter */
	NR_ZONE_INACTIVE_ANON,
	NR_ZONE_ACTIVE_ANON,
	NR_ZONE_INACTIVE_FILE,
	NR_ZONE_ACTIVE_FILE,
	NR_ZONE_UNEVICTABLE,
	NR_ZONE_WRITE_PENDING,
	NR_MLOCK,
	NR_BOUNCE,
	NR_ZSPAGES,
	NR_FREE_CMA_PAGES,
	NR_VM_ZONE_STAT_ITEMS
};

enum numa_stat_item {
	NUMA_HIT, /* on the node that was preferred */
	NUMA_MISS, /* here, though another was preferred */
	NUMA_FOREIGN, /* elsewhere, though this was preferred */
	NUMA_INTERLEAVE_HIT,
	NUMA_LOCAL, /* by a CPU of this node */
	NUMA_OTHER, /* by a CPU of another node */
	NR_VM_NUMA_EVENT_ITEMS
};

enum node_stat_item {
	NR_INACTIVE_ANON,
	NR_ACTIVE_ANON,
	NR_INACTIVE_FILE,
	NR_ACTIVE_FILE,
	NR_UNEVICTABLE,
	NR_SLAB_RECLAIMABLE, /* pages */
	NR_SLAB_UNRECLAIMABLE, /* pages */
	NR_ISOLATED_ANON,
	NR_ISOLATED_FILE,
	WORKINGSET_NODES,
	WORKINGSET_REFAULT_ANON,
	WORKINGSET_REFAULT_FILE,
	WORKINGSET_ACTIVATE_ANON,
	WORKINGSET_ACTIVATE_FILE,
	WORKINGSET_RESTORE_ANON,
	WORKINGSET_RESTORE_FILE,
	WORKINGSET_NODERECLAIM,
	NR_ANON_MAPPED,
	NR_FILE_MAPPED,
	NR_FILE_PAGES,
	NR_FILE_DIRTY,
	NR_WRITEBACK,
	NR_WRITEBACK_TEMP,
	NR_SHMEM,
	NR_SHMEM_THPS,
	NR_SHMEM_PMDMAPPED,
	NR_FILE_THPS,
	NR_FILE_PMDMAPPED,
	NR_ANON_THPS,
	NR_VMSCAN_WRITE,
	NR_VMSCAN_IMMEDIATE,
	NR_DIRTIED,
	NR_WRITTEN,
	NR_THROTTLED_WRITTEN,
	NR_KERNEL_MISC_RECLAIMABLE,
	NR_FOLL_PIN_ACQUIRED,
	NR_FOLL_PIN_RELEASED,
	NR_KERNEL_STACK_KB,
	NR_PAGETABLE,
	NR_SECONDARY_PAGETABLE,
	NR_IOMMU_PAGES,
	NR_SWAPCACHE,
	PGDEMOTE_KSWAPD,
	PGDEMOTE_DIRECT,
	PGDEMOTE_KHUGEPAGED,
	NR_VM_NODE_STAT_ITEMS
};

/* Items that end in a zone's name are in the order of enum zone_type. */
enum vm_event_item {
	PGPGIN,
	PGPGOUT,
	PSWPIN,
	PSWPOUT,
	PGALLOC_DMA, /* read only, as the next four: counted where pages move */
	PGALLOC_DMA32,
	PGALLOC_NORMAL,
	PGALLOC_HIGH,
	PGALLOC_MOVABLE,
	ALLOCSTALL_DMA,
	ALLOCSTALL_DMA32,
	ALLOCSTALL_NORMAL,
	ALLOCSTALL_HIGH,
	ALLOCSTALL_MOVABLE,
	PGSCAN_SKIP_DMA,
	PGSCAN_SKIP_DMA32,
	PGSCAN_SKIP_NORMAL,
	PGSCAN_SKIP_HIGH,
	PGSCAN_SKIP_MOVABLE,
	PGFREE, /* read only */
	PGACTIVATE,
	PGDEACTIVATE,
	PGLAZYFREE,
	PGFAULT,
	PGMAJFAULT,
	PGLAZYFREED,
	PGREFILL,
	PGREUSE,
	PGSTEAL_KSWAPD,
	PGSTEAL_DIRECT,
	PGSTEAL_KHUGEPAGED,
	PGSCAN_KSWAPD,
	PGSCAN_DIRECT,
	PGSCAN_KHUGEPAGED,
	PGSCAN_DIRECT_THROTTLE,
	PGSCAN_ANON,
	PGSCAN_FILE,
	PGSTEAL_ANON,
	PGSTEAL_FILE,
	PGSCAN_ZONE_RECLAIM_SUCCESS,
	PGSCAN_ZONE_RECLAIM_FAILED,
	PGINODESTEAL,
	SLABS_SCANNED,
	KSWAPD_INODESTEAL,
	KSWAPD_LOW_WMARK_HIT_QUICKLY,
	KSWAPD_HIGH_WMARK_HIT_QUICKLY,
	PAGEOUTRUN,
	PGROTATED,
	DROP_PAGECACHE,
	DROP_SLAB,
	OOM_KILL,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
	COMPACTMIGRATE_SCANNED,
	COMPACTFREE_SCANNED,
	COMPACTISOLATED,
	COMPACTSTALL,
	COMPACTFAIL,
	COMPACTSUCCESS,
	KCOMPACTD_WAKE,
	KCOMPACTD_MIGRATE_SCANNED,
	KCOMPACTD_FREE_SCANNED,
	HTLB_BUDDY_PGALLOC,
	HTLB_BUDDY_PGALLOC_FAIL,
	CMA_ALLOC_SUCCESS,
	CMA_ALLOC_FAIL,
	NR_VM_EVENT_ITEMS
};

/* ---- events -------------------------------------------------------------- */

void count_vm_events(enum vm_event_item item, unsigned long n);

static inline void count_vm_event(enum vm_event_item item)
{
	count_vm_events(item, 1);
}

/*
 * One of five events that differ by zone: count_zid_vm_events(ALLOCSTALL_DMA,
 * zid, 1).
 */
static inline void count_zid_vm_events(enum vm_event_item first,
				       enum zone_type zid, unsigned long n)
{
	count_vm_events((enum vm_event_item)(first + zid), n);
}

/*
 * Stores what all CPUs have counted, and how many pages were allocated and
 * freed.
 */
void all_vm_events(unsigned long ret[NR_VM_EVENT_ITEMS]);

/* ---- states -------------------------------------------------------------- */

void mod_node_page_state(struct pglist_data *pgdat, enum node_stat_item item,
			 long delta);
void mod_zone_page_state(struct zone *zone, enum zone_stat_item item,
			 long delta);
unsigned long node_page_state(const struct pglist_data *pgdat,
			      enum node_stat_item item);
unsigned long zone_page_state(const struct zone *zone,
			      enum zone_stat_item item);
/* The same over all nodes, or all zones. */
unsigned long global_node_page_state(enum node_stat_item item);
unsigned long global_zone_page_state(enum zone_stat_item item);

/* ---- numa events --------------------------------------------------------- */

/*
 * Counts `nr` requests that preferred the first zone and were served by the
 * second. With __GFP_OTHER_NODE they were made for the preferred node, not for
 * the node of this CPU.
 */
void zone_statistics(const struct zone *preferred_zone, const struct zone *z,
		     unsigned long nr, gfp_t gfp);
unsigned long zone_numa_event_state(const struct zone *zone,
				    enum numa_stat_item item);
unsigned long global_numa_event_state(enum numa_stat_item item);

#endif
