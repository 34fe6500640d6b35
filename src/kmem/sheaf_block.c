// SPDX-License-Identifier: MIT
/*
 * kmem/sheaf_block.c - sheaves as blocks of memory: made, emptied, freed
 *
 *	region_alloc() --> [next cache cap cnt| 0 | . . . ]  empty, no main
 *	                          |  `- objects come and go: sheaf.c, barn.c
 *	region_free()  <-- flush_sheaf(), if any are left
 *
 * Locking	none: a sheaf that is in no slot and no barn is its caller's
 * Tests	unit.kmem.barn, which counts the sheaves that are left
 */
#include "kmem/barn.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

struct slab_sheaf *sheaf_alloc(struct kmem_cache *s)
{
	u32 capacity = READ_ONCE(s->sheaf_capacity); /* SLAB can change it */

	return capacity ? sheaf_alloc_sized(s, capacity) : NULL;
}

struct slab_sheaf *sheaf_alloc_sized(struct kmem_cache *s, u32 capacity)
{
	struct slab_sheaf *sheaf = region_alloc(SHEAF_SIZE);

	if (!sheaf)
		return NULL;
	sheaf->next = NULL;
	sheaf->cache = s;
	sheaf_set_capacity(sheaf, capacity);
	kmem_stat(s, SHEAF_ALLOC);
	return sheaf;
}

void sheaf_free(struct slab_sheaf *sheaf)
{
	kmem_stat(sheaf->cache, SHEAF_FREE);
	region_free(sheaf, SHEAF_SIZE);
}

void flush_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (!sheaf->count)
		return;
	kmem_account(&s->flushes, &s->flushed, sheaf->count);
	kmem_stat_n(s, SHEAF_FLUSH, sheaf->count);
	s->ops->flush(s, sheaf_objects(sheaf), sheaf->count);
	sheaf->count = 0;
}
