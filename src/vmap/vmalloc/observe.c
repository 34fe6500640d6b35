// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/observe.c - what a reader from outside finds of its areas
 *
 * Tests	artefacts.lessons
 */
#include "diag/observe.h"
#include "vmap/vmalloc/internal.h"

observe_number(VMAP_POOL_PAGES);
observe_symbol(vmap_nodes);
observe_symbol(nr_vmap_nodes);
observe_size(vmap_node);
observe_field(vmap_node, busy);
observe_field(vmap_node, pool);
observe_field(vm_struct, next);
observe_field(vm_area, va);
