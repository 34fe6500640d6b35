// SPDX-License-Identifier: MIT
/*
 * kmem/room.c - the room of an owner follows what it uses
 *
 * No thread can empty the sheaves of another that sleeps. So where there are
 * many, what each may hold is small from the start: a slot gets a sheaf after
 * ROOM_CALLS misses, first for a few objects, and twice as many after each
 * further miss. At ticks slots that moved are halved, the others emptied
 * (held.c).
 *
 * A thread that is about to sleep passes its last slow path before, and when
 * that is it cannot know. So what it keeps is bounded at every slow path:
 *
 *	all slots	The more owners, the less room each may have. A slot
 *			that grows takes room from others, at a hand that goes
 *			around: from an idle slot all, else half.
 *	idle slots	When as many bytes went in and out of sheaves, slots
 *			that did not move meanwhile are emptied.
 *
 * Locking	an owner's own. The owner's lock is held while other slots are
 *		emptied, since kmem_cache_destroy() may be emptying one.
 * Invariants	ROOM1 of room.h
 * Source	ours; the kernel's sheaves have one capacity
 */
#include <errno.h>
#include <limits.h>

#include "diag/param.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/room.h"

#define ROOM_ALL_MOST (1UL << 30)

enum visit { VISIT_LOOK, VISIT_HALVE };

unsigned long kmem_room_all = ROOM_ALL;
unsigned long kmem_room_most = ULONG_MAX;

static int set_room(const char *value)
{
	const char *end;
	unsigned long bytes = memparse(value, &end);

	if (end == value || *end || bytes > ROOM_ALL_MOST)
		return -EINVAL;
	kmem_room_all = bytes;
	return 0;
}
boot_param("percpu.room", set_room, "0 to 1G, such as 16M");

void kmem_room_share(unsigned int owners)
{
	bool bounded = kmem_room_all && owners > ROOM_FEW;
	unsigned long most = ULONG_MAX;

	if (bounded)
		most = max(kmem_room_all / owners, ROOM_LEAST);
	WRITE_ONCE(kmem_room_most, most);
	WRITE_ONCE(kmem_room_alone, (u8)(owners == 1));
	WRITE_ONCE(kmem_room_calls, bounded ? (u8)ROOM_CALLS : (u8)1);
}

/* ---- other slots --------------------------------------------------------- */

/* Returns the cache that has sheaves in a slot of a table, or NULL. */
static struct kmem_cache *held_cache(const struct kmem_owner *owner,
				     unsigned int nr)
{
	const struct slab_sheaf *sheaf = cursor_sheaf(owner->cursor[nr]);

	if (!sheaf)
		sheaf = owner_slot(owner, nr)->spare;
	return sheaf ? sheaf->cache : NULL;
}

/* Empties a slot if it did not move since the last visit. Returns true then. */
static bool empty_idle(struct kmem_owner *owner, struct kmem_cache *s,
		       unsigned int nr)
{
	struct kmem_owner_slot *slot = owner_slot(owner, nr);

	if (slot->seen != (u32)owner->cursor[nr]) {
		slot->seen = (u32)owner->cursor[nr];
		return false;
	}
	kmem_owner_flush_cache(owner, s);
	slot->calls = ROOM_AGAIN;
	return true;
}

/* Visits a slot: an idle one is emptied, another one halved if `halve`. */
static void visit_slot(struct kmem_owner *owner, unsigned int nr,
		       enum visit how)
{
	struct kmem_owner_slot *slot = owner_slot(owner, nr);
	struct kmem_cache *s = slot->capacity ? held_cache(owner, nr) : NULL;

	if (s && !empty_idle(owner, s, nr) && how == VISIT_HALVE)
		kmem_slot_halve(owner, s);
}

/*
 * Takes room from slots until the bound holds, or all were visited. The slot
 * `keep` is that of the caller.
 */
static void move_hand(struct kmem_owner *owner, unsigned int keep)
{
	unsigned long most = READ_ONCE(kmem_room_most);

	spin_lock(&owner->lock);
	for (unsigned int i = 1; i < kmem_nr_slots && owner->room > most; i++) {
		unsigned int at = next_slot(owner->hand);

		owner->hand = (u16)(at < kmem_nr_slots ? at : 1);
		if (owner->hand != keep)
			visit_slot(owner, owner->hand, VISIT_HALVE);
	}
	spin_unlock(&owner->lock);
}

/* Empties all slots that did not move since the last look. */
static void look_around(struct kmem_owner *owner, unsigned int keep)
{
	owner->moved = 0;
	spin_lock(&owner->lock);
	for (unsigned int nr = 1; nr < kmem_nr_slots; nr = next_slot(nr))
		if (nr != keep)
			visit_slot(owner, nr, VISIT_LOOK);
	spin_unlock(&owner->lock);
}

/* ---- growth -------------------------------------------------------------- */

/* Sets the capacity of a slot, and takes room from others for it. */
static void give_room(struct kmem_owner *owner, struct kmem_cache *s,
		      struct kmem_owner_slot *slot, u32 capacity)
{
	owner->room += room_bytes(s, capacity) - room_bytes(s, slot->capacity);
	slot->capacity = (u8)capacity;
	if (unlikely(owner->room > READ_ONCE(kmem_room_most)))
		move_hand(owner, s->slot);
}

bool kmem_room_none(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);

	if (likely(slot->capacity))
		return false;
	if (++slot->calls < READ_ONCE(kmem_room_calls))
		return true;
	slot->retired = 0; /* the same byte as calls */
	give_room(owner, s, slot,
		  room_follows() ? room_first(s) : room_most(s));
	return false;
}

u32 kmem_room_grow(struct kmem_owner *owner, struct kmem_cache *s)
{
	u32 most = room_most(s);
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	u32 had = slot->capacity, more = min(2 * had, most);

	if (!room_follows()) {
		give_room(owner, s, slot, most);
		return most;
	}
	if (owner->moved > READ_ONCE(kmem_room_most))
		look_around(owner, s->slot);
	if (*kmem_cursor(owner, s) == MISSING)
		return had; /* the first main is still to be made */
	if (more < had || room_bytes(s, more) <= READ_ONCE(kmem_room_most) / 2)
		give_room(owner, s, slot, more);
	return slot->capacity;
}
