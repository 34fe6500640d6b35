// SPDX-License-Identifier: MIT
/*
 * backends.c - the slab allocators of libkmalloc: both, SLUB unless told
 *
 * init.c takes its list from here. The libraries that replace malloc have one
 * allocator each, and backend_slub.c or backend_slab.c in this file's place.
 */
#include "init.h"
#include "kmem/slab_ops.h"
#include "slab/slab.h"
#include "slub/slub.h"

const struct slab_ops *const km_backends[] = { &slub_ops, &slub7_ops, &slab_ops,
					       NULL };
