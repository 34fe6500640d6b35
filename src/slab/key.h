// SPDX-License-Identifier: MIT
/*
 * slab/key.h - from an address to its slab, and to the object's number there
 *
 *	address  --frame index-->  slab  --one product-->  number, or none
 *
 * What both need of a cache is read once, for all objects of a batch.
 *
 * Locking	none: what is read is constant while the slab lives
 */
#ifndef KM_SLAB_KEY_H
#define KM_SLAB_KEY_H

#include "slab/internal.h"

__extension__ typedef unsigned __int128 u128;

/* What of a cache is needed to find an object's slab and number. */
struct object_key {
	const struct kmem_cache *s;
	unsigned long head; /* mask of the pfn of a head page */
	uintptr_t start; /* mask of the address of a slab */
	unsigned int num;
	u8 index; /* of its frames */
	u64 divisor;
};

static inline struct object_key object_key_of(const struct kmem_cache *s)
{
	return (struct object_key){
		.s = s,
		.head = ~((1UL << s->gfporder) - 1),
		.start = ~((PAGE_SIZE << s->gfporder) - 1),
		.num = s->num,
		.index = (u8)(s->class ? s->class : INDEX_OTHER + s->gfporder),
		.divisor = s->divisor,
	};
}

/*
 * Returns the number of the object that starts at obj, in a slab whose first
 * object is at mem. A result of key->num or more means that none does. One
 * product has both: its upper half is the quotient, and its lower half is below
 * the divisor if nothing is left over (kmem_starts_object()).
 */
static __always_inline unsigned int
key_number_from(const struct object_key *key, const char *mem, const void *obj)
{
	u32 offset = (u32)((const char *)obj - mem);
	u128 product = (u128)key->divisor * offset;

	if (unlikely((u64)product >= key->divisor))
		return key->num;
	return (unsigned int)(product >> 64);
}

static inline unsigned int key_number(const struct object_key *key,
				      const struct slab_desc *slab,
				      const void *obj)
{
	return key_number_from(key, slab->s_mem, obj);
}

/* Returns the slab of the key's cache that holds an address, or NULL. */
static inline struct slab_desc *key_slab(const struct object_key *key,
					 const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);
	struct slab_desc *slab;

	if (unlikely(pfn >= arena_bound() || arena_index[pfn] != key->index))
		return NULL;
	slab = (struct slab_desc *)pfn_to_page(pfn & key->head);
	/* The index of a size class is that of one cache alone. */
	if (key->index >= INDEX_OTHER &&
	    unlikely(slab->slab_cache != key->s || slab->type != PAGE_SLAB))
		return NULL;
	return slab;
}

#endif
