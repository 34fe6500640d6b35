// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/lazy.c - freed areas: kept for reuse, or purged many at once
 *
 *	pool[n]		area -> area -> NULL	last freed, first used again
 *	purge		sorted by address; one call for each stretch of areas
 *			without a gap between them
 *
 *	|## a ##|g|## b ##|g|......|## c ##|g|
 *	 `---- one munmap ---´       `-another
 *
 * For the page allocator frames of a pooled area are in use. When memory is
 * short the shrinker purges all pools; a tick purges areas freed two ticks ago
 * or earlier.
 *
 * Locking	vmap_node.lock for the pools; system calls without
 * Invariants	AREA1, AREA2 of internal.h
 * Source	Linux v6.12 mm/vmalloc.c, __purge_vmap_area_lazy(),
 *		lazy_max_pages() (docs/kernel.md Y4, Y5)
 */
#include "buddy/buddy.h"
#include "zone/page_debug.h"
#include "reclaim/reclaim.h"
#include "core/bitops.h"
#include "diag/param.h"
#include "core/start.h"
#include "core/tick.h"
#include "kmem/kmalloc.h"
#include "sys/os.h"
#include "vmap/vmalloc/internal.h"

#define REUSE_TRIES 8 /* areas of a list that vm_reuse() looks at */

static unsigned long lazy_pages; /* atomic */
static unsigned long lazy_max_pages; /* constant after init */
static u16 epoch; /* counts ticks; relaxed */

static int set_lazy_max_pages(const char *value)
{
	unsigned long bytes;
	int ret = param_number(value, 0, 1UL << 46, &bytes);

	if (!ret)
		lazy_max_pages = (bytes >> PAGE_SHIFT) + 1;
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

static struct vm_area *next_of(const struct vm_area *area)
{
	return (struct vm_area *)area->vm.next; /* vm is its first member */
}

static struct vm_area **pool_of(struct vmap_node *node, unsigned int nr)
{
	return &node->pool[nr <= VMAP_POOL_PAGES ? nr : 0];
}

static bool suits(const struct vm_area *area, unsigned int nr,
		  const struct space_want *want, int nid)
{
	const struct vmap_area *va = area->va;

	return (area->state & VM_REUSABLE) && area->vm.nr_pages == nr &&
	       va_size(va) == want->size &&
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
		if (suits(*p, nr, want, nid))
			break;
		p = (struct vm_area **)&(*p)->vm.next;
	}
	area = *p && suits(*p, nr, want, nid) ? *p : NULL;
	if (area) {
		WRITE_ONCE(*p, next_of(area));
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

/*
 * Adds a freed area, mapped still, to the pool of this CPU. Among them are
 * areas that the OS refused to unmap; vm_reuse() takes only those with
 * VM_REUSABLE.
 */
static void pool_add(struct vm_area *area)
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
static struct vm_area *take_due(struct vm_area **p, unsigned int flags,
				struct vm_area *list)
{
	while (*p) {
		struct vm_area *area = *p;

		if (flags == VM_PURGE_OLD &&
		    (u16)(READ_ONCE(epoch) - area->epoch) < 2) {
			p = (struct vm_area **)&area->vm.next;
			continue;
		}
		WRITE_ONCE(*p, next_of(area));
		lazy_add(-(long)own_pages(area));
		area->vm.next = (struct vm_struct *)list;
		list = area;
	}
	return list;
}

static struct vm_area *take_pooled(struct vmap_node *node, unsigned int flags,
				   struct vm_area *list)
{
	unsigned long nr = 0;

	if (!READ_ONCE(node->nr_pooled))
		return list;
	spin_lock(&node->lock);
	for (unsigned int n = 0; n <= VMAP_POOL_PAGES; n++) {
		list = take_due(&node->pool[n], flags, list);
		for (struct vm_area *area = node->pool[n]; area;
		     area = next_of(area))
			nr++;
	}
	WRITE_ONCE(node->nr_pooled, nr);
	spin_unlock(&node->lock);
	return list;
}

/* ---- the end of areas ---------------------------------------------------- */

/* Merges two lists that are sorted by address. */
static struct vm_area *merge(struct vm_area *a, struct vm_area *b)
{
	struct vm_struct *head = NULL, **tail = &head;

	while (a && b) {
		struct vm_area **low = a->va->va_start < b->va->va_start ? &a :
									   &b;

		*tail = &(*low)->vm;
		tail = &(*low)->vm.next;
		*low = next_of(*low);
	}
	*tail = (struct vm_struct *)(a ? a : b);
	return (struct vm_area *)head;
}

/* Merge sort by address; part[n] is empty or a sorted list of 2^n areas. */
static struct vm_area *sort(struct vm_area *list)
{
	struct vm_area *part[48] = { NULL }, *all = NULL;

	while (list) {
		struct vm_area *one = list;
		unsigned int n = 0;

		list = next_of(list);
		one->vm.next = NULL;
		for (; part[n]; n++) {
			one = merge(part[n], one);
			part[n] = NULL;
		}
		part[n] = one;
	}
	for (unsigned int n = 0; n < ARRAY_SIZE(part); n++)
		all = merge(all, part[n]);
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
		next = next_of(area);
		frames_uncharge(area->nr_mappings);
		area->va->next = places;
		places = area->va;
		free_pages_of(area);
		kfree(area);
	}
	return places;
}

unsigned long vm_end(struct vm_area *list)
{
	struct vm_area *first = sort(list), *end;
	struct vmap_area *places = NULL;
	unsigned long pages = 0;

	while (first) {
		uintptr_t start = first->va->va_start, to = start;
		unsigned long nr = 0;

		for (end = first; end && end->va->va_start == to;
		     end = next_of(end)) {
			to = end->va->va_end;
			nr += end->vm.nr_pages;
		}
		if (frames_unmap(start, to - start)) {
			/* The OS refused: the next purge tries again. */
			while (first != end) {
				struct vm_area *area = first;

				first = next_of(first);
				pool_add(area);
			}
			continue;
		}
		pages += nr;
		places = end_group(first, end, places);
		first = end;
	}
	free_vmap_areas(places);
	return pages;
}

static unsigned long purge_once(unsigned int flags)
{
	struct vm_area *list = NULL;

	for (unsigned int n = 0; n < nr_vmap_nodes; n++)
		list = take_pooled(&vmap_nodes[n], flags, list);
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
	    lazy_max_pages <= 1) {
		area->vm.next = NULL;
		vm_end(area);
		return;
	}
	pool_add(area);
	if (vm_lazy_pages() > lazy_max_pages)
		vm_purge(VM_PURGE_ALL);
}

