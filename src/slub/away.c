// SPDX-License-Identifier: MIT
/*
 * slub/away.c - counts and links the objects of pages that are away
 *
 *	away	pieces 1, 2	| piece 0 | piece 1 | piece 2 | piece 3 |
 *	take	1		     ...| a | b | c | d | e | ...
 *	left	2		now linked: a b, since c touches piece 2
 *
 * Locking	that of slab->away (away.h); objects that were taken are the
 *		caller's, and are linked without a lock
 * Invariants	AWAY1, AWAY2 of away.h
 * Tests	unit.slub.pages, which gives pages and takes them back
 */
#include "slub/away.h"

/* Returns the number of the object that has a byte of the slab, or more. */
static u32 object_at(const struct kmem_cache *s, unsigned long byte)
{
	return (u32)((byte * s->reciprocal_size) >> RECIPROCAL_SHIFT);
}

u32 objects_touching(const struct kmem_cache *s, const struct slab *slab,
		     unsigned int pieces)
{
	const unsigned int shift = piece_shift(slab);
	u32 nr = 0, next = 0; /* objects below `next` are counted */

	for (; pieces; pieces &= pieces - 1) {
		unsigned long start = (unsigned long)__builtin_ctz(pieces)
				      << shift;
		u32 first = max(object_at(s, start), next);
		u32 end = object_at(s, start + (1UL << shift) - 1) + 1;

		if (first < end) {
			nr += end - first;
			next = end;
		}
	}
	VM_BUG_ON(next > slab->state.counters.objects);
	return nr;
}

/* Returns true if an object that begins in the piece touches one of `away`. */
static bool begins_away(const struct kmem_cache *s, const struct slab *slab,
			unsigned int piece, unsigned int away)
{
	const unsigned int shift = piece_shift(slab);
	const unsigned long end = (unsigned long)(piece + 1) << shift;
	u32 last = object_at(s, end - 1);

	if (away & 1U << piece)
		return true;
	return last < slab->state.counters.objects &&
	       (unsigned long)last * s->size >> shift == piece &&
	       pieces_of(s, slab, last) & away;
}

void set_away(const struct kmem_cache *s, struct slab *slab,
	      unsigned int pieces)
{
	const unsigned int shift = piece_shift(slab) - PAGE_SHIFT;
	const unsigned long pfn = page_to_pfn(slab_page(slab));
	const unsigned int nr = 1U << slab->order >> shift;
	u8 hidden = (u8)(INDEX_OTHER + slab->order);

	WRITE_ONCE(slab->away, (u8)pieces);
	if (!s->class || slab->order != s->oo_order)
		return; /* they are hidden always */
	for (unsigned int i = 0; i < nr; i++) {
		const u8 value = begins_away(s, slab, i, pieces) ? hidden :
								   s->class;
		u8 *index = arena_index + pfn + ((unsigned long)i << shift);

		/* Readers free objects of the slab. Either value serves them */
		for (unsigned int at = 0; at < 1U << shift; at++)
			WRITE_ONCE(index[at], value);
	}
}

unsigned int take_away(const struct kmem_cache *s, struct slab *slab,
		       u32 wanted, u32 *nr)
{
	const unsigned int before = slab->away;
	const u32 objects = objects_touching(s, slab, before);
	unsigned int left = before;

	*nr = 0;
	while (left && *nr < wanted) {
		left &= left - 1;
		*nr = objects - objects_touching(s, slab, left);
	}
	set_away(s, slab, left);
	return before;
}

void *link_pieces(const struct kmem_cache *s, struct slab *slab,
		  unsigned int before, unsigned int after, void **tail)
{
	const u32 objects = slab->state.counters.objects;
	char *obj = slab_address(slab);
	void *head = NULL;

	*tail = NULL;
	for (u32 i = 0; i < objects; i++, obj += s->size) {
		unsigned int pieces = pieces_of(s, slab, i);

		if (!(pieces & before) || (pieces & after))
			continue;
		if (head)
			set_freepointer(s, slab, *tail, obj);
		else
			head = obj;
		*tail = obj;
	}
	if (head)
		set_freepointer(s, slab, *tail, NULL);
	return head;
}
