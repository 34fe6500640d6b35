// SPDX-License-Identifier: MIT
/*
 * vmap/vm_place.c - a place for an area, and when there is none
 *
 *	lowest range that fits --> purge what is lazy --> ask the notifiers
 *	        ^                        |                     |
 *	        `------------------------+---------------------'  each once
 *
 * Without vmalloc space (RLIMIT_AS) a place is a reservation of its own.
 *
 * Locking	vm_space.lock for the tree; notifier_lock (rank LOCK_VMAP_NODE) for
 *		the list alone, its functions are called without
 * Invariants	V1-V3 of vmap.h
 * Source	Linux v6.12 mm/vmalloc.c, alloc_vmap_area()
 *		(docs/kernel.md Y3, Y5)
 */
#include <errno.h>

#include "core/start.h"
#include "sys/os.h"
#include "vmap/vm_area.h"

static spinlock_t notifier_lock = SPIN_LOCK_INIT(LOCK_VMAP_NODE);
static struct km_vmap_notifier *notifiers; /* notifier_lock, as each next */

int register_vmap_purge_notifier(struct km_vmap_notifier *nb)
{
	spin_lock(&notifier_lock);
	nb->next = notifiers;
	notifiers = nb;
	spin_unlock(&notifier_lock);
	return 0;
}

int unregister_vmap_purge_notifier(struct km_vmap_notifier *nb)
{
	struct km_vmap_notifier **p = &notifiers;
	int ret = -ENOENT;

	spin_lock(&notifier_lock);
	while (*p && *p != nb)
		p = &(*p)->next;
	if (*p) {
		*p = nb->next;
		ret = 0;
	}
	spin_unlock(&notifier_lock);
	return ret;
}

/* The one after nb, or the first. One that has left the list meanwhile leads back. */
static struct km_vmap_notifier *next_notifier(const struct km_vmap_notifier *nb)
{
	struct km_vmap_notifier *next;

	spin_lock(&notifier_lock);
	next = nb ? nb->next : notifiers;
	spin_unlock(&notifier_lock);
	return next;
}

/* Bytes that the notifiers say they gave up. */
static unsigned long notify(size_t size)
{
	struct km_vmap_notifier *nb = NULL;
	unsigned long freed = 0;

	while ((nb = next_notifier(nb)))
		nb->call(nb, size, &freed);
	return freed;
}

/* Cut the place out of the free tree: true; false: none. */
static bool carve(struct vmap_area *va, const struct vm_want *want)
{
	struct vmap_area *spare = va_struct_alloc(), *range, *dead = NULL;
	uintptr_t at = 0, low = max(want->start, arena.vmalloc_start);
	bool used = false;

	if (!spare)
		return false;
	spin_lock(&vm_space.lock);
	range = low == arena.vmalloc_start ?
			range_find(&vm_space.free, want->size, want->align,
				   &at) :
			range_find_from(&vm_space.free, want->size, want->align,
					low, &at);
	if (range && at + want->size > want->end)
		range = NULL;
	if (range)
		used = range_cut(&vm_space.free, range, at, want->size, spare,
				 &dead);
	spin_unlock(&vm_space.lock);
	if (!used) {
		spare->next = dead;
		dead = spare;
	}
	va_struct_free(dead);
	va->va_start = at;
	va->va_end = at + want->size;
	va->flags = 0;
	return range;
}

/* A reservation of its own; alignment by cutting off the ends. */
static bool reserve(struct vmap_area *va, const struct vm_want *want)
{
	size_t room = want->size + want->align - PAGE_SIZE;
	uintptr_t at = 0, start, end;

	if (arena.vmalloc_start != arena.vmalloc_end)
		return false;
	if (room >= want->size)
		at = (uintptr_t)os_reserve(NULL, room);
	if (!at)
		return false;
	start = ALIGN(at, want->align);
	end = start + want->size;
	if (start > at)
		os_release((void *)at, start - at);
	if (at + room > end)
		os_release((void *)end, at + room - end);
	if (start < want->start || end > want->end) {
		os_release((void *)start, end - start);
		return false;
	}
	va->va_start = start;
	va->va_end = end;
	va->flags = VA_DIRECT;
	return true;
}

struct vmap_area *alloc_vmap_area(const struct vm_want *want, gfp_t gfp)
{
	struct vmap_area *va = va_struct_alloc();

	if (!va)
		return NULL;
	if (carve(va, want) || reserve(va, want))
		return va;
	vm_purge_blocks(VM_PURGE_ALL);
	vm_purge(VM_PURGE_ALL);
	vmap_purge(PURGE_ALL);
	if (carve(va, want))
		return va;
	if (notify(want->size) && carve(va, want))
		return va;
	if (!(gfp & __GFP_NOWARN))
		km_report(
			"vmalloc_node_range for size %zu failed: Address range restricted to %#zx - %#zx\n",
			want->size, want->start, want->end);
	va_struct_free(va);
	return NULL;
}

void free_vmap_areas(struct vmap_area *list)
{
	struct vmap_area *va, *next, *dead = NULL;

	for (va = list; va; va = next) {
		next = va->next;
		if (!(va->flags & VA_DIRECT))
			continue;
		os_release((void *)va->va_start, va_size(va));
	}
	spin_lock(&vm_space.lock);
	for (va = list; va; va = next) {
		next = va->next;
		if (va->flags & VA_DIRECT) {
			va->next = dead;
			dead = va;
			continue;
		}
		range_insert(&vm_space.free, va, &dead);
	}
	spin_unlock(&vm_space.lock);
	va_struct_free(dead);
}
