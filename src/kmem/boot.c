// SPDX-License-Identifier: MIT
/*
 * kmem/boot.c - the start of object caches: the first caches of the library
 *
 *	kmem_init()	kmem_cache_cpu, kmem_cache_stat, kmem_cache,
 *			kmem_cache_name -> kmem_cache_node
 *	kmem_cache_init()	any cache in static storage
 *	kmem_start_sheaves()	sheaves for caches that have none so far: late.c
 *
 * The memory that describes these caches is of the region (region.c). It is
 * never freed. They are the caches that other caches are allocated from.
 *
 *	s->cpu_stat		s->cpu_slab		s->node[0]
 *	| of each CPU		| of each CPU		| ...	|
 *	`---------------- one piece of memory ------------------'
 *
 * Locking	kmem_class_lock (rank LOCK_CLASSES); none while one thread
 *		starts the engine
 * Source	Linux v6.18 mm/slub.c, kmem_cache_init()
 */
#include <errno.h>
#include <string.h>

#include "core/tick.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/forked.h"
#include "kmem/freelist.h"
#include "kmem/guard.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

#define BOOT_STEP (4 * PAGE_SIZE)

spinlock_t kmem_class_lock = SPIN_LOCK_INIT(LOCK_CLASSES);
static char *boot_at, *boot_end; /* kmem_class_lock */

void *kmem_boot_alloc(size_t size)
{
	void *ret;

	size = ALIGN(size, (size_t)CACHELINE);
	if (size > (size_t)(boot_end - boot_at)) {
		size_t more = ALIGN(max(size, BOOT_STEP), REGION_UNIT);
		char *start = region_zalloc(more);

		if (!start)
			return NULL;
		boot_at = start;
		boot_end = boot_at + more;
	}
	ret = boot_at;
	boot_at += size;
	return ret;
}

/* Undoes the last kmem_boot_alloc(), which returned p. */
static void boot_undo(void *p)
{
	memset(p, 0, (size_t)(boot_at - (char *)p));
	boot_at = p;
}

/* Returns the bytes of a cache's CPU part, enough for any backend. */
static unsigned int cpu_array_size(void)
{
	return (unsigned int)(nr_cpu_ids * kmem_backend_cpu_size());
}

static unsigned int stat_array_size(void)
{
	return (unsigned int)(nr_cpu_ids * sizeof(struct kmem_cache_stat));
}

/* Gives the cache its parts, all or none. */
static int boot_parts(struct kmem_cache *s)
{
	size_t stat = ALIGN(stat_array_size(), CACHELINE);
	size_t cpu = ALIGN(nr_cpu_ids * s->ops->cpu_size, (size_t)CACHELINE);
	size_t node = ALIGN(sizeof(*s->node[0]), CACHELINE);
	char *part;

	region_retry();
	part = kmem_boot_alloc(stat + cpu + nr_online_nodes * node);
	if (!part)
		return -ENOMEM;
	s->cpu_stat = (struct kmem_cache_stat *)(void *)part;
	if (cpu)
		s->cpu_slab = (struct kmem_cache_cpu *)(void *)(part + stat);
	part += stat + cpu;
	for (int nid = 0; nid < (int)nr_online_nodes; nid++) {
		s->node[nid] = (struct kmem_cache_node *)(void *)part;
		kmem_init_node(s->node[nid]);
		part += node;
	}
	return 0;
}

/*
 * Notes how free() finds out that an address is no start of an object. With
 * m = ceil(2^32 / size) and e = m * size - 2^32, byte j * size + r of a slab
 * times m is j * e + r * m, modulo 2^32. That is below m for r = 0 alone, as
 * long as no j * e comes near to m.
 */
static void note_check(const struct kmem_cache *s)
{
	u32 mask = (u32)(PAGE_SIZE << s->oo_order) - 1;
	u32 mul = UINT32_MAX / s->size + 1;
	u32 e = mul * s->size;
	bool exact = s->oo_bytes && (u64)(mask / s->size + 1) * e < mul;

	*index_check(s->class) = exact ? (struct mask_pair){ mask, mul } :
					 (struct mask_pair){ 0, 1 };
}

/* Bounds sheaves and barns as is asked, for a backend that has barns. */
static void bound_sheaves(struct kmem_cache *s,
			  const struct kmem_cache_boot *boot)
{
	unsigned long one;

	if (!boot->class || s->ops->main_empty != sheaf_main_empty)
		return;
	if (boot->sheaf_most) {
		s->sheaf_alone = s->sheaf_capacity;
		s->sheaf_capacity = min(s->sheaf_capacity, boot->sheaf_most);
	}
	one = (unsigned long)s->sheaf_capacity * s->size;
	if (boot->barn_bytes && one)
		s->barn_most = (u32)clamp(boot->barn_bytes / one, 1UL,
					  (unsigned long)BARN_MAX_FULL);
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
	if (boot->node_only && s->ops->node_only)
		s->ops = s->ops->node_only;
	s->usersize = boot->usersize;
	s->refcount = -1; /* never merged */
	s->marked = (u8)boot->marked;
	s->class = (u8)(boot->class + (s->marked ? MARKED_INDEX : 0));
	s->slot = (u16)boot->class;
	if (boot->max_order)
		s->max_order = (u16)boot->max_order;
	s->min_objects = boot->min_objects;
	s->max_waste = (u16)boot->max_waste;
	s->empty_bytes = boot->empty_bytes;
	s->sheaf_capacity = boot->sheaf_capacity;
	if (boot->class)
		kmem_classes[s->class] = s;
	if (boot_parts(s))
		return -ENOMEM;
	if (s->ops->setup(s)) {
		boot_undo(s->cpu_stat);
		return -EINVAL;
	}
	bound_sheaves(s, boot);
	if (!boot->class)
		s->sheaf_capacity = 0;
	else
		note_check(s);
	if (kmem_freelist_init(s)) {
		boot_undo(s->cpu_stat);
		return -ENOMEM;
	}
	kmem_guard_init(s);
	kmem_hold_sheaves(s);
	kmem_list_cache(s);
	return 0;
}

static void kmem_tick(unsigned int flags)
{
	if (kmem_forked_holds())
		return;
	kmem_reclaim(flags & TICK_IDLE ? SHRINK_ALL : SHRINK_IDLE);
	if (flags & TICK_IDLE)
		kmem_give_pages(SHRINK_IDLE);
}

static const struct tick upkeep_tick = {
	.fn = kmem_tick,
	.drain = kmem_drain,
};

int kmem_init(const struct slab_ops *ops, unsigned int nr_slots)
{
	static const struct kmem_cache_boot line_boot = { .align = CACHELINE };
	static const struct kmem_cache_boot name_boot = { 0 };

	if (kmem_set_backend(ops)) {
		kmem_nr_slots = nr_slots;
		kmem_nr_cursors = max(nr_slots, (unsigned int)API_SLOT);
		kmem_owners_init();
		tick_register(&upkeep_tick);
		kmem_shrinker_init();
	}
	if (kmem_cache_init(&cpu_cache, "kmem_cache_cpu", cpu_array_size(),
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
