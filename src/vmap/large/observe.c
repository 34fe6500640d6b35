// SPDX-License-Identifier: MIT
/*
 * vmap/large/observe.c - what a reader from outside finds of vmalloc space
 *
 * Tests	preload.top, preload.view
 */
#include "diag/observe.h"
#include "vmap/large/internal.h"

observe_symbol(vm_space);
observe_field(vmap_space, busy);
observe_field(vmap_space, lazy);
observe_field(vmap_space, free);
observe_field(vmap_space, held);
observe_field(vmap_space, holes);
observe_field(vmap_space, lazy_bytes);
observe_field(vmap_space, busy_bytes);
observe_field(vmap_space, guard_bytes);
observe_field(vmap_space, areas);
observe_field(vmap_space, areas_ever);
observe_size(vmap_area);
observe_field(vmap_area, rb);
observe_field(vmap_area, va_start);
observe_field(vmap_area, va_end);
observe_field(rb_node, left);
observe_field(rb_node, right);
