// SPDX-License-Identifier: MIT
/*
 * slab/observe.c - what a reader from outside finds of shared arrays
 *
 * Tests	preload.top.slab
 */
#include "diag/observe.h"
#include "slab/internal.h"

observe_field(kmem_cache_node, shared);
observe_field(shared_arrays, slot);
