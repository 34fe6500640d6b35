// SPDX-License-Identifier: MIT
/*
 * kmem/mempool_kinds.c - the usual elements of mempools: objects, memory, pages
 *
 * Locking	none here
 * Source	Linux v6.12 mm/mempool.c (docs/kernel.md L11)
 */
#include "diag/warn.h"
#include "kmem/kmem.h"
#include "kmem/mempool.h"

void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	struct kmem_cache *s = pool_data;

	if (WARN_ONCE(s->ctor,
		      "mempool_alloc_slab: cache %pE has a constructor",
		      s->name))
		return NULL;
	return kmem_cache_alloc(s, gfp);
}

void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}

void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

void mempool_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(uintptr_t)pool_data);
}

void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (unsigned int)(uintptr_t)pool_data);
}
