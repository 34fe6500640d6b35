// SPDX-License-Identifier: MIT
/*
 * vmap/large/ranges.h - ranges of addresses, in trees
 *
 * Locking	that of the tree, held by every caller
 * Invariants	VMAP1-VMAP3 of large.h
 */
#ifndef KM_VMAP_LARGE_RANGES_H
#define KM_VMAP_LARGE_RANGES_H

#include "core/rbtree.h"

struct vm_struct;

/*
 * A range of vmalloc space: free, freed and kept, or the place of an area in
 * use, of malloc() (struct large_area) or of vmalloc() (struct vm_area).
 */
struct vmap_area {
	struct rb_node rb; /* in one of the trees; vm_space.lock */
	uintptr_t va_start, va_end; /* vm_space.lock; a busy one: its user */
	union {
		size_t subtree_max; /* not in the busy tree; vm_space.lock */
		struct vm_struct *vm; /* vmalloc()'s: constant while in use */
	};
	struct vmap_area *next; /* on the way to being freed */
	u16 epoch; /* lazy: tick at which it was freed */
	u8 flags; /* LARGE_AREA_ */
};

static inline size_t va_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

/*
 * Adds a range, merged with those that it touches. Structs that are left over
 * go to *dead.
 */
void range_insert(struct rb_root *root, struct vmap_area *va,
		  struct vmap_area **dead);
/* Returns the lowest range with room for size bytes; *at is their address. */
struct vmap_area *range_find(const struct rb_root *root, size_t size,
			     size_t align, uintptr_t *at);
/* The same from vstart on. */
struct vmap_area *range_find_from(const struct rb_root *root, size_t size,
				  size_t align, uintptr_t vstart,
				  uintptr_t *at);
/* Links into a tree for lookups alone: no merging, no subtree_max. */
void range_link(struct rb_root *root, struct vmap_area *va);
/*
 * Cuts [start, start + size) out of a range of the tree. If parts are left on
 * both sides `spare` becomes the right one; returns true if so. A range that is
 * used up goes to *dead.
 */
bool range_cut(struct rb_root *root, struct vmap_area *va, uintptr_t start,
	       size_t size, struct vmap_area *spare, struct vmap_area **dead);
/* Returns a largest range, or NULL. */
struct vmap_area *range_largest(const struct rb_root *root);
/* Returns the range that begins at `start`, or NULL. */
struct vmap_area *range_at(const struct rb_root *root, uintptr_t start);
/* Returns the range that contains `addr`, or NULL. */
struct vmap_area *range_of(const struct rb_root *root, uintptr_t addr);
void range_remove(struct rb_root *root, struct vmap_area *va);
void range_check(const struct rb_root *root);

#endif
