// SPDX-License-Identifier: MIT
/*
 * slub/ops.c - the tables that make SLUB a backend; a cache's start
 *
 *	slub_ops	caches without debug flags, in the form 6.18
 *	slub7_ops	the same in the form 7.0, and in either form caches of
 *			which no CPU holds slabs
 *	slub_debug_ops	caches with such flags, in either: slub_setup() gives it
 *			to them
 *
 * Locking	none; only the caller of slub_setup() knows the cache yet
 * Tests	a table: unit.slub.slab and all others of this room
 * Source	Linux v6.18 mm/slub.c, do_kmem_cache_create()
 */
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "slub/away.h"
#include "slub/debug.h"

#define DEFRAG_RATIO 1000 /* of 1024 refills, those that may use other nodes */

int slub_setup(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int ret, nid;

	ret = calculate_sizes(s);
	if (ret)
		return ret;
	calculate_partials(s);
	s->remote_node_defrag_ratio = DEFRAG_RATIO;
	s->sheaf_capacity = sheaf_capacity(s);
	if (s->flags & SLAB_DEBUG_FLAGS)
		s->ops = &slub_debug_ops;
	for_each_kmem_cache_node(s, nid, n) {
		INIT_LIST_HEAD(&n->partial);
		INIT_LIST_HEAD(&n->full);
	}
	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids; cpu++)
		spin_lock_init(&s->cpu_slab[cpu].lock, LOCK_KMEM_CPU);
	return 0;
}

const struct slab_ops slub_ops = {
	.name = "slub",
	.form = "6.18",
	.flag = KM_SLAB_ON_SLUB,
	.cpu_size = sizeof(struct kmem_cache_cpu),
	.node_only = &slub7_ops,
	.refill = slub_refill,
	.flush = slub_flush,
	.verify = slub_verify,
	.mark_stored = slub_mark_stored,
	.clear_stored = slub_clear_stored,
	.setup = slub_setup,
	.shrink = slub_shrink,
	.give_pages = slub_give_pages,
	.shutdown = slub_shutdown,
	.fork_take = slub_fork_take,
	.fork_release = slub_fork_release,
	.object_of = slub_object_of,
	.slab_of_used = slub_slab_of_used,
	.slab_used = slub_slab_used,
	.drop_slab = slub_drop_slab,
	.list_slab_objects = slub_list_slab_objects,
	.main_empty = sheaf_main_empty,
	.main_full = sheaf_main_full,
	.main_idle = sheaf_main_idle,
	.cached = barn_count,
	.check = slub_check,
	.get_slabinfo = slub_get_slabinfo,
};

const struct slab_ops slub7_ops = {
	.name = "slub",
	.form = "7.0",
	.flag = KM_SLAB_ON_SLUB,
	.late_sheaves = true,
	.refill = slub7_refill,
	.flush = slub7_flush,
	.verify = slub_verify,
	.mark_stored = slub_mark_stored,
	.clear_stored = slub_clear_stored,
	.setup = slub_setup,
	.shrink = slub_shrink,
	.give_pages = slub_give_pages,
	.shutdown = slub_shutdown,
	.fork_take = slub_fork_take,
	.fork_release = slub_fork_release,
	.object_of = slub_object_of,
	.slab_of_used = slub_slab_of_used,
	.slab_used = slub_slab_used,
	.drop_slab = slub_drop_slab,
	.list_slab_objects = slub_list_slab_objects,
	.main_empty = sheaf_main_empty,
	.main_full = sheaf_main_full,
	.main_idle = sheaf_main_idle,
	.cached = barn_count,
	.check = slub_check,
	.get_slabinfo = slub_get_slabinfo,
};

/* Used by caches that either table above has set up. */
const struct slab_ops slub_debug_ops = {
	.name = "slub",
	.flag = KM_SLAB_ON_SLUB,
	.refill = slub_debug_refill,
	.flush = slub_debug_flush,
	.verify = slub_verify,
	.setup = slub_setup,
	.shrink = slub_debug_shrink,
	.shutdown = slub_debug_shutdown,
	.fork_take = slub_debug_fork_take,
	.fork_release = slub_debug_fork_release,
	.object_of = slub_object_of,
	.debug_alloc = slub_debug_alloc,
	.debug_free = slub_debug_free,
	.debug_size = slub_debug_size,
	.debug_resize = slub_debug_resize,
	.validate = slub_validate,
	.cached = slub_debug_cached,
	.get_slabinfo = slub_get_slabinfo,
	.list_slab_objects = slub_list_slab_objects,
	.print_tracking = print_tracking,
	.check = slub_debug_check,
};
