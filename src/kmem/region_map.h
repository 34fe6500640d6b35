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

/* Returns the bytes up to the end of the block that is being filled. */
size_t __region_room(void);
/*
 * Maps *size bytes more, at most REGION_BLOCK, charged to mem=. Behind the last
 * ones there are no more than __region_room(): then *size becomes that. Where
 * the program has a mapping there, a new block begins with all of them. Returns
 * their start, or NULL with nothing changed.
 */
void *__region_grow(size_t *size);

#endif
