// SPDX-License-Identifier: MIT
/*
 * slab/array.c - when an owner's array_cache runs empty or full
 *
 *	cache_alloc_refill()	an array of the node's shared ones comes, the
 *				empty one goes; else batchcount objects come in,
 *				and more of the last one's slab while there is
 *				room; 16 at most if the array was not touched
 *				since it was last reaped
 *	cache_flusharray()	the array gets twice the limit, if it has not
 *				the cache's; else the oldest batchcount objects
 *				leave: to the shared arrays if there is a slot,
 *				or to the slabs. If the owner has only freed of
 *				late, all leave
 *
 *	bottom                                 cursor
 *	  | oldest  ...  batchcount | ... newest |	full
 *	  | ... newest |				after the flush
 *
 * To share the oldest, the owner copies the newest to an empty array, which
 * becomes its main, and gives away the one that it had. The empty array comes
 * out of the slot that takes the other: the owner keeps it as its spare, for
 * the next time.
 *
 * An owner's array has no field `touched`. It was touched if the cursor is not
 * where it stood when the owner last looked.
 *
 * Locking	only its owner uses an array. It leaves its slot while objects
 *		move, so that a child forked in between loses objects but never
 *		has one twice. No lock is taken while arrays are exchanged.
 * Invariants	SHEAF1-SHEAF3 of kmem.h: a spare is empty
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S1, S3, S4)
 */
#include <errno.h>
#include <string.h>

#include "core/tick.h"
#include "kmem/barn.h"
#include "kmem/owner.h"
#include "kmem/room.h"
#include "slab/internal.h"
#include "zone/numa.h"

#define WHOLE_FLUSHES 3 /* misses that were frees, and no other between */

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

/* Returns how many objects an array of this limit moves at a time. */
static inline unsigned int batch_of(const struct kmem_cache *s,
				    unsigned int limit)
{
	unsigned int batchcount = READ_ONCE(s->batchcount);

	return min(batchcount,
		   room_is_whole(s, limit) ? limit : (limit + 1) / 2);
}

/* Returns true if the array has this limit, and the batch for it. */
static inline bool has_limits(const struct kmem_cache *s,
			      const struct array_cache *ac, unsigned int limit)
{
	return ac->limit == limit && ac->batchcount == batch_of(s, limit);
}

struct array_cache *cpu_cache_take(struct kmem_owner *owner,
				   struct kmem_cache *s)
{
	unsigned int limit = kmem_slot(owner, s)->capacity;
	struct slab_sheaf *sheaf = main_take(owner, s);
	struct array_cache *ac = (struct array_cache *)sheaf;

	if (likely(sheaf && has_limits(s, ac, limit)))
		return ac;
	if (sheaf) {
		sheaf_resize(s, sheaf, limit);
		ac->batchcount = batch_of(s, limit);
		return ac;
	}
	ac = (struct array_cache *)sheaf_get(s);
	if (ac)
		init_arraycache(ac, limit, batch_of(s, limit));
	return ac;
}

/*
 * Exchanges the owner's array, which is empty or not there, for a shared one.
 * Returns how many objects came with it.
 */
static unsigned int take_shared(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_cache_node *n = get_node(s, (int)numa_node_id());
	struct array_cache *ac = cpu_cache_get(owner, s);

	if (!n || !READ_ONCE(n->shared_rows))
		return 0;
	main_take(owner, s);
	ac = shared_take(s, n, ac) ?: ac;
	if (!ac)
		return 0;
	main_set(owner, s, ac_sheaf(ac));
	return ac_sheaf(ac)->count;
}

/*
 * Stores objects of the slabs in the owner's array, which is empty, but not
 * more than `most`. Returns how many.
 */
static unsigned int refill_array(struct kmem_owner *owner, struct kmem_cache *s,
				 gfp_t gfp, unsigned int most)
{
	struct array_cache *ac = cpu_cache_take(owner, s);
	unsigned int nr;

	if (!ac)
		return 0;
	VM_BUG_ON(ac->avail);
	/* A batch need not succeed: kmem tries harder for a single object. */
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	gfp &= ~__GFP_NOFAIL;
	nr = slab_refill_array(s, gfp, sheaf_objects(ac_sheaf(ac)),
			       min(most, ac->batchcount), min(most, ac->limit));
	ac_sheaf(ac)->count = nr;
	kmem_main_replace(owner, s, ac_sheaf(ac));
	return nr;
}

