// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vm_struct.c - areas without pages, and the page at an address
 *
 *	get_vm_area	a place, found by address; its caller maps what it wants
 *	remove_vm_area	the place goes back, what was mapped there is unmapped
 *
 * Locking, invariants	internal.h
 * Source	Linux v6.12 mm/vmalloc.c, __get_vm_area_node(), remove_vm_area()
 */
#include "core/probe.h"
#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"

/* Sizes are whole pages; an alignment is a power of two. */
static bool want_ok(const struct space_want *want)
{
	return want->size && !(want->size % PAGE_SIZE) &&
	       !(want->align & (want->align - 1)) && want->start < want->end;
}

struct vm_area *vm_area_alloc(const struct space_want *want,
			      unsigned long flags, gfp_t gfp,
			      const void *caller)
{
	struct space_want place = *want;
	struct vm_area *area;

	if (WARN_ONCE(!want_ok(want),
		      "get_vm_area: size %lu, alignment %lu, range %#lx to %#lx",
		      (unsigned long)want->size, (unsigned long)want->align,
		      (unsigned long)want->start, (unsigned long)want->end))
		return NULL;
	if (!(flags & VM_NO_GUARD) &&
	    __builtin_add_overflow(place.size, PAGE_SIZE, &place.size))
		return NULL;
	area = kzalloc(sizeof(*area), gfp & (GFP_KERNEL | __GFP_NOWARN));
	if (!area)
		return NULL;
	area->va = alloc_vmap_area(&place, gfp);
	probe_alloc_vmap_area(area->va ? area->va->va_start : 0UL, place.size,
			      place.align, !area->va);
	if (!area->va) {
		kfree(area);
		return NULL;
	}
	area->vm.addr = (void *)area->va->va_start;
	area->vm.size = va_size(area->va);
	area->vm.flags = flags;
	area->vm.caller = caller;
	area->prot = OS_PROT_RW;
	return area;
}

void vm_area_free(struct vm_area *area)
{
	BUG_ON(area->state & VM_MAPPED);
	area->va->next = NULL;
	space_unhold(area->va);
	kfree(area);
}

/* Makes an area of whole pages of 2^shift bytes; other threads find it. */
static struct vm_struct *insert_new(struct space_want *want,
				    unsigned long shift, unsigned long flags,
				    gfp_t gfp, const void *caller)
{
	size_t page = 1UL << shift;
	struct vm_area *area;

	if (engine_need() || want->size > PTRDIFF_MAX)
		return NULL;
	want->size = ALIGN(want->size, page);
	area = vm_area_alloc(want, flags, gfp, caller);
	if (!area)
		return NULL;
	vm_insert(area);
	return &area->vm;
}

struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller)
{
	struct space_want want = { .size = size,
				   .align = max(align, PAGE_SIZE),
				   .start = start,
				   .end = end };

	(void)node;
	if (shift < PAGE_SHIFT || shift > 30)
		return NULL;
	return insert_new(&want, shift, flags, gfp, caller);
}

struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller)
{
	struct space_want want = { .size = size, .align = PAGE_SIZE };

	if (engine_need())
		return NULL;
	want.start = vm_space_start();
	want.end = vm_space_end();
	return insert_new(&want, PAGE_SHIFT, flags, GFP_KERNEL, caller);
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
	return get_vm_area_caller(size, flags, __builtin_return_address(0));
}

/* Frees vmap()'s copy of the page array; the pages belong to its caller. */
static void vm_forget_pages(struct vm_struct *vm)
{
	if (vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES))
		return;
	kvfree(vm->pages);
	vm->pages = NULL;
	vm->nr_pages = 0;
}

struct vm_struct *remove_vm_area(const void *addr)
{
	struct vm_area *area;

	if (engine_need() ||
	    WARN_ONCE((uintptr_t)addr % PAGE_SIZE,
		      "remove_vm_area: bad address (%p)", addr))
		return NULL;
	area = vm_unlink(addr);
	if (!area)
		return NULL;
	if ((area->state & VM_MAPPED) &&
	    frames_unmap(area->va->va_start, va_size(area->va))) {
		vm_insert(area); /* the OS refused: the area stays */
		return NULL;
	}
	frames_uncharge(area->nr_mappings);
	area->state = 0;
	area->nr_mappings = 0;
	if (area->vm.flags & VM_ALLOC) {
		vm_split_blocks(area);
		vmalloc_count(-(long)area->vm.nr_pages);
	}
	vm_forget_pages(&area->vm);
	area->va->next = NULL;
	space_unhold(area->va);
	area->va = NULL;
	return &area->vm;
}

void free_vm_area(struct vm_struct *area)
{
	struct vm_struct *found = remove_vm_area(area->addr);

	BUG_ON(found != area);
	kfree(to_area(area));
}

/* ---- the page at an address ---------------------------------------------- */

struct page *vmalloc_to_page(const void *addr)
{
	struct page *page;
	struct vmap_node *node;
	struct vm_area *area;
	int ret;

	if (engine_need())
		return NULL;
	for (;;) {
		area = vm_lookup(addr, &node);
		if (!area)
			return NULL;
		page = vm_page_at(area, addr);
		ret = page ? vm_page_stays(area, page) : 0;
		vm_unlock(node);
		if (!ret)
			return page;
		cpu_relax();
	}
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	struct page *page = vmalloc_to_page(addr);

	return page ? page_to_pfn(page) : 0;
}
