// SPDX-License-Identifier: MIT
/*
 * kmem/sheaf.h - where the objects of a sheaf lie, and main's cursor
 *
 *	base        header  NULL                           base + SHEAF_SIZE
 *	  |                  |bottom                             |end
 *	  [next cache cap cnt| 0 | obj obj obj obj               ]
 *	                         |               ^cursor
 *	                         `- sheaf_objects(), the oldest first
 *
 * For the backends and this room. Only its owner uses a main.
 *
 * A fast path reads the cursor first and adds to it last. A signal handler that
 * allocates in between may move it too, so that it stands a word below bottom,
 * or above end, afterwards. Below is another NULL word, if there is room, and a
 * cursor above end is full as well. main_take() puts all of it right.
 *
 * Invariants	SHEAF1, SHEAF2 of kmem.h
 */
#ifndef KM_KMEM_SHEAF_H
#define KM_KMEM_SHEAF_H

#include "kmem/far.h"
#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

/* The cursor of a slot that has no main. */
#define MISSING ((uintptr_t)(kmem_missing + SHEAF_WORDS))

static inline uintptr_t sheaf_end(const struct slab_sheaf *sheaf)
{
	return (uintptr_t)sheaf + SHEAF_SIZE;
}

/* Returns where the cursor stands when the sheaf is empty. */
static inline uintptr_t sheaf_bottom(const struct slab_sheaf *sheaf)
{
	return sheaf_end(sheaf) - sheaf->capacity * sizeof(void *);
}

static inline void **sheaf_objects(struct slab_sheaf *sheaf)
{
	return (void **)sheaf_bottom(sheaf);
}

/* Sets the capacity of an empty sheaf that is no main. */
static inline void sheaf_set_capacity(struct slab_sheaf *sheaf, u32 capacity)
{
	sheaf->capacity = capacity;
	sheaf->count = 0;
	((void **)sheaf)[SHEAF_WORDS - capacity - 1] = NULL;
	if (capacity < SHEAF_MAX_CAPACITY) /* a handler: see above */
		((void **)sheaf)[SHEAF_WORDS - capacity - 2] = NULL;
}

/* Sets the capacity of an empty sheaf to that of its cache. */
static inline void sheaf_restore(const struct kmem_cache *s,
				 struct slab_sheaf *sheaf)
{
	u32 capacity = READ_ONCE(s->sheaf_capacity); /* SLAB can change it */

	if (sheaf->capacity != capacity)
		sheaf_set_capacity(sheaf, capacity);
}

/*
 * Returns the sheaf a cursor stands in, or NULL if the cursor was never set up.
 */
static inline struct slab_sheaf *cursor_sheaf(uintptr_t cursor)
{
	if (cursor == MISSING)
		return NULL;
	return (struct slab_sheaf *)((cursor - 2 * sizeof(void *)) &
				     ~(SHEAF_SIZE - 1));
}

/* Returns true if obj is one of the two newest objects at a cursor. */
static inline bool cursor_holds(uintptr_t cursor, const void *obj)
{
	const struct slab_sheaf *sheaf = cursor_sheaf(cursor);
	void *const *at = (void *const *)cursor;

	if (!sheaf || at[-1] == obj)
		return sheaf;
	return cursor - sheaf_bottom(sheaf) >= 2 * sizeof(void *) &&
	       at[-2] == obj;
}

/* Returns true if the cache can have sheaves. */
static inline bool kmem_has_slot(const struct kmem_cache *s)
{
	return s->slot || s->far;
}

/*
 * Returns an owner's far slot for a cache that has one, or NULL without a
 * chunk.
 */
static inline struct kmem_far_slot *kmem_far(const struct kmem_owner *owner,
					     const struct kmem_cache *s)
{
	unsigned int at = s->far - 1, nr = at / FAR_PER_CHUNK;
	struct kmem_far_slot *chunk;

	if (nr >= READ_ONCE(owner->nr_far))
		return NULL;
	chunk = READ_ONCE(owner->far[nr]);
	return chunk ? &chunk[at % FAR_PER_CHUNK] : NULL;
}

/*
 * Returns the place of an owner's cursor of a cache. Without a slot, or a chunk
 * for it, that is slot 0, which always misses and is never written.
 */
