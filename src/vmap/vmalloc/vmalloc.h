// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmalloc.h - what other rooms call of vmalloc's
 *
 * The functions for callers are in <kmalloc/vmalloc.h>, <kmalloc/highmem.h>.
 */
#ifndef KM_VMAP_VMALLOC_VMALLOC_H
#define KM_VMAP_VMALLOC_VMALLOC_H

/* Returns 0. */
int vmalloc_init(void);
/* Checks AREA1 and AREA2; no other thread is in the allocator. */
void vm_check(void);

#endif
