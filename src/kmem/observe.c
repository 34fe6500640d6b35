// SPDX-License-Identifier: MIT
/*
 * kmem/observe.c - what a reader from outside finds of caches and their owners
 *
 * Tests	preload.top, preload.view
 */
#include "diag/observe.h"
#include "kmem/cache.h"
#include "kmem/internal.h"

observe_number(MAX_NUMNODES);
observe_number(SHEAF_SIZE);
observe_number(NR_INDICES);
observe_number(API_SLOT);
observe_number(KMEM_CPUS);
observe_number(NR_BARNS);

observe_symbol(slab_caches);
observe_size(kmem_cache);
observe_field(kmem_cache, name);
observe_field(kmem_cache, ops);
observe_field(kmem_cache, size);
observe_field(kmem_cache, object_size);
observe_field(kmem_cache, flags);
observe_field(kmem_cache, offset);
observe_field(kmem_cache, random);
observe_field(kmem_cache, red_left_pad);
observe_field(kmem_cache, cpu_slab);
observe_field(kmem_cache, slot);
observe_field(kmem_cache, far);
observe_field(kmem_cache, oo_order);
observe_field(kmem_cache, oo_objects);
observe_field(kmem_cache, sheaf_capacity);
observe_field(kmem_cache, list);
observe_field(kmem_cache, refilled);
observe_field(kmem_cache, flushed);
observe_field(kmem_cache, slabs_ever);
observe_field(kmem_cache, in_use);
observe_field(kmem_cache, rcu_waiting);
observe_field(kmem_cache, node);
observe_field(slab_ops, name);

observe_size(kmem_cache_node);
observe_field(kmem_cache_node, nr_slabs);
observe_field(kmem_cache_node, total_objects);
observe_field(kmem_cache_node, nr_pages);
observe_field(kmem_cache_node, full_sheaves);
observe_field(kmem_cache_node, barn);
observe_size(node_barn);
observe_field(node_barn, full);

observe_symbol(kmem_owners);
observe_symbol(kmem_nr_owners);
observe_symbol(kmem_nr_slots);
observe_symbol(kmem_nr_cursors);
observe_symbol(kmem_cpu_table);
observe_field(kmem_owner, list);
observe_field(kmem_owner, thread);
observe_field(kmem_owner, far);
observe_field(kmem_owner, nr_far);
observe_size(kmem_owner_slot);
observe_field(kmem_owner_slot, spare);
observe_size(kmem_far_slot);
observe_field(kmem_far_slot, cursor);
observe_field(kmem_far_slot, rest);

observe_size(slab_sheaf);
observe_field(slab_sheaf, next);
observe_field(slab_sheaf, cache);
observe_field(slab_sheaf, capacity);
observe_field(slab_sheaf, count);
