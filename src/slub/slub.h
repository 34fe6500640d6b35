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
 * belong to threads. In the form 7.0 there is no kmem_cache_cpu: sheaves are
 * filled from node->partial and flushed to it, in batches under its list_lock.
 * See docs/slub.md, which draws both.
 *
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U1-U9), and 7.0 (V9, V11).
 *		6.18 has a lockless list of single objects for each CPU. Here
 *		sheaves serve single objects, and one lock for a batch is
 *		enough: docs/divergence.md E
 */
#ifndef KM_SLUB_SLUB_H
#define KM_SLUB_SLUB_H

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

extern const struct slab_ops slub_ops; /* as in Linux 6.18 */
extern const struct slab_ops slub7_ops; /* as in Linux 7.0 */

/*
 * Checks SLUB1 to SLUB3, AWAY1 and AWAY2 of a cache that is not in use; aborts
 * on a fault.
 */
void slub_check(struct kmem_cache *s);

#endif
