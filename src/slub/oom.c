// SPDX-License-Identifier: MIT
/*
 * slub/oom.c - reports that a cache got no slab
 *
 * Locking	the caller holds none; counting takes list_lock
 * Source	Linux v6.12 mm/slub.c, slab_out_of_memory() (docs/kernel.md U12)
 */
#include "diag/ratelimit.h"
#include "diag/report.h"
#include "slub/internal.h"
#include "zone/gfp.h"

static struct ratelimit_state slub_oom_rs = RATELIMIT_STATE_INIT(5000, 10);

static void say_nodes(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		km_report("  node %d: slabs: %lu, objs: %lu, free: %lu\n", nid,
			  READ_ONCE(n->nr_slabs), READ_ONCE(n->total_objects),
			  count_partial_free_approx(n));
}

void slab_out_of_memory(struct kmem_cache *s, gfp_t gfp, int node)
{
	char flags[256];
	unsigned int cpu = smp_cpu();

	/* With __GFP_NO_GROW no slab was requested, so none is missing. */
	if ((gfp & (__GFP_NOWARN | __GFP_NO_GROW)) ||
	    !__ratelimit(&slub_oom_rs, __func__))
		return;
	gfp_flags_string(flags, sizeof(flags), gfp);
	km_report("SLUB: Unable to allocate memory on CPU %u (of node %d) on "
		  "node %d, gfp=0x%x(%s)\n",
		  cpu, (int)numa_node_id(), node, gfp, flags);
	km_report("  cache: %pE, object size: %u, buffer size: %u, default "
		  "order: %u, min order: %u\n",
		  s->name, s->object_size, s->size, s->oo_order, s->min_order);
	if (s->min_order > get_order(s->object_size))
		km_report("  %pE debugging increased min order, use "
			  "slab_debug=O to disable.\n",
			  s->name);
	say_nodes(s);
}
