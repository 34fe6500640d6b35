// SPDX-License-Identifier: MIT
/*
 * vmap/large/space.h - places in vmalloc space, for areas of vmalloc()
 *
 * A place is a range of addresses that is mapped without access.
 *
 * Locking	none is held by the caller
 */
#ifndef KM_VMAP_LARGE_SPACE_H
#define KM_VMAP_LARGE_SPACE_H

#include "vmap/large/ranges.h"

/* Returns a struct of zeros, or NULL. */
struct vmap_area *va_struct_alloc(void);
/* Frees a list of structs, linked by next. No lock is held. */
void va_struct_free(struct vmap_area *list);

/* A request for a range of addresses. */
struct space_want {
	size_t size, align; /* bytes */
	uintptr_t start, end;
};

/* Takes a place and maps it without access. Returns false if nothing fits. */
bool space_hold(struct vmap_area *va, const struct space_want *want);
/* Gives places back: a list linked by next, all mapped without access. */
void space_unhold(struct vmap_area *list);
/* Frees all holes, to be tried again. Returns true if there were any. */
bool space_look_again(void);
/* Returns true if addr lies in a range that is mapped but unused. */
bool space_has(const void *addr);

#endif
