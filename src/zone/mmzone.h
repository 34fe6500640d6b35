// SPDX-License-Identifier: MIT
/*
 * zone/mmzone.h - the nouns of the page allocator
 *
 *	pg_data_t            a node: its zones, and where to look for memory
 *	 |- struct zone      a range of frames and their free memory
 *	 |   |- _watermark[] how much must stay free
 *	 |   |- free_area[order].free_list[migratetype]
 *	 |   |                  blocks of 2^order frames, by kind of request
 *	 |   `- per_cpu_pages[cpu]
 *	 |                      a few small blocks in front of zone->lock
 *	 `- node_zonelists[]  all zones by distance, and this node's alone
 *
 *	node 0  |DMA|  DMA32  |     Normal      |Movable|HighMem|
 *	node 1                |     Normal      |Movable|HighMem|
 *	        0  16M        4G     frame numbers ->
 *
 *	free_area[0]  [ ]-[ ]-[ ]          Unmovable  slabs
 *	free_area[1]  [  ]-[  ]            Movable    page runs
 *	   ...                             Reclaimable, HighAtomic, Isolate
 *	free_area[10] [    4 MiB     ]
 *
 * A pageblock is 2 MiB. Its migratetype says on which list the free blocks
 * inside it go, so that pages that cannot move stay together. Zones begin and
 * end at a largest block, so no pageblock and no pair of buddies is in two
 * zones.
 *
 * Source	Linux v6.12 include/linux/mmzone.h
 *		(docs/kernel.md Z1-Z5); no CMA
 */
#ifndef KM_ZONE_MMZONE_H
#define KM_ZONE_MMZONE_H

#include <kmalloc/gfp.h>

#include "arena/arena.h"

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* the number of types on the pcp lists */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_ISOLATE, /* serves no request: is to be emptied */
	MIGRATE_TYPES
};

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM, /* frames of a memfd: no address unless mapped */
	ZONE_MOVABLE, /* has addresses; only for movable pages */
	MAX_NR_ZONES
};

#define MAX_NUMNODES 8
#define NR_CPUS 256

#define PAGE_ALLOC_COSTLY_ORDER 3
/* lists of a pageset: 3 types of orders 0..3, then two of pageblock size */
#define NR_LOWORDER_PCP_LISTS (MIGRATE_PCPTYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))
#define NR_PCP_LISTS (NR_LOWORDER_PCP_LISTS + 2)

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
	WMARK_PROMO,
	NR_WMARK
};

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free; /* blocks, over all types */
};

/* events of enum numa_stat_item, and one for two of them at once */
#define NR_NUMA_EVENTS 7

/* the small blocks that one CPU keeps */
struct per_cpu_pages {
	spinlock_t lock; /* trylock only, except to drain */
	int count; /* base pages on the lists; lock */
	int high; /* pages above it go back; lock */
	int high_min, high_max; /* between which high tunes itself; relaxed */
	int batch; /* pages moved at a time; relaxed */
	int free_count; /* pages freed in a row; lock */
	u8 flags; /* PCPF_; lock */
	u8 alloc_factor; /* refills grow by 2^this; lock */
	u16 epoch; /* zone->epoch at the last use; lock */
	unsigned long allocated, freed; /* pages, ever; lock */
	unsigned long allocs; /* blocks, ever; lock */
	struct list_head lists[NR_PCP_LISTS];
	unsigned long numa[NR_NUMA_EVENTS]; /* zone/vmstat.c; atomic */
} __cacheline_aligned;

#define PCPF_PREV_FREE_HIGH_ORDER 0x1u /* the last free was of order 1 to 3 */

/* Free memory that is used again; pages. Under the lock of what it is in. */
struct turnover {
	unsigned long reused; /* taken while resident, ever */
	unsigned long returned; /* given to the OS, ever */
	unsigned long refaulted; /* of these taken soon after, ever */
	unsigned long lately; /* given to the OS lately, and not taken since */
	unsigned long broken; /* of these parts of huge pages */
};

/* A stretch of free frames, as request/holes.c notes it. */
struct hole {
	u32 pfn, nr;
};

#define NR_HOLE_BINS 28 /* lengths up to the largest block */
#define HOLE_WAYS 32

struct holes {
	u32 bins; /* a bit for each that has a note */
	u8 count[NR_HOLE_BINS]; /* notes in each, the first ones */
	u8 oldest[NR_HOLE_BINS]; /* that a note in a full bin replaces */
	struct hole notes[NR_HOLE_BINS][HOLE_WAYS];
};

