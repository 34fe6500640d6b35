// SPDX-License-Identifier: MIT
/*
 * zone/gfp.h - what the bits of a gfp_t say
 *
 *	bits 0-3	DMA HIGHMEM DMA32 MOVABLE	the highest zone allowed
 *	bits 3-4	MOVABLE RECLAIMABLE		the migratetype
 *
 *	zone bits	0 Normal   1 DMA     2 HighMem    4 DMA32
 *			8 Normal   9 DMA   0xa Movable  0xc DMA32
 *			the other eight are contradictions
 *
 * Source	Linux v6.12 include/linux/gfp.h (docs/kernel.md G4, G5)
 */
#ifndef KM_ZONE_GFP_H
#define KM_ZONE_GFP_H

#include <kmalloc/gfp.h>

#include "diag/warn.h"
#include "zone/mmzone.h"

#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)
#define GFP_MOVABLE_MASK (__GFP_MOVABLE | __GFP_RECLAIMABLE)
#define GFP_ZONE_BAD 0xff

/* every flag there is */
#define GFP_ALLOWED_ALL (~0x200u)
#define GFP_BOOT_MASK (GFP_ALLOWED_ALL & ~(__GFP_RECLAIM | __GFP_IO | __GFP_FS))

/* The flags that requests may have: GFP_BOOT_MASK while the library starts. */
extern gfp_t gfp_allowed_mask;

/*
 * Returns the flags without those that contradict each other or that this
 * thread may not use.
 */
gfp_t current_gfp_context(gfp_t gfp);

/*
 * The zone for each combination of zone bits; GFP_ZONE_BAD for bits that
 * contradict each other.
 */
extern const u8 gfp_zone_table[16] __hidden;

/*
 * Returns the highest zone that a request may be served from. Bits that
 * contradict each other end a debug build; other builds take the lowest zone
 * named.
 */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	unsigned int zone = gfp_zone_table[gfp & GFP_ZONEMASK];

	VM_BUG_ON(zone == GFP_ZONE_BAD);
	if (unlikely(zone == GFP_ZONE_BAD))
		return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
	return (enum zone_type)zone;
}

/*
 * Returns the migratetype. Both mobility bits at once are a mistake, which is
 * reported once; the page is Unmovable then.
 */
static inline unsigned int gfp_migratetype(gfp_t gfp)
{
	if (unlikely(page_group_by_mobility_disabled))
		return MIGRATE_UNMOVABLE;
	if (unlikely((gfp & GFP_MOVABLE_MASK) == GFP_MOVABLE_MASK)) {
		WARN_ONCE(
			1,
			"alloc_pages: __GFP_MOVABLE and __GFP_RECLAIMABLE at once (flags %#x)",
			gfp);
		return MIGRATE_UNMOVABLE;
	}
	return (gfp & GFP_MOVABLE_MASK) >> 3;
}

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

static inline bool gfpflags_allow_spinning(gfp_t gfp)
{
	return gfp & __GFP_RECLAIM;
}

/*
 * Returns which of a node's zonelists to use. With __GFP_THISNODE it is the
 * list of its own zones only.
 */
static inline unsigned int gfp_zonelist(gfp_t gfp)
{
	return gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK;
}

/*
 * Writes the names of the flags into buf as the kernel's %pGg prints them
 * ("GFP_KERNEL|__GFP_ZERO", unknown bits as a number). Returns the full length,
 * as snprintf().
 */
int gfp_flags_string(char *buf, size_t size, gfp_t gfp);

#endif
