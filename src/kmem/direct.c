// SPDX-License-Identifier: MIT
/*
 * kmem/direct.c - frees objects to their slabs, past the sheaves
 *
 *	kmem_cache_free_direct()	slab_ops.flush()
 *	kmem_cache_free_remote()	slab_ops.flush_remote(), if it is there
 *	kmem_guard_free()		slab_ops.debug_free(), or the bytes are
 *					overwritten first, then flush()
 *	kmem_free_to_other()		the same for the cache of the object
 *
 * An object of a guarded cache may turn out to be another cache's, which may be
 * guarded too. So these functions call each other.
 *
 * Locking	none here; the caller's stack is walked before a lock is taken
 * Source	Linux v6.18 mm/slub.c, slab_free_hook() (docs/kernel.md D5, D8)
 */
#include <string.h>

#include "diag/report.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/direct.h"
#include "kmem/guard.h"
#include "kmem/internal.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

bool kmem_is_remote(const void *obj)
{
	const struct page *slab = virt_to_slab_page(obj);

	return slab && page_to_nid(slab) != numa_node_id();
}

void kmem_cache_free_direct(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (unlikely(s->guard)) {
		for (unsigned int i = 0; i < nr; i++)
			kmem_guard_free(s, objs[i], _RET_IP_);
		return;
	}
	kmem_account(&s->flushes, &s->flushed, nr);
	kmem_stat_n(s, FREE_SLOWPATH, nr);
	s->ops->flush(s, objs, nr);
}

void kmem_cache_free_remote(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (s->guard || !s->ops->flush_remote) {
		kmem_cache_free_direct(s, objs, nr);
		return;
	}
	kmem_account(&s->flushes, &s->flushed, nr);
	kmem_stat_n(s, FREE_SLOWPATH, nr);
	s->ops->flush_remote(s, objs, nr);
}

static void free_plain(struct kmem_cache *s, void *obj)
{
	/* If obj is no object of this cache, nothing is written to it. */
	bool sound = !s->ops->verify(s, &obj, 1);

	if (sound && (s->guard & GUARD_INIT_FREE))
		memset(obj, 0, READ_ONCE(s->object_size));
	else if (sound && (s->guard & GUARD_PERTURB))
		memset(obj, READ_ONCE(kmem_perturb), READ_ONCE(s->object_size));
	s->ops->flush(s, &obj, 1);
}

static void free_debug(struct kmem_cache *s, void *obj, uintptr_t caller)
{
	const struct page *slab = virt_to_slab_page(obj);
	struct kmem_cache *other = NULL;
	struct slab_caller who;

	slab_caller_init(&who, s, caller);
	if (slab && slab->slab_cache)
		other = kmem_other_cache(s, obj);
	if (!slab)
		slab_bad_free(s, obj, &who);
	else if (other && (s->flags & SLAB_CONSISTENCY_CHECKS))
		kmem_free_to_other(s, other, obj);
	else
		s->ops->debug_free(s, obj, &who);
}

void kmem_guard_free(struct kmem_cache *s, void *obj, uintptr_t caller)
{
	if (s->guard & GUARD_DEBUG)
		free_debug(s, obj, caller);
	else
		free_plain(s, obj);
}

void kmem_free_to_other(const struct kmem_cache *s, struct kmem_cache *other,
			void *obj)
{
	km_report("cache_from_obj: Wrong slab cache. %pE but object is from "
		  "%pE\n",
		  s->name, other->name);
	kmem_cache_free_direct(other, &obj, 1);
}
