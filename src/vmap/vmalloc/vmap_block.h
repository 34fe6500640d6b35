// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmap_block.h - blocks of address space that vm_map_ram() cuts up
 *
 *	block of a CPU, 1024 pages
 *	|dirty|used|dirty|dirty|used|........ free ........|
 *	                             ^ next: 1024 - free
 *
 * Locking	vmap_node.lock of the queue that a block belongs to; mapping is
 *		done without
 * Invariants	RAM1  free + used + dirty = 1024 pages
 *		RAM2  a block is on the queue's list while it has free pages,
 *		    or the OS has refused to unmap it
 *		RAM3  pages[n] is set where a page is mapped
 *					(unit.vmap.vmalloc.map_ram checks all)
 * Source	Linux v6.12 mm/vmalloc.c, vmap_block (docs/kernel.md Y8)
 */
#ifndef KM_VMAP_VMALLOC_VMAP_BLOCK_H
#define KM_VMAP_VMALLOC_VMAP_BLOCK_H

#include "vmap/vmalloc/internal.h"

#define VMAP_BBMAP_BITS 1024U /* pages of a block */
#define VMAP_PURGE_THRESHOLD (VMAP_BBMAP_BITS / 4)

struct vmap_block {
	struct vm_area area; /* first; pages that are not mapped are NULL */
	struct vmap_node *queue; /* constant */
	struct list_head list; /* queue->blocks; queue->lock, as what follows */
	unsigned int free, dirty; /* pages */
	unsigned int stale; /* charged for dirty pages, still mapped */
	u16 mappings[VMAP_BBMAP_BITS]; /* charged, by first page: its user */
	u8 counts[VMAP_BBMAP_BITS]; /* pages of the mapping; 0: none begins */
	struct page *pages[VMAP_BBMAP_BITS];
};

/* Counts nr unmapped pages as dirty; frees the block when all are. */
void vb_free(struct vmap_block *vb, unsigned int nr);

#endif
