// SPDX-License-Identifier: MIT
/*
 * kmem/merge.c - one cache under several names
 *
 *	create("file", 200)	a new cache, objects of 200 bytes
 *	create("inode", 196)	the same one: 196 rounds up to 200
 *	create("socket", 200, ctor)	a new one: it has a constructor
 *	destroy(file)		removes one of two names
 *	destroy(inode)		frees the cache
 *
 * Merged caches share their slabs and sheaves, so less memory lies idle. Caches
 * with constructors, usercopy windows, debug flags, or objects that RCU readers
 * may still read are never merged.
 *
 * Locking	slab_mutex
 * Invariants	ALIAS1  refcount = 1 + the length of aliases, until the first
 *		destroy of a merged cache	(unit.kmem.merge checks it)
 * Source	Linux v6.12 mm/slab_common.c, find_mergeable()
 *		(docs/kernel.md U10)
 */
#include <errno.h>
#include <string.h>

#include "diag/param.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/internal.h"
#include "kmem/merge.h"
#include "kmem/slab_ops.h"

#define SLAB_NEVER_MERGE                                              \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | \
	 SLAB_TYPESAFE_BY_RCU | SLAB_NOLEAKTRACE | SLAB_FAILSLAB |    \
	 SLAB_NO_MERGE)
#define SLAB_MERGE_SAME                                             \
	(SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | \
	 SLAB_ACCOUNT)

static bool slab_nomerge; /* boot parameter */

static int set_nomerge(const char *value)
{
	if (*value)
		return -EINVAL;
	slab_nomerge = true;
	return 0;
}
boot_param("slab_nomerge", set_nomerge, "no value");
boot_param_alias("slub_nomerge", set_nomerge, slub_nomerge, "no value");

static int set_merge(const char *value)
{
	if (*value)
		return -EINVAL;
	slab_nomerge = false;
	return 0;
}
boot_param("slab_merge", set_merge, "no value");
boot_param_alias("slub_merge", set_merge, slub_merge, "no value");

unsigned int calculate_alignment(slab_flags_t flags, unsigned int align,
				 unsigned int size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = CACHELINE;

		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return ALIGN(max(align, (unsigned int)sizeof(void *)),
		     (unsigned int)sizeof(void *));
}

bool slab_unmergeable(const struct kmem_cache *s)
{
	return slab_nomerge || s->flags & SLAB_NEVER_MERGE || s->ctor ||
	       s->usersize || s->refcount < 0;
}

/*
 * Returns true if objects of s can serve for objects of `size` bytes at
 * multiples of `align`. On SLAB the first object of a slab lies at a colour, a
 * multiple of s->align.
 */
static bool can_serve(const struct kmem_cache *s, unsigned int size,
		      unsigned int align, slab_flags_t flags)
{
	if (size > s->size || s->size - size >= sizeof(void *))
		return false;
	if ((flags & SLAB_MERGE_SAME) != (s->flags & SLAB_MERGE_SAME) ||
	    choose_backend(flags) != s->ops)
		return false;
	if (s->ops->flag == KM_SLAB_ON_SLAB && !IS_ALIGNED(s->align, align))
		return false;
	return IS_ALIGNED(s->size, align);
}

static struct kmem_cache *find_mergeable(unsigned int size, unsigned int align,
					 slab_flags_t flags)
{
	struct kmem_cache *s;

	lock_assert_held(&slab_mutex);
	align = calculate_alignment(flags, align, size);
	size = ALIGN(ALIGN(size, (unsigned int)sizeof(void *)), align);
	list_for_each_entry(s, &slab_caches, list)
		if (!slab_unmergeable(s) && can_serve(s, size, align, flags))
			return s;
	return NULL;
}

/*
 * Raises the sizes of a cache for a larger object. Other threads use the cache
 * meanwhile and may read the old or the new size.
 */
static void widen_objects(struct kmem_cache *s, unsigned int size)
{
	unsigned int inuse = ALIGN(size, (unsigned int)sizeof(void *));

	if (s->object_size < size)
		WRITE_ONCE(s->object_size, size);
	if (s->inuse < inuse)
		WRITE_ONCE(s->inuse, inuse);
}

struct kmem_cache *kmem_cache_alias(const char *name, unsigned int size,
				    const struct kmem_cache_args *args,
				    slab_flags_t flags, int *err)
{
	struct kmem_cache_alias *alias;
	struct kmem_cache *s;

	*err = 0;
	flags = kmem_cache_flags(flags, name);
	if (slab_nomerge || flags & (SLAB_NEVER_MERGE | SLAB_DEBUG_FLAGS) ||
	    args->ctor || args->usersize)
		return NULL;
	alias = kmem_name_alloc(name, offsetof(struct kmem_cache_alias, name));
	if (!alias) {
		*err = -ENOMEM;
		return NULL;
	}
	spin_lock(&slab_mutex);
	s = find_mergeable(size, args->align, flags);
	if (s) {
		s->refcount++;
		widen_objects(s, size);
		list_add(&alias->list, &s->aliases);
	}
	spin_unlock(&slab_mutex);
	if (!s)
		kmem_name_free(alias, alias->name,
			       offsetof(struct kmem_cache_alias, name));
	return s;
}

void kmem_cache_free_aliases(struct kmem_cache *s)
{
	struct kmem_cache_alias *alias, *next;

	list_for_each_entry_safe(alias, next, &s->aliases, list)
		kmem_name_free(alias, alias->name,
			       offsetof(struct kmem_cache_alias, name));
}

bool kmem_cache_has_name(const struct kmem_cache *s, const char *name,
			 size_t len)
{
	const struct kmem_cache_alias *alias;

	lock_assert_held(&slab_mutex);
	if (strlen(s->name) == len && !memcmp(s->name, name, len))
		return true;
	list_for_each_entry(alias, &s->aliases, list)
		if (strlen(alias->name) == len &&
		    !memcmp(alias->name, name, len))
			return true;
	return false;
}
