// SPDX-License-Identifier: MIT
/*
 * shim/fast.h - what the fast paths of malloc's family have in common
 *
 *	malloc(64)	class = shim_sizes.fine[64]		up to 960 bytes
 *	malloc(5000)	class = shim_sizes.class[(5000 + 15) / 16]
 *	realloc(p, 60)	room = shim_sizes.room[index of p's frame]
 *
 * fine is a byte for each size, so no shift is needed; a program uses a few
 * lines of it. room is 0 where a slow function has to look: frames that are no
 * class, classes that need extra work or have marks, and percpu=rseq.
 */
#ifndef KM_SHIM_FAST_H
#define KM_SHIM_FAST_H

#include "shim/shim.h"

/* Returns an object for up to MAX_FINE bytes, or NULL. */
static __always_inline void *pop_fine(size_t size)
{
	return kmem_pop(kmem_this_owner, shim_sizes.fine[size]);
}

/* Returns an object for up to MAX_SMALL bytes, or NULL. */
static __always_inline void *pop_small(size_t size)
{
	return kmem_pop(kmem_this_owner, shim_sizes.class[(size + 15) / 16]);
}

/*
 * Returns an object with the alignment, a power of two; or NULL, also for no
 * bytes and for alignment 0. A sum below that overflows gives 0.
 */
static __always_inline void *pop_aligned(size_t align, size_t size)
{
	size_t bytes = (size + align - 1) & -align;

	return likely(bytes - 1 < MAX_FINE) ? pop_fine(bytes) : NULL;
}

/*
 * Frees an object, if the class of its frame is this one, as free() would.
 * Returns true if it is freed.
 */
static __always_inline bool push_class(void *p, unsigned long class)
{
	u64 pfn = ((uintptr_t)p - arena_base) >> PAGE_SHIFT;
	struct kmem_owner *owner = kmem_this_owner;
	const u8 *table = arena_index;
	uintptr_t cursor;

	if (unlikely(pfn >= arena_thread_bound()) ||
	    unlikely(READ_ONCE(table[pfn]) != class))
		return false;
	cursor = owner->cursor[class];
	if (unlikely(!(cursor & SHEAF_FULL_MASK)) ||
	    unlikely(cursor_may_hold(cursor, p)) ||
	    unlikely(pair_rejects(table, class, (u32)(uintptr_t)p)))
		return false;
	*(void **)cursor = p;
	word_add(owner->cursor, class, sizeof(void *));
	return true;
}

/*
 * Returns the bytes of the object that starts at p, if this is known here, and
 * the object is none of the two that its thread freed last; else 0.
 */
static __always_inline size_t room_fast(const void *p)
{
	u64 pfn = ((uintptr_t)p - arena_base) >> PAGE_SHIFT;
	const u8 *table = arena_index;
	unsigned long index;

	if (unlikely(pfn >= arena_bound()))
		return 0;
	index = READ_ONCE(table[pfn]);
	if (unlikely(cursor_may_hold(kmem_this_owner->cursor[index], p)) ||
	    unlikely(pair_rejects(table, index, (u32)(uintptr_t)p)))
		return 0;
	return shim_sizes.room[index];
}

/* Does an object stay in place when it is resized? Not if its room is 0. */
static __always_inline bool stays_in(size_t room, size_t size)
{
	return room - size < room / 2;
}

/* An object of classes 1 .. FEW_UNITS has so many units. */
#define FEW_UNITS 8U
typedef u64 zero_unit __attribute__((vector_size(16), may_alias));

/*
 * Clears an object of so many units, from both ends, so that no loop is needed.
 */
static __always_inline void clear_units(void *p, unsigned long nr)
{
	zero_unit *first = p, *end = first + nr;
	const zero_unit zero = { 0, 0 };

	first[0] = zero;
	end[-1] = zero;
	if (nr <= 2)
		return;
	first[1] = zero;
	end[-2] = zero;
	if (nr <= 4)
		return;
	first[2] = zero;
	end[-3] = zero;
	first[3] = zero;
	end[-4] = zero;
}

#endif
