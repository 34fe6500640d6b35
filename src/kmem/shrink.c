// SPDX-License-Identifier: MIT
/*
 * kmem/shrink.c - gives back what caches keep: at ticks and in shortage
 *
 *	total objects of a cache
 *	|---- in use ----|-- in sheaves and barns --|-- free in slabs --|
 *	                  `------------- idle, in whole slabs ---------'
 *
 * The count is an upper bound: an idle object that shares its slab with a used
 * one frees no page. Objects in other threads' sheaves are not counted. These
 * threads are asked to flush them, and do so at their next slow path. Those of
 * CPUs (percpu=rseq) are counted, and flushed at once. A report names the
 * memory that cannot be freed.
 *
 * Locking	slab_mutex for the list; kmem_owners_lock to flush this thread
 * Source	Linux v6.12 mm/slab_common.c, dump_unreclaimable_slab()
 *		(docs/kernel.md O4); the shrinker has no counterpart
 */
#include <errno.h>

#include "core/control.h"
#include "core/task.h"
#include "diag/report.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/inherited.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/region.h"
#include "kmem/room.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "reclaim/reclaim.h"

static unsigned long total_objects(const struct kmem_cache *s)
{
	const struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += READ_ONCE(n->total_objects);
	return nr;
}

/*
 * Returns how many pages of a cache could be freed at most; every number is
 * racy.
 */
static unsigned long idle_pages(struct kmem_cache *s)
{
	unsigned long slabs = kmem_cache_nr_slabs(s), total = total_objects(s);
	unsigned long used = READ_ONCE(s->in_use), cached = s->ops->cached(s);
	struct kmem_owner *owner = kmem_owner_here();
	unsigned long idle;

	if (!slabs || total < slabs)
		return 0;
	if (owner)
		cached += kmem_owner_count(owner, s);
	else if (kmem_rseq)
		cached += kmem_owners_count(s);
	idle = total - min(used, total) + min(cached, used);
	return min(idle, total) / (total / slabs) *
	       (kmem_cache_nr_pages(s) / slabs);
}

static unsigned long kmem_count(struct shrinker *shrinker,
				struct shrink_control *sc)
{
	unsigned long pages = 0;
	struct kmem_cache *s;

	(void)shrinker;
	(void)sc;
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		pages += idle_pages(s);
	spin_unlock(&slab_mutex);
	return pages;
}

/*
 * Frees barns and slabs of one cache after another, until nr pages are freed.
 */
static void shrink_caches(u32 before, unsigned long nr)
{
	struct kmem_cache *s;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_shrink(s, SHRINK_ALL);
		s->ops->shrink(s, SHRINK_ALL);
		if ((u32)(current->reclaimed - before) >= nr)
			break;
	}
	spin_unlock(&slab_mutex);
}

/*
 * slab_mutex is released for a cache of the library's own, such as a size
 * class: it is never destroyed and stays on the list.
 */
unsigned long kmem_give_pages(unsigned int flags)
{
	unsigned long pages = 0;
	struct kmem_cache *s;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		const bool stays = s->refcount < 0;

		if (!s->ops->give_pages)
			continue;
		if (stays)
			spin_unlock(&slab_mutex);
		if (flags == SHRINK_ALL)
			kmem_inherited_settle(s);
		pages += s->ops->give_pages(s, flags);
		if (stays)
			spin_lock(&slab_mutex);
	}
	spin_unlock(&slab_mutex);
	return pages;
}

/* Flushes the tables of all CPUs, or where that is refused that of this one. */
static void flush_cpus(void)
{
	struct kmem_cache *s;

	if (kmem_cpu_owners_flush())
		return;
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		kmem_hand_flush(s);
	spin_unlock(&slab_mutex);
}

static unsigned long kmem_scan(struct shrinker *shrinker,
			       struct shrink_control *sc)
{
	struct kmem_owner *owner = kmem_owner_here();
	u32 before = current->reclaimed, freed;

