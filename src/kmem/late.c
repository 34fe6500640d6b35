// SPDX-License-Identifier: MIT
/*
 * kmem/late.c - caches that start without sheaves, and are given them later
 *
 *			     kmem_start_sheaves()
 *	kmem_cache -- kmalloc-8 ... ----|---- caches of users
 *	object by object from slabs     |     sheaves from the beginning
 *	no slot, no sheaf_capacity    both
 *
 * A sheaf is memory that a cache gives out. So a backend may want all caches
 * that the start needs to work before the first sheaf is made (late_sheaves).
 *
 * Locking	none: one thread starts the engine
 * Invariants	SLOT2 of slot.c, at any time
 * Source	Linux 7.0 mm/slub.c (docs/kernel.md V11)
 */
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/slab_ops.h"

static bool sheaves_started; /* constant after the start */

bool kmem_hold_sheaves(struct kmem_cache *s)
{
	if (sheaves_started || !s->ops->late_sheaves)
		return false;
	s->late_capacity = s->sheaf_capacity;
	s->sheaf_capacity = 0;
	s->slot = 0;
	return true;
}

/* The slot of a class is its number. */
static void give_sheaves(struct kmem_cache *s)
{
	s->sheaf_capacity = s->late_capacity;
	s->late_capacity = 0;
	if (s->class)
		s->slot = kmem_class_slot(s);
	else
		kmem_take_slot(s);
}

void kmem_start_sheaves(void)
{
	struct kmem_cache *s;

	if (sheaves_started)
		return;
	sheaves_started = true;
	list_for_each_entry(s, &slab_caches, list)
		if (s->late_capacity)
			give_sheaves(s);
}
