/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a bounded queue of blocks from one thread to one other
 *
 * Bounded, so that the peak of memory says something about the allocator and
 * not about which thread the scheduler forgot.
 *
 * Locking	none: head belongs to the receiver, tail to the sender; each
 *		is published with release and read with acquire.
 */
#ifndef RING_H
#define RING_H

#include "work.h"

#define RING_SLOTS 256

struct ring {
	_Alignas(64) atomic_uint head; /* next to take; receiver */
	_Alignas(64) atomic_uint tail; /* next to fill; sender */
	_Alignas(64) struct ref slot[RING_SLOTS];
};

/* 1 if there was room, 0 if the ring is full. */
static inline int ring_put(struct ring *ring, struct ref ref)
{
	unsigned int tail = atomic_load_explicit(&ring->tail,
						 memory_order_relaxed);
	unsigned int head = atomic_load_explicit(&ring->head,
						 memory_order_acquire);

	if (tail - head == RING_SLOTS)
		return 0;
	ring->slot[tail % RING_SLOTS] = ref;
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return 1;
}

/* 1 and a block in *ref, or 0 if the ring is empty. */
static inline int ring_get(struct ring *ring, struct ref *ref)
{
	unsigned int head = atomic_load_explicit(&ring->head,
						 memory_order_relaxed);
	unsigned int tail = atomic_load_explicit(&ring->tail,
						 memory_order_acquire);

	if (tail == head)
		return 0;
	*ref = ring->slot[head % RING_SLOTS];
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return 1;
}

#endif
