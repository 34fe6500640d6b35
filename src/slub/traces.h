// SPDX-License-Identifier: MIT
/*
 * slub/traces.h - shows alloc_traces and free_traces of one cache
 */
#ifndef KM_SLUB_TRACES_H
#define KM_SLUB_TRACES_H

#include "diag/proc.h"
#include "kmem/debug.h"

/*
 * Prints which calls allocated the objects in use, or freed them before.
 * Returns 0 or -ENOMEM. The cache has SLAB_STORE_USER. slab_mutex is held.
 */
int slab_traces_show(struct kmem_cache *s, struct seq_file *m,
		     enum track_item item);

#endif
