// SPDX-License-Identifier: MIT
/*
 * vmap/large/area.c - large areas: allocate, find, grow, free
 *
 *	alloc	cut from a lazy range    pages are there already, not zero
 *		lazy and free, joined    the same for a part of the pages
 *		cut from a free range    one mmap() at that place
 *		nothing fits             one mmap() anywhere (LARGE_AREA_DIRECT)
 *	grow	the range behind is lazy or free: take it, nothing moves
 *		else mremap to a larger free range, pages move, not bytes
 *	free	becomes lazy; too much free memory: purged at once
 *
 * The caller that grows an area has unlinked it, so no other thread can find it
 * meanwhile. A range on its way from one tree to another is in neither.
 *
 * Locking	vm_space.lock for the trees, never across a system call
 * Invariants	VMAP1-VMAP5 of large.h
 * Source	Linux v6.12 mm/vmalloc.c, alloc_vmap_area() as a model
 */
#include <errno.h>

#include "arena/arena.h"
#include "core/probe.h"
#include "sys/os.h"
#include "vmap/large/internal.h"
#include "zone/thp.h"

int large_init(void)
{
	int ret = space_init();

	if (ret)
		return ret;
	large_purge_init(); /* last: nothing fails later, so it runs once */
	return 0;
}

/* ---- the busy tree ------------------------------------------------------- */

static void busy_insert(struct vmap_area *va)
{
	range_link(&vm_space.busy, va);
	WRITE_ONCE(vm_space.areas, vm_space.areas + 1);
	space_busy_add(va_size(va));
	WRITE_ONCE(vm_space.guard_bytes, vm_space.guard_bytes + guard_size(va));
}

void large_area_link(struct large_area *area)
{
	spin_lock(&vm_space.lock);
	busy_insert(&area->va);
	spin_unlock(&vm_space.lock);
}

static struct large_area *to_large(struct vmap_area *va)
{
	return container_of(va, struct large_area, va);
}

struct large_area *large_area_unlink(const void *addr)
{
	struct vmap_area *va;

	spin_lock(&vm_space.lock);
	va = range_at(&vm_space.busy, (uintptr_t)addr);
	if (va) {
		rb_erase(&vm_space.busy, &va->rb, NULL);
		WRITE_ONCE(vm_space.areas, vm_space.areas - 1);
		space_busy_add(-va_size(va));
		WRITE_ONCE(vm_space.guard_bytes,
			   vm_space.guard_bytes - guard_size(va));
	}
	spin_unlock(&vm_space.lock);
	return va ? to_large(va) : NULL;
}

int large_area_find(const void *addr, struct large_area *copy)
{
	const struct vmap_area *va;

	spin_lock(&vm_space.lock);
	va = range_of(&vm_space.busy, (uintptr_t)addr);
	if (va && (uintptr_t)addr >= va->va_end - guard_size(va))
		va = NULL;
	if (va)
		copy->va = *va;
	spin_unlock(&vm_space.lock);
	return va ? 0 : -ENOENT;
}

/* ---- memory for ranges --------------------------------------------------- */

/*
 * Charges pages of areas, in use or lazy, to mem=. At the limit all lazy ranges
 * are purged first. Returns 0 or -ENOMEM.
 */
static int charge_pages(size_t size)
{
	unsigned long nr = size >> PAGE_SHIFT;

	if (likely(!arena_charge(nr)))
		return 0;
	large_purge(PURGE_ALL);
	return arena_charge(nr);
}

/*
 * Lets the mapping that ends at `end` grow, so that it stays one. Where it
 * cannot the pages become a mapping of their own.
 */
static int commit_behind(void *end, size_t more)
{
	int ret = os_move((char *)end - OS_PAGE_SIZE, OS_PAGE_SIZE, NULL,
			  OS_PAGE_SIZE + more);

	return ret ? os_commit(end, more) : 0;
}

/*
 * Maps memory for a range that had none, by the function; purges the lazy
 * ranges if a limit is reached. Returns 0, -ENOMEM, or -EEXIST if another
 * mapping is in the way.
 */
