// SPDX-License-Identifier: MIT
/*
 * slub/row.h - objects of a batch that lie in a row in their slab
 *
 *	batch	[a3 a4 a5 a6 a1 ...]	step +1: a4, a5, a6 need a compare each;
 *					a1 is looked at as any other object
 *	room	of a3 upwards: up to the last object of the slab
 *
 * Programs often free in the order of allocation, or in the reverse one. Then a
 * neighbour that is within the slab is known to start an object.
 *
 * Locking	none: the objects are the caller's
 * Tests	unit.slub.flush, unit.slub.stored
 */
#ifndef KM_SLUB_ROW_H
#define KM_SLUB_ROW_H

#include "slub/internal.h"

/* What is put into the words of a row. */
enum row_words {
	ROW_CHAIN, /* the object in front of it in the batch */
	ROW_MARK, /* NULL: stored.c */
};

/* Returns how many objects may follow obj in its slab, in steps of `step`. */
static __always_inline unsigned int row_room(const struct kmem_cache *s,
					     const struct slab *slab,
					     const struct slab_walk *w,
					     const void *obj, long step)
{
	const u32 index = (u32)((((uintptr_t)obj - w->start) *
				 s->reciprocal_size) >>
				RECIPROCAL_SHIFT);

	return step > 0 ? slab->state.counters.objects - 1 - index : index;
}

/*
 * Puts words into the objects behind objs[0] that lie in a row with it, which
 * ends the program if one is free already. Returns the place of the first one
 * that was not reached. Plain words are not put here.
 */
static __always_inline void **put_row(struct kmem_cache *s,
				      const struct slab *slab,
				      const struct slab_walk *w, void **objs,
				      unsigned int nr, enum row_words words)
{
	const long step = nr > 1 ? (char *)objs[1] - (char *)objs[0] : 0;
	const u64 key = w->key, bytes = w->bytes;
	const uintptr_t start = w->start;
	char *obj = objs[0], *word = obj + w->offset;
	void **at = objs + 1, **end;

	if ((step != (long)s->size && step != -(long)s->size) || !key)
		return at;
	end = at + min(nr - 1, row_room(s, slab, w, obj, step));
	while (at != end && *at == obj + step) {
		word += step;
		if (unlikely(freeptr_encode((void **)(void *)word,
					    words == ROW_CHAIN ? obj : NULL,
					    key, start, bytes)))
			kmem_double_free(s, *at);
		obj += step;
		at++;
	}
	return at;
}

#endif
