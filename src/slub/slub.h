// SPDX-License-Identifier: MIT
/*
 * slub/slub.h - the SLUB backend
 *
 *	kmem_cache_cpu (one per real CPU)        kmem_cache_node
 *	  slab     -> [ the slab objects          partial <-> [slab] <-> [slab]
 *	              are taken from ]
 *	  partial  -> [slab] -> [slab]
 *	  freelist, fresh: objects taken off slab and not handed out yet
 *
 * A sheaf is filled by one request for many objects, which takes the lock of
 * one kmem_cache_cpu. There is one of these for each real CPU, while sheaves
 * belong to threads.
 *
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U1-U9). The kernel has a
 *		lockless list of single objects for each CPU. Here sheaves serve
 *		single objects, and one lock for a batch is enough:
 *		docs/divergence.md E
 */
#ifndef KM_SLUB_SLUB_H
#define KM_SLUB_SLUB_H

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

extern const struct slab_ops slub_ops;

/* Checks SLUB1 to SLUB3 of a cache that is not in use; aborts on a fault. */
void slub_check(struct kmem_cache *s);

#endif
