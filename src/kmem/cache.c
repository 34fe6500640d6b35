// SPDX-License-Identifier: MIT
/*
 * kmem/cache.c - the lists of caches, and what every cache begins with
 *
 *	slab_caches	caches in use, the newest first
 *	slab_dead	caches destroyed while objects were in use, kept until
 *			these are freed
 *	kmem_classes	caches by frame index
 *
 * The caches of the library itself lie here; boot.c sets them up. A backend is
 * registered here before the first cache, and each cache has one of them.
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) for both lists. Nothing is
 *		allocated while it is held.
 * Source	Linux v6.18 mm/slab_common.c
 */
#include <string.h>

#include "core/probe.h"
#include "diag/report.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"

LIST_HEAD(slab_caches);
LIST_HEAD(slab_dead);
spinlock_t slab_mutex = SPIN_LOCK_INIT(LOCK_SLAB_MUTEX);
struct kmem_cache *kmem_classes[256];
struct kmem_cache cache_cache;
struct kmem_cache node_cache;
struct kmem_cache cpu_cache;
struct kmem_cache stat_cache;
struct kmem_cache name_cache;
u8 slab_state;
const struct kmem_rcu_ops *kmem_rcu;
static const struct slab_ops *backend; /* constant after init: the default */
static const struct slab_ops *backends[2]; /* constant after init */
static unsigned int nr_backends; /* constant after init */

/*
 * docs/kernel.md V2, with more for small objects, which are freed in large
 * numbers.
 */
static unsigned int capacity_by_size(unsigned int size)
{
	if (size >= 4096) /* a size class, no page */
		return 4;
	if (size >= 1024)
		return 12;
	if (size >= 256)
		return 28;
	return size > 128 ? 60 : 120;
}

unsigned int sheaf_capacity(const struct kmem_cache *s)
{
	if (s->flags & (SLAB_NO_OBJ_EXT | SLAB_NOLEAKTRACE))
		return 0;
	return min(max(capacity_by_size(s->object_size), s->sheaf_capacity),
		   (u32)SHEAF_MAX_CAPACITY);
}

void kmem_rcu_register(const struct kmem_rcu_ops *ops)
{
	kmem_rcu = ops;
}

void kmem_backend(const struct slab_ops *ops)
{
	BUG_ON(nr_backends == ARRAY_SIZE(backends));
	backends[nr_backends++] = ops;
}

bool kmem_set_backend(const struct slab_ops *ops)
{
	if (backend)
		return false;
	backend = ops;
	return true;
}

size_t kmem_backend_cpu_size(void)
{
	size_t most = max(backend->cpu_size, (size_t)8);

	for (unsigned int i = 0; i < nr_backends; i++)
		most = max(most, backends[i]->cpu_size);
	return most;
}

const struct slab_ops *choose_backend(slab_flags_t flags)
{
	flags &= KM_SLAB_BACKENDS;
	if (!flags || flags == backend->flag)
		return backend;
	for (unsigned int i = 0; i < nr_backends; i++)
		if (backends[i]->flag == flags)
			return backends[i];
	return NULL;
}

void kmem_init_node(struct kmem_cache_node *n)
{
	for (unsigned int i = 0; i < NR_BARNS; i++)
		spin_lock_init(&n->barn[i].lock, LOCK_BARN);
	spin_lock_init(&n->list_lock, LOCK_LIST);
}

void kmem_fill_in(struct kmem_cache *s, const char *name, unsigned int size,
		  unsigned int align, slab_flags_t flags)
{
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->ops = choose_backend(flags);
	s->object_size = size;
	s->align = align;
	s->flags = flags;
	s->refcount = 1;
	s->barn_most = BARN_MAX_FULL;
	INIT_LIST_HEAD(&s->aliases);
	spin_lock_init(&s->debug_lock, LOCK_SLAB_DEBUG);
	if (flags & SLAB_RECLAIM_ACCOUNT)
		s->allocflags |= __GFP_RECLAIMABLE;
	if (flags & SLAB_CACHE_DMA)
		s->allocflags |= __GFP_DMA;
	if (flags & SLAB_CACHE_DMA32)
		s->allocflags |= __GFP_DMA32;
	if (flags & SLAB_ACCOUNT)
		s->allocflags |= __GFP_ACCOUNT;
}

void kmem_list_cache(struct kmem_cache *s)
{
	spin_lock(&slab_mutex);
	list_add(&s->list, &slab_caches);
	spin_unlock(&slab_mutex);
	probe_kmem_cache_create(s->name, s->object_size, s->size, s->align,
				s->flags);
}

struct kmem_cache *kmem_other_cache(const struct kmem_cache *s, const void *obj)
{
	const struct page *slab = virt_to_slab_page(obj);
	struct kmem_cache *other;

	if (!slab || page_type(slab) != PAGE_SLAB || slab->slab_cache == s)
		return NULL;
	other = slab->slab_cache;
	return other->ops->object_of(other, obj) == obj ? other : NULL;
}

void kmem_bad_object(const struct kmem_cache *s, const void *obj,
		     const char *what)
{
	km_panic("kmalloc: free(): %p %s (%pE)\n", obj, what, s->name);
}

void kmem_double_free(const struct kmem_cache *s, const void *obj)
{
	km_panic("kmalloc: free(): double free of %p (%pE)\n", obj, s->name);
}

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return READ_ONCE(s->object_size);
}

const char *kmem_cache_name(const struct kmem_cache *s)
{
	return s->name;
}
