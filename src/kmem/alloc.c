// SPDX-License-Identifier: MIT
/*
 * kmem/alloc.c - kmem_cache_alloc() and its family, on the fast paths
 *
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V3, V4, L10)
 */
#include <string.h>

#include "diag/warn.h"
#include "kmem/alloc.h"
#include "kmem/direct.h"
#include "kmem/guard.h"
#include "kmem/internal.h"
#include "kmem/miss.h"
#include "kmem/section.h"

static __always_inline void *zero_object(struct kmem_cache *s, gfp_t gfp,
					 void *obj)
{
	if (unlikely(gfp & __GFP_ZERO) && obj &&
	    !WARN_ONCE(
		    s->ctor,
		    "kmem_cache_alloc: __GFP_ZERO for cache %pE, which has a constructor",
		    s->name))
		memset(obj, 0, kmem_zero_size(s, obj));
	return obj;
}

__hot_text void *slab_alloc(struct kmem_cache *s, gfp_t gfp, size_t orig_size,
			    uintptr_t caller)
{
	void *obj = section_pop_here(s->slot);

	if (unlikely(!obj))
		obj = kmem_cache_alloc_slow(s, gfp, NUMA_NO_NODE, orig_size,
					    caller);
	return zero_object(s, gfp, obj);
}

__hot_text void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *obj = section_pop_here(s->slot);

	if (unlikely(!obj))
		obj = kmem_cache_alloc_slow(s, gfp, NUMA_NO_NODE,
					    READ_ONCE(s->object_size),
					    _RET_IP_);
	return zero_object(s, gfp, obj);
}

void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp, int node,
		      size_t orig_size, uintptr_t caller)
{
	void *obj;

	if (node < 0 || node >= MAX_NUMNODES || !get_node(s, node))
		return slab_alloc(s, gfp, orig_size, caller);
	obj = kmem_cache_alloc_slow(s, gfp, node, orig_size, caller);
	return zero_object(s, gfp, obj);
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	return slab_alloc_node(s, gfp, node, READ_ONCE(s->object_size),
			       _RET_IP_);
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp | __GFP_ZERO, READ_ONCE(s->object_size),
			  _RET_IP_);
}

__hot_text void kmem_cache_free(struct kmem_cache *s, void *obj)
{
	if (unlikely(!obj))
		return;
	/* Sheaves hold only objects of the node of this CPU. */
	if (unlikely(nr_online_nodes > 1) && kmem_is_remote(obj)) {
		kmem_cache_free_remote(s, &obj, 1);
		return;
	}
	if (unlikely(section_push_here(s->slot, obj)))
		kmem_cache_free_slow(s, obj, _RET_IP_);
}

void __kmem_cache_free(struct kmem_cache *s, void *obj, uintptr_t caller)
{
	if (unlikely(section_push_here(s->slot, obj)))
		kmem_cache_free_slow(s, obj, caller);
}
