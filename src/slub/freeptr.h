// SPDX-License-Identifier: MIT
/*
 * slub/freeptr.h - the pointer in a free object to the next one
 *
 *	object	| user's bytes ...  [word at s->offset]  ... |
 *	word	next ^ key of the slab ^ byte-swapped(place of the word)
 *	key	s->random * slab->salt; both odd, or random is 0: plain
 *
 * Programs write to memory that they have freed. So no word is believed: what
 * it decodes to must be NULL or the start of an object of the slab. A word that
 * is read to hand its object out is cleared. So only a free object has a word
 * that decodes to such an address, and a free of an object that has one is a
 * double free. A slab gets another salt when its objects count as never handed
 * out again, since their old words are not cleared.
 *
 * Locking	the list's; salt changes only while all objects are the caller's
 * Invariants	FREEPTR1  salt is odd
 *		FREEPTR2  an object in use has no word of its slab's key, if
 *			  its user did not write one
 *					(unit.slub.freelist checks both)
 * Source	Linux v6.12 mm/slub.c, freelist_ptr_encode() (docs/kernel.md
 *		D6); salt and checks are ours: docs/divergence.md E
 */
#ifndef KM_SLUB_FREEPTR_H
#define KM_SLUB_FREEPTR_H

#include "kmem/freelist.h"
#include "slub/slab.h"

/* Returns what the slab's free pointers are mixed with; 0: nothing. */
static __always_inline u64 slab_key(const struct kmem_cache *s,
				    const struct slab *slab)
{
	return s->random * READ_ONCE(slab->salt);
}

/* Gives a slab another key. None of its objects is free or in use. */
static inline void slab_renew_key(struct slab *slab)
{
	WRITE_ONCE(slab->salt, slab->salt * 0x2c9277b5U);
}

static inline void *get_freepointer(const struct kmem_cache *s,
				    const struct slab *slab, const void *obj)
{
	void *const *place = (void *const *)(const void *)((const char *)obj +
							   s->offset);

	return freelist_ptr_code(slab_key(s, slab), *place, place);
}

static inline void set_freepointer(const struct kmem_cache *s,
				   const struct slab *slab, void *obj,
				   void *next)
{
	void **place = (void **)(void *)((char *)obj + s->offset);

	*place = freelist_ptr_code(slab_key(s, slab), next, place);
}

/* What a walk over objects of one slab needs to know, for registers. */
struct slab_walk {
	uintptr_t start; /* of the first object */
	u64 bytes; /* of all objects */
	u64 divisor; /* kmem_cache.divisor */
	u64 key; /* slab_key() */
	unsigned int offset; /* of the word in an object */
};

static __always_inline struct slab_walk slab_walk(const struct kmem_cache *s,
						  const struct slab *slab)
{
	return (struct slab_walk){ (uintptr_t)slab_address(slab) +
					   s->red_left_pad,
				   (u64)slab->state.counters.objects * s->size,
				   s->divisor, slab_key(s, slab), s->offset };
}

/* Returns true if an object of the slab starts at p: kmem_starts_object(). */
static __always_inline bool walk_has(const struct slab_walk *w, uintptr_t p)
{
	u64 offset = p - w->start;

	return offset < w->bytes && offset * w->divisor < w->divisor;
}

/* Returns the free object that the list would give after obj; unchecked. */
static __always_inline void *walk_next(const struct slab_walk *w, void *obj)
{
	void **place = (void **)(void *)((char *)obj + w->offset);

	return freelist_ptr_code(w->key, *place, place);
}

/* Clears the word of an object that is handed out, if words are encoded. */
static __always_inline void walk_clear(const struct slab_walk *w, void *obj)
{
	if (likely(w->key))
		*(void **)(void *)((char *)obj + w->offset) = NULL;
}

/*
 * Stores `next` in the word at `place`, encoded by a key, which is not 0.
 * Returns true if the word says that the object is free already.
 */
static __always_inline bool freeptr_encode(void **place, const void *next,
					   u64 key, uintptr_t start, u64 bytes)
{
	const uintptr_t code = key ^ __builtin_bswap64((uintptr_t)place);
	const uintptr_t old = (uintptr_t)*place ^ code;

	*place = (void *)((uintptr_t)next ^ code);
	return !old || old - start < bytes;
}

/* The same with any key. Plain words, of key 0, cannot say anything. */
static __always_inline bool freeptr_put(void **place, const void *next, u64 key,
					uintptr_t start, u64 bytes)
{
	if (likely(key))
		return freeptr_encode(place, next, key, start, bytes);
	*place = (void *)(uintptr_t)next;
	return false;
}

#endif
