// SPDX-License-Identifier: MIT
/*
 * slub/observe.c - what a reader from outside finds of slabs, and of a CPU's
 *
 * Tests	preload.view
 */
#include "diag/observe.h"
#include "slub/internal.h"

observe_inner(slab, freelist, state.freelist);
observe_inner(slab, inuse, state.counters.inuse);
observe_inner(slab, objects, state.counters.objects);
observe_inner(slab, frozen, state.counters.frozen);
observe_field(slab, carved);
observe_field(slab, salt);
observe_field(slab, away);

observe_size(kmem_cache_cpu);
observe_field(kmem_cache_cpu, freelist);
observe_field(kmem_cache_cpu, fresh);
observe_field(kmem_cache_cpu, nr_fresh);
observe_field(kmem_cache_cpu, slab);