/* zone->flags, atomic */
#define ZONE_BELOW_HIGH 0x1u /* lately below its high mark */
#define ZONE_BOOSTED 0x2u /* a boost asks for kswapd */
#define ZONE_RECLAIM_ACTIVE 0x4u /* per-CPU lists stay short */
#define ZONE_PCP_DISABLED 0x8u /* per-CPU lists stay empty */

struct zone {
	/* read at each allocation */
	unsigned long _watermark[NR_WMARK]; /* pages; relaxed */
	unsigned long watermark_boost; /* pages; zone->lock, read relaxed */
	unsigned long nr_reserved_highatomic; /* pages; zone->lock */
	unsigned long nr_free_highatomic; /* of these free; zone->lock */
	unsigned long lowmem_reserve[MAX_NR_ZONES]; /* pages; relaxed */
	unsigned long free_pages; /* on free_area; zone->lock */
	unsigned int flags; /* atomic */
	u8 zone_id, node_id; /* constant */
	u16 epoch; /* counts ticks; zone->lock */
	struct per_cpu_pages *pageset; /* nr_cpu_ids of them; constant */
	unsigned int pcp_disabled; /* depth; wmark_lock */
	/* constant after init */
	struct pglist_data *zone_pgdat;
	const char *name;
	unsigned long zone_start_pfn, spanned_pages;
	unsigned long present_pages; /* online frames; arena_lock */
	unsigned long managed_pages; /* given to the buddy; zone->lock */
	/* arena_lock: how the zone grows, buddy/grow.c */
	unsigned long populated_end; /* no pageblock above is online; relaxed */
	unsigned long offlined_pages; /* holes that growth fills last */
	bool has_holes; /* some because of other mappings */
	unsigned long grow_pfn; /* where the next section is looked for */
	unsigned long first_frame; /* that is used; const after init */
	unsigned long deferred_pfn, deferred_end; /* online, on no list yet */
	unsigned long percpu_drift_mark; /* pages; relaxed */

	spinlock_t lock __cacheline_aligned;
	struct free_area free_area[NR_PAGE_ORDERS]; /* zone->lock */
	struct holes *holes; /* between runs; zone->lock */
	unsigned long unreported; /* free, perhaps resident; zone->lock */
	unsigned long surplus_mark; /* above it: see zone/surplus.h; relaxed */
	struct turnover turnover; /* zone->lock */
	unsigned long nr_isolated; /* pages free and isolated; zone->lock */
	unsigned long nr_isolate_pageblock; /* zone->lock */
	unsigned long nr_movable_pages; /* with movable_operations; atomic */
	struct capture_control *capture; /* waits for a block; zone->lock */
	/* migrate_lock: where compaction stands; read relaxed */
	unsigned long compact_cached_free_pfn;
	unsigned long compact_cached_migrate_pfn[2]; /* async, sync */
	unsigned long compact_init_migrate_pfn, compact_init_free_pfn;
	unsigned int compact_considered; /* attempts since the last failure */
	unsigned int compact_defer_shift; /* all but 1 of 2^this are skipped */
	int compact_order_failed; /* lowest order that failed */
	bool compact_blockskip_flush; /* clear the skip marks at the end */
	unsigned long allocated, freed; /* past the pagesets; zone->lock */
	unsigned long allocs; /* the same in blocks; zone->lock */
};

struct zoneref {
	struct zone *zone; /* NULL: the end */
	int zone_idx;
};

#define MAX_ZONES_PER_ZONELIST (MAX_NUMNODES * MAX_NR_ZONES)

struct zonelist {
	struct zoneref _zonerefs[MAX_ZONES_PER_ZONELIST + 1];
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

/* runs of reclaim in a row without progress, after which it is hopeless */
#define MAX_RECLAIM_RETRIES 16

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	struct zonelist node_zonelists[MAX_ZONELISTS]; /* constant after init */
	int node_id;
	unsigned long totalreserve_pages; /* relaxed */
	/* what background compaction was asked for; relaxed */
	int kcompactd_max_order, kcompactd_highest_zoneidx;
	unsigned long kcompactd_next_ms; /* when it looks again; relaxed */
	/* reclaim/kswapd.c; atomic */
	u32 kswapd_wait; /* 1: it is asked for */
	u32 kswapd_thread; /* THREAD_ of reclaim/internal.h */
	unsigned int kswapd_order; /* the largest asked for */
	unsigned int kswapd_highest_zoneidx; /* the highest asked for */
	unsigned int kswapd_failures; /* runs in a row without success */
	u32 reclaim_locked; /* a thread is in node_reclaim() */
} pg_data_t;

/* nodes as bits: MAX_NUMNODES fit */
typedef struct nodemask {
	u8 bits;
} nodemask_t;

