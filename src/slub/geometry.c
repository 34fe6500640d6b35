// SPDX-License-Identifier: MIT
/*
 * slub/geometry.c - size, order and limits of a cache
 *
 * An object consists of its bytes, room for the free pointer if that may not
 * lie inside, and padding to the alignment. The order of a slab is the lowest
 * that holds enough objects and wastes at most 1/16 of the slab, or less if the
 * cache says so. If there is none, twice as much is tried, up to a half. When
 * memory is short, it is the lowest that holds one object.
 *
 * Locking	none; only the caller knows the cache yet
 * Source	Linux v6.18 mm/slub.c, calculate_sizes(), calculate_order()
 *		(docs/kernel.md U6-U9)
 */
#include <errno.h>

#include "kmem/merge.h"
#include "kmem/order.h"
#include "slub/debug.h"

/*
 * Returns the lowest order from `order` to max_order at which a slab wastes at
 * most 1/fraction of its bytes, or -1.
 */
static int slab_order(unsigned int size, unsigned int order,
		      unsigned int max_order, unsigned int fraction)
{
	for (; order <= max_order; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			return (int)order;
	}
	return -1;
}

static int calculate_order(const struct kmem_cache *s)
{
	unsigned long most = (PAGE_SIZE << s->max_order) / s->size;
	unsigned long objects = slab_min_objects;
	unsigned int low;

	if (!objects)
		objects = max(4 * ((unsigned long)fls(nr_cpu_ids) + 1),
			      (unsigned long)s->min_objects);
	objects = max(min(objects, most), 1UL);
	low = max(slab_min_order, get_order(objects * s->size));
	if ((PAGE_SIZE << low) / s->size > MAX_OBJS_PER_PAGE)
		return (int)get_order(s->size * MAX_OBJS_PER_PAGE) - 1;
	for (unsigned int fraction = s->max_waste ? s->max_waste : 16;
	     fraction > 1; fraction /= 2) {
		int order = slab_order(s->size, low, s->max_order, fraction);

		if (order >= 0)
			return order;
	}
	low = get_order(s->size);
	return low <= MAX_PAGE_ORDER ? (int)low : -EINVAL;
}

void slub_set_cpu_partial(struct kmem_cache *s, unsigned int nr_objects)
{
	WRITE_ONCE(s->cpu_partial, nr_objects);
	WRITE_ONCE(s->cpu_partial_slabs,
		   (u32)DIV_ROUND_UP(2UL * nr_objects, s->oo_objects));
}

void calculate_partials(struct kmem_cache *s)
{
	unsigned int objects = 120;

	if (s->size >= PAGE_SIZE)
		objects = 6;
	else if (s->size >= 1024)
		objects = 24;
	else if (s->size >= 256)
		objects = 52;
	if (!has_cpu_slabs(s) || s->flags & SLAB_DEBUG_FLAGS)
		objects = 0;
	slub_set_cpu_partial(s, objects);
	s->min_partial = clamp(ilog2(s->size) / 2, 5U, 10U);
	if (s->empty_bytes)
		s->min_partial = clamp(s->empty_bytes >> PAGE_SHIFT >>
					       s->oo_order,
				       1U, s->min_partial);
}

int calculate_sizes(struct kmem_cache *s)
{
	unsigned int without = get_order(s->object_size);
	int order;

	if (slab_max_order >= 0)
		s->max_order = (u16)slab_max_order;
	else if (!s->max_order)
		s->max_order = PAGE_ALLOC_COSTLY_ORDER;
	s->max_order = (u16)max((unsigned int)s->max_order, slab_min_order);
	s->align = calculate_alignment(s->flags, s->align, s->object_size);
	slub_layout(s);
	if ((s->flags & DEBUG_METADATA_FLAGS) &&
	    (get_order(s->size) > MAX_PAGE_ORDER ||
	     (disable_higher_order_debug && get_order(s->size) > without))) {
		s->flags &= ~DEBUG_METADATA_FLAGS;
		slub_layout(s);
	}
	s->reciprocal_size = DIV_ROUND_UP(1UL << RECIPROCAL_SHIFT,
					  (u64)s->size);
	order = calculate_order(s);
	if (order < 0)
		return -EINVAL;
	s->oo_order = (u8)order;
	s->min_order = (u8)get_order(s->size);
	s->oo_objects = (u32)((PAGE_SIZE << order) / s->size);
	s->oo_bytes = s->oo_objects * s->size;
	s->divisor = UINT64_MAX / s->size + 1;
	return 0;
}
