// SPDX-License-Identifier: MIT
/*
 * kmem/bulk.c - allocates or frees many objects in one call
 *
 *	alloc	takes the objects of main. While more than a sheaf is missing,
 *		takes objects straight from the slabs; else one sheaf at a
 *		time. Allocates all or none.
 *	free	fills main. If more than a sheaf is left then, it goes straight
 *		to the slabs. Objects of other nodes are freed in batches.
 *		Without a cache each object goes to its own, or is pages.
 *
 * Locking	none here
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V7, X1)
 */
#include <string.h>

#include "diag/warn.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/guard.h"
#include "kmem/internal.h"
#include "kmem/kmalloc.h"
#include "kmem/miss.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "zone/surplus.h"

#define PCS_BATCH_MAX 32U

/* Takes up to nr objects off main. Returns how many. */
static unsigned int pop_bulk(struct kmem_cache *s, void **objs, size_t nr)
{
	uintptr_t *cursor = kmem_cursor(kmem_this_owner, s);
	unsigned int got = 0;

	while (got < nr && (objs[got] = cursor_pop(cursor)))
		got++;
	return got;
}

/* Allocates nr objects, or fewer if there is no memory. Returns how many. */
static size_t alloc_many(struct kmem_cache *s, gfp_t gfp, size_t nr,
			 void **objs, uintptr_t caller)
{
	size_t got = 0;

	for (;;) {
		unsigned int n = pop_bulk(s, objs + got, nr - got);

		got += n;
		if (got == nr)
			return got;
		objs[got] = kmem_cache_alloc_slow(s, gfp, NUMA_NO_NODE,
						  READ_ONCE(s->object_size),
						  caller);
		if (!objs[got])
			return got;
		got++;
		if (nr - got <= READ_ONCE(s->sheaf_capacity) ||
		    unlikely(s->guard))
			continue;
		n = s->ops->refill(s, gfp, NUMA_NO_NODE, objs + got,
				   (unsigned int)min(nr - got, 1UL << 20));
		kmem_account(&s->refills, &s->refilled, n);
		kmem_stat_n(s, ALLOC_SLOWPATH, n);
		got += n;
	}
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **objs)
{
	size_t got = alloc_many(s, gfp, nr, objs, _RET_IP_);

	if (got < nr) {
		kmem_cache_free_bulk(s, got, objs);
		return 0;
	}
	if (gfp & __GFP_ZERO &&
	    !WARN_ONCE(
		    s->ctor,
		    "kmem_cache_alloc_bulk: __GFP_ZERO for cache %pE, which has a constructor",
		    s->name))
		for (size_t i = 0; i < nr; i++)
			memset(objs[i], 0, kmem_zero_size(s, objs[i]));
	return (int)nr;
}

/*
 * Frees the objects of other nodes. Returns how many objects are left in objs.
 */
static size_t free_remote(struct kmem_cache *s, size_t nr, void **objs)
{
	void *remote[PCS_BATCH_MAX];
	unsigned int nr_remote = 0;
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!kmem_is_remote(objs[i])) {
			objs[kept++] = objs[i];
			continue;
		}
		remote[nr_remote++] = objs[i];
		if (nr_remote == PCS_BATCH_MAX) {
			kmem_cache_free_remote(s, remote, nr_remote);
			nr_remote = 0;
		}
	}
	if (nr_remote)
		kmem_cache_free_remote(s, remote, nr_remote);
	return kept;
}

static void free_many(struct kmem_cache *s, size_t nr, void **objs)
{
	size_t i = 0;

	if (unlikely(nr_online_nodes > 1))
		nr = free_remote(s, nr, objs);
	while (i < nr) {
		int ret;

		if (unlikely(!objs[i])) {
			i++;
			continue;
		}
		ret = cursor_push(kmem_cursor(kmem_this_owner, s), objs[i]);
		if (ret == 1 && nr - i > READ_ONCE(s->sheaf_capacity)) {
			unsigned int n = (unsigned int)min(nr - i, 1UL << 20);

			kmem_cache_free_direct(s, objs + i, n);
			i += n;
			continue;
		}
		if (ret)
			kmem_cache_free_slow(s, objs[i], _RET_IP_);
		i++;
	}
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objs)
{
	struct kmem_cache *own;
	struct page *page;

	if (s) {
		free_many(s, nr, objs);
		surplus_poll();
		return;
	}
	for (size_t i = 0, n; i < nr; i += n) {
		n = 1;
		own = virt_to_cache(objs[i], &page);
		if (!own) {
			kfree(objs[i]);
			continue;
		}
		while (i + n < nr && virt_to_cache(objs[i + n], &page) == own)
			n++;
		free_many(own, n, objs + i);
	}
	surplus_poll();
}
