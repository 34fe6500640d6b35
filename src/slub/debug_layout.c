// SPDX-License-Identifier: MIT
/*
 * slub/debug_layout.c - where an object's metadata lie, and what they hold
 *
 * Locking	s->debug_lock, except for a new slab that is on no list yet
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D2, U8, U9)
 */
#include <string.h>

#include "slub/debug.h"

/*
 * Returns true if the free pointer cannot lie inside a free object, because all
 * of the object's bytes must be kept.
 */
static bool needs_freeptr_outside(const struct kmem_cache *s)
{
	if (s->ctor || (s->flags & SLAB_POISON))
		return true;
	if ((s->flags & SLAB_TYPESAFE_BY_RCU) && !s->use_freeptr_offset)
		return true;
	return (s->flags & SLAB_RED_ZONE) &&
	       (s->object_size < sizeof(void *) || slub_debug_orig_size(s));
}

void slub_layout(struct kmem_cache *s)
{
	unsigned int size = ALIGN(s->object_size, 8U);

	s->red_left_pad = 0;
	if ((s->flags & SLAB_RED_ZONE) && size == s->object_size)
		size += 8;
	s->inuse = size;
	s->offset = s->use_freeptr_offset ? s->freeptr_offset :
					    ALIGN_DOWN(s->object_size / 2, 8U);
	if (needs_freeptr_outside(s)) {
		s->offset = size;
		size += sizeof(void *);
	}
	if (s->flags & SLAB_STORE_USER)
		size += 2 * sizeof(struct track);
	if (slub_debug_orig_size(s))
		size += sizeof(unsigned int);
	if (s->flags & SLAB_RED_ZONE) {
		s->red_left_pad = ALIGN(8U, s->align);
		size += 8 + s->red_left_pad;
	}
	s->size = max(ALIGN(size, s->align), 8U);
}

static unsigned int orig_size_offset(const struct kmem_cache *s)
{
	return get_info_end(s) + 2 * (unsigned int)sizeof(struct track);
}

unsigned int debug_data_end(const struct kmem_cache *s)
{
	unsigned int end = get_info_end(s);

	if (s->flags & SLAB_STORE_USER)
		end += 2 * (unsigned int)sizeof(struct track);
	if (slub_debug_orig_size(s))
		end += (unsigned int)sizeof(unsigned int);
	return end;
}

/* The stored size may have been overwritten: limit it to the object. */
unsigned int get_orig_size(const struct kmem_cache *s, const void *obj)
{
	unsigned int size;

	if (!slub_debug_orig_size(s))
		return s->object_size;
	memcpy(&size, (const char *)obj + orig_size_offset(s), sizeof(size));
	return min(size, s->object_size);
}

void set_orig_size(const struct kmem_cache *s, void *obj, size_t size)
{
	unsigned int value = (unsigned int)min(size, (size_t)s->object_size);

	if (slub_debug_orig_size(s))
		memcpy((char *)obj + orig_size_offset(s), &value,
		       sizeof(value));
}

void init_object(const struct kmem_cache *s, void *obj, u8 val)
{
	unsigned int poison_size = s->object_size;
	char *p = obj;

	if ((s->flags & SLAB_RED_ZONE) && val == SLUB_RED_ACTIVE)
		poison_size = get_orig_size(s, obj);
	if (slub_holds_poison(s) && poison_size) {
		memset(p, POISON_FREE, poison_size - 1);
		p[poison_size - 1] = (char)POISON_END;
	}
	if (s->flags & SLAB_RED_ZONE) {
		memset(p - s->red_left_pad, val, s->red_left_pad);
		memset(p + poison_size, val, s->inuse - poison_size);
	}
}

void *slab_object(const struct kmem_cache *s, const struct slab *slab,
		  unsigned int n)
{
	return (char *)slab_address(slab) + (unsigned long)n * s->size +
	       s->red_left_pad;
}

bool check_valid_pointer(const struct kmem_cache *s, const struct slab *slab,
			 const void *p)
{
	return !p || is_slab_object(s, slab, p);
}

/*
 * Gives an object of a new slab its patterns, empty tracks and its constructor.
 */
static void setup_object(struct kmem_cache *s, void *obj)
{
	init_object(s, obj, SLUB_RED_INACTIVE);
	if (s->flags & SLAB_STORE_USER)
		memset(get_track(s, obj, TRACK_ALLOC), 0,
		       2 * sizeof(struct track));
	set_orig_size(s, obj, s->object_size);
	if (s->ctor)
		s->ctor(obj);
}

void init_debug_slab(struct kmem_cache *s, struct slab *slab)
{
	unsigned int objects = slab->state.counters.objects;

	if (s->flags & SLAB_POISON)
		memset(slab_address(slab), POISON_INUSE,
		       PAGE_SIZE << slab->order);
	for (unsigned int i = 0; i < objects; i++) {
		void *obj = slab_object(s, slab, i);

		setup_object(s, obj);
		set_freepointer(s, slab, obj,
				i + 1 < objects ? slab_object(s, slab, i + 1) :
						  NULL);
	}
	slab->state.freelist = slab_object(s, slab, 0);
	slab->state.counters.inuse = 0;
	slab->state.counters.frozen = 0;
	slab->carved = objects;
}
