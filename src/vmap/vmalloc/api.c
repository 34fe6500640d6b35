// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/api.c - the vmalloc() family and vrealloc()
 *
 * Locking	none here
 * Tests	unit.vmap.vmalloc.vmalloc, unit.vmap.vmalloc.bad
 * Source	Linux v6.12 mm/vmalloc.c (docs/kernel.md Y5, Y6)
 */
#include <string.h>

#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"
#include "zone/page_debug.h"

#define GFP_VMALLOC (GFP_KERNEL | __GFP_HIGHMEM)

/* ---- the family ---------------------------------------------------------- */

/* Returns flags for the highest zone below 4 GiB, or for any but HighMem. */
static gfp_t gfp_vmalloc32(void)
{
	gfp_t gfp = GFP_KERNEL;
	struct zone *zone;

	if (engine_need())
		return gfp;
	for_each_zone(zone) {
		if (zone_idx(zone) == ZONE_DMA32)
			return GFP_KERNEL | __GFP_DMA32;
		if (zone_idx(zone) == ZONE_DMA)
			gfp = GFP_KERNEL | __GFP_DMA;
	}
	return gfp;
}

void *__vmalloc_node_range(unsigned long size, unsigned long align,
			   unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node,
			   const void *caller)
{
	struct vmalloc_request rq = {
		.size = size,
		.want = { .align = align, .start = start, .end = end },
		.gfp = gfp,
		.prot = prot,
		.flags = vm_flags,
		.node = node,
		.caller = caller,
	};

	return vmalloc_in_range(&rq);
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = gfp,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc(unsigned long size)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = GFP_VMALLOC,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vzalloc(unsigned long size)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = GFP_VMALLOC | __GFP_ZERO,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_user(unsigned long size)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = GFP_VMALLOC | __GFP_ZERO,
		.flags = VM_USERMAP,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_node(unsigned long size, int node)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = GFP_VMALLOC,
		.node = node,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vzalloc_node(unsigned long size, int node)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = GFP_VMALLOC | __GFP_ZERO,
		.node = node,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_32(unsigned long size)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = gfp_vmalloc32(),
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_32_user(unsigned long size)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = gfp_vmalloc32() | __GFP_ZERO,
		.flags = VM_USERMAP,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = gfp | __GFP_HIGHMEM,
		.flags = VM_ALLOW_HUGE_VMAP,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	return vmalloc_anywhere(&rq);
}

void *vmalloc_array(size_t n, size_t size)
{
	struct vmalloc_request rq = {
		.gfp = GFP_VMALLOC,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	if (unlikely(__builtin_mul_overflow(n, size, &rq.size)))
		return NULL;
	return vmalloc_anywhere(&rq);
}

void *vcalloc(size_t n, size_t size)
{
	struct vmalloc_request rq = {
		.gfp = GFP_VMALLOC | __GFP_ZERO,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};

	if (unlikely(__builtin_mul_overflow(n, size, &rq.size)))
		return NULL;
	return vmalloc_anywhere(&rq);
}

/* ---- vrealloc ------------------------------------------------------------ */

/* Returns the area that starts at p; the caller owns it, so no lock is held. */
static struct vm_area *area_of(const void *p)
{
	struct vmap_node *node;
	struct vm_area *area = vm_lookup(p, &node);

	if (area)
		vm_unlock(node);
	return area && area->vm.addr == p ? area : NULL;
}

void *vrealloc(const void *p, size_t size, gfp_t gfp)
{
	struct vmalloc_request rq = {
		.size = size,
		.gfp = gfp | __GFP_HIGHMEM,
		.node = NUMA_NO_NODE,
		.caller = __builtin_return_address(0),
	};
	char *at = (char *)(uintptr_t)p;
	struct vm_area *area;
	size_t had, room;
	void *q;

	if (engine_need())
		return NULL;
	if (!size) {
		vfree(p);
		return NULL;
	}
	if (!p)
		return vmalloc_anywhere(&rq);
	area = area_of(p);
	if (!area) {
		WARN(1, "Trying to vrealloc() nonexistent vm area (%p)", p);
		return NULL;
	}
	had = area->vm.requested_size;
	room = get_vm_area_size(&area->vm);
	if (size <= room) {
		/* Zero the tail now: a later vrealloc() may grow into it. */
		if (size < had &&
		    (want_init_on_free() || want_init_on_alloc(gfp)))
			vm_zero(area, at + size, had - size);
		else if (size > had && want_init_on_alloc(gfp))
			vm_zero(area, at + had, size - had);
		area->vm.requested_size = size;
		return at;
	}
	q = vmalloc_anywhere(&rq);
	if (!q)
		return NULL;
	memcpy(q, p, had);
	vfree(p);
	return q;
}
