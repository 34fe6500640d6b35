// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/api.c - the vmalloc() family and vrealloc()
 *
 * Locking	none here
 * Source	Linux v6.12 mm/vmalloc.c (docs/kernel.md Y5, Y6)
 */
#include <string.h>

#include "buddy/buddy.h"
#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"
#include "zone/mmzone.h"
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

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return range_alloc(size, 1, gfp, 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
}

void *vmalloc(unsigned long size)
{
	return range_alloc(size, 1, GFP_VMALLOC, 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
}

void *vzalloc(unsigned long size)
{
	return range_alloc(size, 1, GFP_VMALLOC | __GFP_ZERO, 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
}

void *vmalloc_user(unsigned long size)
{
	return range_alloc(size, 1, GFP_VMALLOC | __GFP_ZERO, VM_USERMAP,
			   NUMA_NO_NODE, __builtin_return_address(0));
}

void *vmalloc_node(unsigned long size, int node)
{
	return range_alloc(size, 1, GFP_VMALLOC, 0, node,
			   __builtin_return_address(0));
}

void *vzalloc_node(unsigned long size, int node)
{
	return range_alloc(size, 1, GFP_VMALLOC | __GFP_ZERO, 0, node,
			   __builtin_return_address(0));
}

void *vmalloc_32(unsigned long size)
{
	return range_alloc(size, 1, gfp_vmalloc32(), 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
}

void *vmalloc_32_user(unsigned long size)
{
	return range_alloc(size, 1, gfp_vmalloc32() | __GFP_ZERO, VM_USERMAP,
			   NUMA_NO_NODE, __builtin_return_address(0));
}

void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	return range_alloc(size, 1, gfp | __GFP_HIGHMEM, VM_ALLOW_HUGE_VMAP,
			   NUMA_NO_NODE, __builtin_return_address(0));
}

void *vmalloc_array(size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return range_alloc(bytes, 1, GFP_VMALLOC, 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
}

void *vcalloc(size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return range_alloc(bytes, 1, GFP_VMALLOC | __GFP_ZERO, 0, NUMA_NO_NODE,
			   __builtin_return_address(0));
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
	const void *caller = __builtin_return_address(0);
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
		return range_alloc(size, 1, gfp | __GFP_HIGHMEM, 0,
				   NUMA_NO_NODE, caller);
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
	q = range_alloc(size, 1, gfp | __GFP_HIGHMEM, 0, NUMA_NO_NODE, caller);
	if (!q)
		return NULL;
	memcpy(q, p, had);
	vfree(p);
	return q;
}
