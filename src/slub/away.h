// SPDX-License-Identifier: MIT
/*
 * slub/away.h - pages of a slab that the OS has back
 *
 *	order 1, 1,344 bytes	|     page 0     |     page 1     |
 *				| 0  |  1 | 2    :   | 3  | 4  | 5   |
 *	all but 0 are free	  u    f    f . . .    .    .    .
 *	page 1 is away		0 in use, 1 on the free list, 2 to 5 away
 *
 * An object that touches a page that is away is not in use and on no free list.
 * It is counted by the page, as an object that was never carved is counted by
 * `carved`. So nothing on the page has to be kept. A refill that finds nothing
 * else links the objects of one page again (carve_away()).
 *
 * slab->away has a bit for each of eight pieces of a slab. A piece is a page of
 * the machine, or an eighth of a slab that has more than eight.
 *
 * Frames on which objects begin that are away have the index of a slab of
 * another order. A free of such an object misses the fast path, and the slow
 * one finds that it is free already. Objects in use on these frames are freed
 * that way too.
 *
 * Locking	as slab->carved (slab.h)
 * Invariants	AWAY1  the objects that touch a piece that is away are below
 *		       carved; none is on the free list or in use
 *		AWAY2  a frame on which such an object begins has no class in
 *		       the frame index
 *					(slub_check() checks both)
 * Source	no counterpart: docs/divergence.md E
 */
#ifndef KM_SLUB_AWAY_H
#define KM_SLUB_AWAY_H

#include "slub/internal.h"

#define MAX_PIECES 8U

/* Returns the binary logarithm of the bytes of a piece. */
static inline unsigned int piece_shift(const struct slab *slab)
{
	unsigned int shift = PAGE_SHIFT;

	if (slab->order > 3)
		shift += slab->order - 3U;
	return max(shift, (unsigned int)OS_PAGE_SHIFT);
}

/* Returns the pieces that an object touches. */
static inline unsigned int pieces_of(const struct kmem_cache *s,
				     const struct slab *slab, u32 index)
{
	const unsigned int shift = piece_shift(slab);
	const unsigned long start = (unsigned long)index * s->size;
	unsigned int first = (unsigned int)(start >> shift);
	unsigned int last = (unsigned int)((start + s->size - 1) >> shift);

	return (2U << last) - (1U << first);
}

static inline u32 object_index(const struct kmem_cache *s,
			       const struct slab *slab, const void *obj)
{
	return (u32)((((uintptr_t)obj - (uintptr_t)slab_address(slab)) *
		      s->reciprocal_size) >>
		     RECIPROCAL_SHIFT);
}

/* Returns how many objects touch these pieces of the slab, which are away. */
u32 objects_touching(const struct kmem_cache *s, const struct slab *slab,
		     unsigned int pieces);

/* Returns how many objects of the slab are away. */
static inline u32 objects_away(const struct kmem_cache *s,
			       const struct slab *slab)
{
	unsigned int away = READ_ONCE(slab->away);

	return likely(!away) ? 0 : objects_touching(s, slab, away);
}

/* Sets which pieces are away, and the index of the frames. */
void set_away(const struct kmem_cache *s, struct slab *slab,
	      unsigned int pieces);

/*
 * Takes pieces, the lowest first, that are away no more, until `wanted` objects
 * or more are the caller's. Stores their number in *nr. Returns the pieces that
 * were away before.
 */
unsigned int take_away(const struct kmem_cache *s, struct slab *slab,
		       u32 wanted, u32 *nr);
/*
 * Links the objects that touch the pieces `before` and none of `after`, in the
 * order of addresses. Returns the first, and stores the last in *tail.
 */
void *link_pieces(const struct kmem_cache *s, struct slab *slab,
		  unsigned int before, unsigned int after, void **tail);

/* Aborts if obj, which is being freed, is away. */
static inline void check_not_away(const struct kmem_cache *s,
				  const struct slab *slab, const void *obj)
{
	unsigned int away = READ_ONCE(slab->away);

	if (unlikely(away) &&
	    pieces_of(s, slab, object_index(s, slab, obj)) & away)
		kmem_double_free(s, obj);
}

/* The same for objects that are all of this slab. */
static inline void check_none_away(const struct kmem_cache *s,
				   const struct slab *slab, void *const *objs,
				   unsigned int nr)
{
	if (likely(!READ_ONCE(slab->away)))
		return;
	for (unsigned int i = 0; i < nr; i++)
		check_not_away(s, slab, objs[i]);
}

/* ---- pages.c ------------------------------------------------------------- */

/* slab_ops.give_pages */
unsigned long slub_give_pages(struct kmem_cache *s, unsigned int flags);

#endif