static __always_inline uintptr_t *kmem_cursor(struct kmem_owner *owner,
					      const struct kmem_cache *s)
{
	struct kmem_far_slot *far = NULL;

	if (unlikely(s->far))
		far = kmem_far(owner, s);
	return unlikely(far) ? &far->cursor : &owner->cursor[s->slot];
}

/* Returns the number of the slot that follows one. */
static inline unsigned int next_slot(unsigned int slot)
{
	return slot == NR_INDICES - 1 ? API_SLOT : slot + 1;
}

/* Returns the rest of an owner's slot by its number. */
static inline struct kmem_owner_slot *owner_slot(const struct kmem_owner *owner,
						 unsigned int slot)
{
	uintptr_t end = (uintptr_t)&owner->cursor[kmem_nr_cursors];

	return (struct kmem_owner_slot *)end + slot;
}

/*
 * Returns the rest of an owner's slot for a cache. NULL: it has no sheaves
 * there.
 */
static inline struct kmem_owner_slot *kmem_slot(struct kmem_owner *owner,
						const struct kmem_cache *s)
{
	struct kmem_far_slot *far;

	if (s->slot)
		return owner_slot(owner, s->slot);
	far = s->far ? kmem_far(owner, s) : NULL;
	return far ? &far->rest : NULL;
}

/*
 * Returns true if the owner has a slot for the cache. A far slot is made by the
 * first call.
 */
static inline bool kmem_owner_has_slot(struct kmem_owner *owner,
				       const struct kmem_cache *s)
{
	if (likely(s->slot))
		return true;
	return s->far && (kmem_far(owner, s) || !kmem_far_add(owner, s));
}

/*
 * Takes main out of its slot and sets its count. Returns it, or NULL if there
 * is none.
 */
static inline struct slab_sheaf *main_take(struct kmem_owner *owner,
					   const struct kmem_cache *s)
{
	uintptr_t *cursor = kmem_cursor(owner, s);
	struct slab_sheaf *sheaf = cursor_sheaf(*cursor);
	uintptr_t bottom, at;

	if (!sheaf)
		return NULL;
	bottom = sheaf_bottom(sheaf);
	at = clamp(*cursor, bottom, sheaf_end(sheaf));
	sheaf->count = (u32)((at - bottom) / sizeof(void *));
	((void **)bottom)[-1] = NULL;
	WRITE_ONCE(*cursor, MISSING);
	return sheaf;
}

/* Makes a sheaf the main of its owner, which has a slot for the cache. */
static inline void main_set(struct kmem_owner *owner,
			    const struct kmem_cache *s,
			    struct slab_sheaf *sheaf)
{
	smp_store_release(kmem_cursor(owner, s),
			  sheaf_bottom(sheaf) + sheaf->count * sizeof(void *));
}

/* Makes a sheaf the spare of a slot; NULL: it has none. */
static inline void spare_set(struct kmem_owner_slot *slot,
			     struct slab_sheaf *sheaf)
{
	smp_store_release(&slot->spare, sheaf);
}

/* Adds to statistics; two threads at once may lose one count. */
static inline void kmem_account(unsigned long *calls, unsigned long *objects,
				unsigned int nr)
{
	WRITE_ONCE(*calls, READ_ONCE(*calls) + 1);
	WRITE_ONCE(*objects, READ_ONCE(*objects) + nr);
}

/* Clears the marks of a full sheaf that was taken out of a barn. */
static inline void barn_clear_marks(struct slab_sheaf *sheaf)
{
	struct kmem_cache *s = sheaf->cache;

	s->ops->clear_stored(s, sheaf_objects(sheaf), sheaf->count);
}

/* ---- sheaf.c ------------------------------------------------------------- */

/* slab_ops.main_empty of a backend with spares and barns. */
int sheaf_main_empty(struct kmem_owner *owner, struct kmem_cache *s, gfp_t gfp);
/* slab_ops.main_full of such a backend. */
int sheaf_main_full(struct kmem_owner *owner, struct kmem_cache *s);

/* Returns true if the cache has spares and barns: it is on SLUB. */
static inline bool kmem_has_barns(const struct kmem_cache *s)
{
	return kmem_has_slot(s) && s->ops->main_empty == sheaf_main_empty;
}

#endif
