// SPDX-License-Identifier: MIT
/*
 * vmap/internal.h - shared by the files of this layer alone
 */
#ifndef KM_VMAP_INTERNAL_H
#define KM_VMAP_INTERNAL_H

#include "vmap/vmap.h"

struct vmap_space {
	spinlock_t lock;
	u16 epoch; /* counts ticks */
	struct rb_root busy, lazy, free, held, holes;
	size_t lazy_bytes, busy_bytes;
	unsigned long areas, areas_ever;
};

extern struct vmap_space vm_space;
/* Beyond so many bytes lazy ranges go at once. */
size_t vmap_lazy_limit(void);

/* vm_space.lock held; others look without it. */
static inline void vmap_lazy_add(size_t bytes)
{
	WRITE_ONCE(vm_space.lazy_bytes, vm_space.lazy_bytes + bytes);
}

/* ---- space.c: no lock held --------------------------------------------------- */

/* Cut a place out of a tree for `va`: true; false: nothing fits. */
bool space_take(struct rb_root *root, struct vmap_area *va, size_t size,
		size_t align);
/* Put a range into a tree; `va` is the struct for it, or goes. */
void space_give(struct rb_root *root, struct vmap_area *va);
/*
 * The same for a range without a struct; without memory for one the range is
 * lost, and if it is lazy its charge.
 */
void space_give_back(struct rb_root *root, uintptr_t start, size_t size);
/* Ranges that another mapping was in the way of are free again: any? */
bool space_look_again(void);

/* A range of addresses that is wanted. */
struct space_want {
	size_t size, align; /* bytes */
	uintptr_t start, end;
};

/* A place that is mapped without access: true; false: nothing fits. */
bool space_hold(struct vmap_area *va, const struct space_want *want);
/* Unmap what is held and not in use. */
void space_let_go(void);

/* ---- area.c ------------------------------------------------------------------ */

struct vmap_area *va_struct_alloc(void);
/* Free a list of structs, linked by next; no lock held. */
void va_struct_free(struct vmap_area *list);
void vmap_purge_init(void);

#endif
