// SPDX-License-Identifier: MIT
/*
 * kmem/prefill.c - sheaves that a user holds, so that a number of allocations
 * cannot fail
 *
 *	prefill(s, 20)	[hdr| 0 |obj x 28    ]	the spare, or one of the barn
 *	alloc_from	[hdr| 0 |obj x 27    ]	takes no lock, cannot fail
 *	refill(, 40)	[hdr|obj x 40 ...    ]	another: that one has 28 at most
 *	return					becomes the spare, goes full
 *						into the barn, or is flushed
 *
 * A sheaf for more objects than the cache's sheaves have, or for a cache
 * without sheaves, is private: filled and emptied by bulk calls, never reused.
 *
 * Locking	only the user that holds a sheaf uses it
 * Invariants	SHEAF3, BARN1 of kmem.h: only a full or empty sheaf becomes a
 *		spare
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V6)
 */
#include <errno.h>
#include <string.h>

#include "diag/warn.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/room.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"

/* ---- private ones -------------------------------------------------------- */

static bool is_private(const struct kmem_cache *s,
		       const struct slab_sheaf *sheaf)
{
	return !kmem_has_barns(s) || sheaf->capacity != s->sheaf_capacity;
}

/*
 * Returns true if the sheaf is larger than SHEAF_SIZE. Only its user has it.
 */
static bool is_large(const struct slab_sheaf *sheaf)
{
	return sheaf->capacity > SHEAF_MAX_CAPACITY;
}

static size_t large_bytes(unsigned int capacity)
{
	return offsetof(struct slab_sheaf, words) + capacity * sizeof(void *);
}

static void **objects_of(struct slab_sheaf *sheaf)
{
	return is_large(sheaf) ? sheaf->words : sheaf_objects(sheaf);
}

static struct slab_sheaf *alloc_large(struct kmem_cache *s,
				      unsigned int capacity)
{
	struct slab_sheaf *sheaf = region_alloc(large_bytes(capacity));

	if (!sheaf)
		return NULL;
	sheaf->cache = s;
	sheaf->capacity = capacity;
	sheaf->count = 0;
	return sheaf;
}

static struct slab_sheaf *alloc_private(struct kmem_cache *s,
					unsigned int capacity)
{
	if (capacity > SHEAF_MAX_CAPACITY)
		return alloc_large(s, capacity);
	return sheaf_alloc_sized(s, capacity);
}

static void free_private(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	kmem_cache_free_bulk(s, sheaf->count, objects_of(sheaf));
	if (is_large(sheaf))
		region_free(sheaf, large_bytes(sheaf->capacity));
	else
		sheaf_free(sheaf);
}

static struct slab_sheaf *prefill_private(struct kmem_cache *s, gfp_t gfp,
					  unsigned int size)
{
	struct slab_sheaf *sheaf = alloc_private(s, size);

	if (!sheaf)
		return NULL;
	kmem_stat(s, SHEAF_PREFILL_OVERSIZE);
	if (size && !kmem_cache_alloc_bulk(s, gfp & ~__GFP_ZERO, size,
					   objects_of(sheaf))) {
		free_private(s, sheaf);
		return NULL;
	}
	sheaf->count = size;
	return sheaf;
}

/* ---- sheaves of the cache's capacity ------------------------------------- */

/*
 * Fills a sheaf up to at least `size` objects. Returns 0, or -ENOMEM and the
 * sheaf has the objects it had.
 */
static int fill_to(struct kmem_cache *s, struct slab_sheaf *sheaf, gfp_t gfp,
		   unsigned int size)
{
	void **objs = sheaf_objects(sheaf);
	u32 had = sheaf->count;

	while (sheaf->count < size) {
		unsigned int nr = s->ops->refill(
			s, gfp | __GFP_NOMEMALLOC, NUMA_NO_NODE,
			objs + sheaf->count, sheaf->capacity - sheaf->count);

		if (!nr) {
			kmem_cache_free_direct(s, objs + had,
					       sheaf->count - had);
			sheaf->count = had;
			return -ENOMEM;
		}
		sheaf->count += nr;
		kmem_account(&s->refills, &s->refilled, nr);
		kmem_stat_n(s, SHEAF_REFILL, nr);
	}
	return 0;
}

