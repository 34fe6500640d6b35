// SPDX-License-Identifier: MIT
/*
 * slab/alien.c - objects that are freed on another node than their own
 *
 *	node 0                        node 1
 *	  alien[1] [| obj obj obj ]     slabs_partial <-> [slab] <-> [slab]
 *	             all of node 1
 *
 * Such objects wait here until there are twelve of one node. Then they go to
 * their slabs with one lock operation on that node. A node's alien caches are
 * made at the first such free; without memory for them, the object goes to its
 * slab at once.
 *
 * Locking	alien->lock (rank LOCK_ALIEN). Objects leave an alien cache
 *		under its lock and enter the slabs after it is released. So no
 *		lock is taken inside it, and a child forked in between never
 *		has an object twice.
 * Invariants	SLAB5 of internal.h
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S1, S4)
 */
#include "kmem/region.h"
#include "kmem/stat.h"
#include "slab/internal.h"
#include "zone/numa.h"

static size_t alien_bytes(void)
{
	size_t each = sizeof(struct alien_cache *) + sizeof(struct alien_cache);

	return nr_online_nodes * each + CACHELINE;
}

/*
 * Returns a node's table of alien caches, with the caches themselves behind it;
 * one for each other node. NULL if there is no memory.
 */
static struct alien_cache **alloc_alien_caches(struct kmem_cache *s, int node)
{
	struct alien_cache **table = region_zalloc(alien_bytes()), *alien;

	if (!table)
		return NULL;
	alien = (struct alien_cache *)ALIGN(
		(uintptr_t)(table + nr_online_nodes), (uintptr_t)CACHELINE);
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++, alien++) {
		if ((int)nid == node)
			continue;
		spin_lock_init(&alien->lock, LOCK_ALIEN);
		alien->ac.cache = s;
		alien->ac.limit = ALIEN_LIMIT;
		alien->ac.batchcount = ALIEN_LIMIT;
		table[nid] = alien;
	}
	return table;
}

/*
 * Returns this node's table, made if it has none. NULL if there is no memory.
 */
static struct alien_cache **alien_table(struct kmem_cache *s,
					struct kmem_cache_node *n, int node)
{
	struct alien_cache **table = smp_load_acquire(&n->alien), **had = NULL;

	if (likely(table))
		return table;
	table = alloc_alien_caches(s, node);
	if (!table)
		return NULL;
	if (__atomic_compare_exchange_n(&n->alien, &had, table, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return table;
	region_free(table, alien_bytes());
	return had;
}

/*
 * Moves all objects of an alien cache to objs[ALIEN_LIMIT]. Returns how many.
 * alien->lock is held.
 */
static unsigned int __alien_take(struct alien_cache *alien, void **objs)
{
	unsigned int nr = 0;

	lock_assert_held(&alien->lock);
	while (alien->ac.avail)
		objs[nr++] = ac_get_obj(&alien->ac);
	return nr;
}

/*
 * Puts one checked object into the alien cache of its node. If the cache is
 * full, the objects in it go to their slabs.
 */
static void alien_put(struct kmem_cache *s, struct alien_cache *alien,
		      void *obj)
{
	void *full[ALIEN_LIMIT];
	unsigned int nr = 0;

	kmem_cache_lock(s, &alien->lock);
	if (alien->ac.avail == alien->ac.limit)
		nr = __alien_take(alien, full);
	ac_put_obj(&alien->ac, obj);
	spin_unlock(&alien->lock);
	if (nr)
		slab_flush(s, full, nr);
}

void cache_free_alien(struct kmem_cache *s, void **objs, unsigned int nr)
{
	int node = (int)numa_node_id();
	struct kmem_cache_node *n = get_node(s, node);
	struct alien_cache **table = alien_table(s, n, node);

	for (unsigned int i = 0; i < nr; i++) {
		struct slab_desc *slab = desc_of_object(s, objs[i]);

		if (likely(slab && table && table[slab->node_id]))
			alien_put(s, table[slab->node_id], objs[i]);
		else
			slab_flush(s, &objs[i], 1);
	}
}

void drain_alien_cache(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct alien_cache **table = smp_load_acquire(&n->alien);
	void *objs[ALIEN_LIMIT];

	for (unsigned int nid = 0; table && nid < nr_online_nodes; nid++) {
		unsigned int nr;

		if (!table[nid])
			continue;
		spin_lock(&table[nid]->lock);
		nr = __alien_take(table[nid], objs);
		spin_unlock(&table[nid]->lock);
		if (nr)
			slab_flush(s, objs, nr);
	}
}

unsigned int alien_avail(struct kmem_cache_node *n)
{
	struct alien_cache **table = smp_load_acquire(&n->alien);
	unsigned int nr = 0;

	for (unsigned int nid = 0; table && nid < nr_online_nodes; nid++) {
		if (!table[nid])
			continue;
		spin_lock(&table[nid]->lock);
		nr += table[nid]->ac.avail;
		spin_unlock(&table[nid]->lock);
	}
	return nr;
}

void free_alien_cache(struct kmem_cache_node *n)
{
	if (n->alien)
		region_free(n->alien, alien_bytes());
	n->alien = NULL;
}

void alien_fork_take(struct kmem_cache_node *n)
{
	for (unsigned int nid = 0; n->alien && nid < nr_online_nodes; nid++)
		if (n->alien[nid])
			lock_fork_take(&n->alien[nid]->lock);
}

void alien_fork_release(struct kmem_cache_node *n)
{
	for (unsigned int nid = 0; n->alien && nid < nr_online_nodes; nid++)
		if (n->alien[nid])
			lock_fork_release(&n->alien[nid]->lock);
}
