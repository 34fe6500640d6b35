// SPDX-License-Identifier: MIT
/*
 * slab/numbers.h - the numbers of a slab's free objects: taken, put, checked
 *
 *	up to 64 objects	freelist  . . . | 4  0  7	behind active
 *				free_map  1 0 0 0 1 0 0 1	a bit each
 *
 *	more			freelist  a byte for each object:
 *				  in use, stored, or the next free number
 *				free_map  the first free number
 *
 *		number		0   1   2   3   4   5
 *		byte		3  use use last use  0		free_map = 5
 *
 * A freelist may lie where the program can write. So a number of the first form
 * is believed if free_map, which lies with struct page, has its bit. One of the
 * second is believed if its own byte says that it is free. With either a free
 * of an object that is free, or stored in a shared array (stored.c), is seen by
 * one look.
 *
 * Locking	list_lock. A bit of free_map and a byte of an object that is in
 *		use or stored belong to the thread that has the object: these
 *		change without a lock, so the lock's holder changes free_map of
 *		the first form atomically.
 * Invariants	SLAB2 of internal.h
 * Source	the array: Linux v6.1 mm/slab.c (docs/kernel.md S2); the rest is
 *		ours: docs/divergence.md H
 */
#ifndef KM_SLAB_NUMBERS_H
#define KM_SLAB_NUMBERS_H

#include "kmem/cache.h"
#include "slab/internal.h"
#include "sys/os.h"

/* Bytes of a freelist of the second form that are no number. */
#define NUMBER_IN_USE 255U
#define NUMBER_STORED 254U
#define NUMBER_LAST 253U

_Static_assert(SLAB_OBJ_MAX_NUM <= NUMBER_LAST, "numbers are below these");

#define BITS_BELOW(n) (~0UL >> (64 - (n))) /* n bits, 1 to 64 */

/* Returns true if the cache's slabs are of the first form. */
static inline bool has_map(const struct kmem_cache *s)
{
	return s->num <= FREE_MAP_BITS;
}

/*
 * Replace the map `was` by `now`, where bits of other objects may have changed
 * meanwhile: bits are only set, or only cleared.
 */
static inline void free_map_set(struct slab_desc *slab, u64 was, u64 now)
{
	if (likely(os_single_threaded()))
		slab->free_map = now;
	else
		__atomic_fetch_or(&slab->free_map, now & ~was,
				  __ATOMIC_RELAXED);
}

static inline void free_map_clear(struct slab_desc *slab, u64 was, u64 now)
{
	if (likely(os_single_threaded()))
		slab->free_map = now;
	else
		__atomic_fetch_and(&slab->free_map, ~(was & ~now),
				   __ATOMIC_RELAXED);
}

static __cold noinline void bad_numbers(const struct kmem_cache *s,
					const struct slab_desc *slab)
{
	kmem_bad_object(s, slab->freelist,
			"is an array of free objects and was overwritten");
}

/* Stores the next nr free objects of a slab, which has as many. */
static inline void get_mapped(const struct kmem_cache *s,
			      struct slab_desc *slab, void **objs,
			      unsigned int nr)
{
	const freelist_idx_t *list = slab->freelist + slab->active;
	const unsigned int num = s->num, size = s->size;
	char *const mem = slab->s_mem;
	const u64 was = READ_ONCE(slab->free_map);
	u64 map = was;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int index = list[i];

		if (unlikely(index >= num || !(map >> index & 1)))
			bad_numbers(s, slab);
		map &= ~BIT(index);
		objs[i] = mem + (unsigned long)index * size;
	}
	slab->active = (u8)(slab->active + nr);
	free_map_clear(slab, was, map);
}

static inline void get_chained(const struct kmem_cache *s,
			       struct slab_desc *slab, void **objs,
			       unsigned int nr)
{
	freelist_idx_t *list = slab->freelist;
	const unsigned int num = s->num, size = s->size;
	unsigned int index = (unsigned int)slab->free_map;
	char *const mem = slab->s_mem;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int next = index < num ? list[index] : NUMBER_IN_USE;

		if (unlikely(next >= NUMBER_STORED))
			bad_numbers(s, slab);
		list[index] = NUMBER_IN_USE;
		objs[i] = mem + (unsigned long)index * size;
		index = next;
	}
	slab->active = (u8)(slab->active + nr);
	slab->free_map = index;
}

