// SPDX-License-Identifier: MIT
/*
 * kmem/fork.c - every lock of object caches is taken before fork()
 *
 *	mempool_lock -> kmem_class_lock -> slab_mutex -> kmem_owners_lock
 *			-> of each cache: the backend's locks, then its barns
 *			-> inherited_lock -> region_lock
 *
 * With percpu=rseq the tables of CPUs are hidden as well: cpu_owner.c.
 *
 * Locking	all of the above, in that order
 * Tests	stress.api.fork, torture.fork
 */
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/fork.h"
#include "kmem/inherited.h"
#include "kmem/internal.h"
#include "kmem/mempool.h"
#include "kmem/slab_ops.h"

static void fork_take_all(struct list_head *caches)
{
	struct kmem_cache *s;

	list_for_each_entry(s, caches, list) {
		s->ops->fork_take(s);
		barn_fork_take(s);
	}
}

static void fork_release_all(struct list_head *caches)
{
	struct kmem_cache *s;

	list_for_each_entry(s, caches, list) {
		barn_fork_release(s);
		s->ops->fork_release(s);
	}
}

void kmem_fork_take(void)
{
	lock_fork_take(&mempool_lock);
	lock_fork_take(&kmem_class_lock);
	lock_fork_take(&slab_mutex);
	kmem_owners_fork_take();
	kmem_cpu_owners_fork_take();
	fork_take_all(&slab_caches);
	fork_take_all(&slab_dead);
	kmem_inherited_fork_take();
	lock_fork_take(&region_lock);
}

void kmem_fork_release(void)
{
	lock_fork_release(&region_lock);
	kmem_inherited_fork_release();
	fork_release_all(&slab_dead);
	fork_release_all(&slab_caches);
	kmem_cpu_owners_fork_release();
	kmem_owners_fork_release();
	lock_fork_release(&slab_mutex);
	lock_fork_release(&kmem_class_lock);
	lock_fork_release(&mempool_lock);
}
