// SPDX-License-Identifier: MIT
/*
 * kmem/hand.h - a slot of a CPU's table, taken out of it for a slow path
 */
#ifndef KM_KMEM_HAND_H
#define KM_KMEM_HAND_H

#include "kmem/kmem.h"

/*
 * Moves the slot of a cache out of the table of this CPU. Returns a hand that
 * has it: the caller works on that as a thread works on its own table. NULL if
 * the cache has no slot, or the CPU has no table now.
 */
struct kmem_owner *kmem_hand_take(struct kmem_cache *s);
/*
 * Moves it into the table of this CPU, which may be another by now. What finds
 * its place taken there goes to the slabs.
 */
void kmem_hand_give(struct kmem_owner *hand, struct kmem_cache *s);
/* Frees what the table of this CPU holds of a cache. */
void kmem_hand_flush(struct kmem_cache *s);
/* In the child of fork: frees the hands of threads that are not there. */
void kmem_hands_fork_child(void);

#endif
