// SPDX-License-Identifier: MIT
/*
 * kmem/merge.h - one cache under several names
 */
#ifndef KM_KMEM_MERGE_H
#define KM_KMEM_MERGE_H

#include "kmem/kmem.h"

/* Returns the alignment that flags and arguments give, for a backend. */
unsigned int calculate_alignment(slab_flags_t flags, unsigned int align,
				 unsigned int size);
/*
 * Returns true if no other cache may be merged with it, so that it has one
 * name.
 */
bool slab_unmergeable(const struct kmem_cache *s);
/* Returns true if this is a name of the cache; slab_mutex is held. */
bool kmem_cache_has_name(const struct kmem_cache *s, const char *name,
			 size_t len);

#endif
