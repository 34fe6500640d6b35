// SPDX-License-Identifier: MIT
/*
 * slab/used.c - looks at objects in use, and frees a slab of none but these
 *
 *	up to 64 objects	free_map  1 0 0 0 1	1, 2 and 3 are in use
 *	more			freelist  3 use use last use
 *
 * For the child of a fork, which frees objects without a write to them or to
 * their slab (kmem/inherited.c).
 *
 * Locking	none to look: bit and byte of an object in use are its caller's
 *		(numbers.h); list_lock to take a slab off its list
 * Invariants	SLAB1, SLAB3 of internal.h
 * Source	no counterpart: docs/divergence.md D
 */
#include "slab/key.h"
#include "slab/numbers.h"

struct page *slab_of_used(struct kmem_cache *s, const void *obj)
{
	const struct object_key key = object_key_of(s);
	struct slab_desc *slab = key_slab(&key, obj);
	unsigned int nr;

	if (!slab)
		return NULL;
	nr = key_number(&key, slab, obj);
	if (nr >= key.num)
		return NULL;
	if (has_map(s) ? READ_ONCE(slab->free_map) >> nr & 1 :
			 READ_ONCE(slab->freelist[nr]) != NUMBER_IN_USE)
		return NULL;
	return desc_page(slab);
}

/* The holder of list_lock may change it meanwhile. */
__racy unsigned int slab_used(const struct page *page)
{
	return ((const struct slab_desc *)page)->active;
}

bool slab_drop(struct kmem_cache *s, struct page *page, unsigned int nr)
{
	struct slab_desc *slab = (struct slab_desc *)page;
	struct kmem_cache_node *n = desc_node(slab);
	bool mine;

	spin_lock(&n->list_lock);
	mine = slab->active == nr;
	if (mine) {
		list_del(&slab->slab_list);
		WRITE_ONCE(n->free_objects, n->free_objects - (s->num - nr));
		n->total_slabs--;
		slab->active = 0;
	}
	spin_unlock(&n->list_lock);
	if (mine)
		slab_destroy(s, slab);
	return mine;
}
