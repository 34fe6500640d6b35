// SPDX-License-Identifier: MIT
/*
 * kmem/fit.c - the sheaves of one slot: resized, halved, emptied
 *
 *	bottom		  cursor	a larger capacity: the objects move
 *	  | old ... new |    |		down, nothing is freed
 *	  | old ... new ............|
 *
 *	  | old ...	    ... new |	a smaller one: the newest stay, the
 *		      | new |	    |	others are freed to the slabs
 *
 * Locking	only the owner, or kmem_cache_destroy() for a cache not in use.
 *		Main is out of its slot while objects move, so that a child
 *		forked in between loses objects but never sees one twice.
 * Invariants	ROOM1 of room.h, SHEAF1 to SHEAF3 of kmem.h
 */
#include <string.h>

#include "kmem/barn.h"
#include "kmem/internal.h"
#include "kmem/room.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

u8 kmem_room_calls = 1; /* room.c sets both */
u8 kmem_room_alone;

void sheaf_drop_oldest(struct kmem_cache *s, struct slab_sheaf *sheaf, u32 nr)
{
	void **objs = sheaf_objects(sheaf);

	nr = min(nr, sheaf->count);
	if (!nr)
		return;
	kmem_account(&s->flushes, &s->flushed, nr);
	kmem_stat_n(s, SHEAF_FLUSH, nr);
	s->ops->flush(s, objs, nr);
	sheaf->count -= nr;
	memmove(objs, objs + nr, sheaf->count * sizeof(*objs));
}

void sheaf_resize(struct kmem_cache *s, struct slab_sheaf *sheaf, u32 capacity)
{
	void **from = sheaf_objects(sheaf);
	u32 count = sheaf->count;

	if (count > capacity) {
		sheaf_drop_oldest(s, sheaf, count - capacity);
		count = capacity;
	}
	sheaf->capacity = capacity;
	memmove(sheaf_objects(sheaf), from, count * sizeof(*from));
	sheaf_set_capacity(sheaf, capacity); /* the words below the objects */
	sheaf->count = count;
}

/*
 * The slot had no main while slabs were searched. If that led to reclaim, a
 * shrinker may have freed an object of this cache, which gave the slot a main.
 * That main goes to the slabs.
 */
void kmem_main_replace(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *sheaf)
{
	struct slab_sheaf *other = main_take(owner, s);

	if (unlikely(other)) {
		flush_sheaf(s, other);
		barn_put_empty(s, other);
	}
	main_set(owner, s, sheaf);
}

/* Sets a slot's capacity. Only the owner writes the sum. */
static void set_capacity(struct kmem_owner *owner, const struct kmem_cache *s,
			 struct kmem_owner_slot *slot, u32 capacity)
{
	if (kmem_owner_is_mine(owner))
		owner->room += room_bytes(s, capacity) -
			       room_bytes(s, slot->capacity);
	slot->capacity = (u8)capacity;
}

/* Flushes a sheaf, which may be NULL, and gives it up. */
static void end_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (!sheaf)
		return;
	flush_sheaf(s, sheaf);
	barn_put_empty(s, sheaf);
}

static void end_spare(struct kmem_cache *s, struct kmem_owner_slot *slot)
{
	struct slab_sheaf *spare = slot->spare;

	spare_set(slot, NULL);
	end_sheaf(s, spare);
}

void kmem_owner_flush_cache(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct slab_sheaf *main = main_take(owner, s);

	if (!slot)
		return;
	slot->shrunk = (u16)READ_ONCE(s->shrinks);
	end_sheaf(s, main);
	end_spare(s, slot);
	set_capacity(owner, s, slot, 0);
	slot->seen = 0;
	slot->retired = 0;
}

void kmem_slot_halve(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct slab_sheaf *main;

	if (slot->capacity <= room_first(s)) {
		kmem_owner_flush_cache(owner, s);
		return;
	}
	main = main_take(owner, s);
	set_capacity(owner, s, slot, slot->capacity / 2);
	end_spare(s, slot);
	if (main) {
		sheaf_resize(s, main, slot->capacity);
		kmem_main_replace(owner, s, main);
	}
	slot->seen = (u32)*kmem_cursor(owner, s);
	slot->retired = 0;
}
