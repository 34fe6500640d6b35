// SPDX-License-Identifier: MIT
/*
 * vmap/large/internal.h - vmalloc space, for the files of this room alone
 */
#ifndef KM_VMAP_LARGE_INTERNAL_H
#define KM_VMAP_LARGE_INTERNAL_H

#include "core/lock.h"
#include "vmap/large/large.h"
#include "vmap/large/space.h"
#include "zone/surplus.h"

struct vmap_space {
	spinlock_t lock;
	u16 epoch; /* counts ticks */
	struct rb_root busy, lazy, free, held, holes;
	size_t lazy_bytes, busy_bytes, guard_bytes; /* guards are busy */
	unsigned long areas, areas_ever;
};

extern struct vmap_space vm_space;
/* Lazy bytes that count as in use: vmap.lazy_max. Constant after init. */
extern size_t large_lazy_max;

/* vm_space.lock is held for all; readers need no lock. */
static inline void space_lazy_add(size_t bytes)
{
	size_t lazy = vm_space.lazy_bytes + bytes;

	WRITE_ONCE(vm_space.lazy_bytes, lazy);
	WRITE_ONCE(surplus_areas.lazy,
		   (lazy - min(lazy, large_lazy_max)) >> PAGE_SHIFT);
}

/* Lazy bytes become a part of an area. */
static inline void space_lazy_use(size_t bytes)
{
	space_lazy_add(-bytes);
	turnover_taken(&surplus_areas.turnover, bytes >> PAGE_SHIFT, 0);
}

static inline void space_busy_add(size_t bytes)
{
	WRITE_ONCE(vm_space.busy_bytes, vm_space.busy_bytes + bytes);
	WRITE_ONCE(surplus_areas.used, vm_space.busy_bytes >> PAGE_SHIFT);
}

/* ---- space.c: no lock held ----------------------------------------------- */

/* Cuts a place out of a tree for `va`. Returns false if nothing fits. */
bool space_take(struct rb_root *root, struct vmap_area *va, size_t size,
		size_t align);
/* Puts a range into a tree; `va` is freed if the range merges with another. */
void space_give(struct rb_root *root, struct vmap_area *va);
/*
 * The same for a range without a struct. If there is no memory for one the
 * range is lost, and with it the charge of a lazy range.
 */
void space_give_back(struct rb_root *root, uintptr_t start, size_t size);
/* Unmaps held ranges that are not in use. */
void space_let_go(void);

/*
 * Makes the cache of structs and the free range. Returns 0 or -ENOMEM; a later
 * call goes on where this one failed.
 */
int space_init(void);

/* ---- guard.c ------------------------------------------------------------- */

/* Returns the bytes of the guard that an area of `size` bytes should have. */
size_t guard_wanted(size_t size);
/* Makes the last page of an area its guard, if the OS can. */
void guard_set(struct vmap_area *va);
/* Makes the guard a page like others. Returns 0 or -errno. */
int guard_clear(struct vmap_area *va);

/* ---- move.c -------------------------------------------------------------- */

/*
 * Moves pages to a range that is mapped without access, and lets it grow.
 * Returns 0, or -errno with the pages where they were; -EEXIST: another mapping
 * is in the way.
 */
int move_pages(uintptr_t old, size_t old_size, uintptr_t to, size_t size);

/* ---- purge.c ------------------------------------------------------------- */

void large_purge_init(void);

#endif
