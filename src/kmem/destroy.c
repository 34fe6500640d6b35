// SPDX-License-Identifier: MIT
/*
 * kmem/destroy.c - the end of a kmem_cache
 *
 *	one name of several	the name is removed, the cache stays
 *	the last name		sheaves and slabs are emptied, and the cache
 *				is freed
 *	objects are in use	a report names them and every name of the
 *				cache. The cache goes to slab_dead. It serves
 *				no request any more; its objects keep their
 *				memory and may still be freed. After that, a
 *				second destroy frees the cache.
 *
 * Locking	slab_mutex. It keeps out upkeep, which would have objects in
 *		lists of its own for a moment.
 * Source	Linux v6.12 mm/slab_common.c, kmem_cache_destroy()
 *		(docs/kernel.md U12, X7)
 */
#include "core/probe.h"
#include "diag/report.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/held.h"
#include "kmem/inherited.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"

/*
 * Takes back all objects of sheaves and barns. Returns how many objects are in
 * use. The cache has no user any more, so every thread's sheaves may be read.
 */
static unsigned long take_back_all(struct kmem_cache *s)
{
	kmem_owners_flush_cache(s);
	barn_shrink(s, SHRINK_ALL);
	kmem_inherited_settle(s);
	return s->ops->shutdown(s);
}

static bool is_on(const struct list_head *caches, const struct kmem_cache *s)
{
	struct kmem_cache *at;

	list_for_each_entry(at, caches, list)
		if (at == s)
			return true;
	return false;
}

/* Calls fn for each slab of the cache, with its head page. */
static void for_each_slab(struct kmem_cache *s,
			  void (*fn)(struct kmem_cache *s, struct page *page))
{
	unsigned long pfn = 0, end = smp_load_acquire(&arena_nr_frames);

	while (pfn < end) {
		struct page *page;

		page = virt_to_slab_page(pfn_to_virt(pfn));
		if (!page) {
			pfn++;
			continue;
		}
		if (page->slab_cache == s)
			fn(s, page);
		pfn += 1UL << page->order;
	}
}

/*
 * Reports a leak with all names of a merged cache, since the objects may have
 * been allocated under any of them.
 */
static void report_leak(const struct kmem_cache *s, const void *caller)
{
	const struct kmem_cache_alias *alias;

	km_report("kmem_cache_destroy %pE: Slab cache still has objects when "
		  "called from %pS\n",
		  s->name, caller);
	list_for_each_entry(alias, &s->aliases, list)
		km_report("kmem_cache_destroy %pE: merged with %pE, whose "
			  "objects they may be\n",
			  s->name, alias->name);
}

/*
 * Reports the objects that are still in use and moves the cache to slab_dead.
 */
static void bury_cache(struct kmem_cache *s, const void *caller)
{
	if (!slab_add_kunit_errors(s))
		report_leak(s, caller);
	if (s->ops->list_slab_objects)
		for_each_slab(s, s->ops->list_slab_objects);
	__kmem_put_slot(s);
	WRITE_ONCE(s->dead, 1);
	list_del(&s->list);
	list_add(&s->list, &slab_dead);
}

/*
 * Removes a name of the cache. Returns 1 if that was the last and the cache may
 * be released, otherwise 0.
 */
static int shut_down(struct kmem_cache *s, const void *caller)
{
	if (!is_on(&slab_caches, s) && !is_on(&slab_dead, s)) {
		km_report("kmem_cache_destroy: %p is no cache, or destroyed "
			  "already, when called from %pS\n",
			  (void *)s, caller);
		return 0;
	}
	if (!s->dead && --s->refcount > 0)
		return 0;
	if (take_back_all(s)) {
		bury_cache(s, caller);
		return 0;
	}
	__kmem_put_slot(s);
	list_del(&s->list);
	return 1;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	const void *caller = __builtin_return_address(0);
	int gone;

	if (!s)
		return;
	if (kmem_rcu)
		kmem_rcu->kvfree_barrier();
	spin_lock(&slab_mutex);
	gone = shut_down(s, caller);
	spin_unlock(&slab_mutex);
	if (!gone)
		return;
	probe_kmem_cache_destroy(s->name);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		kmem_rcu->barrier();
	kmem_cache_release(s);
}
