// SPDX-License-Identifier: MIT
/*
 * zone/gfp.c - see gfp.h
 */
#include "zone/gfp.h"

#define BAD GFP_ZONE_BAD

const u8 gfp_zone_table[16] = {
	/* no zone bit, DMA, HIGHMEM, both */
	ZONE_NORMAL,
	ZONE_DMA,
	ZONE_HIGHMEM,
	BAD,
	/* the same with DMA32 */
	ZONE_DMA32,
	BAD,
	BAD,
	BAD,
	/* with MOVABLE: the Movable zone needs both bits */
	ZONE_NORMAL,
	ZONE_DMA,
	ZONE_MOVABLE,
	BAD,
	/* with DMA32 and MOVABLE */
	ZONE_DMA32,
	BAD,
	BAD,
	BAD,
};
