// SPDX-License-Identifier: MIT
/*
 * slub/left.c - lists the objects of a slab that are still in use
 *
 *	carved 6 of 8	objects	0 1 2 3 4 5 6 7
 *	freelist 4 -> 1		x   x x   x . .		x: in use
 *
 * Locking	slab_mutex; the cache is being destroyed and not used
 * Source	Linux v6.12 mm/slub.c, list_slab_objects() (docs/kernel.md U12)
 */
#include <string.h>

#include "diag/report.h"
#include "slub/away.h"
#include "slub/debug.h"

static unsigned long free_map[MAX_OBJS_PER_PAGE / BITS_PER_LONG + 1];

static void map_set(unsigned int nr)
{
	free_map[nr / BITS_PER_LONG] |= BIT(nr % BITS_PER_LONG);
}

static bool map_test(unsigned int nr)
{
	return free_map[nr / BITS_PER_LONG] & BIT(nr % BITS_PER_LONG);
}

static void fill_map(const struct kmem_cache *s, const struct slab *slab)
{
	const char *base = slab_object(s, slab, 0);
	const void *obj = slab->state.freelist;

	memset(free_map, 0, sizeof(free_map));
	for (unsigned int i = slab->carved; i < slab->state.counters.objects;
	     i++)
		map_set(i);
	for (unsigned int i = 0; i < slab->carved; i++)
		if (pieces_of(s, slab, i) & slab->away)
			map_set(i);
	for (; obj && is_slab_object(s, slab, obj);
	     obj = get_freepointer(s, slab, obj))
		map_set((unsigned int)(((const char *)obj - base) / s->size));
}

void slub_list_slab_objects(struct kmem_cache *s, struct page *page)
{
	const struct slab *slab = (struct slab *)page;
	unsigned int objects = slab->state.counters.objects;

	if (!slab->state.counters.inuse || slab_add_kunit_errors(s))
		return;
	slab_bug(s, "Objects remaining on __kmem_cache_shutdown()");
	km_report("Slab %p objects=%u used=%u fp=%p\n", (const void *)slab,
		  objects, slab->state.counters.inuse, slab->state.freelist);
	fill_map(s, slab);
	for (unsigned int i = 0; i < objects; i++) {
		char *obj = slab_object(s, slab, i);

		if (map_test(i))
			continue;
		km_report("Object %p @offset=%lu\n", (void *)obj,
			  (unsigned long)(obj - (char *)slab_address(slab)));
		print_tracking(s, obj);
	}
}
