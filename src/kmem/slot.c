// SPDX-License-Identifier: MIT
/*
 * kmem/slot.c - which cursor of an owner's table is a cache's
 *
 *	table	| 0 | 1 ... 239 | 240 ... 255 | 256 ... 511 |	far slots ...
 *		miss   classes		        api_slots	far.c
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) for the slots. Nothing is
 *		allocated while it is held.
 * Invariants	SLOT1  a slot belongs to at most one cache
 *		SLOT2  a cache has a slot, a far slot, or a sheaf_capacity of 0
 *					(unit.kmem.create checks both)
 * Tests	unit.kmem.create, unit.kmem.far
 * Source	none: in the kernel each cache has pointers by CPU
 */
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/sheaf.h"

static struct kmem_cache *api_slots[NR_CURSORS - API_SLOT]; /* slab_mutex */

static unsigned int free_slot(void)
{
	for (unsigned int i = 0; API_SLOT + i < kmem_nr_slots; i++)
		if (!api_slots[i])
			return API_SLOT + i;
	return 0;
}

/*
 * Gives the cache a slot of the owners' tables, or else a far slot. Returns
 * false if neither is free.
 */
static bool try_slot(struct kmem_cache *s)
{
	unsigned int slot;

	spin_lock(&slab_mutex);
	slot = free_slot();
	if (slot) {
		api_slots[slot - API_SLOT] = s;
		s->slot = (u16)slot;
	} else {
		s->far = __kmem_far_take();
	}
	spin_unlock(&slab_mutex);
	return slot || s->far;
}

/*
 * The preload library's tables hold its size classes alone: no other cache gets
 * a slot there.
 */
void kmem_take_slot(struct kmem_cache *s)
{
	if (!s->sheaf_capacity)
		return;
	while (kmem_nr_slots > API_SLOT && !try_slot(s))
		if (kmem_far_more())
			break;
	if (!kmem_has_slot(s))
		s->sheaf_capacity = 0;
}

void __kmem_put_slot(struct kmem_cache *s)
{
	lock_assert_held(&slab_mutex);
	if (s->slot >= API_SLOT)
		api_slots[s->slot - API_SLOT] = NULL;
	if (s->far)
		__kmem_far_put(s->far);
	s->slot = 0;
	s->far = 0;
	WRITE_ONCE(s->by_cpu, (void **)NULL);
	s->sheaf_capacity = 0;
}
