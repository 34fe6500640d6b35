// SPDX-License-Identifier: MIT
/*
 * slub/check.c - checks SLUB1-SLUB3 (slab.h), AWAY1 and AWAY2 (away.h)
 */
#include "slub/away.h"

static u32 check_freelist(const struct kmem_cache *s, struct slab *slab)
{
	u32 nr = 0;
	void *obj = slab->state.freelist;

	for (; obj; obj = get_freepointer(s, slab, obj)) {
		check_object(s, slab, obj);
		BUG_ON(++nr > slab->state.counters.objects);
	}
	return nr;
}

/*
 * Checks AWAY2 and, of AWAY1, that objects which are away were carved. That
 * none is on the free list is for check_object() to see; so SLUB1 shows that
 * none is in use.
 */
static void check_away(const struct kmem_cache *s, const struct slab *slab)
{
	const unsigned long first = page_to_pfn(slab_page(slab));

	for (u32 i = 0; i < slab->state.counters.objects; i++) {
		unsigned long at = (unsigned long)i * s->size;

		if (!(pieces_of(s, slab, i) & slab->away))
			continue;
		BUG_ON(i >= slab->carved);
		BUG_ON(arena_index[first + (at >> PAGE_SHIFT)] < INDEX_OTHER);
	}
}

static void check_slab(const struct kmem_cache *s, struct slab *slab,
		       u16 frozen)
{
	u32 objects = slab->state.counters.objects;

	BUG_ON(slab->type != PAGE_SLAB || slab->slab_cache != s);
	BUG_ON(slab->state.counters.frozen != frozen);
	BUG_ON(slab->carved > objects);
	check_away(s, slab);
	BUG_ON(slab->state.counters.inuse !=
	       slab->carved - objects_away(s, slab) - check_freelist(s, slab));
}

static void check_node(const struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long nr = 0;
	struct slab *slab;

	spin_lock(&n->list_lock);
	list_for_each_entry(slab, &n->partial, list) {
		check_slab(s, slab, 0);
		BUG_ON(slab_node(slab) != n);
		BUG_ON(slab->state.counters.inuse ==
		       slab->state.counters.objects);
		nr++;
	}
	BUG_ON(nr != n->nr_partial);
	spin_unlock(&n->list_lock);
}

void slub_check(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	struct slab *slab;
	int nid;

	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids;
	     cpu++) {
		struct kmem_cache_cpu *c = &s->cpu_slab[cpu];
		u32 parked = 0;

		spin_lock(&c->lock);
		for (slab = c->partial; slab; slab = slab->next, parked++)
			check_slab(s, slab, 1);
		BUG_ON(parked != c->nr_partial);
		spin_unlock(&c->lock);
	}
	for_each_kmem_cache_node(s, nid, n)
		check_node(s, n);
}
