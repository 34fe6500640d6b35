// SPDX-License-Identifier: MIT
/*
 * slab/observe.c - what a reader from outside finds of slabs and shared arrays
 *
 * Tests	preload.top.slab, preload.view.slab
 */
#include "diag/observe.h"
#include "slab/internal.h"

observe_field(kmem_cache_node, shared);
observe_field(shared_arrays, slot);

observe_number(FREE_MAP_BITS);
observe_field(slab_desc, active);
observe_field(slab_desc, s_mem);
observe_field(slab_desc, freelist);
observe_field(slab_desc, free_map);
