// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/vmap.c - the caller's pages at consecutive addresses
 *
 *	pages	a   c   b		whatever order the caller wants
 *	vmap	|a|c|b|guard|
 *
 * The area has its own copy of the array, for vmalloc_to_page(), unless pages
 * and array are handed over (VM_MAP_PUT_PAGES).
 *
 * Locking	those of internal.h
 * Source	Linux v6.12 mm/vmalloc.c (docs/kernel.md Y7)
 */
#include <string.h>

#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"

static struct page **copy_array(struct page **pages, unsigned int count)
{
	size_t size = count * sizeof(struct page *);
	struct page **copy = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);

	return copy ? memcpy(copy, pages, size) : NULL;
}

/* Pages to map; with VM_MAP_PUT_PAGES they and the array go to the area. */
struct vmap_request {
	struct page **pages;
	unsigned int count;
	unsigned long flags;
	u8 state; /* VM_RAM, or 0 */
	u8 prot; /* OS_PROT_ */
	const void *caller;
};

/* Returns the address. NULL: failed, and the caller keeps the array. */
static void *map_array(const struct vmap_request *rq)
{
	const struct space_want want = { (size_t)rq->count << PAGE_SHIFT,
					 PAGE_SIZE, vm_space_start(),
					 vm_space_end() };
	struct vm_area *area = vm_area_alloc(&want, rq->flags, GFP_KERNEL,
					     rq->caller);

	if (!area)
		return NULL;
	area->vm.pages = rq->pages;
	area->vm.nr_pages = rq->count;
	area->vm.requested_size = want.size;
	area->state = rq->state;
	area->prot = rq->prot;
	if (!vm_map_hard(area, SHARE_KEEP)) {
		vm_insert(area);
		return area->vm.addr;
	}
	vmalloc_warn(GFP_KERNEL, "vmap", want.size, "failed to map pages");
	vm_area_free(area);
	return NULL;
}

static void *do_vmap(struct vmap_request *rq)
{
	struct page **pages = rq->pages;
	void *p;

	if (WARN_ONCE(rq->flags & VM_NO_GUARD,
		      "vmap: VM_NO_GUARD (flags %#lx) is ignored", rq->flags))
		rq->flags &= ~VM_NO_GUARD;
	if (rq->count > vm_total_frames())
		return NULL;
	if (!(rq->flags & VM_MAP_PUT_PAGES)) {
		rq->pages = copy_array(pages, rq->count);
		if (!rq->pages)
			return NULL;
	}
	rq->flags |= VM_MAP;
	p = map_array(rq);
	if (!p && rq->pages != pages)
		kvfree(rq->pages);
	return p;
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot)
{
	struct vmap_request rq = { .pages = pages,
				   .count = count,
				   .flags = flags,
				   .prot = (u8)prot.pgprot,
				   .caller = __builtin_return_address(0) };

	if (engine_need() ||
	    WARN_ONCE(!pages || !count, "vmap: %u pages at %p", count,
		      (void *)pages) ||
	    !vm_prot_ok(prot))
		return NULL;
	return do_vmap(&rq);
}

void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot)
{
	struct vmap_request rq = { .count = count,
				   .flags = VM_IOREMAP,
				   .prot = (u8)prot.pgprot,
				   .caller = __builtin_return_address(0) };
	void *p;

	if (engine_need() ||
	    WARN_ONCE(!pfns || !count, "vmap_pfn: %u frames at %p", count,
		      (void *)pfns) ||
	    !vm_prot_ok(prot))
		return NULL;
	rq.pages = kvmalloc_array(count, sizeof(*rq.pages), GFP_KERNEL);
	if (!rq.pages)
		return NULL;
	for (unsigned int n = 0; n < count; n++) {
		if (WARN_ONCE(
			    !pfn_online(pfns[n]),
			    "vmap_pfn: frame %lu (number %u of %u) is not there",
			    pfns[n], n, count)) {
			kvfree(rq.pages);
			return NULL;
		}
		rq.pages[n] = pfn_to_page(pfns[n]);
	}
	p = map_array(&rq);
	if (!p)
		kvfree(rq.pages);
	return p;
}

void *vm_map_large(struct page **pages, unsigned int count)
{
	struct vmap_request rq = { .pages = pages,
				   .count = count,
				   .flags = VM_MAP,
				   .state = VM_RAM,
				   .prot = OS_PROT_RW,
				   .caller = __builtin_return_address(0) };

	return do_vmap(&rq);
}

/*
 * Unlike vfree() this unmaps at once: when it returns the pages belong to their
 * owner again.
 */
void vunmap(const void *addr)
{
	struct vm_area *area;

	if (engine_need() || !addr)
		return;
	area = (uintptr_t)addr % PAGE_SIZE ? NULL : vm_unlink(addr);
	if (!area) {
		WARN(1, "Trying to vunmap() nonexistent vm area (%p)", addr);
		return;
	}
	if (area->vm.flags & VM_MAP_PUT_PAGES) {
		area->vm.flags &= ~VM_MAP_PUT_PAGES;
		area->vm.pages = NULL; /* the caller keeps pages and array */
	}
	area->vm.next = NULL;
	vm_end(area);
}
