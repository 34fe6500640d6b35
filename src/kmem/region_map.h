// SPDX-License-Identifier: MIT
/*
 * kmem/region_map.h - the address space of the region
 */
#ifndef KM_KMEM_REGION_MAP_H
#define KM_KMEM_REGION_MAP_H

#include "kmem/kmem.h"

/* The region is mapped by steps inside blocks of this size and alignment. */
#define REGION_BLOCK (1UL << 20)
#define REGION_GUARD OS_PAGE_MOST /* bytes without access on either side */

/* Returns the bytes that the next step may have: up to the end of a block. */
size_t __region_room(void);
/*
 * Maps so many bytes more, at most __region_room(), charged to mem=. Returns
 * them, or NULL with nothing changed. They lie behind the last ones, or else
 * begin a block.
 */
void *__region_grow(size_t size);

#endif
