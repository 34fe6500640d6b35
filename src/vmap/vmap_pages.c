// SPDX-License-Identifier: MIT
/*
 * vmap/vmap_pages.c - the caller's pages at consecutive addresses
 *
 *	pages	a   c   b		whatever order the caller wants
 *	vmap	|a|c|b|guard|
 *
 * The area has its own copy of the array, for vmalloc_to_page(), unless pages and
 * array are handed over (VM_MAP_PUT_PAGES).
 *
 * Locking	those of vm_area.h
 * Source	Linux v6.12 mm/vmalloc.c (kernel-facts Y7)
 */
#include <string.h>

#include "buddy/buddy.h"
#include "core/start.h"
#include "kmem/kmalloc.h"
#include "vmap/vm_area.h"

static struct page **copy_array(struct page **pages, unsigned int count)
{
	size_t size = count * sizeof(struct page *);
	struct page **copy = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);

	return copy ? memcpy(copy, pages, size) : NULL;
}

/* An area over an array that becomes the area's; NULL: it still is the caller's. */
static void *map_array(struct page **pages, unsigned int count,
		       unsigned long flags, const void *caller)
{
	size_t size = (size_t)count << PAGE_SHIFT;
	struct vm_struct *vm = get_vm_area_caller(
		size, flags | VM_UNINITIALIZED, caller);
	struct vm_area *area;

	if (!vm)
		return NULL;
	area = to_area(vm);
	vm->pages = pages;
	vm->nr_pages = count;
	vm->requested_size = size;
	if (!vm_map_hard(area, SHARE_KEEP)) {
		smp_store_release(&vm->flags, flags);
		return vm->addr;
	}
	vmalloc_warn(GFP_KERNEL, "vmap", size, "failed to map pages");
	vm->pages = NULL;
	vm->nr_pages = 0;
	free_vm_area(vm);
	return NULL;
}

static void *do_vmap(struct page **pages, unsigned int count,
		     unsigned long flags, const void *caller)
{
	struct page **array = pages;
	void *p;

	if (WARN_ON_ONCE(flags & VM_NO_GUARD))
		flags &= ~VM_NO_GUARD;
	if (count > vm_total_frames())
		return NULL;
	if (!(flags & VM_MAP_PUT_PAGES)) {
		array = copy_array(pages, count);
		if (!array)
			return NULL;
	}
	p = map_array(array, count, flags | VM_MAP, caller);
	if (!p && array != pages)
		kvfree(array);
	return p;
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot)
{
	(void)prot;
	if (engine_need() || WARN_ON_ONCE(!pages || !count))
		return NULL;
	return do_vmap(pages, count, flags, __builtin_return_address(0));
}

void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot)
{
	struct page **pages;
	void *p;

	(void)prot;
	if (engine_need() || WARN_ON_ONCE(!pfns || !count))
		return NULL;
	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (unsigned int n = 0; n < count; n++) {
		if (WARN_ON_ONCE(!pfn_online(pfns[n]))) {
			kvfree(pages);
			return NULL;
		}
		pages[n] = pfn_to_page(pfns[n]);
	}
	p = map_array(pages, count, VM_IOREMAP, __builtin_return_address(0));
	if (!p)
		kvfree(pages);
	return p;
}

void *vm_map_large(struct page **pages, unsigned int count)
{
	void *p = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	struct vm_struct *vm = p ? find_vm_area(p) : NULL;

	if (vm)
		WRITE_ONCE(to_area(vm)->state, to_area(vm)->state | VM_RAM);
	return p;
}

/* Unlike vfree() it is unmapped when this returns: pages are their owner's again. */
void vunmap(const void *addr)
{
	struct vm_area *area;

	if (engine_need() || !addr)
		return;
	area = (uintptr_t)addr % PAGE_SIZE ? NULL : vm_unlink(addr);
	if (!area) {
		km_report("Trying to vunmap() nonexistent vm area (%p)\n",
			  addr);
		return;
	}
	if (area->vm.flags & VM_MAP_PUT_PAGES) {
		area->vm.flags &= ~VM_MAP_PUT_PAGES;
		area->vm.pages = NULL; /* the caller's, as the pages are */
	}
	area->vm.next = NULL;
	vm_end(area);
}
