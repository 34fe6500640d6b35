// SPDX-License-Identifier: MIT
/*
 * vmap/large/internal.h - vmalloc space, for the files of this room alone
 */
#ifndef KM_VMAP_LARGE_INTERNAL_H
#define KM_VMAP_LARGE_INTERNAL_H

#include "core/lock.h"
#include "vmap/large/large.h"
#include "vmap/large/space.h"

struct vmap_space {
	spinlock_t lock;
	u16 epoch; /* counts ticks */
	struct rb_root busy, lazy, free, held, holes;
	size_t lazy_bytes, busy_bytes, guard_bytes; /* guards are busy */
	unsigned long areas, areas_ever;
};

extern struct vmap_space vm_space;

/* vm_space.lock is held; readers need no lock. */
static inline void space_lazy_add(size_t bytes)
{
	WRITE_ONCE(vm_space.lazy_bytes, vm_space.lazy_bytes + bytes);
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

/* ---- purge.c ------------------------------------------------------------- */

/* Returns the limit in bytes beyond which lazy ranges are purged at once. */
size_t large_lazy_limit(void);
void large_purge_init(void);

#endif