void vm_unmap_aliases(void)
{
	if (engine_need())
		return;
	vm_purge_blocks(VM_PURGE_ALL);
	vm_purge(VM_PURGE_ALL);
}

/* ---- memory is short, or time has passed --------------------------------- */

static unsigned long lazy_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	vm_free_deferred(); /* these count as lazy now, or are gone */
	return vm_lazy_pages();
}

static unsigned long lazy_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = vm_purge(VM_PURGE_ALL);

	(void)s;
	if (!pages)
		return SHRINK_STOP;
	sc->nr_scanned = pages;
	return pages;
}

static struct shrinker shrinker = {
	.count_objects = lazy_count,
	.scan_objects = lazy_scan,
	.batch = 32,
	.seeks = DEFAULT_SEEKS,
	.flags = SHRINKER_ENGINE | KM_SHRINKER_IO,
	.name = "vmalloc",
};

static void lazy_tick(unsigned int flags)
{
	WRITE_ONCE(epoch, (u16)(epoch + 1));
	vm_migrate_tick();
	vm_purge_blocks(VM_PURGE_OLD);
	vm_purge(flags & TICK_IDLE ? VM_PURGE_ALL : VM_PURGE_OLD);
}

static struct tick tick = { .fn = lazy_tick };

void vm_lazy_init(void)
{
	if (!lazy_max_pages)
		lazy_max_pages = (unsigned long)fls(nr_cpu_ids)
				 << (25 - PAGE_SHIFT);
	tick_register(&tick);
	shrinker_register(&shrinker);
}
