// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/free.c - vfree(): an area is pooled, or ends
 *
 *	vfree	  vm_unlink, then the pool of this CPU or vm_end()
 *	vm_purge  takes areas out of all pools, for vm_end()
 *	vm_end	  sorts areas by address; one call unmaps each stretch of
 *		  areas without a gap between them
 *
 *	|## a ##|g|## b ##|g|......|## c ##|g|
 *	 `---- one munmap ---´       `-another
 *
 * The page array of a large area is an area too: its end frees the array, which
 * pools that area or ends it.
 *
 * Locking	vmap_node.lock for the pools; system calls without.
 *		vfree_atomic() pushes the address to a lock-free list, which
 *		vmalloc(), vfree() and every purge empty
 * Invariants	AREA1, AREA2 of internal.h
 * Tests	unit.vmap.vmalloc.place, unit.vmap.vmalloc.vmalloc
 * Source	Linux v6.12 mm/vmalloc.c, __purge_vmap_area_lazy(), vfree()
 *		(docs/kernel.md Y4, Y5)
 */
#include "buddy/buddy.h"
#include "core/probe.h"
#include "core/start.h"
#include "core/tick.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"
#include "zone/page_debug.h"
#include "zone/surplus.h"

/* Areas of vfree_atomic(), linked by their first word; atomic. */
static void *deferred;

/* ---- the end of areas ---------------------------------------------------- */

/* Merges two lists that are sorted by address. */
static struct vm_area *merge_areas(struct vm_area *a, struct vm_area *b)
{
	struct vm_struct *head = NULL, **tail = &head;

	while (a && b) {
		struct vm_area **low = a->va->va_start < b->va->va_start ? &a :
									   &b;

		*tail = &(*low)->vm;
		tail = &(*low)->vm.next;
		*low = vm_next(*low);
	}
	*tail = (struct vm_struct *)(a ? a : b);
	return (struct vm_area *)head;
}

/* Merge sort by address; part[n] is empty or a sorted list of 2^n areas. */
static struct vm_area *sort_areas(struct vm_area *list)
{
	struct vm_area *part[48] = { NULL }, *all = NULL;

	while (list) {
		struct vm_area *one = list;
		unsigned int n = 0;

		list = vm_next(list);
		one->vm.next = NULL;
		for (; part[n]; n++) {
			one = merge_areas(part[n], one);
			part[n] = NULL;
		}
		part[n] = one;
	}
	for (unsigned int n = 0; n < ARRAY_SIZE(part); n++)
		all = merge_areas(all, part[n]);
	return all;
}

static void free_pages_of(struct vm_area *area)
{
	unsigned int nr = area->vm.nr_pages;

	vm_clear_movable(area);
	if (area->vm.flags & VM_ALLOC) {
		vm_free_blocks(area->vm.pages, nr);
		vmalloc_count(-(long)nr);
	} else if (area->vm.flags & VM_MAP_PUT_PAGES) {
		for (unsigned int n = 0; n < nr; n++)
			page_block_free(area->vm.pages[n], 0);
	}
	kvfree(area->vm.pages);
}

/* Frees areas [first, end), which lie side by side and are unmapped. */
static struct vmap_area *end_group(struct vm_area *first, struct vm_area *end,
				   struct vmap_area *places)
{
	struct vm_area *area, *next;

	for (area = first; area != end; area = next) {
		next = vm_next(area);
		frames_uncharge(area->nr_mappings);
		probe_free_vmap_area(area->va->va_start, va_size(area->va));
		area->va->next = places;
		places = area->va;
		free_pages_of(area);
		kfree(area);
	}
	return places;
}

unsigned long vm_end(struct vm_area *list)
{
	struct vm_area *first = sort_areas(list), *end;
	struct vmap_area *places = NULL;
	unsigned long pages = 0;

	while (first) {
		uintptr_t start = first->va->va_start, to = start;
		unsigned long nr = 0;

		for (end = first; end && end->va->va_start == to;
		     end = vm_next(end)) {
			to = end->va->va_end;
			nr += end->vm.nr_pages;
		}
		if (frames_unmap(start, to - start)) {
			/* The OS refused: the next purge tries again. */
			while (first != end) {
				struct vm_area *area = first;

				first = vm_next(first);
				vm_pool_add(area);
			}
			continue;
		}
		pages += nr;
		places = end_group(first, end, places);
		first = end;
	}
	space_unhold(places);
	return pages;
}

static unsigned long purge_once(unsigned int flags)
{
	struct vm_area *list = NULL;

	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		list = vm_pool_take(&vmap_nodes[n], flags, list);
	return list ? vm_end(list) : 0;
}

/*
 * Repeats: a page array that was an area too has just been freed to the pool.
 */
unsigned long vm_purge(unsigned int flags)
{
	unsigned long pages, more;

	vm_free_deferred();
	pages = more = purge_once(flags);
	while (more && flags == VM_PURGE_ALL) {
		more = purge_once(flags);
		pages += more;
	}
	share_free_stuck();
	return pages;
}

void vm_release(struct vm_area *area)
{
	if (!(area->state & VM_REUSABLE) || page_debugging ||
	    vm_lazy_max_pages <= 1) {
		area->vm.next = NULL;
		vm_end(area);
		return;
	}
	vm_pool_add(area);
	if (vm_lazy_pages() > vm_lazy_max_pages)
		vm_purge(VM_PURGE_ALL);
}

static void do_vfree(const void *addr)
{
	struct vm_area *area;

	probe_vfree(addr);
	if (unlikely((uintptr_t)addr % PAGE_SIZE)) {
		WARN(1, "Trying to vfree() bad address (%p)", addr);
		return;
	}
	area = vm_unlink(addr);
	if (unlikely(!area)) {
		WARN(1, "Trying to vfree() nonexistent vm area (%p)", addr);
		return;
	}
	WARN_ONCE(area->pins, "vfree: the area at %p is pinned", addr);
	if (want_init_on_free() && (area->vm.flags & VM_ALLOC) &&
	    (area->state & VM_MAPPED))
		vm_zero(area, area->vm.addr, get_vm_area_size(&area->vm));
	vm_release(area);
}

void vm_free_deferred(void)
{
	void *p = READ_ONCE(deferred);

	if (likely(!p))
		return;
	p = __atomic_exchange_n(&deferred, NULL, __ATOMIC_ACQUIRE);
	while (p) {
		void *next = *(void **)p;

		do_vfree(p);
		p = next;
	}
}

void vfree(const void *addr)
{
	if (engine_need() || !addr)
		return;
	tick_poll();
	vm_free_deferred();
	do_vfree(addr);
	surplus_poll();
}

void vfree_atomic(const void *addr)
{
	void *p = (void *)(uintptr_t)addr, *head = READ_ONCE(deferred);

	if (!addr)
		return;
	do
		*(void **)p = head;
	while (!__atomic_compare_exchange_n(&deferred, &head, p, false,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

void kvfree(const void *p)
{
	if (is_outside(p))
		vfree(p);
	else
		kfree(p);
}
