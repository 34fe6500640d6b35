// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/start.c - start of vmalloc(): a node for each CPU
 *
 * Tests	unit.vmap.vmalloc.vmalloc and all others of this room
 */
#include "vmap/vmalloc/internal.h"
#include "zone/zone.h"

static void vmap_node_init(struct vmap_node *node)
{
	spin_lock_init(&node->lock, LOCK_VMAP_NODE);
	INIT_LIST_HEAD(&node->blocks);
}

/* No static array: the preload libraries have area.c, and no vmalloc(). */
static void alloc_nodes(void)
{
	unsigned int nr = min(nr_cpu_ids, (unsigned int)VMAP_MAX_NODES);
	struct vmap_node *nodes =
		nr > 1 ? os_map(OS_PAGE_ALIGN(nr * sizeof(*nodes))) : NULL;

	if (!nodes)
		return;
	vmap_nodes = nodes;
	nr_vmap_nodes = nr;
}

int vmalloc_init(void)
{
	static const struct frame_mapper mapper = {
		.address = kmap_address,
		.freed = share_freed,
	};

	alloc_nodes();
	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		vmap_node_init(&vmap_nodes[n]);
	frame_mapper_register(&mapper);
	vm_lazy_init();
	return 0;
}