int cache_alloc_refill(struct kmem_owner *owner, struct kmem_cache *s,
		       gfp_t gfp)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	bool touched = cpu_cache_get(owner, s) &&
		       slot->seen != (u32)*kmem_cursor(owner, s);
	u32 limit = kmem_room_miss(owner, s);
	unsigned int nr = 0;

	if (room_is_whole(s, limit))
		nr = take_shared(owner, s);
	if (!nr)
		nr = refill_array(owner, s, gfp,
				  touched ? SHEAF_MAX_CAPACITY :
					    BATCHREFILL_LIMIT);
	kmem_account(&s->refills, &s->refilled, nr);
	slot->retired = 0;
	slot->seen = 0; /* no cursor is 0: touched */
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

/* Returns an empty array with the limits of ac, or NULL. */
static struct array_cache *empty_like(struct kmem_cache *s,
				      struct kmem_owner_slot *slot,
				      const struct array_cache *ac)
{
	struct slab_sheaf *sheaf = slot->spare;
	struct array_cache *new;

	spare_set(slot, NULL);
	if (!sheaf)
		sheaf = sheaf_get(s);
	new = (struct array_cache *)sheaf;
	if (new && !has_limits(s, new, ac->limit))
		init_arraycache(new, ac->limit, ac->batchcount);
	if (new)
		new->reaped = ac->reaped;
	return new;
}

/*
 * Gives the owner's array with its oldest nr objects to the shared arrays. An
 * array with the others is main then. Returns false if that is not possible.
 */
static bool give_shared(struct kmem_owner *owner, struct kmem_cache *s,
			struct kmem_cache_node *n, struct array_cache *ac,
			unsigned int nr)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct array_cache *new = empty_like(s, slot, ac), *empty = ac;
	unsigned int rest = ac->avail - nr;

	if (!new)
		return false;
	memcpy(sheaf_objects(ac_sheaf(new)), sheaf_objects(ac_sheaf(ac)) + nr,
	       rest * sizeof(void *));
	ac_sheaf(new)->count = rest;
	ac->avail = nr;
	main_set(owner, s, ac_sheaf(new));
	if (unlikely(shared_give(s, n, ac, &empty))) {
		slab_flush(s, sheaf_objects(ac_sheaf(ac)), nr);
		ac_sheaf(ac)->count = 0;
	}
	spare_set(slot, ac_sheaf(empty));
	return true;
}

/*
 * Frees the oldest nr objects of an array to alien caches or the slabs. Returns
 * how many left.
 */
static unsigned int put_objects(struct kmem_cache *s, struct array_cache *ac,
				unsigned int nr)
{
	void **objs = sheaf_objects(ac_sheaf(ac));
	unsigned int put = 0;

	if (unlikely(nr_online_nodes > 1)) {
		put = sort_remote(s, objs, nr);
		cache_free_alien(s, objs, put);
	}
	if (!put) {
		put = nr;
		slab_flush(s, objs, put);
	}
	ac_drop_oldest(ac, put);
	return put;
}

/*
 * Returns true if the oldest nr objects of an array may be shared: it is
 * whole, there is another owner, a slot has room, and they are of this node. An
 * owner that is alone would only keep slabs from becoming empty.
 */
static bool may_share(struct kmem_cache *s, struct kmem_cache_node *n,
		      struct array_cache *ac, unsigned int nr)
{
	void **objs = sheaf_objects(ac_sheaf(ac));

	if (kmem_owners_number() == 1 || nr < ac->batchcount ||
	    !room_is_whole(s, ac->limit) || !shared_has_room(s, n))
		return false;
	return likely(nr_online_nodes == 1) || !sort_remote(s, objs, nr);
}

/*
 * Returns true if the owner's last WHOLE_FLUSHES misses of the cache were all
 * frees. It has no use for the objects in its array then: they go to the other
 * owners, or perhaps the last of a slab is among them.
 */
static bool owner_only_frees(struct kmem_owner_slot *slot)
{
	if (slot->retired < WHOLE_FLUSHES)
		slot->retired++;
	return slot->retired == WHOLE_FLUSHES;
}

int cache_flusharray(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_cache_node *n = get_node(s, (int)numa_node_id());
	struct array_cache *ac;
	unsigned int nr;

	kmem_room_miss(owner, s);
	ac = cpu_cache_take(owner, s);
	if (!ac)
		return -ENOMEM;
	if (ac->avail < ac->limit) {
		kmem_main_replace(owner, s, ac_sheaf(ac));
		return 0;
	}
	nr = ac->avail;
	if (!owner_only_frees(kmem_slot(owner, s)))
		nr = min(ac->batchcount, nr);
	if (nr && may_share(s, n, ac, nr) && give_shared(owner, s, n, ac, nr)) {
		kmem_account(&s->flushes, &s->flushed, nr);
		return 0;
	}
	if (nr) {
		nr = put_objects(s, ac, nr);
		kmem_account(&s->flushes, &s->flushed, nr);
	}
	main_set(owner, s, ac_sheaf(ac));
	return 0;
}
