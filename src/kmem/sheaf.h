// SPDX-License-Identifier: MIT
/*
 * kmem/sheaf.h - a sheaf as a block: where its objects lie, and main's cursor
 *
 *	base        header  NULL                           base + SHEAF_SIZE
 *	  |                  |bottom                             |end
 *	  [next cache cap cnt| 0 | obj obj obj obj               ]
 *	                         |               ^cursor
 *	                         `- sheaf_objects(), the oldest first
 *
 * For the backends and this layer; a main is its owner's alone.
 *
 * Invariants	C1, C2 of kmem.h
 */
#ifndef KM_KMEM_SHEAF_H
#define KM_KMEM_SHEAF_H

#include "kmem/kmem.h"

/* The cursor of a slot that has no main. */
#define MISSING ((uintptr_t)(kmem_missing + SHEAF_WORDS))

static inline uintptr_t sheaf_end(const struct slab_sheaf *sheaf)
{
	return (uintptr_t)sheaf + SHEAF_SIZE;
}

/* Where the cursor stands when the sheaf is empty. */
static inline uintptr_t sheaf_bottom(const struct slab_sheaf *sheaf)
{
	return sheaf_end(sheaf) - sheaf->capacity * sizeof(void *);
}

static inline void **sheaf_objects(struct slab_sheaf *sheaf)
{
	return (void **)sheaf_bottom(sheaf);
}

/* Give an empty sheaf that is no main room for so many objects. */
static inline void sheaf_set_capacity(struct slab_sheaf *sheaf, u32 capacity)
{
	sheaf->capacity = capacity;
	sheaf->count = 0;
	((void **)sheaf)[SHEAF_WORDS - capacity - 1] = NULL;
}

/* An empty sheaf has the capacity of its cache again. */
static inline void sheaf_restore(const struct kmem_cache *s,
				 struct slab_sheaf *sheaf)
{
	if (sheaf->capacity != s->sheaf_capacity)
		sheaf_set_capacity(sheaf, s->sheaf_capacity);
}

/* The sheaf a cursor stands in; NULL if it was never set up. */
static inline struct slab_sheaf *cursor_sheaf(uintptr_t cursor)
{
	if (cursor == MISSING)
		return NULL;
	return (struct slab_sheaf *)((cursor - 1) & ~(SHEAF_SIZE - 1));
}

/* Take main out of its slot, with its count written down; NULL: none. */
static inline struct slab_sheaf *main_take(struct kmem_cpu *cpu,
					   unsigned int slot)
{
	struct slab_sheaf *sheaf = cursor_sheaf(cpu->cursor[slot]);

	if (!sheaf)
		return NULL;
	sheaf->count = (u32)((cpu->cursor[slot] - sheaf_bottom(sheaf)) /
			     sizeof(void *));
	WRITE_ONCE(cpu->cursor[slot], MISSING);
	return sheaf;
}

static inline void main_set(struct kmem_cpu *cpu, unsigned int slot,
			    struct slab_sheaf *sheaf)
{
	smp_store_release(&cpu->cursor[slot],
			  sheaf_bottom(sheaf) + sheaf->count * sizeof(void *));
}

/* Statistics only: two threads at once may lose one count. */
static inline void kmem_account(unsigned long *calls, unsigned long *objects,
				unsigned int nr)
{
	WRITE_ONCE(*calls, READ_ONCE(*calls) + 1);
	WRITE_ONCE(*objects, READ_ONCE(*objects) + nr);
}

#endif
