// SPDX-License-Identifier: MIT
/*
 * buddy/mmzone.h - the nouns of the page allocator
 *
 *	pg_data_t            a node: its zones
 *	 `- struct zone      a range of frames and their free memory
 *	     |- free_area[order].free_list[migratetype]
 *	     |                  blocks of 2^order frames, by who they serve
 *	     `- per_cpu_pages[cpu]
 *	                        a few small blocks in front of zone->lock
 *
 *	free_area[0]  [ ]-[ ]-[ ]          Unmovable  slabs
 *	free_area[1]  [  ]-[  ]            Movable    page runs
 *	   ...                             Reclaimable
 *	free_area[10] [    4 MiB     ]
 *
 * A pageblock is 2 MiB; its migratetype says on which list the free blocks
 * inside it go, so that what cannot move stays together.
 *
 * Source	Linux v6.12 include/linux/mmzone.h; watermarks, reserves and
 *		further zones belong to the page-allocator issue.
 */
#ifndef KM_BUDDY_MMZONE_H
#define KM_BUDDY_MMZONE_H

#include "arena/arena.h"

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* the number of types on the pcp lists */
	MIGRATE_TYPES = MIGRATE_PCPTYPES
};

enum zone_type { ZONE_NORMAL, MAX_NR_ZONES };
#define MAX_NUMNODES 1
#define NR_CPUS 256

#define PAGE_ALLOC_COSTLY_ORDER 3
#define NR_PCP_LISTS (MIGRATE_PCPTYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free; /* blocks, over all types */
};

/* The small blocks that one CPU keeps; index 3 * order + migratetype. */
struct per_cpu_pages {
	spinlock_t lock; /* tried; waited for only to drain */
	int count; /* base pages on the lists; lock */
	int high; /* beyond it, a batch goes back; constant */
	int batch; /* pages moved at a time; constant */
	u16 epoch; /* zone->epoch at the last use; lock */
	struct list_head lists[NR_PCP_LISTS];
} __cacheline_aligned;

struct zone {
	spinlock_t lock;
	u16 epoch; /* counts ticks; zone->lock */
	struct free_area free_area[NR_PAGE_ORDERS]; /* zone->lock */
	unsigned long free_pages; /* on free_area; zone->lock */
	unsigned long unreported; /* of these, perhaps resident; zone->lock */
	unsigned long zone_start_pfn; /* constant */
	unsigned long spanned_pages; /* constant */
	unsigned long managed_pages; /* given to the buddy; zone->lock */
	/* frames that are online but not yet on the lists; arena_lock */
	unsigned long deferred_pfn, deferred_end;
	struct per_cpu_pages *pageset; /* nr_cpu_ids of them; constant */
	const char *name;
	u8 zone_id, node_id;
};

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	int node_id;
} pg_data_t;

extern pg_data_t node_data[MAX_NUMNODES];
extern unsigned int nr_cpu_ids; /* constant after init, <= NR_CPUS */

#define for_each_zone(zone)                  \
	for (zone = node_data[0].node_zones; \
	     zone < node_data[0].node_zones + MAX_NR_ZONES; zone++)

static inline struct zone *page_zone(const struct page *page)
{
	return &node_data[page->node_id].node_zones[page->zone_id];
}

/*
 * A neighbour's type is read under zone->lock while its owner, without the
 * lock, turns it from one type to another: but never from or to PAGE_BUDDY.
 */
static inline unsigned int page_type(const struct page *page)
{
	return smp_load_acquire(&page->type);
}

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
	return page->flags & PG_REPORTED;
}

#endif
