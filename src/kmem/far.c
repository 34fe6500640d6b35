// SPDX-License-Identifier: MIT
/*
 * kmem/far.c - slots of caches beyond those of an owner's fixed table
 *
 *	struct kmem_cache    an owner                    a chunk, 4 KiB
 *	  slot 0, far 300 --> far[(300 - 1) / 128] ----> [ ..|43| .. ] cursor,
 *	                      far[0], [1]: NULL if the                 spare, ..
 *	                      owner uses no cache of theirs
 *
 * The fixed table has room for some hundred caches, and the fast paths look at
 * it alone. A cache made later has slot 0 there, which always misses, and a far
 * slot. The slow path looks at the far slot first, so calls for such a cache
 * cost a few instructions more and no lock.
 *
 * Far slots are numbered by a bitmap, the lowest free number first. So numbers
 * of destroyed caches are used again, and chunks stay few. An owner gets a
 * chunk at its first miss for a cache of that chunk, and frees all when it
 * ends. Chunks, directories and the bitmap lie in the region (region.c).
 *
 * Locking	slab_mutex for the bitmap. Only its owner changes its chunks; it
 *		adds one under kmem_owners_lock, under which others read them.
 *		No memory is allocated while one of the two locks is held.
 * Invariants	FAR1  a far slot belongs to at most one cache
 *		FAR2  sheaves in a far slot are of the cache with that number
 *			(unit.kmem.far checks FAR1, kmem_owner_check() FAR2)
 */
#include <errno.h>
#include <string.h>

#include "core/bitmap.h"
#include "kmem/cache.h"
#include "kmem/far.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"

#define CHUNK_BYTES PAGE_SIZE
#define CHUNKS_FIRST (REGION_UNIT / sizeof(struct kmem_far_slot *))

static unsigned long *far_map; /* slab_mutex */
static size_t far_map_bytes; /* slab_mutex */

/* ---- numbers ------------------------------------------------------------- */

u32 __kmem_far_take(void)
{
	unsigned int size = (unsigned int)(8 * far_map_bytes);
	unsigned int bit = find_next_zero_bit(far_map, size, 0);

	lock_assert_held(&slab_mutex);
	if (bit == size)
		return 0;
	__set_bit(bit, far_map);
	return bit + 1;
}

void __kmem_far_put(u32 far)
{
	lock_assert_held(&slab_mutex);
	__clear_bit(far - 1, far_map);
}

int kmem_far_more(void)
{
	size_t had = READ_ONCE(far_map_bytes),
	       bytes = max(REGION_UNIT, 2 * had);
	unsigned long *map = region_zalloc(bytes), *unused = map;

	if (!map)
		return -ENOMEM;
	spin_lock(&slab_mutex);
	if (far_map_bytes == had) { /* otherwise another thread did it */
		if (had)
			memcpy(map, far_map, had);
		unused = far_map;
		far_map = map;
		WRITE_ONCE(far_map_bytes, bytes);
		bytes = had;
	}
	spin_unlock(&slab_mutex);
	region_free(unused, bytes);
	return 0;
}

void kmem_cache_hide(struct kmem_cache *s)
{
	if (!s->class)
		return; /* guarded: each call is slow already */
	kmem_classes[s->class] = NULL;
	s->far = kmem_class_slot(s);
	s->class = 0;
	s->slot = 0;
}

/* ---- an owner's chunks --------------------------------------------------- */

static size_t dir_bytes(unsigned int nr_far)
{
	return nr_far * sizeof(struct kmem_far_slot *);
}

/* Makes room in the directory for chunk nr. Returns 0 or -ENOMEM. */
static int grow_dir(struct kmem_owner *owner, unsigned int nr)
{
	unsigned int had = READ_ONCE(owner->nr_far), want = had;
	struct kmem_far_slot **dir, **unused;

	while (want <= nr)
		want = max((unsigned int)CHUNKS_FIRST, 2 * want);
	if (want == had)
		return 0;
	unused = dir = region_zalloc(dir_bytes(want));
	if (!dir)
		return -ENOMEM;
	spin_lock(&kmem_owners_lock);
	if (owner->nr_far == had) { /* otherwise a tick meanwhile did it */
		if (had)
			memcpy(dir, owner->far, had * sizeof(*dir));
		unused = owner->far;
		WRITE_ONCE(owner->far, dir);
		WRITE_ONCE(owner->nr_far, want);
		want = had;
	}
	spin_unlock(&kmem_owners_lock);
	region_free(unused, dir_bytes(want));
	return nr < READ_ONCE(owner->nr_far) ? 0 : -ENOMEM;
}

int kmem_far_add(struct kmem_owner *owner, const struct kmem_cache *s)
{
	unsigned int nr = (s->far - 1) / (unsigned int)FAR_PER_CHUNK;
	struct kmem_far_slot *chunk, *unused;

	if (grow_dir(owner, nr))
		return -ENOMEM;
	unused = chunk = region_zalloc(CHUNK_BYTES);
	if (!chunk)
		return -ENOMEM;
	for (unsigned int i = 0; i < FAR_PER_CHUNK; i++)
		chunk[i].cursor = MISSING;
	spin_lock(&kmem_owners_lock);
	if (!owner->far[nr]) {
		WRITE_ONCE(owner->far[nr], chunk);
		unused = NULL;
	}
	spin_unlock(&kmem_owners_lock);
	region_free(unused, CHUNK_BYTES);
	return 0;
}

__racy bool kmem_far_any(const struct kmem_owner *owner)
{
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		const struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++)
			if (READ_ONCE(far[i].cursor) != MISSING ||
			    READ_ONCE(far[i].rest.spare))
				return true;
	}
	return false;
}

void kmem_far_clear(struct kmem_owner *owner)
{
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++) {
			far[i].cursor = MISSING;
			far[i].rest.spare = NULL;
		}
	}
}

void __kmem_far_free(struct kmem_owner *owner)
{
	lock_assert_held(&kmem_owners_lock);
	for (unsigned int nr = 0; nr < owner->nr_far; nr++)
		region_free(owner->far[nr], CHUNK_BYTES);
	region_free(owner->far, dir_bytes(owner->nr_far));
	owner->far = NULL;
	owner->nr_far = 0;
}
