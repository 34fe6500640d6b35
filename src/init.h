// SPDX-License-Identifier: MIT
/*
 * init.h - start the engine, and carry it through fork
 */
#ifndef KM_INIT_H
#define KM_INIT_H

#include "kmem/slab_ops.h"
#include "sys/compiler.h"

struct slab_ops;
struct vmalloc_ops;

/*
 * The slab allocators of this library, each in its forms; the default first.
 * Ends with NULL.
 */
extern const struct slab_ops *const km_backends[] __hidden;

extern u8 km_booted __hidden; /* 1: the engine works; release/acquire */

struct km_start {
	unsigned int nr_slots; /* of a thread, for caches */
	unsigned int zones; /* ZONES_KERNEL, ZONES_RANDOM */
	int (*last)(void); /* makes the caller's own caches */
	const struct vmalloc_ops *vmalloc; /* NULL: there is no vmalloc() */
};

/*
 * Starts every room, then runs how->last. Returns 0, -ENOMEM (the next call
 * tries again) or -EBUSY (this thread is in here already). Once the engine
 * works, calls return at once.
 */
int km_boot(const struct km_start *how);

static inline bool km_ready(void)
{
	return likely(smp_load_acquire(&km_booted));
}

/* Register the fork handlers; from a constructor, since libc may allocate. */
void km_register_fork(void);
/* The engine's part of each fork handler, for callers that do more. */
void km_fork_prepare(void);
void km_fork_parent(void);
void km_fork_child(void);

/*
 * Asks every room to free all it can: memory is short. Returns how many pages
 * inside slabs went to the OS.
 */
unsigned long km_reclaim_all(void);

/* Checks the invariants of every room; no thread allocates meanwhile. */
void km_check_all(void);

#endif
