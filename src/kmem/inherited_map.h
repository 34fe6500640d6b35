// SPDX-License-Identifier: MIT
/*
 * kmem/inherited_map.h - the maps of inherited.c
 */
#ifndef KM_KMEM_INHERITED_MAP_H
#define KM_KMEM_INHERITED_MAP_H

#include "kmem/kmem.h"

/* One slab's objects that were freed, by number. All of it: inherited_lock. */
struct inherited_map {
	struct rb_node by_slab;
	struct list_head list; /* inherited->filled or ->spare; or due */
	struct page *page;
	u32 first; /* bytes from the slab to its first object */
	u32 count, frees; /* objects now; calls so far */
	unsigned long bits[];
};

/* In front of each block of the region; those of the first are used. */
struct inherited {
	struct inherited *next; /* block */
	struct rb_root maps;
	struct list_head filled, spare;
	unsigned long nr; /* objects in maps; also read without the lock */
};

/* Returns how many objects a slab of the cache has at most. */
unsigned int inherited_objects_most(const struct kmem_cache *s);
/*
 * Returns the map of a slab, made if it has none. Its first object lies `first`
 * bytes into it. NULL: there is no memory.
 */
struct inherited_map *inherited_map_get(struct kmem_cache *s, struct page *page,
					u32 first);
/* Takes up to nr objects out of a map. Returns how many. */
unsigned int inherited_map_pop(const struct kmem_cache *s,
			       struct inherited_map *map, void **objs,
			       unsigned int nr);

#endif
