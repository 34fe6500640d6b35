// SPDX-License-Identifier: MIT
/*
 * slab/stored.c - marks on the objects that lie in shared arrays
 *
 *	owner A frees		a slot			owner B allocates
 *	[obj obj obj]  --->	[obj* obj* obj*]  --->	[obj obj obj]
 *		   mark, if it is		  clear, if it still is
 *		   in use
 *
 * Any owner may take a shared array. An object of it that is freed again, by
 * whom ever, is in two arrays then, and malloc would hand it out twice. So each
 * object is marked as it goes there: in slabs of up to 64 objects by its bit of
 * free_map, in others by its byte of the freelist (numbers.h). A flush takes
 * both for a free object, and says double free.
 *
 * What is not seen: two copies in the arrays of owners, where nothing marks an
 * object, if one of them is handed out before the other leaves its array.
 *
 * In a child of fork() no array with an object of its parent's slabs is shared,
 * since a mark would have struct page copied (kmem/inherited.c).
 *
 * Locking	none: an array is its caller's before it enters a slot, and
 *		after it was taken. What of a slab changes is the object's own.
 * Invariants	SLAB5 of internal.h
 * Source	none: docs/divergence.md H
 */
#include <errno.h>

#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/inherited.h"
#include "slab/key.h"
#include "slab/numbers.h"

enum mark { STORE, TAKE };

/* Marks the object with this number, or clears its mark; in the second form. */
static inline void mark_byte(const struct kmem_cache *s, struct slab_desc *slab,
			     unsigned int nr, enum mark mark)
{
	freelist_idx_t *byte = &slab->freelist[nr];
	unsigned int from = mark == STORE ? NUMBER_IN_USE : NUMBER_STORED;
	unsigned int to = mark == STORE ? NUMBER_STORED : NUMBER_IN_USE;

	if (unlikely(READ_ONCE(*byte) != from))
		kmem_double_free(s, index_to_obj(s, slab, nr));
	WRITE_ONCE(*byte, (freelist_idx_t)to);
}

/* The same in the first form: in a map that the caller has read. */
static inline u64 mark_bit(const struct kmem_cache *s, struct slab_desc *slab,
			   u64 map, unsigned int nr, enum mark mark)
{
	if (unlikely((map >> nr & 1) != (mark == TAKE)))
		kmem_double_free(s, index_to_obj(s, slab, nr));
	return map ^ BIT(nr);
}

/*
 * Marks objects of one slab: the first, and those behind it for as long as they
 * lie there. Returns how many.
 */
static __always_inline unsigned int mark_run(const struct object_key *key,
					     struct slab_desc *slab,
					     void **objs, unsigned int nr,
					     enum mark mark)
{
	const struct kmem_cache *s = key->s;
	const unsigned long head = page_to_pfn(desc_page(slab));
	const bool mapped = has_map(s);
	const u64 was = mapped ? READ_ONCE(slab->free_map) : 0;
	unsigned int i = 0;
	u64 map = was;

	do {
		unsigned int index = key_number(key, slab, objs[i]);

		if (unlikely(index >= key->num))
			bad_start(s, objs[i]);
		if (mapped)
			map = mark_bit(s, slab, map, index, mark);
		else
			mark_byte(s, slab, index, mark);
	} while (++i < nr && (virt_to_pfn(objs[i]) & key->head) == head);
	if (mapped && mark == STORE)
		free_map_set(slab, was, map);
	else if (mapped)
		free_map_clear(slab, was, map);
	return i;
}

int slab_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(s);
	unsigned int i = 0;

	if (kmem_inherited_any(objs, nr))
		return -EINVAL;
	while (i < nr) {
		struct slab_desc *slab = key_slab(&key, objs[i]);

		if (unlikely(!slab)) {
			if (!kmem_other_cache(s, objs[i]))
				no_object(s, objs[i]);
			slab_clear_stored(s, objs, i);
			return -EINVAL;
		}
		i += mark_run(&key, slab, objs + i, nr - i, STORE);
	}
	return 0;
}

void slab_clear_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(s);
	unsigned int i = 0;

	while (i < nr)
		i += mark_run(&key, virt_to_desc(objs[i]), objs + i, nr - i,
			      TAKE);
}

bool slab_is_stored(const struct kmem_cache *s, const struct slab_desc *slab,
		    unsigned int index)
{
	if (!has_map(s))
		return slab->freelist[index] == NUMBER_STORED;
	return slab->free_map >> index & 1 && !number_is_free(s, slab, index);
}