static int map_range(uintptr_t start, size_t size, int (*map)(void *, size_t))
{
	int ret;

	if (charge_pages(size))
		return -ENOMEM;
	ret = map((void *)start, size);
	if (unlikely(ret && ret != -EEXIST) && READ_ONCE(vm_space.lazy_bytes) &&
	    large_purge(PURGE_ALL))
		ret = map((void *)start, size);
	if (likely(!ret)) {
		spin_lock(&vm_space.lock);
		turnover_taken(&surplus_areas.turnover, size >> PAGE_SHIFT, 1);
		spin_unlock(&vm_space.lock);
		surplus_grown();
		return 0;
	}
	arena_uncharge(size >> PAGE_SHIFT);
	return ret == -EEXIST ? ret : -ENOMEM;
}

static int commit_range(uintptr_t start, size_t size)
{
	return map_range(start, size, os_commit);
}

/* Returns the tree for a range that could not be mapped for this reason. */
static struct rb_root *tree_after(int error)
{
	return error == -EEXIST ? &vm_space.holes : &vm_space.free;
}

/* Unmaps a LARGE_AREA_DIRECT mapping, or a part of it. */
static void release_direct(uintptr_t start, size_t size)
{
	os_release((void *)start, size);
	arena_uncharge(size >> PAGE_SHIFT);
}

/* Returns the start of `missing` free bytes beside a lazy range, or 0. */
static uintptr_t free_beside(const struct vmap_area *lazy, size_t missing)
{
	const struct vmap_area *range = range_at(&vm_space.free, lazy->va_end);

	if (range && va_size(range) >= missing)
		return lazy->va_end;
	range = range_of(&vm_space.free, lazy->va_start - 1);
	if (range && lazy->va_start - range->va_start >= missing)
		return lazy->va_start - missing;
	return 0;
}

/*
 * Used when no lazy range is large enough. Joins the largest one with free
 * space beside it, if it has at least a quarter of the pages.
 *
 *	| lazy    |  free ...		| free ...  | lazy    |
 *	|###### area ######|		     |###### area ####|
 */
static bool place_joined(struct vmap_area *va, size_t size)
{
	struct vmap_area *lazy, *dead = NULL;
	uintptr_t start = 0, gap = 0;
	size_t saved = 0;
	int ret;

	spin_lock(&vm_space.lock);
	lazy = range_largest(&vm_space.lazy);
	if (lazy && va_size(lazy) >= size / 4 && va_size(lazy) < size)
		gap = free_beside(lazy, size - va_size(lazy));
	if (gap) {
		start = lazy->va_start;
		saved = va_size(lazy);
		space_lazy_use(saved);
		range_cut(&vm_space.lazy, lazy, start, saved, NULL, &dead);
		range_cut(&vm_space.free, range_of(&vm_space.free, gap), gap,
			  size - saved, NULL, &dead);
	}
	spin_unlock(&vm_space.lock);
	va_struct_free(dead);
	if (!gap)
		return false;
	ret = commit_range(gap, size - saved);
	if (ret) {
		space_give_back(&vm_space.lazy, start, saved);
		space_give_back(tree_after(ret), gap, size - saved);
		return false;
	}
	va->va_start = min(start, gap);
	va->va_end = va->va_start + size;
	va->flags = LARGE_AREA_JOINED;
	return true;
}

/*
 * Takes a free range and maps it. Returns 0, -ENOMEM, or -EEXIST if nothing
 * fits or other mappings are in the way everywhere.
 */
static int place_free(struct vmap_area *va, size_t size, size_t align)
{
	while (space_take(&vm_space.free, va, size, align)) {
		int ret = commit_range(va->va_start, size);

		if (likely(!ret))
			return 0;
		space_give_back(tree_after(ret), va->va_start, size);
		if (ret != -EEXIST)
			return ret;
	}
	return -EEXIST;
}

/* Finds a mapped place in vmalloc space. Returns false if there is none. */
static bool place_mapped(struct vmap_area *va, size_t size, size_t align)
{
	int ret;

	va->flags = 0;
	if (READ_ONCE(vm_space.lazy_bytes) >= size &&
	    space_take(&vm_space.lazy, va, size, align))
		return true;
	if (align == OS_PAGE_SIZE && place_joined(va, size))
		return true;
	ret = place_free(va, size, align);
	if (unlikely(ret == -EEXIST) && space_look_again())
		ret = place_free(va, size, align);
	va->flags = LARGE_AREA_ZERO;
	return !ret;
}

