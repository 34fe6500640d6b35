// SPDX-License-Identifier: MIT
/*
 * kmem/inherited.c - what a child of fork() frees into slabs of its parent
 *
 * A child shares its parent's pages until one of the two writes to them. A free
 * of one block would write to the block's page and to the struct page of its
 * slab: 8 KiB copied for 16 bytes. So objects of slabs that the child inherited
 * are freed in a map of their slab, apart from both:
 *
 *	a slab	| a | b | c | d | e |	all are in use, as the slab has it
 *	its map	  0   1   0   0   1	b and e were freed
 *
 * The next request of the cache takes objects of maps first. A map is given up,
 * and its objects go to the slab as in any process, when
 *	- all objects that the slab has in use are in it. The slab goes to the
 *	  page allocator then, and no object is written to
 *	- objects came and went so often that its pages are copied by now. The
 *	  slab counts as the child's own from then on
 *	- malloc is trimmed, the cache is shrunk or destroyed, or a request
 *	  would fail
 *
 *	s->inherited	a tree of maps by slab; a list of those with objects,
 *			the last one used first
 *
 * A process that is no child has no maps and looks for none. Memory and bits of
 * maps are inherited_map.c.
 *
 * Locking	inherited_lock (rank LOCK_INHERITED) for all maps of all caches
 * Invariants	INHERITED1  an object of a map is in use as its slab has it
 *		INHERITED2  count is the number of a map's bits; a map is listed
 *			    exactly if it is not 0; nr is the sum of all
 *					(kmem_inherited_check() checks both)
 * Source	no counterpart: docs/divergence.md D
 */
#include "core/bitmap.h"
#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/inherited.h"
#include "kmem/inherited_map.h"
#include "kmem/slab_ops.h"

#define SETTLE_BATCH 64U /* objects given back at a time */
/* So often an object of a slab is freed, by the average, until it is adopted */
#define ADOPT_AFTER 2U

u16 kmem_forks;
static spinlock_t inherited_lock = SPIN_LOCK_INIT(LOCK_INHERITED);

void kmem_inherited_fork_child(void)
{
	if (kmem_forks < UINT16_MAX) /* then all slabs count as its own */
		kmem_forks++;
}

void kmem_inherited_fork_take(void)
{
	lock_fork_take(&inherited_lock);
}

void kmem_inherited_fork_release(void)
{
	lock_fork_release(&inherited_lock);
}

/* Returns the slab of obj if it is inherited, or NULL. */
static struct page *inherited_slab(const void *obj)
{
	struct page *page = virt_to_slab_page(obj);

	return page && page_slab_born(page) < kmem_forks ? page : NULL;
}

bool __kmem_is_inherited(const void *obj)
{
	return inherited_slab(obj);
}

bool __kmem_inherited_any(void *const *objs, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (inherited_slab(objs[i]))
			return true;
	return false;
}

/* ---- the end of a map ---------------------------------------------------- */

/*
 * Takes a map out of the tree. Its objects are the caller's, and its slab is
 * not inherited any more: what else is freed there goes to the slab itself.
 */
static void detach_map(struct kmem_cache *s, struct inherited_map *map)
{
	lock_assert_held(&inherited_lock);
	page_slab_set_born(map->page, kmem_forks);
	rb_erase(&s->inherited->maps, &map->by_slab, NULL);
	if (map->count)
		list_del(&map->list);
	WRITE_ONCE(s->inherited->nr, s->inherited->nr - map->count);
}

/* Gives the objects of a detached map to their slab, and the map back. */
static void settle_map(struct kmem_cache *s, struct inherited_map *map)
{
	void *objs[SETTLE_BATCH];
	unsigned int nr;

	if (!map->count || !s->ops->drop_slab(s, map->page, map->count))
		while ((nr = inherited_map_pop(s, map, objs, SETTLE_BATCH))) {
			kmem_count_add(&s->in_use, nr); /* flush() counts */
			s->ops->flush(s, objs, nr);
		}
	spin_lock(&inherited_lock);
	list_add(&map->list, &s->inherited->spare);
	spin_unlock(&inherited_lock);
}

/* ---- the calls ----------------------------------------------------------- */

/* Returns true if the map is to be given up. */
static bool map_is_due(struct kmem_cache *s, const struct inherited_map *map)
{
	return map->frees > ADOPT_AFTER * inherited_objects_most(s) ||
	       s->ops->slab_used(map->page) == map->count;
}

/*
 * Frees an object in the map of its slab. A map that is to be given up then is
 * moved to `due`. Returns false if the object is not for a map.
 */
