// SPDX-License-Identifier: MIT
/*
 * kmem/held.c - the objects that owners hold: flushed, counted, checked
 *
 *	who flushes		what
 *	the owner, at a tick	slots that were not used since the last one, and
 *				those of caches that were shrunk; half of others
 *	the owner, in reclaim	all
 *	a thread that ends	all; in a child of fork, those of threads that
 *				are not there
 *	kmem_cache_destroy()	one cache, of all owners
 *	cpu_owner.c		the tables of CPUs, from any thread
 *
 * Another thread that wants a table to be flushed makes a request; the owner
 * serves it at its next slow path.
 *
 * Locking	kmem_owners_lock, except where the owner flushes one cache;
 *		an owner's own lock, where another thread does that
 * Invariants	SHEAF1-SHEAF3 of kmem.h
 */
#include "kmem/barn.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/room.h"
#include "kmem/slab_ops.h"

/* Returns the cache whose sheaves are in a slot, or NULL if there are none. */
static struct kmem_cache *slot_cache(uintptr_t cursor,
				     const struct kmem_owner_slot *slot)
{
	struct slab_sheaf *sheaf = cursor_sheaf(cursor);

	if (!sheaf)
		sheaf = slot->spare;
	return sheaf ? sheaf->cache : NULL;
}

/* Calls fn for each cache of which an owner has sheaves. */
static void for_each_held(struct kmem_owner *owner,
			  void (*fn)(struct kmem_owner *owner,
				     struct kmem_cache *s))
{
	struct kmem_cache *s;

	for (unsigned int slot = 1; slot < kmem_nr_slots;
	     slot = next_slot(slot)) {
		s = slot_cache(owner->cursor[slot], owner_slot(owner, slot));
		if (s)
			fn(owner, s);
	}
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++) {
			s = slot_cache(far[i].cursor, &far[i].rest);
			if (s)
				fn(owner, s);
		}
	}
}

void __kmem_owner_flush(struct kmem_owner *owner)
{
	lock_assert_held(&kmem_owners_lock);
	for_each_held(owner, kmem_owner_flush_cache);
}

/*
 * Takes kmem_owners_lock, since the thread that destroys a cache may be reading
 * this owner's sheaves of it.
 */
void kmem_owner_flush(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__kmem_owner_flush(owner);
	spin_unlock(&kmem_owners_lock);
}

void sheaf_main_idle(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	u32 cursor = (u32)*kmem_cursor(owner, s);

	if (slot->seen == cursor)
		kmem_owner_flush_cache(owner, s);
	else if (room_follows())
		kmem_slot_halve(owner, s);
	else
		slot->seen = cursor;
}

/* Serves one cache at a tick of its owner. */
static void serve_cache(struct kmem_owner *owner, struct kmem_cache *s)
{
	if (kmem_slot(owner, s)->shrunk != (u16)READ_ONCE(s->shrinks))
		kmem_owner_flush_cache(owner, s);
	else
		s->ops->main_idle(owner, s);
}

/* Adds the room of a cache. Another thread may have emptied slots. */
static void sum_room(struct kmem_owner *owner, struct kmem_cache *s)
{
	owner->room += room_bytes(s, kmem_slot(owner, s)->capacity);
}

void __kmem_owner_flush_idle(struct kmem_owner *owner)
{
	lock_assert_held(&kmem_owners_lock);
	for_each_held(owner, serve_cache);
	owner->room = 0;
	for_each_held(owner, sum_room);
}

void kmem_owner_flush_idle(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__kmem_owner_flush_idle(owner);
	spin_unlock(&kmem_owners_lock);
}

void kmem_owner_serve(struct kmem_owner *owner)
{
	unsigned long now = READ_ONCE(kmem_requests);

	if (likely(owner->served == now))
		return;
	owner->served = now;
	kmem_owner_flush_idle(owner);
}

/*
 * No thread uses the cache, so the tables of CPUs need not be hidden: no
 * section reads these words.
 */
void kmem_owners_flush_cache(struct kmem_cache *s)
{
	struct kmem_owner *owner;
	unsigned int cpu;

	if (!kmem_has_slot(s))
		return;
	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list) {
		spin_lock(&owner->lock);
		kmem_owner_flush_cache(owner, s);
		spin_unlock(&owner->lock);
	}
	for_each_cpu_table(cpu, owner)
		kmem_owner_flush_cache(owner, s);
	spin_unlock(&kmem_owners_lock);
}

/* ---- counts and checks --------------------------------------------------- */

/*
 * The owner may use its sheaves meanwhile, and a spare may be reused. The words
 * read then are numbers of no meaning, but they are used for a statistic only.
 */
__racy unsigned long kmem_owner_count(struct kmem_owner *owner,
				      const struct kmem_cache *s)
{
	const struct kmem_owner_slot *slot = kmem_slot(owner, s);
	uintptr_t cursor = READ_ONCE(*kmem_cursor(owner, s));
	const struct slab_sheaf *spare = slot ? READ_ONCE(slot->spare) : NULL;
	const struct slab_sheaf *main = cursor_sheaf(cursor);
	unsigned long nr = spare ? READ_ONCE(spare->count) : 0;

	if (main) {
		u32 capacity = READ_ONCE(main->capacity);
		u32 room = (-cursor & (SHEAF_SIZE - 1)) / sizeof(void *);

		if (capacity <= SHEAF_MAX_CAPACITY && room <= capacity)
			nr += capacity - room;
	}
	return nr;
}

unsigned long kmem_owners_count(const struct kmem_cache *s)
{
	struct kmem_owner *owner;
	unsigned long nr = 0;
	unsigned int cpu;

	if (!kmem_has_slot(s))
		return 0;
	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		nr += kmem_owner_count(owner, s);
	for_each_cpu_table(cpu, owner)
		nr += kmem_owner_count(owner, s);
	spin_unlock(&kmem_owners_lock);
	return nr;
}

unsigned long kmem_cache_cached(struct kmem_cache *s)
{
	return min(kmem_owners_count(s) + s->ops->cached(s) +
			   READ_ONCE(s->rcu_waiting),
		   READ_ONCE(s->in_use));
}

/*
 * Checks SHEAF1 to SHEAF3, FAR2 and ROOM1 of a slot of the table, or of a far
 * slot.
 */
static void check_slot(uintptr_t cursor, const struct kmem_owner_slot *slot,
		       unsigned int number, unsigned int far)
{
	const struct slab_sheaf *sheaf = cursor_sheaf(cursor);
	const struct slab_sheaf *spare = slot->spare;
	const struct kmem_cache *s = slot_cache(cursor, slot);

	BUG_ON(s && (s->slot != number || s->far != far));
	BUG_ON(s && kmem_room_all && !slot->capacity);
	BUG_ON(spare && spare->count && spare->count != spare->capacity);
	if (!sheaf)
		return;
	BUG_ON(cursor < sheaf_bottom(sheaf));
	BUG_ON(((void **)sheaf_bottom(sheaf))[-1]);
	for (uintptr_t at = sheaf_bottom(sheaf); at < cursor; at += 8)
		BUG_ON(!*(void **)at);
}

void kmem_owner_check(const struct kmem_owner *owner)
{
	BUG_ON(owner->cursor[0] != MISSING || owner_slot(owner, 0)->spare);
	for (unsigned int slot = 1; slot < kmem_nr_slots;
	     slot = next_slot(slot))
		check_slot(owner->cursor[slot], owner_slot(owner, slot), slot,
			   0);
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		const struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++)
			check_slot(far[i].cursor, &far[i].rest, 0,
				   nr * (unsigned int)FAR_PER_CHUNK + i + 1);
	}
}
