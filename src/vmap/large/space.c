// SPDX-License-Identifier: MIT
/*
 * vmap/large/space.c - the ranges of vmalloc space: taken and given back
 *
 *	free	not mapped. An area that is cut from it is mapped at its place,
 *		never over another mapping
 *	held	mapped without access: places for vmalloc(), which maps frames
 *		one run at a time and wants guard pages. Taken from free in
 *		steps of 4 MiB, so that few areas cost a call
 *	holes	another mapping was in the way: looked at again when nothing
 *		else fits
 *
 *	free -- map --> area -> lazy -- unmap --> free
 *	free -- hold --> held -> vmalloc() -> held -- let go --> free
 *	free -- EEXIST --> holes -- look again --> free
 *
 * A range on its way between two trees is in none, and belongs to the thread
 * that took it.
 *
 * Locking	vm_space.lock for the trees, never across a system call
 * Invariants	VMAP1-VMAP5 of large.h
 * Source	none: the kernel's vmalloc space is the kernel's alone
 */
#include <errno.h>

#include "kmem/boot.h"
#include "kmem/kmem.h"
#include "sys/os.h"
#include "vmap/large/internal.h"

#define HOLD_STEP MAX_BLOCK_SIZE

struct vmap_space vm_space = { .lock = SPIN_LOCK_INIT(LOCK_VMAP) };
size_t large_lazy_max;
static struct kmem_cache va_cache;

struct vmap_area *va_struct_alloc(void)
{
	return kmem_cache_zalloc(&va_cache,
				 GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
}

void va_struct_free(struct vmap_area *list)
{
	while (list) {
		struct vmap_area *va = list;

		list = va->next;
		kmem_cache_free(&va_cache, va);
	}
}

int space_init(void)
{
	static const struct kmem_cache_boot boot = { 0 };
	struct vmap_area *va, *dead = NULL;

	if (kmem_cache_init(&va_cache, "vmap_area", sizeof(*va), &boot))
		return -ENOMEM;
	va = va_struct_alloc();
	if (!va)
		return -ENOMEM;
	va->va_start = arena.vmalloc_start;
	va->va_end = arena.vmalloc_end;
	range_insert(&vm_space.free, va, &dead);
	return 0;
}

/* ---- taking and giving --------------------------------------------------- */

bool space_take(struct rb_root *root, struct vmap_area *va, size_t size,
		size_t align)
{
	struct vmap_area *spare = va_struct_alloc(), *range, *dead = NULL;
	bool used = false;
	uintptr_t at = 0;

	if (!spare)
		return false;
	spin_lock(&vm_space.lock);
	range = range_find(root, size, align, &at);
	if (range) {
		used = range_cut(root, range, at, size, spare, &dead);
		if (root == &vm_space.lazy)
			space_lazy_use(size);
	}
	spin_unlock(&vm_space.lock);
	if (range) {
		va->va_start = at;
		va->va_end = at + size;
	}
	if (!used) {
		spare->next = dead;
		dead = spare;
	}
	va_struct_free(dead);
	return range;
}

void space_give(struct rb_root *root, struct vmap_area *va)
{
	struct vmap_area *dead = NULL;

	spin_lock(&vm_space.lock);
	va->epoch = vm_space.epoch;
	if (root == &vm_space.lazy)
		space_lazy_add(va_size(va));
	range_insert(root, va, &dead);
	spin_unlock(&vm_space.lock);
	va_struct_free(dead);
}

void space_give_back(struct rb_root *root, uintptr_t start, size_t size)
{
	struct vmap_area *va = va_struct_alloc();

	if (!va)
		return;
	va->va_start = start;
	va->va_end = start + size;
	space_give(root, va);
}

bool space_has(const void *addr)
{
	const struct vmap_area *va;

	spin_lock(&vm_space.lock);
	va = range_of(&vm_space.lazy, (uintptr_t)addr);
	if (!va)
		va = range_of(&vm_space.held, (uintptr_t)addr);
	spin_unlock(&vm_space.lock);
	return va;
}

/* Takes the first range out of a tree and returns it; NULL: it is empty. */
static struct vmap_area *take_first(struct rb_root *root)
{
	struct vmap_area *va = NULL;
	struct rb_node *node;

