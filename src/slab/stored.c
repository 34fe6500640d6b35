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

/* Changes the byte of the object with this number, in the second form. */
static __always_inline void mark_byte(const struct kmem_cache *s,
				      const struct slab_desc *slab,
				      freelist_idx_t *list, unsigned int nr,
				      enum mark mark)
{
	unsigned int from = mark == STORE ? NUMBER_IN_USE : NUMBER_STORED;
	unsigned int to = mark == STORE ? NUMBER_STORED : NUMBER_IN_USE;

	if (unlikely(READ_ONCE(list[nr]) != from))
		kmem_double_free(s, index_to_obj(s, slab, nr));
	WRITE_ONCE(list[nr], (freelist_idx_t)to);
}

/* The same in the first form: in a map that the caller has read. */
static __always_inline u64 mark_bit(const struct kmem_cache *s,
				    const struct slab_desc *slab, u64 map,
				    unsigned int nr, enum mark mark)
{
	if (unlikely((map >> nr & 1) != (mark == TAKE)))
		kmem_double_free(s, index_to_obj(s, slab, nr));
	return map ^ BIT(nr);
}

/*
 * Marks the first object, and those behind it for as long as they lie in its
 * slab, or clears their marks. Returns where the first other one is.
 */
static __always_inline void **mark_run(const struct object_key *key,
				       struct slab_desc *slab, void **at,
				       void **const end, enum mark mark,
				       bool mapped)
{
	/* A byte of a freelist could be any of these, for all gcc knows. */
	freelist_idx_t *const list = slab->freelist;
	const char *const mem = slab->s_mem;
	const uintptr_t first = (uintptr_t)*at;
	const u64 was = mapped ? READ_ONCE(slab->free_map) : 0;
	u64 map = was;

	do {
		unsigned int index = key_number_from(key, mem, *at);

		if (unlikely(index >= key->num))
			bad_start(key->s, *at);
		if (mapped)
			map = mark_bit(key->s, slab, map, index, mark);
		else
			mark_byte(key->s, slab, list, index, mark);
	} while (++at != end && !(((uintptr_t)*at ^ first) & key->start));
	if (mapped && mark == STORE)
		free_map_set(slab, was, map);
	else if (mapped)
		free_map_clear(slab, was, map);
	return at;
}

/*
 * The same for all objects up to the first that lies in no slab of the cache.
 * Returns where that is.
 */
static __always_inline void **mark_all(const struct kmem_cache *s, void **at,
				       void **const end, enum mark mark,
				       bool mapped)
{
	const struct object_key key = object_key_of(s);

	while (at != end) {
		struct slab_desc *slab = key_slab(&key, *at);

		if (unlikely(!slab))
			break;
		at = mark_run(&key, slab, at, end, mark, mapped);
	}
	return at;
}

int slab_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	void **const end = objs + nr, **at;

	if (kmem_inherited_any(objs, nr))
		return -EINVAL;
	at = has_map(s) ? mark_all(s, objs, end, STORE, true) :
			  mark_all(s, objs, end, STORE, false);
	if (likely(at == end))
		return 0;
	if (!kmem_other_cache(s, *at))
		no_object(s, *at);
	slab_clear_stored(s, objs, (unsigned int)(at - objs));
	return -EINVAL;
}

/* What was marked is the cache's: it was checked then, and is so still. */
void slab_clear_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	void **const end = objs + nr, **at;

	at = has_map(s) ? mark_all(s, objs, end, TAKE, true) :
			  mark_all(s, objs, end, TAKE, false);
	VM_BUG_ON(at != end);
}

bool slab_is_stored(const struct kmem_cache *s, const struct slab_desc *slab,
		    unsigned int index)
{
	if (!has_map(s))
		return slab->freelist[index] == NUMBER_STORED;
	return slab->free_map >> index & 1 && !number_is_free(s, slab, index);
}
