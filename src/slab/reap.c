// SPDX-License-Identifier: MIT
/*
 * slab/reap.c - gives back idle objects and slabs, a little at a time
 *
 *	every 2 s an owner looks at each of its arrays:
 *		touched		its limit is halved, with a bound on the room of
 *				an owner (kmem/room.h); else nothing is freed
 *		not touched	the oldest objects go to the slabs: a fifth of
 *				the limit, or half of the array if that is less
 *		either way	its node's alien caches go to the slabs
 *	every 4 s one thread looks at each node:
 *		the shared arrays	are reaped in the same way
 *		slabs_free, not used	slabs with about a fifth of free_limit
 *					objects are freed
 *
 * There is no timer. Any thread that takes a slow path may run the ticks
 * (core/tick.h) that drive this file.
 *
 * Locking	only its owner uses an array; list_lock for the node's parts
 * Source	Linux v6.1 mm/slab.c, cache_reap() (docs/kernel.md S6)
 */
#include <limits.h>

#include "core/tick.h"
#include "kmem/barn.h"
#include "kmem/room.h"
#include "slab/internal.h"
#include "zone/numa.h"

unsigned int drain_count(unsigned int limit, unsigned int avail)
{
	unsigned int tofree = (limit + 4) / 5;

	return tofree > avail ? (avail + 1) / 2 : tofree;
}

void cache_reap_array(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct array_cache *ac = cpu_cache_get(owner, s);
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	u32 now = (u32)READ_ONCE(tick_last_ms);
	unsigned int nr;

	if (!ac || now - ac->reaped < REAPTIMEOUT_AC)
		return;
	ac->reaped = now;
	drain_alien_cache(s, get_node(s, (int)numa_node_id()));
	if (slot->seen != (u32)*kmem_cursor(owner, s)) {
		if (room_follows())
			kmem_slot_halve(owner, s);
		slot->seen = (u32)*kmem_cursor(owner, s);
		return;
	}
	main_take(owner, s);
	nr = drain_count(ac->limit, ac->avail);
	if (nr) {
		kmem_account(&s->flushes, &s->flushed, nr);
		slab_flush(s, sheaf_objects(ac_sheaf(ac)), nr);
		ac_drop_oldest(ac, nr);
	}
	if (slot->spare) {
		struct slab_sheaf *spare = slot->spare;

		spare_set(slot, NULL);
		sheaf_free(spare);
	}
	if (room_follows() && !ac->avail) {
		main_set(owner, s, ac_sheaf(ac));
		kmem_owner_flush_cache(owner, s);
		return;
	}
	main_set(owner, s, ac_sheaf(ac));
	slot->seen = (u32)*kmem_cursor(owner, s);
}

void __take_free_slabs(struct kmem_cache *s, struct kmem_cache_node *n,
		       unsigned long nr, struct list_head *list)
{
	spin_lock(&n->list_lock);
	for (; nr && n->free_slabs; nr--) {
		struct slab_desc *slab = list_last_entry(
			&n->slabs_free, struct slab_desc, slab_list);

		list_del(&slab->slab_list);
		list_add(&slab->slab_list, list);
		n->free_slabs--;
		n->total_slabs--;
		WRITE_ONCE(n->free_objects, n->free_objects - s->num);
	}
	spin_unlock(&n->list_lock);
}

void drain_freelist(struct kmem_cache *s, struct kmem_cache_node *n,
		    unsigned long tofree)
{
	LIST_HEAD(list);

	__take_free_slabs(s, n, tofree, &list);
	slabs_destroy(s, &list);
}

/* Frees some objects of the shared arrays, unless they were used. */
static void reap_shared(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned int limit = READ_ONCE(s->shared) * READ_ONCE(s->batchcount);

	if (READ_ONCE(n->shared_touched))
		WRITE_ONCE(n->shared_touched, 0);
	else
		shared_drain(s, n, drain_count(limit, shared_avail(n)));
}

static void reap_node(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned int slabs = 5 * s->num;
	bool used;

	reap_shared(s, n);
	spin_lock(&n->list_lock);
	used = n->free_touched;
	n->free_touched = 0;
	spin_unlock(&n->list_lock);
	if (!used)
		drain_freelist(s, n, DIV_ROUND_UP(n->free_limit, slabs));
}

/*
 * Runs at every tick; most ticks come before a node's next_reap and do nothing.
 */
void cache_reap(struct kmem_cache *s)
{
	unsigned long now = READ_ONCE(tick_last_ms);
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		if (now - n->next_reap > LONG_MAX)
			continue;
		n->next_reap = now + REAPTIMEOUT_NODE;
		reap_node(s, n);
	}
}