static bool put_object(struct kmem_cache *s, void *obj, struct list_head *due)
{
	struct page *page = inherited_slab(obj);
	struct inherited_map *map;
	unsigned long *bits, bit;
	u32 offset;

	if (!page || s->ops->slab_of_used(s, obj) != page)
		return false;
	offset = (u32)((char *)obj - (char *)page_to_virt(page));
	map = inherited_map_get(s, page, offset % s->size);
	if (unlikely(!map))
		return false;
	bits = &map->bits[offset / s->size / BITS_PER_LONG];
	bit = BIT(offset / s->size % BITS_PER_LONG);
	if (unlikely(*bits & bit))
		kmem_double_free(s, obj);
	*bits |= bit;
	map->frees++;
	if (map->count++)
		list_del(&map->list);
	list_add(&map->list, &s->inherited->filled);
	WRITE_ONCE(s->inherited->nr, s->inherited->nr + 1);
	if (map_is_due(s, map)) {
		detach_map(s, map);
		list_add(&map->list, due);
	}
	return true;
}

unsigned int __kmem_inherited_free(struct kmem_cache *s, void **objs,
				   unsigned int nr)
{
	struct inherited_map *map, *next;
	unsigned int left = 0;
	LIST_HEAD(due);

	if (!s->ops->slab_of_used || !__kmem_inherited_any(objs, nr))
		return nr;
	spin_lock(&inherited_lock);
	for (unsigned int i = 0; i < nr; i++)
		if (!put_object(s, objs[i], &due))
			objs[left++] = objs[i];
	spin_unlock(&inherited_lock);
	kmem_count_sub(&s->in_use, nr - left);
	list_for_each_entry_safe(map, next, &due, list)
		settle_map(s, map);
	return left;
}

/* Returns the map with objects of the node that was used last, or NULL. */
static struct inherited_map *filled_map(const struct kmem_cache *s, int node)
{
	struct inherited_map *map;

	list_for_each_entry(map, &s->inherited->filled, list)
		if (node == NUMA_NO_NODE || map->page->node_id == node)
			return map;
	return NULL;
}

unsigned int __kmem_inherited_alloc(struct kmem_cache *s, int node, void **objs,
				    unsigned int nr)
{
	struct inherited *in = s->inherited;
	struct inherited_map *map;
	unsigned int got = 0;

	if (!READ_ONCE(in->nr))
		return 0;
	spin_lock(&inherited_lock);
	while (got < nr && (map = filled_map(s, node))) {
		got += inherited_map_pop(s, map, objs + got, nr - got);
		if (!map->count)
			list_del(&map->list);
	}
	WRITE_ONCE(in->nr, in->nr - got);
	spin_unlock(&inherited_lock);
	kmem_count_add(&s->in_use, got);
	return got;
}

void kmem_inherited_settle(struct kmem_cache *s)
{
	struct inherited_map *map;
	struct rb_node *node;

	if (!READ_ONCE(s->inherited))
		return;
	for (;;) {
		spin_lock(&inherited_lock);
		node = rb_first(&s->inherited->maps);
		map = rb_entry_safe(node, struct inherited_map, by_slab);
		if (map)
			detach_map(s, map);
		spin_unlock(&inherited_lock);
		if (!map)
			break;
		settle_map(s, map);
	}
}

unsigned long kmem_inherited_count(struct kmem_cache *s)
{
	const struct inherited *in = READ_ONCE(s->inherited);

	return in ? READ_ONCE(in->nr) : 0;
}

/* ---- checks -------------------------------------------------------------- */

/* Checks one map. Returns how many objects it has. */
static u32 check_map(struct kmem_cache *s, const struct inherited_map *map)
{
	char *first = (char *)page_to_virt(map->page) + map->first;
	u32 nr = 0;

	for (unsigned int i = 0; i < inherited_objects_most(s); i++) {
		if (!(map->bits[i / BITS_PER_LONG] >> i % BITS_PER_LONG & 1))
			continue;
		nr++;
		BUG_ON(s->ops->slab_of_used(s, first + (size_t)i * s->size) !=
		       map->page);
	}
	BUG_ON(nr != map->count || page_slab_born(map->page) >= kmem_forks);
	BUG_ON(nr > s->ops->slab_used(map->page));
	return nr;
}

void kmem_inherited_check(struct kmem_cache *s)
{
	const struct inherited_map *map;
	struct rb_node *node;
	unsigned long nr = 0;
	u32 filled = 0;

	if (!s->inherited)
		return;
	spin_lock(&inherited_lock);
	node = rb_first(&s->inherited->maps);
	for (; node; node = rb_next(node)) {
		map = rb_entry(node, struct inherited_map, by_slab);
		filled += map->count != 0;
		nr += check_map(s, map);
	}
	list_for_each_entry(map, &s->inherited->filled, list)
		filled -= map->count != 0;
	BUG_ON(rb_check(&s->inherited->maps) || filled);
	BUG_ON(nr != s->inherited->nr);
	spin_unlock(&inherited_lock);
}
