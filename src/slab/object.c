// SPDX-License-Identifier: MIT
/*
 * slab/object.c - which addresses are objects of a cache
 *
 *	frame index and address	known_object(): reads no struct page
 *	struct page		desc_of_object(), checked_desc()
 *
 * Locking	none: what is read is constant while the slab lives
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S5)
 */
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "slab/key.h"

/*
 * Returns true if frame index and address alone show that an object of s starts
 * at obj. They can where every slab begins with an object. Reads no struct
 * page.
 */
static inline bool known_object(const struct kmem_cache *s, const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);

	return s->class && pfn < arena_bound() &&
	       arena_index[pfn] == s->class && kmem_starts_object(s, obj);
}

struct slab_desc *desc_of_object(struct kmem_cache *s, const void *obj)
{
	const struct object_key key = object_key_of(s);
	struct slab_desc *slab = key_slab(&key, obj);

	return slab && key_number(&key, slab, obj) < s->num ? slab : NULL;
}

void no_object(const struct kmem_cache *s, const void *obj)
{
	kmem_bad_object(s, obj, "is not allocated memory");
}

void bad_start(const struct kmem_cache *s, const void *obj)
{
	kmem_bad_object(s, obj, "is not the start of an object");
}

struct slab_desc *checked_desc(struct kmem_cache *s, const void *obj,
			       unsigned int *index)
{
	const struct object_key key = object_key_of(s);
	struct slab_desc *slab = key_slab(&key, obj);

	if (unlikely(!slab))
		no_object(s, obj);
	*index = key_number(&key, slab, obj);
	if (unlikely(*index >= s->num))
		bad_start(s, obj);
	return slab;
}

int slab_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(s);
	unsigned int index;
	int wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (likely(known_object(s, objs[i])))
			continue;
		if (unlikely(!key_slab(&key, objs[i]) &&
			     kmem_other_cache(s, objs[i])))
			wrong++;
		else
			checked_desc(s, objs[i], &index);
	}
	return wrong;
}
