// SPDX-License-Identifier: MIT
/*
 * kmem/region.h - memory for what the fast paths trust, apart from the frames
 */
#ifndef KM_KMEM_REGION_H
#define KM_KMEM_REGION_H

#include "kmem/kmem.h"

/* The grain: sizes are rounded up to it, and blocks are aligned to it. */
#define REGION_UNIT SHEAF_SIZE
#define REGION_MOST (1023 * REGION_UNIT) /* bytes of the largest block */

/*
 * Returns memory of the region, or NULL if that cannot grow. It may be that of
 * a freed block, with its contents. No memory of the heap is touched.
 */
void *region_alloc(size_t size);
void *region_zalloc(size_t size); /* the same, zeroed */
/* Lets the next request that needs it try again to grow the region. */
void region_retry(void);
/* Frees a block of that size. NULL is allowed. */
void region_free(void *p, size_t size);
/* Gives whole pages back to the OS that have no block. */
void region_trim(void);
unsigned long region_used(void); /* bytes of blocks in use */
/* Returns the frames that the region has memory for, or had since a trim. */
unsigned long region_pages(void);
unsigned long region_charged(void); /* frames that are charged to mem= */
/* Returns true if the address lies in the region. */
bool region_holds(const void *p);
/* Checks REGION1 to REGION3 (region.c); aborts on a fault. */
void region_check(void);

#endif