	spin_lock(&vm_space.lock);
	node = rb_first(root);
	if (node) {
		va = rb_entry(node, struct vmap_area, rb);
		range_remove(root, va);
	}
	spin_unlock(&vm_space.lock);
	if (va)
		va->next = NULL;
	return va;
}

/* ---- holes --------------------------------------------------------------- */

bool space_look_again(void)
{
	struct vmap_area *va;
	bool any = false;

	while ((va = take_first(&vm_space.holes))) {
		space_give(&vm_space.free, va);
		any = true;
	}
	return any;
}

/* ---- held ranges --------------------------------------------------------- */

/*
 * Cuts a place for `want` out of a tree, with the bytes behind it up to `most`
 * in all, and sets *va to it. Returns false if nothing fits.
 */
static bool cut_place(struct rb_root *root, struct vmap_area *va,
		      const struct space_want *want, size_t most)
{
	struct vmap_area *spare = va_struct_alloc(), *range, *dead = NULL;
	uintptr_t at = 0;
	bool used = false;
	size_t size = 0;

	if (!spare)
		return false;
	spin_lock(&vm_space.lock);
	range = range_find_from(root, want->size, want->align, want->start,
				&at);
	if (range && at + want->size > want->end)
		range = NULL;
	if (range) {
		size = min(range->va_end - at, max(most, want->size));
		used = range_cut(root, range, at, size, spare, &dead);
	}
	spin_unlock(&vm_space.lock);
	if (!used) {
		spare->next = dead;
		dead = spare;
	}
	va_struct_free(dead);
	va->va_start = at;
	va->va_end = at + size;
	va->flags = 0;
	return range;
}

/* Shortens a held range to `size` bytes; the rest goes back to its tree. */
static void trim_held(struct vmap_area *va, size_t size)
{
	size_t rest = va_size(va) - size;

	va->va_end -= rest;
	if (rest)
		space_give_back(&vm_space.held, va->va_end, rest);
}

/* Takes a place out of the free tree and maps it, `most` bytes at once. */
static bool hold_free(struct vmap_area *va, const struct space_want *want,
		      size_t most)
{
	while (cut_place(&vm_space.free, va, want, most)) {
		int ret = os_reserve((void *)va->va_start, va_size(va));

		if (!ret) {
			trim_held(va, want->size);
			return true;
		}
		space_give_back(ret == -EEXIST ? &vm_space.holes :
						 &vm_space.free,
				va->va_start, va_size(va));
		if (ret != -EEXIST)
			return false;
	}
	return false;
}

bool space_hold(struct vmap_area *va, const struct space_want *want)
{
	struct space_want whole = *want; /* pages of the machine */

	whole.size = OS_PAGE_ALIGN(want->size);
	whole.align = max(want->align, OS_PAGE_SIZE);
	return cut_place(&vm_space.held, va, &whole, 0) ||
	       hold_free(va, &whole, HOLD_STEP) || hold_free(va, &whole, 0);
}

void space_let_go(void)
{
	struct vmap_area *va;

	while ((va = take_first(&vm_space.held))) {
		if (os_release((void *)va->va_start, va_size(va))) {
			space_give(&vm_space.held, va);
			return;
		}
		space_give(&vm_space.free, va);
	}
}

void space_unhold(struct vmap_area *list)
{
	struct vmap_area *va, *next, *dead = NULL;

	spin_lock(&vm_space.lock);
	for (va = list; va; va = next) {
		next = va->next;
		range_insert(&vm_space.held, va, &dead);
	}
	spin_unlock(&vm_space.lock);
	va_struct_free(dead);
}

/* ---- counts and checks -------------------------------------------------- */

void large_area_stat(struct large_area_stat *stat)
{
	*stat = (struct large_area_stat){
		.areas = READ_ONCE(vm_space.areas),
		.areas_ever = READ_ONCE(vm_space.areas_ever),
		.busy = READ_ONCE(vm_space.busy_bytes) -
			READ_ONCE(vm_space.guard_bytes),
		.lazy = READ_ONCE(vm_space.lazy_bytes),
	};
}

void space_check(void)
{
	size_t lazy = 0;

	spin_lock(&vm_space.lock);
	range_check(&vm_space.lazy);
	range_check(&vm_space.free);
	range_check(&vm_space.held);
	range_check(&vm_space.holes);
	BUG_ON(rb_check(&vm_space.busy));
	for (struct rb_node *node = rb_first(&vm_space.lazy); node;
	     node = rb_next(node))
		lazy += va_size(rb_entry(node, struct vmap_area, rb));
	BUG_ON(lazy != vm_space.lazy_bytes);
	spin_unlock(&vm_space.lock);
}

/* ---- fork ---------------------------------------------------------------- */

void space_fork_take(void)
{
	lock_fork_take(&vm_space.lock);
}

void space_fork_release(void)
{
	lock_fork_release(&vm_space.lock);
}
