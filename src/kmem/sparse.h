// SPDX-License-Identifier: MIT
/*
 * kmem/sparse.h - sparse slabs give pages back while the program runs
 *
 * Locking	none held by the callers
 */
#ifndef KM_KMEM_SPARSE_H
#define KM_KMEM_SPARSE_H

#include "kmem/kmem.h"

/* Written in account.c, for each slab that is made; see sparse.c. */
extern unsigned long kmem_frames_made; /* atomic: in slabs, ever */
extern unsigned long kmem_next_look; /* of these; relaxed */
extern u8 kmem_sparse_due; /* 1: as many were made; atomic */

/* Looks at sparse slabs of all caches, since many slabs were made. */
void kmem_sparse_run(void);
/* The same for one cache, since many of its objects were freed. */
void kmem_sparse_cache(struct kmem_cache *s);

/* Called when objects of s were freed to slabs. */
static inline void kmem_sparse_check(struct kmem_cache *s)
{
	if (unlikely((long)(READ_ONCE(s->flushed) -
			    READ_ONCE(s->sparse_next)) >= 0))
		kmem_sparse_cache(s);
}

/* Called when objects were taken from slabs, perhaps of new ones. */
static inline void kmem_sparse_poll(void)
{
	if (unlikely(READ_ONCE(kmem_sparse_due)))
		kmem_sparse_run();
}

#endif
