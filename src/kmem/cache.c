// SPDX-License-Identifier: MIT
/*
 * kmem/cache.c - the first caches of the library; upkeep of all caches
 *
 *	slab_caches	caches in use, the newest first
 *	slab_dead	caches destroyed while objects were in use, kept until
 *			these are freed
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) for both lists. Nothing is
 *		allocated while it is held.
 * Source	Linux v6.18 mm/slab_common.c
 */
#include <errno.h>
#include <string.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "kmem/debug.h"
#include "kmem/freelist.h"
#include "kmem/internal.h"
#include "kmem/mempool.h"
#include "kmem/stat.h"

LIST_HEAD(slab_caches);
LIST_HEAD(slab_dead);
spinlock_t slab_mutex = SPIN_LOCK_INIT(LOCK_SLAB_MUTEX);
struct kmem_cache *kmem_classes[256];
struct kmem_cache sheaf_cache;
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

void *kmem_boot_alloc(size_t size)
{
	static char *at, *end; /* single-threaded: during init only */
	void *ret;

	size = ALIGN(size, (size_t)CACHELINE);
	if (size > (size_t)(end - at)) {
		unsigned long nr = max(DIV_ROUND_UP(size, PAGE_SIZE), 4UL);
		struct page *page = alloc_page_run(GFP_KERNEL | __GFP_ZERO, nr);

		if (!page)
			return NULL;
		at = page_to_virt(page);
		end = at + (nr << PAGE_SHIFT);
	}
	ret = at;
	at += size;
	return ret;
}

/*
 * docs/kernel.md V2, with more for small objects, which are freed in large
 * numbers.
 */
static unsigned int capacity_by_size(unsigned int size)
{
	if (size >= 4096)
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

void kmem_backend(const struct slab_ops *ops)
{
	BUG_ON(nr_backends == ARRAY_SIZE(backends));
	backends[nr_backends++] = ops;
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

/* Returns the bytes of a cache's CPU part, enough for any backend. */
static unsigned int cpu_array_size(void)
{
	size_t most = max(backend->cpu_size, (size_t)8);

	for (unsigned int i = 0; i < nr_backends; i++)
		most = max(most, backends[i]->cpu_size);
	return (unsigned int)(nr_cpu_ids * most);
}

static unsigned int stat_array_size(void)
{
	return (unsigned int)(nr_cpu_ids * sizeof(struct kmem_cache_stat));
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
}

static int boot_parts(struct kmem_cache *s)
{
	s->cpu_stat = kmem_boot_alloc(nr_cpu_ids * sizeof(*s->cpu_stat));
	if (!s->cpu_stat)
		return -ENOMEM;
	if (s->ops->cpu_size) {
		s->cpu_slab = kmem_boot_alloc(nr_cpu_ids * s->ops->cpu_size);
		if (!s->cpu_slab)
			return -ENOMEM;
	}
	for (int nid = 0; nid < (int)nr_online_nodes; nid++) {
		s->node[nid] = kmem_boot_alloc(sizeof(*s->node[nid]));
		if (!s->node[nid])
			return -ENOMEM;
		kmem_init_node(s->node[nid]);
	}
	return 0;
}

int kmem_cache_init(struct kmem_cache *s, const char *name, unsigned int size,
		    const struct kmem_cache_boot *boot)
{
	/* Caches that are not kmalloc's are for the library itself. */
	slab_flags_t own = boot->flags & SLAB_KMALLOC ? 0 : SLAB_NO_USER_FLAGS;

	if (s->list.next)
		return 0; /* an earlier start failed after this */
	if (boot->class)
		own = SLAB_KMALLOC;
	kmem_fill_in(s, name, size, boot->align,
		     kmem_cache_flags(boot->flags | own, name));
	s->usersize = boot->usersize;
	s->refcount = -1; /* never merged */
	s->class = (u8)boot->class;
	s->slot = (u16)boot->class;
	if (boot->max_order)
		s->max_order = boot->max_order;
	s->min_objects = boot->min_objects;
	s->sheaf_capacity = boot->sheaf_capacity;
	if (boot->class)
		kmem_classes[boot->class] = s;
	if (boot_parts(s))
		return -ENOMEM;
	if (s->ops->setup(s))
		return -EINVAL;
	if (!boot->class)
		s->sheaf_capacity = 0;
	if (kmem_freelist_init(s))
		return -ENOMEM;
	kmem_guard_init(s);
	kmem_list_cache(s);
	return 0;
}

static void kmem_tick(unsigned int flags)
{
	kmem_reclaim(flags & TICK_IDLE ? SHRINK_ALL : SHRINK_IDLE);
}

static struct tick tick = { .fn = kmem_tick };

int kmem_init(const struct slab_ops *ops, unsigned int nr_slots)
{
	static const struct kmem_cache_boot sheaf_boot = { .align = SHEAF_SIZE };
	static const struct kmem_cache_boot line_boot = { .align = CACHELINE };
	static const struct kmem_cache_boot name_boot = { 0 };

	if (!backend) {
		backend = ops;
		kmem_nr_slots = nr_slots;
		kmem_owners_init();
		tick_register(&tick);
		kmem_shrinker_init();
	}
	if (kmem_cache_init(&sheaf_cache, "sheaf", SHEAF_SIZE, &sheaf_boot) ||
	    kmem_cache_init(&cpu_cache, "kmem_cache_cpu", cpu_array_size(),
			    &line_boot) ||
	    kmem_cache_init(&stat_cache, "kmem_cache_stat", stat_array_size(),
			    &line_boot) ||
	    kmem_cache_init(&cache_cache, "kmem_cache",
			    sizeof(struct kmem_cache), &line_boot) ||
	    kmem_cache_init(&name_cache, "kmem_cache_name", NAME_CACHE_SIZE,
			    &name_boot))
		return -ENOMEM;
	slab_state = PARTIAL;
	if (kmem_cache_init(&node_cache, "kmem_cache_node",
			    sizeof(struct kmem_cache_node), &line_boot))
		return -ENOMEM;
	slab_state = PARTIAL_NODE;
	return 0;
}

void kmem_reclaim(unsigned int flags)
{
	struct kmem_owner *owner = kmem_owner_here();
	struct kmem_cache *s;

	kmem_owners_request();
	if (owner && (flags & SHRINK_IDLE))
		kmem_owner_serve(owner);
	else if (owner)
		kmem_owner_flush(owner);
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_shrink(s, flags);
		s->ops->shrink(s, flags);
	}
	list_for_each_entry(s, &slab_dead, list)
		s->ops->shrink(s, flags);
	spin_unlock(&slab_mutex);
}

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
	lock_fork_take(&slab_mutex);
	kmem_owners_fork_take();
	fork_take_all(&slab_caches);
	fork_take_all(&slab_dead);
}

