// SPDX-License-Identifier: MIT
/*
 * arena/page.h - struct page: what is known of one 4 KiB frame
 *
 * Only the first page of a block is ever written; the pages behind it keep
 * whatever they had, so a block of 4 MiB costs one line of the page array.
 * The first eight bytes mean the same for every type; what follows belongs to
 * the type's owner. SLUB overlays its own struct slab (slub/slab.h).
 *
 *	byte	0 type  1 order  2 flags  3 migratetype  4 zone  5 node  6 epoch
 *		8 ...   the owner's 56 bytes
 */
#ifndef KM_ARENA_PAGE_H
#define KM_ARENA_PAGE_H

#include "core/list.h"

enum page_type {
	PAGE_NONE, /* offline, a tail, or on its way */
	PAGE_BUDDY, /* heads a block on zone->free_area[order] */
	PAGE_PCP, /* on a per-CPU list */
	PAGE_ISOLATED, /* off the lists while it is given to the OS */
	PAGE_ALLOCATED, /* heads a block that somebody owns */
	PAGE_SLAB, /* heads a slab */
	PAGE_RUN, /* heads a run of nr_pages frames (large malloc) */
};

/* page->flags */
#define PG_REPORTED 0x01 /* not resident: the OS has it, it reads as zero */
#define PG_HEAD 0x02 /* allocated with __GFP_COMP */

struct page {
	u8 type; /* whoever holds the block */
	u8 order; /* of the block this page heads */
	u8 flags;
	u8 migratetype; /* the list it is on; of the request while allocated */
	u8 zone_id, node_id; /* constant once online */
	u16 epoch; /* zone->epoch when it became free */
	union {
		struct {
			struct list_head lru; /* zone->lock or pcp->lock */
		};
		struct {
			unsigned long nr_pages; /* PAGE_RUN: frames in use */
		};
		struct kmem_cache *slab_cache; /* PAGE_SLAB: constant */
		u64 owner[7];
	};
} __aligned(64);

_Static_assert(sizeof(struct page) == 64, "one cache line a frame");

#endif
