// SPDX-License-Identifier: MIT
/*
 * slub/object.c - which addresses are objects of a slab
 *
 *	frame index and address	known_slab(): reads no struct page
 *	struct page		check_object(), is_slab_object()
 *
 * Locking	none: what is read is constant while the slab lives
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U1)
 */
#include "kmem/cache.h"
#include "slub/away.h"

bool is_slab_object(const struct kmem_cache *s, const struct slab *slab,
		    const void *obj)
{
	u64 offset = (u64)((const char *)obj - (char *)slab_address(slab)) -
		     s->red_left_pad;
	u64 nr = (offset * s->reciprocal_size) >> RECIPROCAL_SHIFT;

	return nr * s->size == offset && nr < slab->state.counters.objects;
}

void check_object(const struct kmem_cache *s, const struct slab *slab,
		  const void *obj)
{
	if (unlikely(!slab || slab->type != PAGE_SLAB || slab->slab_cache != s))
		kmem_bad_object(s, obj, "is not allocated memory");
	if (unlikely(!is_slab_object(s, slab, obj)))
		kmem_bad_object(s, obj, "is not the start of an object");
	check_not_away(s, slab, obj);
}

int slub_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	int wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (likely(known_slab(s, objs[i])))
			continue;
		if (unlikely(kmem_other_cache(s, objs[i])))
			wrong++;
		else
			check_object(s, virt_to_slab(objs[i]), objs[i]);
	}
	return wrong;
}

void *slub_object_of(struct kmem_cache *s, const void *addr)
{
	struct slab *slab = virt_to_slab(addr);
	char *base;
	u64 nr;

	if (!slab)
		return NULL;
	base = slab_address(slab);
	nr = (u64)((const char *)addr - base) / s->size;
	if (nr >= slab->state.counters.objects)
		return NULL;
	return base + nr * s->size + s->red_left_pad;
}
