// SPDX-License-Identifier: MIT
/*
 * slab/tunables.c - changes limit, batchcount and shared of a cache
 *
 * Each owner changes its own array, at its next miss. The shared arrays go to
 * the slabs. One that an owner had just taken, or gives meanwhile, has the old
 * limit until it becomes the array of an owner, or is reaped.
 *
 * Locking	the caller holds slab_mutex; owners read the numbers without it
 * Source	Linux v6.1 mm/slab.c, do_tune_cpucache() (docs/kernel.md S2)
 */
#include <errno.h>
#include <limits.h>

#include "kmem/cache.h"
#include "slab/internal.h"

int do_tune_cpucache(struct kmem_cache *s, int limit, int batchcount,
		     int shared)
{
	struct kmem_cache_node *n;
	int nid;

	lock_assert_held(&slab_mutex);
	if (limit < 1 || limit > (int)SHEAF_MAX_CAPACITY || batchcount < 1 ||
	    batchcount > limit || shared < 0 || shared > (int)SHARED_MAX)
		return -EINVAL;
	if (kmem_has_slot(s))
		WRITE_ONCE(s->limit, (unsigned int)limit);
	WRITE_ONCE(s->batchcount, (unsigned int)batchcount);
	WRITE_ONCE(s->shared, (unsigned int)shared);
	for_each_kmem_cache_node(s, nid, n) {
		spin_lock(&n->list_lock);
		n->free_limit = slab_free_limit(s);
		spin_unlock(&n->list_lock);
		shared_drain(s, n, UINT_MAX);
	}
	return 0;
}