void kmem_fork_release(void)
{
	fork_release_all(&slab_dead);
	fork_release_all(&slab_caches);
	kmem_owners_fork_release();
	lock_fork_release(&slab_mutex);
	lock_fork_release(&mempool_lock);
}

struct kmem_cache *kmem_other_cache(const struct kmem_cache *s, const void *obj)
{
	const struct page *slab = virt_to_slab_page(obj);
	struct kmem_cache *owner;

	if (!slab || page_type(slab) != PAGE_SLAB || slab->slab_cache == s)
		return NULL;
	owner = slab->slab_cache;
	return owner->ops->object_of(owner, obj) == obj ? owner : NULL;
}

void kmem_free_to_owner(const struct kmem_cache *s, struct kmem_cache *owner,
			void *obj)
{
	km_report("cache_from_obj: Wrong slab cache. %s but object is from "
		  "%s\n",
		  s->name, owner->name);
	kmem_cache_free_direct(owner, &obj, 1);
}

void kmem_bad_object(const struct kmem_cache *s, const void *obj,
		     const char *what)
{
	km_panic("kmalloc: free(): %p %s (%s)\n", obj, what, s->name);
}

void kmem_double_free(const struct kmem_cache *s, const void *obj)
{
	km_panic("kmalloc: free(): double free of %p (%s)\n", obj, s->name);
}

unsigned long kmem_cache_cached(struct kmem_cache *s)
{
	return min(kmem_owners_count(s) + s->ops->cached(s) +
			   READ_ONCE(s->rcu_waiting),
		   READ_ONCE(s->in_use));
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	struct kmem_owner *owner = kmem_owner_get();

	__atomic_add_fetch(&s->shrinks, 1, __ATOMIC_RELAXED);
	kmem_owners_request();
	if (owner)
		kmem_owner_flush_cache(owner, s);
	barn_shrink(s, SHRINK_ALL);
	s->ops->shrink(s, SHRINK_ALL);
	return kmem_cache_nr_slabs(s) != 0;
}

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return READ_ONCE(s->object_size);
}

const char *kmem_cache_name(const struct kmem_cache *s)
{
	return s->name;
}