/* Maps an area outside; for alignments above a page the ends are cut off. */
static bool place_direct(struct vmap_area *va, size_t size, size_t align)
{
	size_t room = size + align - OS_PAGE_SIZE;
	uintptr_t at, start;

	if (room < size || charge_pages(size))
		return false;
	at = (uintptr_t)os_map(room);
	if (!at) {
		arena_uncharge(size >> PAGE_SHIFT);
		return false;
	}
	start = ALIGN(at, align);
	if (start > at)
		os_release((void *)at, start - at);
	if (at + room > start + size)
		os_release((void *)(start + size), at + room - start - size);
	va->va_start = start;
	va->va_end = start + size;
	va->flags = LARGE_AREA_DIRECT | LARGE_AREA_ZERO;
	return true;
}

struct large_area *large_area_alloc(size_t size, size_t align)
{
	struct vmap_area *va;
	size_t guard;

	if (size > PTRDIFF_MAX - 2 * OS_PAGE_SIZE || align > PTRDIFF_MAX)
		return NULL;
	size = OS_PAGE_ALIGN(size);
	guard = guard_wanted(size);
	size += guard;
	align = max(align, OS_PAGE_SIZE);
	va = va_struct_alloc();
	if (!va)
		return NULL;
	if (!place_mapped(va, size, align) && !place_direct(va, size, align)) {
		probe_alloc_vmap_area(0UL, size, align, 1);
		va_struct_free(va);
		return NULL;
	}
	probe_alloc_vmap_area(va->va_start, size, align, 0);
	if (guard)
		guard_set(va);
	spin_lock(&vm_space.lock);
	busy_insert(va);
	WRITE_ONCE(vm_space.areas_ever, vm_space.areas_ever + 1);
	spin_unlock(&vm_space.lock);
	return to_large(va);
}

void large_area_mark(const struct large_area *area)
{
	const struct vmap_area *va = &area->va;

	if (va->flags & (LARGE_AREA_ZERO | LARGE_AREA_JOINED))
		thp_mark_area(va->va_start, va_size(va), 0);
}

/* A range becomes lazy: perhaps there is too much free memory now. */
static void give_lazy(struct vmap_area *va)
{
	space_give(&vm_space.lazy, va);
	WRITE_ONCE(surplus_wanted, (u8)1);
}

/* An area whose guard cannot go is unmapped; if that fails too it is lost. */
static void release_guarded(struct vmap_area *va)
{
	if (os_release((void *)va->va_start, va_size(va)))
		return;
	arena_uncharge(va_size(va) >> PAGE_SHIFT);
	space_give(&vm_space.free, va);
}

void large_area_free(struct large_area *area)
{
	struct vmap_area *va = &area->va;
	size_t size = va_size(va);

	va->next = NULL;
	probe_free_vmap_area(va->va_start, size);
	if (va->flags & LARGE_AREA_DIRECT) {
		release_direct(va->va_start, size);
		va_struct_free(va);
		return;
	}
	if (va->flags & LARGE_AREA_GUARD && guard_clear(va)) {
		release_guarded(va);
		return;
	}
	give_lazy(va);
	surplus_poll();
}

/* ---- growing and shrinking ----------------------------------------------- */

/* Shortens an area; its tail becomes lazy. */
static int shorten_area(struct vmap_area *va, size_t size)
{
	struct vmap_area *tail;

	if (va->flags & LARGE_AREA_DIRECT) {
		release_direct(va->va_start + size, va_size(va) - size);
		va->va_end = va->va_start + size;
		return 0;
	}
	tail = va_struct_alloc();
	if (!tail)
		return -ENOMEM;
	tail->va_start = va->va_start + size;
	tail->va_end = va->va_end;
	va->va_end = tail->va_start;
	give_lazy(tail);
	return 0;
}

/* Cuts `more` bytes right behind an area; returns the tree they were in. */
static struct rb_root *take_behind(uintptr_t end, size_t more)
{
	struct rb_root *const trees[] = { &vm_space.lazy, &vm_space.free };
	struct vmap_area *dead = NULL;
	struct rb_root *from = NULL;