/*
 * Returns a sheaf with objects, the spare or one of a barn, or else an empty
 * one. NULL if there is no memory.
 */
static struct slab_sheaf *take_sheaf(struct kmem_cache *s)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_owner_slot *slot = owner ? kmem_slot(owner, s) : NULL;
	struct slab_sheaf *sheaf = slot ? slot->spare : NULL;

	if (sheaf && sheaf->count && !is_private(s, sheaf))
		WRITE_ONCE(slot->spare, (struct slab_sheaf *)NULL);
	else
		sheaf = barn_get_full(s, NULL);
	kmem_stat(s, sheaf ? SHEAF_PREFILL_FAST : SHEAF_PREFILL_SLOW);
	return sheaf ? sheaf : sheaf_get(s);
}

static void empty_out(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (sheaf->count)
		kmem_cache_free_direct(s, sheaf_objects(sheaf), sheaf->count);
	sheaf->count = 0;
}

static bool full_or_empty(const struct slab_sheaf *sheaf)
{
	return !sheaf->count || sheaf->count == sheaf->capacity;
}

/*
 * Stores a returned sheaf that cannot become this thread's spare: full in the
 * barn, or empty.
 */
static void store_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf,
			gfp_t gfp)
{
	kmem_stat(s, SHEAF_RETURN_SLOW);
	if (barn_has_room(s) && !fill_to(s, sheaf, gfp, sheaf->capacity) &&
	    !barn_put_full(s, sheaf))
		return;
	empty_out(s, sheaf);
	barn_put_empty(s, sheaf);
}

/* ---- the API ------------------------------------------------------------- */

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size)
{
	struct slab_sheaf *sheaf;

	if (!kmem_has_barns(s) || size > s->sheaf_capacity)
		return prefill_private(s, gfp, size);
	sheaf = take_sheaf(s);
	if (sheaf && fill_to(s, sheaf, gfp, size)) {
		empty_out(s, sheaf);
		barn_put_empty(s, sheaf);
		return NULL;
	}
	return sheaf;
}

void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_owner_slot *slot = NULL;

	if (is_private(s, sheaf)) {
		free_private(s, sheaf);
		return;
	}
	if (owner && kmem_owner_has_slot(owner, s) && !kmem_room_none(owner, s))
		slot = kmem_slot(owner, s);
	if (!slot || slot->spare || !room_is_whole(s, slot->capacity)) {
		store_sheaf(s, sheaf, gfp);
		return;
	}
	if (!full_or_empty(sheaf) && fill_to(s, sheaf, gfp, sheaf->capacity))
		empty_out(s, sheaf);
	kmem_stat(s, SHEAF_RETURN_FAST);
	smp_store_release(&slot->spare, sheaf);
}

int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheafp, unsigned int size)
{
	struct slab_sheaf *sheaf = *sheafp, *larger;
	unsigned int missing = size - sheaf->count;

	if (sheaf->count >= size)
		return 0;
	if (sheaf->capacity >= size && !is_private(s, sheaf))
		return fill_to(s, sheaf, gfp, size);
	if (sheaf->capacity >= size) {
		if (!kmem_cache_alloc_bulk(s, gfp & ~__GFP_ZERO, missing,
					   objects_of(sheaf) + sheaf->count))
			return -ENOMEM;
		sheaf->count = size;
		return 0;
	}
	larger = kmem_cache_prefill_sheaf(s, gfp, size);
	if (!larger)
		return -ENOMEM;
	kmem_cache_return_sheaf(s, gfp, sheaf);
	*sheafp = larger;
	return 0;
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf)
{
	void *obj;

	if (!sheaf->count)
		return NULL;
	obj = objects_of(sheaf)[--sheaf->count];
	if (unlikely(gfp & __GFP_ZERO) &&
	    !WARN_ONCE(
		    s->ctor,
		    "kmem_cache_alloc_from_sheaf: __GFP_ZERO for cache %pE, which has a constructor",
		    s->name))
		memset(obj, 0, READ_ONCE(s->object_size));
	return obj;
}

unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf)
{
	return sheaf->count;
}
