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
	struct rb_root busy, lazy, free;
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

struct vmap_area *va_struct_alloc(void);
/* Free a list of structs, linked by next; no lock held. */
void va_struct_free(struct vmap_area *list);
void vmap_purge_init(void);

#endif
