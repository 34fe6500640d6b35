// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/pool.c - freed areas of a CPU, mapped still, to be used again
 *
 *	pool[n]		area -> area -> NULL	last freed, first used again
 *
 * For the page allocator frames of a pooled area are in use.
 *
 * Locking	vmap_node.lock
 * Invariants	AREA1, AREA2 of internal.h
 * Tests	unit.vmap.vmalloc.place
 * Source	Linux v6.12 mm/vmalloc.c, lazy_max_pages()
 *		(docs/kernel.md Y4, Y5)
 */
#include "diag/param.h"
#include "vmap/vmalloc/internal.h"

#define REUSE_TRIES 8 /* areas of a list that vm_reuse() looks at */

static unsigned long lazy_pages; /* atomic */
unsigned long vm_lazy_max_pages;
static u16 epoch; /* counts ticks; relaxed */

static int set_lazy_max_pages(const char *value)
{
	unsigned long bytes;
	int ret = param_number(value, 0, 1UL << 46, &bytes);

	if (!ret)
		vm_lazy_max_pages = (bytes >> PAGE_SHIFT) + 1;
	return ret;
}
boot_param("vmalloc.lazy_max", set_lazy_max_pages, "bytes, such as 64M");

unsigned long vm_lazy_pages(void)
{
	return READ_ONCE(lazy_pages);
}

static void lazy_add(long nr)
{
	__atomic_add_fetch(&lazy_pages, nr, __ATOMIC_RELAXED);
}

/* ---- the pools ----------------------------------------------------------- */

static struct vm_area **pool_of(struct vmap_node *node, unsigned int nr)
{
	return &node->pool[nr <= VMAP_POOL_PAGES ? nr : 0];
}

static bool area_suits(const struct vm_area *area, unsigned int nr,
		       const struct space_want *want, int nid)
{
	const struct vmap_area *va = area->va;

	return (area->state & VM_REUSABLE) && area->vm.nr_pages == nr &&
	       va_size(va) == OS_PAGE_ALIGN(want->size) &&
	       !(va->va_start & (want->align - 1)) &&
	       va->va_start >= want->start && va->va_end <= want->end &&
	       (nid == NUMA_NO_NODE || area->vm.pages[0]->node_id == nid);
}

struct vm_area *vm_reuse(unsigned int nr, const struct space_want *want,
			 int nid)
{
	struct vmap_node *node = this_vmap_node();
	struct vm_area **p = pool_of(node, nr), *area;

	if (!READ_ONCE(*p))
		return NULL;
	spin_lock(&node->lock);
	for (unsigned int n = 1; n < REUSE_TRIES && *p; n++) {
		if (area_suits(*p, nr, want, nid))
			break;
		p = (struct vm_area **)&(*p)->vm.next;
	}
	area = *p && area_suits(*p, nr, want, nid) ? *p : NULL;
	if (area) {
		WRITE_ONCE(*p, vm_next(area));
		WRITE_ONCE(node->nr_pooled, node->nr_pooled - 1);
	}
	spin_unlock(&node->lock);
	if (area)
		lazy_add(-(long)nr);
	return area;
}

/*
 * Returns the pages that the area owns; pages of vmap() belong to its caller.
 */
static unsigned int own_pages(const struct vm_area *area)
{
	return area->vm.flags & VM_ALLOC ? area->vm.nr_pages : 0;
}

void vm_pool_add(struct vm_area *area)
{
	struct vmap_node *node = this_vmap_node();
	struct vm_area **p = pool_of(node, area->vm.nr_pages);

	area->epoch = READ_ONCE(epoch);
	lazy_add(own_pages(area));
	spin_lock(&node->lock);
	area->vm.next = (struct vm_struct *)*p;
	WRITE_ONCE(*p, area);
	WRITE_ONCE(node->nr_pooled, node->nr_pooled + 1);
	spin_unlock(&node->lock);
}

/* Moves the areas of one pool that are due, or all, to the front of `list`. */
static struct vm_area *take_due_areas(struct vm_area **p, unsigned int flags,
				      struct vm_area *list)
{
	while (*p) {
		struct vm_area *area = *p;

		if (flags == VM_PURGE_OLD &&
		    (u16)(READ_ONCE(epoch) - area->epoch) < 2) {
			p = (struct vm_area **)&area->vm.next;
			continue;
		}
		WRITE_ONCE(*p, vm_next(area));
		lazy_add(-(long)own_pages(area));
		area->vm.next = (struct vm_struct *)list;
		list = area;
	}
	return list;
}

struct vm_area *vm_pool_take(struct vmap_node *node, unsigned int flags,
			     struct vm_area *list)
{
	unsigned long nr = 0;

	if (!READ_ONCE(node->nr_pooled))
		return list;
	spin_lock(&node->lock);
	for (unsigned int n = 0; n <= VMAP_POOL_PAGES; n++) {
		list = take_due_areas(&node->pool[n], flags, list);
		for (struct vm_area *area = node->pool[n]; area;
		     area = vm_next(area))
			nr++;
	}
	WRITE_ONCE(node->nr_pooled, nr);
	spin_unlock(&node->lock);
	return list;
}

void vm_pool_tick(void)
{
	WRITE_ONCE(epoch, (u16)(epoch + 1));
}
