// SPDX-License-Identifier: MIT
/*
 * zone/pageblock.h - the migratetypes of pageblocks
 *
 * Locking	zone->lock to change a type or to rely on it; read without it,
 *		it is a hint
 * Source	Linux v6.12 include/linux/pageblock-flags.h
 */
#ifndef KM_ZONE_PAGEBLOCK_H
#define KM_ZONE_PAGEBLOCK_H

#include "zone/mmzone.h"

static inline u8 *pageblock_byte(unsigned long pfn)
{
	return &arena.pageblocks[pfn >> PAGEBLOCK_ORDER];
}

/*
 * The type is stored so that a byte without bits says Movable, which all blocks
 * are at first.
 */
static inline unsigned int get_pageblock_migratetype(unsigned long pfn)
{
	u8 byte = READ_ONCE(*pageblock_byte(pfn));

	return byte & PB_ISOLATED ? MIGRATE_ISOLATE :
				    (byte & PB_TYPE) ^ MIGRATE_MOVABLE;
}

/*
 * Also while the pageblock is isolated: sets the type that it will have again.
 */
static inline void set_pageblock_migratetype(unsigned long pfn, unsigned int mt)
{
	u8 *byte = pageblock_byte(pfn), old = READ_ONCE(*byte), new;

	VM_BUG_ON(mt >= MIGRATE_ISOLATE);
	if (unlikely(page_group_by_mobility_disabled) && mt < MIGRATE_PCPTYPES)
		mt = MIGRATE_UNMOVABLE;
	do {
		new = (u8)((old & ~PB_TYPE) | (mt ^ MIGRATE_MOVABLE));
	} while (!__atomic_compare_exchange_n(
		byte, &old, new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/* Returns true if free blocks of this type may merge with those of another. */
static inline bool migratetype_is_mergeable(unsigned int mt)
{
	return mt < MIGRATE_PCPTYPES;
}

#endif
