// SPDX-License-Identifier: MIT
/*
 * slab/ops.c - the two tables that make SLAB a backend; a cache's start
 *
 *	slab_ops	caches without debug flags
 *	slab_debug_ops	caches with such flags: slab_setup() gives it to them
 *
 * Locking	none; only the caller of slab_setup() knows the cache yet
 * Tests	a table: unit.slab.node and all others of this room
 * Source	Linux v6.1 mm/slab.c, __kmem_cache_create()
 */
#include "kmem/slab_ops.h"
#include "slab/debug.h"

int slab_setup(struct kmem_cache *s)
{
	int ret = slab_set_geometry(s);

	if (!ret && s->flags & SLAB_DEBUG_FLAGS) {
		s->ops = &slab_debug_ops;
		s->shared = 0;
	}
	return ret;
}

const struct slab_ops slab_ops = {
	.name = "slab",
	.flag = KM_SLAB_ON_SLAB,
	.refill = slab_refill,
	.flush = slab_flush,
	.flush_remote = cache_free_alien,
	.verify = slab_verify,
	.setup = slab_setup,
	.main_empty = cache_alloc_refill,
	.main_full = cache_flusharray,
	.main_idle = cache_reap_array,
	.shrink = slab_shrink,
	.give_pages = slab_give_pages,
	.shutdown = slab_shutdown,
	.fork_take = slab_fork_take,
	.fork_release = slab_fork_release,
	.object_of = slab_object_of,
	.slab_of_used = slab_of_used,
	.slab_used = slab_used,
	.drop_slab = slab_drop,
	.cached = slab_cached,
	.list_slab_objects = slab_list_objects,
	.check = slab_check,
	.get_slabinfo = slab_get_slabinfo,
	.tune = do_tune_cpucache,
};

const struct slab_ops slab_debug_ops = {
	.name = "slab",
	.flag = KM_SLAB_ON_SLAB,
	.refill = slab_debug_refill,
	.flush = slab_debug_flush,
	.verify = slab_verify,
	.setup = slab_setup,
	.shrink = slab_debug_shrink,
	.shutdown = slab_debug_shutdown,
	.fork_take = slab_debug_fork_take,
	.fork_release = slab_debug_fork_release,
	.object_of = slab_object_of,
	.debug_alloc = slab_debug_alloc,
	.debug_free = slab_debug_free,
	.debug_size = slab_debug_size,
	.debug_resize = slab_debug_resize,
	.validate = slab_validate,
	.cached = slab_debug_cached,
	.list_slab_objects = slab_list_objects,
	.get_slabinfo = slab_get_slabinfo,
	.check = slab_debug_check,
	.tune = do_tune_cpucache,
};
