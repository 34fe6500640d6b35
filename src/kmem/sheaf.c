// SPDX-License-Identifier: MIT
/*
 * kmem/sheaf.c - main is empty or full: sheaves are exchanged
 *
 * This is for a backend with spares and barns (SLUB). SLAB has functions of its
 * own for the same two events.
 *
 *	alloc, main empty	spare full     -> swap main and spare
 *				barn has full  -> exchange main for that
 *				else           -> fill main from the slabs
 *	free, main full		not whole yet  -> main of twice the capacity
 *				spare empty    -> swap main and spare
 *				no spare       -> main becomes the spare
 *				spare full     -> it goes to the barn, or, if
 *						  that is full, to the slabs
 *
 * A slot is whole when its main has the cache's capacity (room.h). A thread
 * keeps up to two such sheaves of each cache. So a program whose number of
 * objects varies around the end of a sheaf does not need the barn at every
 * call. But each object in a sheaf may keep a whole slab from being empty. So
 * if the only thread has retired three full sheaves and requested none, it
 * keeps half a main only.
 *
 * Locking	none here: only their owner uses main and spare. A sheaf leaves
 *		its place before it enters another (release stores). So a child
 *		forked in between loses objects but never sees a sheaf twice.
 * Invariants	SHEAF1-SHEAF3 of kmem.h
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V3, V4)
 */
#include <errno.h>

#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/room.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

#define DRAIN_AFTER 3 /* full sheaves retired, none requested */

/* Fills an empty sheaf from the slabs. */
static void fill_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf,
		       gfp_t gfp)
{
	/* This need not succeed: a single object is tried for harder. */
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	sheaf->count = s->ops->refill(s, gfp & ~__GFP_NOFAIL, NUMA_NO_NODE,
				      sheaf_objects(sheaf), sheaf->capacity);
	kmem_account(&s->refills, &s->refilled, sheaf->count);
	kmem_stat_n(s, SHEAF_REFILL, sheaf->count);
}

/* Sets the capacity of an empty sheaf. Returns it. */
static struct slab_sheaf *fit_empty(struct slab_sheaf *empty, u32 capacity)
{
	if (empty && empty->capacity != capacity)
		sheaf_set_capacity(empty, capacity);
	return empty;
}

/*
 * Replaces main, which is empty or NULL, and perhaps the spare, by full sheaves
 * of a barn. Returns false if there is none.
 */
static bool take_from_barn(struct kmem_owner_slot *slot, struct kmem_cache *s,
			   struct slab_sheaf **main)
{
	struct slab_sheaf *spare = slot->spare;
	bool found;

	spare_set(slot, NULL);
	found = barn_get_two(s, main, &spare);
	spare_set(slot, spare);
	return found;
}

int sheaf_main_empty(struct kmem_owner *owner, struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	u32 capacity = kmem_room_miss(owner, s);
	struct slab_sheaf *main = fit_empty(main_take(owner, s), capacity);

	slot->retired = 0;
	if (slot->spare && slot->spare->count) {
		struct slab_sheaf *full = slot->spare;

		spare_set(slot, main);
		main_set(owner, s, full);
		return 0;
	}
	if (room_is_whole(s, capacity) && take_from_barn(slot, s, &main)) {
		main_set(owner, s, main);
		return 0;
	}
	if (!main)
		main = fit_empty(sheaf_get(s), capacity);
	if (!main)
		return -ENOMEM;
	fill_sheaf(s, main, gfp);
	kmem_main_replace(owner, s, main);
	return main->count ? 0 : -ENOMEM;
}

/*
 * Returns true if this is the only owner and its last DRAIN_AFTER misses were
 * all frees.
 */
static bool owner_drains(const struct kmem_owner_slot *slot)
{
	return slot->retired >= DRAIN_AFTER && kmem_owners_number() == 1;
}

/*
 * Puts a full spare into the barn, or flushes it. Returns an empty sheaf, or
 * NULL. Both check the objects. An owner that drains does not use the barn: no
 * other thread would take the sheaf.
 */
static struct slab_sheaf *retire_full(struct kmem_cache *s,
				      struct slab_sheaf *full,
				      const struct kmem_owner_slot *slot)
{
	if (full->capacity == s->sheaf_capacity && !owner_drains(slot) &&
	    !barn_replace_full(s, &full))
		return full;
	flush_sheaf(s, full);
	return full;
}

/*
 * For an owner that drains: empties the spare. Its main has half the size. Each
 * object in them may pin a slab for no use.
 */
static void retire_spare(struct kmem_owner_slot *slot, struct kmem_cache *s)
{
	struct slab_sheaf *spare = slot->spare;

	spare_set(slot, NULL);
	spare_set(slot, retire_full(s, spare, slot));
}

/*
 * For an owner that goes on draining: flushes main and keeps half of it as
 * main.
 */
static void drain_main(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *main, u32 capacity)
{
	flush_sheaf(s, main);
	sheaf_set_capacity(main, DIV_ROUND_UP(capacity, 2U));
	kmem_main_replace(owner, s, main);
}

/*
 * Makes room in a full main of a slot that is not whole, which has no spare:
 * more of it if the capacity grew, or else the older half is flushed.
 */
static void widen_main(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *main, u32 capacity)
{
	if (main->capacity >= capacity)
		sheaf_drop_oldest(s, main, DIV_ROUND_UP(main->count, 2U));
	sheaf_resize(s, main, capacity);
	kmem_main_replace(owner, s, main);
}

int sheaf_main_full(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	u32 capacity = kmem_room_miss(owner, s);
	struct slab_sheaf *main = main_take(owner, s);
	struct slab_sheaf *spare = slot->spare, *empty = spare;

	if (main && !owner_drains(slot) &&
	    (main->capacity < capacity || !room_is_whole(s, capacity))) {
		widen_main(owner, s, main, capacity);
		return 0;
	}
	if (main && spare && !spare->count && owner_drains(slot)) {
		drain_main(owner, s, main, capacity);
		return 0;
	}
	if (main)
		spare_set(slot, main);
	if (main && spare && spare->count) {
		empty = retire_full(s, spare, slot);
		if (slot->retired < DRAIN_AFTER &&
		    ++slot->retired == DRAIN_AFTER && owner_drains(slot))
			barn_shrink(s, SHRINK_ALL);
	} else if (!main || !spare) {
		empty = sheaf_get(s);
	}
	if (!empty)
		return -ENOMEM;
	if (owner_drains(slot))
		sheaf_set_capacity(empty, DIV_ROUND_UP(capacity, 2U));
	else
		fit_empty(empty, capacity);
	main_set(owner, s, empty);
	if (main && owner_drains(slot))
		retire_spare(slot, s);
	return 0;
}