	spin_lock(&vm_space.lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(trees) && !from; i++) {
		struct vmap_area *range = range_at(trees[i], end);

		if (!range || va_size(range) < more)
			continue;
		range_cut(trees[i], range, end, more, NULL, &dead);
		from = trees[i];
		if (from == &vm_space.lazy)
			space_lazy_use(more);
	}
	spin_unlock(&vm_space.lock);
	va_struct_free(dead);
	return from;
}

/* All of the area is marked, or none: so it stays one mapping. */
static int grow_in_place(struct vmap_area *va, size_t size)
{
	size_t more = size - va_size(va);
	struct rb_root *from = take_behind(va->va_end, more);
	int ret = from ? 0 : -ENOMEM;

	if (from == &vm_space.free) {
		ret = map_range(va->va_end, more, commit_behind);
		if (!ret)
			thp_mark_area(va->va_start, size, size >> PAGE_SHIFT);
	}
	if (!ret)
		va->va_end += more;
	else if (from)
		space_give_back(tree_after(ret), va->va_end, more);
	return ret;
}

/* Takes a free range, mapped without access, to move pages to. */
static int hold_range(struct vmap_area *to, size_t size)
{
	while (space_take(&vm_space.free, to, size, OS_PAGE_SIZE)) {
		int ret = os_reserve((void *)to->va_start, size);

		if (likely(!ret))
			return 0;
		space_give_back(tree_after(ret), to->va_start, size);
		if (ret != -EEXIST)
			break;
	}
	return -ENOMEM;
}

/* Moves the pages to a larger free range; their old place becomes free. */
static int grow_by_moving(struct vmap_area *va, size_t size)
{
	struct vmap_area *to = va_struct_alloc();
	uintptr_t old = va->va_start;
	size_t old_size = va_size(va);
	int ret;

	if (!to)
		return -ENOMEM;
	ret = charge_pages(size - old_size);
	if (ret)
		goto free;
	ret = hold_range(to, size);
	if (ret)
		goto uncharge;
	ret = move_pages(old, old_size, to->va_start, size);
	if (ret)
		goto release;
	thp_mark_area(to->va_start, size, size >> PAGE_SHIFT);
	va->va_start = to->va_start;
	va->va_end = to->va_end;
	to->va_start = old;
	to->va_end = old + old_size;
	space_give(&vm_space.free, to);
	return 0;
release:
	/* The OS may have unmapped the target before it failed. */
	if (ret != -EEXIST && os_release((void *)to->va_start, size))
		space_give(&vm_space.held, to);
	else
		space_give(tree_after(ret), to);
	to = NULL;
uncharge:
	arena_uncharge((size - old_size) >> PAGE_SHIFT);
free:
	va_struct_free(to);
	return -ENOMEM;
}

static int resize_direct(struct vmap_area *va, size_t size)
{
	size_t more = size - va_size(va);
	void *at;

	if (charge_pages(more))
		return -ENOMEM;
	at = os_remap((void *)va->va_start, va_size(va), size);
	if (!at) {
		arena_uncharge(more >> PAGE_SHIFT);
		return -ENOMEM;
	}
	va->va_start = (uintptr_t)at;
	va->va_end = va->va_start + size;
	return 0;
}

static int resize_pages(struct vmap_area *va, size_t size)
{
	if (size < va_size(va))
		return shorten_area(va, size);
	if (va->flags & LARGE_AREA_DIRECT)
		return resize_direct(va, size);
	if (!grow_in_place(va, size))
		return 0;
	return grow_by_moving(va, size);
}

static int resize_and_poll(struct vmap_area *va, size_t size)
{
	int ret = resize_pages(va, size);

	surplus_poll(); /* an end that was cut off may be too much */
	return ret;
}

/* The guard goes before pages move, and a new one comes behind them. */
int large_area_resize(struct large_area *area, size_t size)
{
	struct vmap_area *va = &area->va;
	bool guarded = va->flags & LARGE_AREA_GUARD;
	int ret;

	if (size > PTRDIFF_MAX - 2 * OS_PAGE_SIZE)
		return -ENOMEM;
	size = OS_PAGE_ALIGN(size);
	if (size == large_size(area))
		return 0;
	if (!guarded)
		return resize_and_poll(va, size);
	ret = guard_clear(va);
	if (ret)
		return -ENOMEM;
	ret = resize_and_poll(va, size + OS_PAGE_SIZE);
	guard_set(va);
	return ret;
}