/*
 * The same for a new slab whose numbers are in order (cache_init_objs()), which
 * is the caller's alone. With FREELIST_OBJ object 0 is the last.
 */
static inline void get_fresh(const struct kmem_cache *s, struct slab_desc *slab,
			     void **objs, unsigned int nr)
{
	const unsigned int first = s->freelist_place == FREELIST_OBJ;
	const unsigned int run = min(nr, s->num - first), size = s->size;
	char *obj = index_to_obj(s, slab, first);

	for (void **const end = objs + run; objs != end; obj += size)
		*objs++ = obj;
	if (run < nr)
		*objs = slab->s_mem;
	slab->active = (u8)nr;
	if (!has_map(s)) {
		memset(slab->freelist, NUMBER_IN_USE, nr);
		slab->free_map = nr == s->num ? NUMBER_LAST : nr;
	} else {
		u64 taken = run ? BITS_BELOW(run) << first : 0;

		slab->free_map = ~(taken | (run < nr));
	}
}

/* What of a slab changes while objects come back to it, for registers. */
struct put {
	freelist_idx_t *list;
	u64 was, map; /* slab->free_map: at the beginning, and now */
	unsigned int active;
};

static __always_inline struct put put_begin(const struct slab_desc *slab)
{
	const u64 map = READ_ONCE(slab->free_map);

	return (struct put){ slab->freelist, map, map, slab->active };
}

/*
 * The same for a slab with all objects in use. If one of them held the
 * freelist, the object that comes back, with this number, does from here on.
 */
static inline void put_first(const struct kmem_cache *s, struct slab_desc *slab,
			     unsigned int nr)
{
	if (!slab->freelist)
		slab->freelist = freelist_in(s, slab, nr);
}

/* Makes one object free. Aborts if it is free, or stored in an array. */
static __always_inline void put_index(const struct kmem_cache *s,
				      const struct slab_desc *slab,
				      struct put *p, unsigned int nr,
				      bool mapped)
{
	if (unlikely(mapped ? p->map >> nr & 1 : p->list[nr] != NUMBER_IN_USE))
		kmem_double_free(s, index_to_obj(s, slab, nr));
	p->active--;
	if (mapped) { /* of a slab with none in use, all bits are set */
		p->map |= BIT(nr);
		p->list[p->active] = (freelist_idx_t)nr;
	} else {
		p->list[nr] = (freelist_idx_t)p->map;
		p->map = nr;
	}
}

/* Writes to the slab. Returns how many of its objects are in use now. */
static __always_inline unsigned int
put_end(struct slab_desc *slab, const struct put *p, bool mapped, bool single)
{
	slab->active = (u8)p->active;
	if (!mapped || single)
		slab->free_map = p->map;
	else
		__atomic_fetch_or(&slab->free_map, p->map & ~p->was,
				  __ATOMIC_RELAXED);
	return p->active;
}

/*
 * Takes all free numbers of a slab, which has nr of them, the one to hand out
 * first in front.
 */
static inline void get_numbers(const struct kmem_cache *s,
			       struct slab_desc *slab, freelist_idx_t *numbers,
			       unsigned int nr)
{
	void *objs[SLAB_OBJ_MAX_NUM];

	if (has_map(s))
		get_mapped(s, slab, objs, nr);
	else
		get_chained(s, slab, objs, nr);
	for (unsigned int i = 0; i < nr; i++)
		numbers[i] = (freelist_idx_t)obj_to_index(s, slab, objs[i]);
}

/* Makes them free again, in the same order. */
static inline void put_numbers(const struct kmem_cache *s,
			       struct slab_desc *slab,
			       const freelist_idx_t *numbers, unsigned int nr)
{
	struct put p;

	put_first(s, slab, numbers[nr - 1]);
	p = put_begin(slab);
	while (nr-- > 0)
		put_index(s, slab, &p, numbers[nr], has_map(s));
	put_end(slab, &p, has_map(s), os_single_threaded());
}

/* Returns true if the object with this number is free in its slab. */
static inline bool number_is_free(const struct kmem_cache *s,
				  const struct slab_desc *slab,
				  unsigned int index)
{
	const freelist_idx_t *list = slab->freelist;
	unsigned int active = slab->active, num = s->num;

	if (!has_map(s))
		return list[index] < NUMBER_STORED;
	return active < num && memchr(list + active, (int)index, num - active);
}

#endif
