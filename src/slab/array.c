// SPDX-License-Identifier: MIT
/*
 * slab/array.c - when an owner's array_cache runs empty or full
 *
 *	cache_alloc_refill()	batchcount objects come in; 16 at most if the
 *				array was not touched since it was last reaped
 *	cache_flusharray()	the oldest batchcount objects leave: to the
 *				shared array while it has room, else to the
 *				slabs
 *
 *	bottom                                 cursor
 *	  | oldest  ...  batchcount | ... newest |	full
 *	  | ... newest |				after the flush
 *
 * An owner's array has no field `touched`. It was touched if the cursor is not
 * where it stood when the owner last looked.
 *
 * Locking	only its owner uses an array. It leaves its slot while objects
 *		move, so that a child forked in between loses objects but never
 *		has one twice.
 * Invariants	SHEAF1, SHEAF2 of kmem.h
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S1, S3, S4)
 */
#include <errno.h>
#include <string.h>

#include "core/tick.h"
#include "kmem/barn.h"
#include "kmem/sheaf.h"
#include "slab/internal.h"
#include "zone/numa.h"

struct array_cache *cpu_cache_get(struct kmem_owner *owner,
				  const struct kmem_cache *s)
{
	return (struct array_cache *)cursor_sheaf(*kmem_cursor(owner, s));
}

/* Gives an empty array the cache's present limits. */
static void init_arraycache(struct array_cache *ac, unsigned int limit,
			    unsigned int batchcount)
{
	sheaf_set_capacity(ac_sheaf(ac), limit);
	ac->batchcount = batchcount;
	ac->reaped = (u32)READ_ONCE(tick_last_ms);
}

struct array_cache *cpu_cache_take(struct kmem_owner *owner,
				   struct kmem_cache *s)
{
	unsigned int limit = READ_ONCE(s->limit);
	unsigned int batchcount = min(READ_ONCE(s->batchcount), limit);
	struct slab_sheaf *sheaf = main_take(owner, s);
	struct array_cache *ac = (struct array_cache *)sheaf;

	if (likely(sheaf && ac->limit == limit && ac->batchcount == batchcount))
		return ac;
	if (!sheaf)
		sheaf = sheaf_get(s);
	if (!sheaf)
		return NULL;
	if (sheaf->count)
		slab_flush(s, sheaf_objects(sheaf), sheaf->count);
	ac = (struct array_cache *)sheaf;
	init_arraycache(ac, limit, batchcount);
	return ac;
}

void ac_drop_oldest(struct array_cache *ac, unsigned int nr)
{
	void **entry = sheaf_objects(ac_sheaf(ac));

	ac->avail -= nr;
	memmove(entry, entry + nr, ac->avail * sizeof(void *));
}

int cache_alloc_refill(struct kmem_owner *owner, struct kmem_cache *s,
		       gfp_t gfp)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	bool touched = cpu_cache_get(owner, s) &&
		       slot->seen != *kmem_cursor(owner, s);
	struct array_cache *ac = cpu_cache_take(owner, s);
	unsigned int nr;

	if (!ac)
		return -ENOMEM;
	VM_BUG_ON(ac->avail);
	nr = touched ? ac->batchcount : min(ac->batchcount, BATCHREFILL_LIMIT);
	/* A batch need not succeed: kmem tries harder for a single object. */
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	gfp &= ~__GFP_NOFAIL;
	ac->avail = slab_refill(s, gfp, NUMA_NO_NODE,
				sheaf_objects(ac_sheaf(ac)), nr);
	nr = ac->avail;
	kmem_account(&s->refills, &s->refilled, nr);
	slot->seen = 0; /* no cursor is 0: touched */
	kmem_main_replace(owner, s, ac_sheaf(ac));
	return nr ? 0 : -ENOMEM;
}

/* Moves objects of other nodes to the front of objs. Returns how many. */
static unsigned int sort_remote(struct kmem_cache *s, void **objs,
				unsigned int nr)
{
	unsigned int node = numa_node_id(), remote = 0;

	for (unsigned int i = 0; i < nr; i++) {
		const struct slab_desc *slab = desc_of_object(s, objs[i]);
		void *obj = objs[i];

		if (!slab || slab->node_id == node)
			continue;
		objs[i] = objs[remote];
		objs[remote++] = obj;
	}
	return remote;
}

/*
 * Frees the oldest objects of an owner's array: to alien caches, the shared
 * array or the slabs. Returns how many left.
 */
static unsigned int put_objects(struct kmem_cache *s, void **objs,
				unsigned int nr)
{
	unsigned int put = 0;

	if (unlikely(nr_online_nodes > 1)) {
		put = sort_remote(s, objs, nr);
		cache_free_alien(s, objs, put);
	}
	if (!put)
		put = shared_put(s, get_node(s, (int)numa_node_id()), objs, nr);
	if (!put) {
		put = nr;
		slab_flush(s, objs, put);
	}
	return put;
}

int cache_flusharray(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct array_cache *ac = cpu_cache_take(owner, s);
	unsigned int nr;

	if (!ac)
		return -ENOMEM;
	nr = min(ac->batchcount, ac->avail);
	if (nr) {
		nr = put_objects(s, sheaf_objects(ac_sheaf(ac)), nr);
		kmem_account(&s->flushes, &s->flushed, nr);
		ac_drop_oldest(ac, nr);
	}
	main_set(owner, s, ac_sheaf(ac));
	return 0;
}
