// SPDX-License-Identifier: MIT
/*
 * vmap/large/internal.h - shared by the files of this layer alone
 */
#ifndef KM_VMAP_LARGE_INTERNAL_H
#define KM_VMAP_LARGE_INTERNAL_H

#include "vmap/large/large.h"

struct vmap_space {
	spinlock_t lock;
	u16 epoch; /* counts ticks */
	struct rb_root busy, lazy, free, held, holes;
	size_t lazy_bytes, busy_bytes;
	unsigned long areas, areas_ever;
};

extern struct vmap_space vm_space;
/* Returns the limit in bytes beyond which lazy ranges are purged at once. */
size_t vmap_lazy_limit(void);

/* vm_space.lock is held; readers need no lock. */
static inline void vmap_lazy_add(size_t bytes)
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
/* Frees all holes, to be tried again. Returns true if there were any. */
bool space_look_again(void);

/* A request for a range of addresses. */
struct space_want {
	size_t size, align; /* bytes */
	uintptr_t start, end;
};

/* Takes a place and maps it without access. Returns false if nothing fits. */
bool space_hold(struct vmap_area *va, const struct space_want *want);
/* Unmaps held ranges that are not in use. */
void space_let_go(void);

/* ---- area.c -------------------------------------------------------------- */

struct vmap_area *va_struct_alloc(void);
/* Frees a list of structs, linked by next. No lock is held. */
void va_struct_free(struct vmap_area *list);
void vmap_purge_init(void);

#endif