	(void)shrinker;
	shrink_caches(before, sc->nr_to_scan);
	if ((u32)(current->reclaimed - before) < sc->nr_to_scan) {
		kmem_owners_request();
		if (owner)
			kmem_owner_flush(owner);
		flush_cpus();
		shrink_caches(before, sc->nr_to_scan);
	}
	freed = current->reclaimed - before;
	if (!freed)
		kmem_give_pages(SHRINK_ALL);
	return freed ? freed : SHRINK_STOP;
}

/* ---- at a tick, or because a caller asks --------------------------------- */

static void shrink_every(unsigned int flags)
{
	struct kmem_cache *s;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_shrink(s, flags);
		s->ops->shrink(s, flags);
	}
	list_for_each_entry(s, &slab_dead, list)
		s->ops->shrink(s, flags);
	spin_unlock(&slab_mutex);
}

void kmem_drain(void)
{
	struct kmem_owner *owner = kmem_owner_here();

	if (owner)
		kmem_owner_flush(owner);
	flush_cpus();
	shrink_every(SHRINK_ALL);
}

void kmem_reclaim(unsigned int flags)
{
	struct kmem_owner *owner = kmem_owner_here();

	kmem_owners_request();
	if (owner && (flags & SHRINK_IDLE))
		kmem_owner_serve(owner);
	else if (owner)
		kmem_owner_flush(owner);
	if (flags & SHRINK_IDLE)
		kmem_cpu_owners_flush_idle();
	else
		flush_cpus();
	shrink_every(flags);
	region_trim();
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	struct kmem_owner *owner = kmem_owner_get();

	__atomic_add_fetch(&s->shrinks, 1, __ATOMIC_RELAXED);
	kmem_owners_request();
	if (owner)
		kmem_owner_flush_cache(owner, s);
	kmem_cpu_owners_flush_cache(s);
	barn_shrink(s, SHRINK_ALL);
	kmem_inherited_settle(s);
	s->ops->shrink(s, SHRINK_ALL);
	if (s->ops->give_pages)
		s->ops->give_pages(s, SHRINK_ALL);
	return kmem_cache_nr_slabs(s) != 0;
}

/* number[0] stands for the name of a cache. */
static long shrink_from_outside(const u64 *number)
{
	struct kmem_cache *s;
	long ret = -ENOENT;

	kmem_owner_get(); /* needed to shrink, and not made under a lock */
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		if (control_name(s->name) != number[0])
			continue;
		kmem_cache_shrink(s);
		ret = 0;
		break;
	}
	spin_unlock(&slab_mutex);
	return ret;
}
control_action(CONTROL_SHRINK, shrink_from_outside, UINT64_MAX, 0);

/* ---- the report ---------------------------------------------------------- */

/* Prints the memory that no shrinker can free, by cache (docs/kernel.md O4). */
static void dump_unreclaimable_slab(void)
{
	struct kmem_cache *s;

	if (!spin_trylock(&slab_mutex)) {
		km_report(
			"excessive unreclaimable slab but cannot dump stats\n");
		return;
	}
	km_report("Unreclaimable slab info:\n");
	km_report("Name                      Used          Total\n");
	list_for_each_entry(s, &slab_caches, list) {
		unsigned long total = kmem_cache_nr_pages(s);
		unsigned long used = READ_ONCE(s->in_use) * s->size;

		if (!(s->flags & SLAB_RECLAIM_ACCOUNT) && total)
			km_report("%-17pE %10luKB %10luKB\n", s->name,
				  used >> 10, PAGES_KB(total));
	}
	spin_unlock(&slab_mutex);
}

void kmem_shrinker_init(void)
{
	static struct shrinker caches = {
		.count_objects = kmem_count,
		.scan_objects = kmem_scan,
		.batch = 32,
		.seeks = DEFAULT_SEEKS,
		.flags = SHRINKER_ENGINE,
		.name = "kmem",
	};
	static const struct oom_dump dump = { .fn = dump_unreclaimable_slab };

	shrinker_register(&caches);
	oom_dump_register(&dump);
}
