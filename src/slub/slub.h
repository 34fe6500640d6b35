// SPDX-License-Identifier: MIT
/*
 * slub/slub.h - the SLUB backend
 *
 *	kmem_cache_cpu (one per real CPU)        kmem_cache_node
 *	  slab     -> [ the slab objects          partial <-> [slab] <-> [slab]
 *	              are taken from ]
 *	  partial  -> [slab] -> [slab]
 *	  freelist, fresh: what was taken off slab and is not handed out yet
 *
 * Sheaves ask for many objects at once; each question takes the lock of one
 * kmem_cache_cpu. These belong to real CPUs whatever the sheaves belong to.
 *
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U1-U9). Where the kernel
 *		has a lockless cpu freelist for single objects, sheaves stand
 *		in front here, so a lock for a batch does: divergence.md E
 */
#ifndef KM_SLUB_SLUB_H
#define KM_SLUB_SLUB_H

#include "kmem/kmem.h"

extern const struct slab_ops slub_ops;

/* Prove S1, S2 and the lists of one cache that nobody is using. */
void slub_check(struct kmem_cache *s);

#endif
