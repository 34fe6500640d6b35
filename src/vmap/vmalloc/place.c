// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/place.c - finds the place of an area; purges if there is none
 *
 *	lowest range that fits --> purge what is lazy --> ask the notifiers
 *	        ^                        |                     |
 *	        `------------------------+---------------------'  each once
 *
 * Locking	notifier_lock (rank LOCK_VMAP_NODE) for the list alone; its
 *		functions are called without
 * Invariants	VMAP1-VMAP3 of large.h
 * Source	Linux v6.12 mm/vmalloc.c, alloc_vmap_area()
 *		(docs/kernel.md Y3, Y5)
 */
#include <errno.h>

#include "diag/report.h"
#include "vmap/vmalloc/internal.h"

static spinlock_t notifier_lock = SPIN_LOCK_INIT(LOCK_VMAP_NODE);
/* notifier_lock, as each next */
static struct km_vmap_notifier *purge_notifiers;

int register_vmap_purge_notifier(struct km_vmap_notifier *nb)
{
	spin_lock(&notifier_lock);
	nb->next = purge_notifiers;
	purge_notifiers = nb;
	spin_unlock(&notifier_lock);
	return 0;
}

int unregister_vmap_purge_notifier(struct km_vmap_notifier *nb)
{
	struct km_vmap_notifier **p = &purge_notifiers;
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

/*
 * Returns the notifier after nb, or the first. A notifier that was unregistered
 * meanwhile still points into the list.
 */
static struct km_vmap_notifier *next_notifier(const struct km_vmap_notifier *nb)
{
	struct km_vmap_notifier *next;

	spin_lock(&notifier_lock);
	next = nb ? nb->next : purge_notifiers;
	spin_unlock(&notifier_lock);
	return next;
}

/* Calls all notifiers. Returns the number of bytes they freed. */
static unsigned long ask_notifiers(size_t size)
{
	struct km_vmap_notifier *nb = NULL;
	unsigned long freed = 0;

	while ((nb = next_notifier(nb)))
		nb->call(nb, size, &freed);
	return freed;
}

struct vmap_area *alloc_vmap_area(const struct space_want *want, gfp_t gfp)
{
	struct vmap_area *va = va_struct_alloc();

	if (!va)
		return NULL;
	if (space_hold(va, want))
		return va;
	vm_purge_blocks(VM_PURGE_ALL);
	vm_purge(VM_PURGE_ALL);
	large_purge(PURGE_ALL);
	if (space_hold(va, want))
		return va;
	if (ask_notifiers(want->size) && space_hold(va, want))
		return va;
	if (space_look_again() && space_hold(va, want))
		return va;
	if (!(gfp & __GFP_NOWARN))
		km_report(
			"vmalloc_node_range for size %zu failed: Address range restricted to %#zx - %#zx\n",
			want->size, want->start, want->end);
	va_struct_free(va);
	return NULL;
}