extern pg_data_t node_data[MAX_NUMNODES];
extern unsigned int nr_cpu_ids; /* constant after init, <= NR_CPUS */
extern unsigned int nr_online_nodes; /* constant after init */
/* there is too little memory to keep types apart; constant after init */
extern bool page_group_by_mobility_disabled;
extern u8 cpu_node[NR_CPUS]; /* the node of a CPU; constant after init */

#define NODE_DATA(nid) (&node_data[nid])
#define for_each_online_node(nid) \
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++)

/*
 * Returns the next zone that spans frames, of NULL the first one. After the
 * last zone it returns NULL.
 */
struct zone *next_zone(struct zone *zone);

/* every zone that has a range of frames, by node, lowest first */
#define for_each_zone(zone) \
	for (zone = next_zone(NULL); zone; zone = next_zone(zone))

static inline unsigned int zone_idx(const struct zone *zone)
{
	return zone->zone_id;
}

static inline unsigned int zone_to_nid(const struct zone *zone)
{
	return zone->node_id;
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

/* Returns true if the zone has a frame that is online. */
static inline bool populated_zone(const struct zone *zone)
{
	return READ_ONCE(zone->present_pages) != 0;
}

static inline unsigned long zone_managed_pages(const struct zone *zone)
{
	return READ_ONCE(zone->managed_pages);
}

static inline unsigned long wmark_pages(const struct zone *zone,
					enum zone_watermarks mark)
{
	return READ_ONCE(zone->_watermark[mark]) +
	       READ_ONCE(zone->watermark_boost);
}

static inline unsigned long min_wmark_pages(const struct zone *zone)
{
	return wmark_pages(zone, WMARK_MIN);
}

static inline unsigned long low_wmark_pages(const struct zone *zone)
{
	return wmark_pages(zone, WMARK_LOW);
}

static inline unsigned long high_wmark_pages(const struct zone *zone)
{
	return wmark_pages(zone, WMARK_HIGH);
}

static inline bool zone_flag(const struct zone *zone, unsigned int flag)
{
	return READ_ONCE(zone->flags) & flag;
}

static inline void zone_set_flag(struct zone *zone, unsigned int flag)
{
	__atomic_fetch_or(&zone->flags, flag, __ATOMIC_RELAXED);
}

static inline void zone_clear_flag(struct zone *zone, unsigned int flag)
{
	__atomic_fetch_and(&zone->flags, ~flag, __ATOMIC_RELAXED);
}

static inline unsigned int page_to_nid(const struct page *page)
{
	return page->node_id;
}

static inline unsigned int page_zonenum(const struct page *page)
{
	return READ_ONCE(page->zone_id);
}

static inline struct zone *page_zone(const struct page *page)
{
	return &node_data[READ_ONCE(page->node_id)]
			.node_zones[READ_ONCE(page->zone_id)];
}

/* Returns the zone of a frame, online or not. NULL beyond all zones. */
struct zone *pfn_to_zone(unsigned long pfn);

/*
 * The type of a neighbour may be read under zone->lock while its owner changes
 * it without the lock. But the owner never changes it from or to PAGE_BUDDY.
 */
static inline unsigned int page_type(const struct page *page)
{
	return smp_load_acquire(&page->type);
}

/*
 * Sets the type after the order, flags and whatever else belongs to it: readers
 * without a lock who see a new type take the order for the new one too.
 */
static inline void set_page_type(struct page *page, enum page_type type)
{
	smp_store_release(&page->type, (u8)type);
}

static inline bool PageBuddy(const struct page *page)
{
	return page_type(page) == PAGE_BUDDY;
}

static inline bool PageReported(const struct page *page)
{
	return READ_ONCE(page->flags) & PG_REPORTED;
}

static inline bool PageHighMem(const struct page *page)
{
	return READ_ONCE(page->zone_id) == ZONE_HIGHMEM;
}

static inline bool node_in(unsigned int nid, nodemask_t nodes)
{
	return nodes.bits >> nid & 1;
}

static inline void node_set(unsigned int nid, nodemask_t *nodes)
{
	nodes->bits |= (u8)(1U << nid);
}

/*
 * Records the zone that the page is in. The page may have been in use before,
 * and another thread may read its zone meanwhile: that never changes.
 */
static inline void set_page_links(struct page *page, const struct zone *zone)
{
	WRITE_ONCE(page->zone_id, zone->zone_id);
	WRITE_ONCE(page->node_id, zone->node_id);
}

/* Adds to a counter. The caller holds its lock; readers do not. */
static inline void count_locked(unsigned long *counter, unsigned long n)
{
	WRITE_ONCE(*counter, *counter + n);
}

#endif
