// SPDX-License-Identifier: MIT
/*
 * kmem/boot.h - the start of object caches
 */
#ifndef KM_KMEM_BOOT_H
#define KM_KMEM_BOOT_H

#include "core/lock.h"
#include "kmem/slab_ops.h"

/* The arguments of a cache in static storage, for the library itself. */
struct kmem_cache_boot {
	unsigned int align; /* 0: 8 */
	unsigned int class; /* frame index, cursor slot; 0: no sheaves */
	unsigned int max_order; /* of its slabs; 0: the backend's */
	unsigned int min_objects; /* wanted in a slab; 0: the backend's rule */
	unsigned int max_waste; /* 1/this of a slab, if possible; 0: 16 */
	unsigned int sheaf_capacity; /* at least; 0: by the object's size */
	unsigned int sheaf_most; /* objects of it, among owners; 0: any */
	unsigned int barn_bytes; /* in a barn, or one sheaf; 0: any number */
	bool node_only; /* no CPU holds slabs of it */
	unsigned int empty_bytes; /* of empty slabs, a node; 0: the kernel's */
	/* 1: objects have marks (marks.h), and their frames another index */
	unsigned int marked;
	unsigned int usersize; /* bytes of it that user copies may touch */
	slab_flags_t flags;
};

/* Returns 0 or -errno. After -errno a further call goes on where it failed. */
int kmem_init(const struct slab_ops *ops, unsigned int nr_slots);
/* Held by who sets up a static cache once the engine works. */
extern spinlock_t kmem_class_lock;
/*
 * Sets up a static cache, which is zero before. Returns 0, also if it is set up
 * already, or -errno; a later call tries again.
 */
int kmem_cache_init(struct kmem_cache *s, const char *name, unsigned int size,
		    const struct kmem_cache_boot *boot);
/*
 * Gives sheaves to the caches of a backend with late_sheaves, once kmalloc, or
 * malloc, works; later ones have them from the beginning. One thread starts the
 * engine. Further calls do nothing.
 */
void kmem_start_sheaves(void);

#endif
