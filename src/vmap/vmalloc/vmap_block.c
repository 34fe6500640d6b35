// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmap_block.c - the end of the blocks of vm_map_ram()
 *
 * Locking, invariants	vmap_block.h
 * Source	Linux v6.12 mm/vmalloc.c, free_vmap_block() and
 *		purge_fragmented_blocks() (docs/kernel.md Y8)
 */
#include "vmap/vmalloc/vmap_block.h"

/*
 * Frees a block that is unused and on no list. If the OS refuses to unmap it,
 * it goes back to its queue for the next purge.
 */
static void free_vmap_block(struct vmap_block *vb)
{
	if (vb->stale &&
	    frames_unmap(vb->area.va->va_start, va_size(vb->area.va))) {
		spin_lock(&vb->queue->lock);
		list_add(&vb->list, &vb->queue->blocks);
		spin_unlock(&vb->queue->lock);
		return;
	}
	frames_uncharge(vb->stale);
	vm_erase(&vb->area);
	vb->area.va->next = NULL;
	space_unhold(vb->area.va);
	kfree(vb);
}

void vb_free(struct vmap_block *vb, unsigned int nr)
{
	bool all;

	spin_lock(&vb->queue->lock);
	vb->dirty += nr;
	all = vb->dirty == VMAP_BBMAP_BITS;
	spin_unlock(&vb->queue->lock);
	if (all)
		free_vmap_block(vb);
}

/* Frees the blocks that are partly dirty and have nothing in use. */
static void purge_queue(struct vmap_node *node, unsigned int flags)
{
	struct vmap_block *vb, *next;
	LIST_HEAD(purged);

	spin_lock(&node->lock);
	list_for_each_entry_safe(vb, next, &node->blocks, list) {
		if (!vb->dirty || vb->free + vb->dirty != VMAP_BBMAP_BITS)
			continue;
		if (flags == VM_PURGE_OLD && vb->free >= VMAP_PURGE_THRESHOLD)
			continue;
		list_del(&vb->list);
		list_add(&vb->list, &purged);
	}
	spin_unlock(&node->lock);
	list_for_each_entry_safe(vb, next, &purged, list) {
		list_del_init(&vb->list);
		free_vmap_block(vb);
	}
}

void vm_purge_blocks(unsigned int flags)
{
	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		if (!list_empty(&vmap_nodes[n].blocks))
			purge_queue(&vmap_nodes[n], flags);
}
