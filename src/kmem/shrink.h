// SPDX-License-Identifier: MIT
/*
 * kmem/shrink.h - gives back what caches keep
 */
#ifndef KM_KMEM_SHRINK_H
#define KM_KMEM_SHRINK_H

#include "kmem/slab_ops.h"

/* Frees what caches, barns and owners do not use. */
void kmem_reclaim(unsigned int flags);
/*
 * Frees barns, empty slabs and what this thread, or any CPU, holds. tick_lock
 * is held.
 */
void kmem_drain(void);
/*
 * Gives pages of slabs in use to the OS on which nothing is in use: of all
 * slabs, or with SHRINK_IDLE of those that are half in use or less.
 * Returns how many went. No lock is held.
 */
unsigned long kmem_give_pages(unsigned int flags);

#endif
