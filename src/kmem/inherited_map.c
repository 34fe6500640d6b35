// SPDX-License-Identifier: MIT
/*
 * kmem/inherited_map.c - the maps of inherited.c: memory, the tree, the bits
 *
 *	a block of the region
 *	| struct inherited | map | map | ... |	spare, or in the tree by slab
 *
 *	a slab	  | first | a | b | c | ...	bit i of its map is the object
 *		  `-------'			at first + i * size
 *
 * Locking	inherited_lock is held in each call, but in _release()
 * Tests	unit.kmem.inherited
 * Source	no counterpart: docs/divergence.md D
 */
#include <string.h>

#include "core/bitmap.h"
#include "kmem/inherited.h"
#include "kmem/inherited_map.h"
#include "kmem/region.h"

/* ---- memory of maps ------------------------------------------------------ */

unsigned int inherited_objects_most(const struct kmem_cache *s)
{
	return (unsigned int)((PAGE_SIZE << s->oo_order) / s->size);
}

static size_t map_bytes(const struct kmem_cache *s)
{
	return sizeof(struct inherited_map) +
	       BITS_TO_LONGS(inherited_objects_most(s)) * sizeof(long);
}

static size_t block_bytes(const struct kmem_cache *s)
{
	size_t least = sizeof(struct inherited) + map_bytes(s);

	return DIV_ROUND_UP(least, REGION_UNIT) * REGION_UNIT;
}

/* Gets a block of maps. Returns what heads the first, or NULL. */
static struct inherited *add_block(struct kmem_cache *s)
{
	const size_t bytes = block_bytes(s), each = map_bytes(s);
	struct inherited *block = region_alloc(bytes), *in = s->inherited;
	char *at = (char *)(block + 1);

	if (!block)
		return NULL;
	block->next = NULL;
	if (in) {
		block->next = in->next;
		in->next = block;
	} else {
		in = block;
		in->maps.node = NULL;
		in->nr = 0;
		INIT_LIST_HEAD(&in->filled);
		INIT_LIST_HEAD(&in->spare);
		smp_store_release(&s->inherited, in);
	}
	for (; at + each <= (char *)block + bytes; at += each) {
		struct inherited_map *map = (struct inherited_map *)(void *)at;

		list_add(&map->list, &in->spare);
	}
	return in;
}

void kmem_inherited_release(struct kmem_cache *s)
{
	struct inherited *block = s->inherited, *next;

	s->inherited = NULL;
	for (; block; block = next) {
		next = block->next;
		region_free(block, block_bytes(s));
	}
}

/* Returns an empty map of a slab, in no tree and on no list, or NULL. */
static struct inherited_map *new_map(struct kmem_cache *s, struct page *page,
				     u32 first)
{
	struct inherited_map *map;

	if (list_empty(&s->inherited->spare) && !add_block(s))
		return NULL;
	map = list_first_entry(&s->inherited->spare, struct inherited_map,
			       list);
	list_del(&map->list);
	memset(map, 0, map_bytes(s));
	map->page = page;
	map->first = first;
	return map;
}

/* ---- maps ---------------------------------------------------------------- */

/*
 * Returns the map of the slab that obj lies in, made if it has none. NULL:
 * there is no memory.
 */
struct inherited_map *inherited_map_get(struct kmem_cache *s, struct page *page,
					u32 first)
{
	struct rb_node **link, *parent = NULL;
	struct inherited_map *map;

	if (!s->inherited && !add_block(s))
		return NULL;
	link = &s->inherited->maps.node;
	while (*link) {
		parent = *link;
		map = rb_entry(parent, struct inherited_map, by_slab);
		if (map->page == page)
			return map;
		link = page < map->page ? &parent->left : &parent->right;
	}
	map = new_map(s, page, first);
	if (!map)
		return NULL;
	rb_link_node(&map->by_slab, parent, link);
	rb_insert(&s->inherited->maps, &map->by_slab, NULL);
	return map;
}

/* Takes up to nr objects out of a map. Returns how many. */
unsigned int inherited_map_pop(const struct kmem_cache *s,
			       struct inherited_map *map, void **objs,
			       unsigned int nr)
{
	char *first = (char *)page_to_virt(map->page) + map->first;
	unsigned int got = 0;

	nr = min(nr, map->count);
	for (unsigned int word = 0; got < nr; word++) {
		unsigned long *bits = &map->bits[word];

		for (; *bits && got < nr; *bits &= *bits - 1) {
			unsigned int i = word * BITS_PER_LONG + __ffs(*bits);

			objs[got++] = first + (unsigned long)i * s->size;
		}
	}
	map->count -= got;
	return got;
}
