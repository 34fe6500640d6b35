// SPDX-License-Identifier: MIT
/*
 * kmem/room.h - how many objects the sheaves of an owner may hold: its room
 *
 *	calls		no sheaf: each call is served by the slabs
 *	 | ROOM_CALLS of them
 *	capacity	a main of few objects, which doubles with each miss
 *	 | the cache's sheaf_capacity
 *	whole		main, spare, and the barns
 *
 * While there are few owners, what all of them could hold is little. Then a
 * slot is whole from its first call, and nothing is bounded.
 *
 * Some classes of malloc have two capacities: one for an only owner, and one of
 * fewer bytes where there are more. A sheaf of the first kind does not go to a
 * barn.
 *
 * The room of a slot is what its sheaves could hold, in bytes, and the sheaves
 * themselves. An owner's is the sum over its slots.
 *
 * Invariants	ROOM1  a slot with a capacity of 0 has no sheaf
 *					(kmem_owner_check() checks it)
 */
#ifndef KM_KMEM_ROOM_H
#define KM_KMEM_ROOM_H

#include "kmem/sheaf.h"

#define ROOM_FEW 8 /* owners, whose slots are whole at once */
#define ROOM_CALLS 24 /* served by the slabs before a slot gets a sheaf */
#define ROOM_AGAIN 20 /* of these, counted already if it had one before */
#define ROOM_FIRST 8U /* objects in the first main, at most */
#define ROOM_FIRST_BYTES (4U << 10) /* the same, in bytes */
#define ROOM_ALL (8UL << 20)
#define ROOM_LEAST (128UL << 10) /* of an owner, however many there are */

/*
 * The room of all owners in bytes, of which each may have an equal part; 0:
 * there is no bound, and sheaves are whole from the start. Constant after init.
 */
extern unsigned long kmem_room_all;
/* The most room of one owner; kmem_owners_lock, read without. */
extern unsigned long kmem_room_most;
/* Calls before a slot gets a sheaf: ROOM_CALLS or 1. The same. */
extern u8 kmem_room_calls;

/* True while there is one owner; the same. */
extern u8 kmem_room_alone;

/* Returns the largest capacity of a slot. An only owner's may be larger. */
static inline u32 room_most(const struct kmem_cache *s)
{
	u32 most = READ_ONCE(s->sheaf_capacity); /* SLAB can change it */

	if (s->sheaf_alone > most && READ_ONCE(kmem_room_alone))
		return s->sheaf_alone;
	return most;
}

/* Returns true if room follows use: there are more than few owners. */
static inline bool room_follows(void)
{
	return kmem_room_all && READ_ONCE(kmem_room_calls) > 1;
}

/* Returns true if a slot of this capacity may have a spare, and use barns. */
static inline bool room_is_whole(const struct kmem_cache *s, u32 capacity)
{
	return capacity >= READ_ONCE(s->sheaf_capacity);
}

/* Returns the room of a slot in bytes. */
static inline unsigned long room_bytes(const struct kmem_cache *s, u32 capacity)
{
	unsigned long one = capacity * (unsigned long)s->size + SHEAF_SIZE;

	if (!capacity)
		return 0;
	/* the spare of an array of SLAB, which has a batchcount, is empty */
	return room_is_whole(s, capacity) && !READ_ONCE(s->batchcount) ?
		       2 * one :
		       one;
}

/* Returns the capacity of a slot's first main. */
static inline u32 room_first(const struct kmem_cache *s)
{
	return min(clamp(ROOM_FIRST_BYTES / s->size, 1U, ROOM_FIRST),
		   READ_ONCE(s->sheaf_capacity));
}

/* ---- fit.c --------------------------------------------------------------- */

/*
 * Sets the capacity of a sheaf that is no main. It keeps its newest objects;
 * the others go to the slabs.
 */
void sheaf_resize(struct kmem_cache *s, struct slab_sheaf *sheaf, u32 capacity);
/* Frees the oldest nr objects of a sheaf that is no main to the slabs. */
void sheaf_drop_oldest(struct kmem_cache *s, struct slab_sheaf *sheaf, u32 nr);
/* main_set(), where objects may have been freed since main_take(). */
void kmem_main_replace(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *sheaf);
/* Frees all objects of one cache that an owner holds to the slabs. */
void kmem_owner_flush_cache(struct kmem_owner *owner, struct kmem_cache *s);
/*
 * Halves the capacity of a slot, and flushes what has no room then; at the
 * first capacity, all of it.
 */
void kmem_slot_halve(struct kmem_owner *owner, struct kmem_cache *s);

/* ---- room.c -------------------------------------------------------------- */

/*
 * Returns true if the slabs serve a call whose slot has no sheaf. Else the slot
 * has a capacity. The owner has a slot for the cache.
 */
bool kmem_room_none(struct kmem_owner *owner, struct kmem_cache *s);
/* The number of owners changed; kmem_owners_lock is held. */
void kmem_room_share(unsigned int owners);
/* kmem_room_miss(), where there is more to do than to count. */
u32 kmem_room_grow(struct kmem_owner *owner, struct kmem_cache *s);

/*
 * Returns the capacity of a slot that missed, after doubling it if there is
 * room. Other slots of the owner may be halved or emptied for that. The slot
 * has a capacity.
 */
static inline u32 kmem_room_miss(struct kmem_owner *owner, struct kmem_cache *s)
{
	u32 capacity = kmem_slot(owner, s)->capacity;

	owner->moved += capacity * s->size + (u32)SHEAF_SIZE;
	if (likely(capacity == room_most(s) &&
		   owner->moved <= READ_ONCE(kmem_room_most)))
		return capacity;
	return kmem_room_grow(owner, s);
}

#endif
