// SPDX-License-Identifier: MIT
/*
 * slub/find.c - finds a slab with free objects for a CPU
 *
 *	this CPU's partial slabs --> the node's --> other nodes', the nearest
 *	first, if these have plenty --> a new slab
 *
 * These are steps 3 to 6 of refill.c.
 *
 * Locking	kmem_cache_cpu.lock (rank LOCK_KMEM_CPU) throughout
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U2, U3, X3)
 * Tests	unit.slub.refill, unit.slub.numa
 */
#include "slub/internal.h"

/*
 * Pops a slab from this CPU's partial list, or returns NULL. Slabs of other
 * nodes met on the way go back to their node.
 */
static struct slab *get_cpu_partial(struct kmem_cache *s,
				    struct kmem_cache_cpu *c, int node)
{
	struct slab *slab;

	while ((slab = c->partial)) {
		WRITE_ONCE(c->partial, slab->next);
		c->nr_partial--;
		if (node_match(slab, node))
			break;
		unfreeze_slab(s, slab);
	}
	if (slab)
		kmem_stat(s, CPU_PARTIAL_ALLOC);
	return slab;
}

/*
 * Returns a partial slab of node n, or NULL. Further ones fill this CPU's
 * partial list, which is empty.
 */
static struct slab *get_partial(struct kmem_cache *s, struct kmem_cache_cpu *c,
				struct kmem_cache_node *n)
{
	unsigned int got;
	struct slab *slab = get_partial_node(
		s, n, 1 + READ_ONCE(s->cpu_partial_slabs) / 2, &got);

	if (slab) {
		WRITE_ONCE(c->partial, slab->next);
		c->nr_partial = got - 1;
		kmem_stat(s, ALLOC_FROM_PARTIAL);
		kmem_stat_n(s, CPU_PARTIAL_NODE, got - 1);
	}
	return slab;
}

/*
 * Returns a partial slab of another node that has more than it would keep, or
 * NULL. It is not tried every time, so that objects of different nodes do not
 * mix.
 */
static struct slab *get_any_partial(struct kmem_cache *s,
				    struct kmem_cache_cpu *c)
{
	const pg_data_t *here = NODE_DATA(numa_node_id());
	const struct zoneref *z =
		here->node_zonelists[ZONELIST_FALLBACK]._zonerefs;
	struct slab *slab = NULL;

	c->rolls += 619; /* takes every value below 1024 in turn */
	if (nr_online_nodes == 1 ||
	    c->rolls % 1024 >= READ_ONCE(s->remote_node_defrag_ratio))
		return NULL;
	for (; z->zone && !slab; z++) {
		struct kmem_cache_node *n = get_node(s, z->zone->node_id);

		if (READ_ONCE(n->nr_partial) > READ_ONCE(s->min_partial))
			slab = get_partial(s, c, n);
	}
	return slab;
}

struct slab *find_slab(struct kmem_cache *s, struct kmem_cache_cpu *c,
		       gfp_t gfp, int node)
{
	int near = node == NUMA_NO_NODE ? (int)numa_node_id() : node;
	struct slab *slab = get_cpu_partial(s, c, node);

	if (!slab)
		slab = get_partial(s, c, get_node(s, near));
	if (!slab && node != NUMA_NO_NODE && !(gfp & __GFP_THISNODE))
		slab = new_slab(
			s, GFP_NOWAIT | __GFP_THISNODE | (gfp & __GFP_NO_GROW),
			node);
	if (!slab && !(gfp & __GFP_THISNODE))
		slab = get_any_partial(s, c);
	return slab ? slab : new_slab(s, gfp, node);
}
