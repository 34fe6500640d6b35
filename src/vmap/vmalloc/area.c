// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/area.c - areas of vmalloc space: found by address, mapped
 *
 * Locking, invariants	internal.h
 * Source	Linux v6.12 mm/vmalloc.c, find_vmap_area() and
 *		find_unlink_vmap_area()
 */
#include <string.h>

#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/internal.h"
#include "zone/numa.h"

static struct vmap_node first_node; /* if no memory for more */
struct vmap_node *vmap_nodes = &first_node;
unsigned int nr_vmap_nodes = 1;

unsigned long km_vmalloc_start(void)
{
	return engine_need() ? 0 : vm_space_start();
}

unsigned long km_vmalloc_end(void)
{
	return engine_need() ? 0 : vm_space_end();
}

/* ---- nodes --------------------------------------------------------------- */

struct vmap_node *this_vmap_node(void)
{
	return &vmap_nodes[smp_cpu() % nr_vmap_nodes];
}

void vm_unlock(struct vmap_node *node)
{
	spin_unlock(&node->lock);
}

/* Looks in the node of addr first: an area may begin in another node's zone. */
struct vm_area *vm_lookup(const void *addr, struct vmap_node **node)
{
	unsigned int first = vm_node_nr((uintptr_t)addr);

	for (unsigned int n = 0; n < nr_vmap_nodes; n++) {
		struct vmap_area *va;

		*node = &vmap_nodes[(first + n) % nr_vmap_nodes];
		if (!READ_ONCE((*node)->nr_busy))
			continue;
		spin_lock(&(*node)->lock);
		va = range_of(&(*node)->busy, (uintptr_t)addr);
		if (va)
			return to_area(va->vm);
		spin_unlock(&(*node)->lock);
	}
	return NULL;
}

void vm_insert(struct vm_area *area)
{
	struct vmap_node *node = &vmap_nodes[vm_node_nr(area->va->va_start)];

	area->va->vm = &area->vm;
	spin_lock(&node->lock);
	range_link(&node->busy, area->va);
	WRITE_ONCE(node->nr_busy, node->nr_busy + 1);
	spin_unlock(&node->lock);
}

static void busy_erase(struct vmap_node *node, struct vmap_area *va)
{
	rb_erase(&node->busy, &va->rb, NULL);
	WRITE_ONCE(node->nr_busy, node->nr_busy - 1);
}

struct vm_area *vm_unlink(const void *addr)
{
	struct vmap_node *node = &vmap_nodes[vm_node_nr((uintptr_t)addr)];
	struct vmap_area *va;

	spin_lock(&node->lock);
	va = range_at(&node->busy, (uintptr_t)addr);
	if (va && (to_area(va->vm)->state & VM_HOLES))
		va = NULL;
	if (va)
		busy_erase(node, va);
	spin_unlock(&node->lock);
	return va ? to_area(va->vm) : NULL;
}

void vm_erase(struct vm_area *area)
{
	struct vmap_node *node = &vmap_nodes[vm_node_nr(area->va->va_start)];

	spin_lock(&node->lock);
	busy_erase(node, area->va);
	spin_unlock(&node->lock);
}

struct vm_struct *find_vm_area(const void *addr)
{
	struct vmap_node *node;
	struct vm_area *area;

	if (engine_need())
		return NULL;
	area = vm_lookup(addr, &node);
	if (!area)
		return NULL;
	vm_unlock(node);
	return &area->vm;
}

bool is_vmalloc_addr(const void *addr)
{
	struct vmap_node *node;

	if (engine_need() || arena_contains(addr) || !vm_lookup(addr, &node))
		return false;
	vm_unlock(node);
	return true;
}

struct page *vm_page_at(const struct vm_area *area, const void *addr)
{
	size_t nr = ((uintptr_t)addr - area->va->va_start) >> PAGE_SHIFT;

	if (!(area->state & (VM_MAPPED | VM_HOLES)) || nr >= area->vm.nr_pages)
		return NULL;
	return READ_ONCE(area->vm.pages[nr]);
}

/* ---- mapping ------------------------------------------------------------- */

int map_vm_area(struct vm_area *area, unsigned int share_flags)
{
	struct page **pages = area->vm.pages;
	unsigned int nr = area->vm.nr_pages;
	unsigned long mappings = frames_runs(pages, nr) + 1UL;
	int ret = frames_charge(mappings);

	if (ret)
		return ret;
	ret = frames_share(pages, nr, share_flags);
	if (!ret)
		ret = frames_map(area->va->va_start, pages, nr, area->prot);
	if (ret) {
		frames_uncharge(mappings);
		return ret;
	}
	area->nr_mappings = mappings;
	area->state |= VM_MAPPED;
	return 0;
}

/* ---- protection ---------------------------------------------------------- */

bool vm_prot_ok(pgprot_t prot)
{
	const unsigned long all = OS_PROT_RW | OS_PROT_EXEC;

	return !WARN_ONCE(prot.pgprot & ~all, "vmalloc: a protection of %#lx",
			  prot.pgprot);
}

int vm_zero(const struct vm_area *area, void *addr, size_t size)
{
	size_t whole = (size_t)area->vm.nr_pages << PAGE_SHIFT;
	int ret;

	if (likely(area->prot & OS_PROT_WRITE)) {
		memset(addr, 0, size);
		return 0;
	}
	ret = os_protect(area->vm.addr, whole, OS_PROT_RW);
	if (ret)
		return ret;
	memset(addr, 0, size);
	return os_protect(area->vm.addr, whole, area->prot);
}
