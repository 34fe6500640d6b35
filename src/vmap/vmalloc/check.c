// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/check.c - check AREA1 and AREA2 of internal.h
 *
 * Tests	unit.vmap.vmalloc.place breaks a sum by hand
 */
#include "core/bug.h"
#include "vmap/vmalloc/internal.h"

static unsigned long check_pool(const struct vmap_node *node)
{
	unsigned long pages = 0, nr = 0;

	for (unsigned int size = 0; size <= VMAP_POOL_PAGES; size++) {
		const struct vm_area *area = node->pool[size];

		for (; area; area = (const void *)area->vm.next) {
			BUG_ON(size ? area->vm.nr_pages != size :
				      area->vm.nr_pages - 1U < VMAP_POOL_PAGES);
			if (area->vm.flags & VM_ALLOC)
				pages += area->vm.nr_pages;
			nr++;
		}
	}
	BUG_ON(nr != node->nr_pooled);
	return pages;
}

static void check_busy(const struct vmap_node *node, unsigned int nr)
{
	unsigned long found = 0;
	uintptr_t end = 0;

	BUG_ON(rb_check(&node->busy));
	for (struct rb_node *rb = rb_first(&node->busy); rb; rb = rb_next(rb)) {
		struct vmap_area *va = rb_entry(rb, struct vmap_area, rb);
		struct vm_area *area = to_area(va->vm);

		BUG_ON(va->va_start < end || vm_node_nr(va->va_start) != nr);
		BUG_ON(area->va != va ||
		       (uintptr_t)area->vm.addr != va->va_start);
		BUG_ON((size_t)area->vm.nr_pages << PAGE_SHIFT > va_size(va));
		end = va->va_end;
		found++;
	}
	BUG_ON(found != node->nr_busy);
}

/* Called while no other thread is in the allocator. */
void vm_check(void)
{
	unsigned long pages = 0;

	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		spin_lock(&vmap_nodes[n].lock);
		check_busy(&vmap_nodes[n], n);
		pages += check_pool(&vmap_nodes[n]);
		spin_unlock(&vmap_nodes[n].lock);
	}
	BUG_ON(pages != vm_lazy_pages());
}
