// SPDX-License-Identifier: MIT
/*
 * slub/slab.c - the geometry of slabs, and how they are made and freed
 *
 * An object consists of its bytes, room for the free pointer if that may not
 * lie inside, and padding to the alignment. The order of a slab is the lowest
 * that holds enough objects and wastes at most 1/16 of the slab. If there is
 * none, 1/8, 1/4 and 1/2 are tried in turn. When memory is short, it is the
 * lowest that holds one object.
 *
 * Locking	none; only the caller knows a slab that is being made or freed
 * Source	Linux v6.18 mm/slub.c, calculate_sizes(), calculate_order()
 *		(docs/kernel.md U6-U9)
 */
#include <errno.h>

#include "buddy/buddy.h"
#include "diag/report.h"
#include "slub/debug.h"

#define DEFRAG_RATIO 1000 /* of 1024 refills, those that may use other nodes */

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

/* The most objects in a slab: their number has to fit into 15 bits. */
#define MAX_OBJS_PER_PAGE 32767UL

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
	for (unsigned int fraction = 16; fraction > 1; fraction /= 2) {
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

static void calculate_partials(struct kmem_cache *s)
{
	unsigned int objects = 120;

	if (s->size >= PAGE_SIZE)
		objects = 6;
	else if (s->size >= 1024)
		objects = 24;
	else if (s->size >= 256)
		objects = 52;
	if (s->flags & SLAB_DEBUG_FLAGS)
		objects = 0;
	slub_set_cpu_partial(s, objects);
	s->min_partial = clamp(ilog2(s->size) / 2, 5U, 10U);
}

/*
 * Sets the layout and the order of the slabs. Debug metadata that would need
 * larger slabs are left out if slab_debug=O says so, or if no block is large
 * enough.
 */
static int calculate_sizes(struct kmem_cache *s)
{
	unsigned int without = get_order(s->object_size);
	int order;

	if (slab_max_order >= 0)
		s->max_order = (u32)slab_max_order;
	else if (!s->max_order)
		s->max_order = PAGE_ALLOC_COSTLY_ORDER;
	s->max_order = max(s->max_order, slab_min_order);
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

int slub_setup(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int ret, nid;

	ret = calculate_sizes(s);
	if (ret)
		return ret;
	calculate_partials(s);
	s->remote_node_defrag_ratio = DEFRAG_RATIO;
	s->sheaf_capacity = sheaf_capacity(s);
	if (s->flags & SLAB_DEBUG_FLAGS)
		s->ops = &slub_debug_ops;
	for_each_kmem_cache_node(s, nid, n) {
		INIT_LIST_HEAD(&n->partial);
		INIT_LIST_HEAD(&n->full);
	}
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		spin_lock_init(&s->cpu_slab[cpu].lock, LOCK_KMEM_CPU);
	return 0;
}

static void run_ctor(struct kmem_cache *s, struct slab *slab)
{
	char *obj = slab_address(slab);

	for (unsigned int i = 0; i < slab->state.counters.objects; i++)
		s->ctor(obj + (unsigned long)i * s->size);
}

/*
 * Allocates a block of the preferred order without trying hard, or else one of
 * the smallest order that holds an object.
 */
static struct page *alloc_slab_page(struct kmem_cache *s, gfp_t gfp, int node)
{
	gfp_t flags = s->allocflags | gfp, first;
	struct page *page;

	first = (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	if (s->min_order < s->oo_order && first & __GFP_DIRECT_RECLAIM)
		first = (first | __GFP_NOMEMALLOC) & ~__GFP_DIRECT_RECLAIM;
	page = page_block_alloc(node, first, s->oo_order);
	if (page)
		return page;
	page = page_block_alloc(node, flags, s->min_order);
	if (page)
		kmem_stat(s, ORDER_FALLBACK);
	return page;
}

/*
 * Puts all objects of a new slab on its free list, in the cache's shuffled
 * order.
 */
static void shuffle_freelist(struct kmem_cache *s, struct slab *slab)
{
	unsigned int objects = slab->state.counters.objects;
	unsigned int pos = kmem_freelist_start(s);
	char *first = slab_object(s, slab, 0);
	char *obj = NULL, *next;

	for (unsigned int i = 0; i < objects; i++) {
		next = first +
		       (unsigned long)s->size *
			       kmem_next_freelist_entry(s, objects, &pos);
		if (obj)
			set_freepointer(s, obj, next);
		else
			slab->state.freelist = next;
		obj = next;
	}
	set_freepointer(s, obj, NULL);
	slab->carved = objects;
}

struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct page *page;
	struct slab *slab;
	unsigned long objects;

	if (gfp & __GFP_NO_GROW)
		return NULL;
	page = alloc_slab_page(s, gfp & GFP_SLAB_MASK, node);
	slab = (struct slab *)page;
	if (!page)
		return NULL;
	page_memcg_to_slab(page);
	objects = (PAGE_SIZE << page->order) / s->size;
	slab->state.freelist = NULL;
	slab->state.counters.inuse = 0;
	slab->state.counters.objects = (u16)objects;
	slab->state.counters.frozen = 1;
	slab->next = NULL;
	slab->carved = 0;
	if (s->ops->debug_alloc)
		init_debug_slab(s, slab);
	else if (s->ctor)
		run_ctor(s, slab);
	if (s->random_seq)
		shuffle_freelist(s, slab);
	account_slab(s, page, objects);
	return slab;
}

void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	struct page *page = slab_page(slab);

	unaccount_slab(s, page, slab->state.counters.objects);
	kmem_free_slab(s, page);
}

bool is_object(const struct kmem_cache *s, const struct slab *slab,
	       const void *obj)
{
	u64 offset = (u64)((const char *)obj - (char *)slab_address(slab)) -
		     s->red_left_pad;
	u64 nr = (offset * s->reciprocal_size) >> RECIPROCAL_SHIFT;

	return nr * s->size == offset && nr < slab->state.counters.objects;
}

void bad_freelist(const struct kmem_cache *s, const void *next)
{
	km_panic("kmalloc: a free list leads to %p (%s)\n", next, s->name);
}

void check_object(const struct kmem_cache *s, const struct slab *slab,
		  const void *obj)
{
	if (unlikely(!slab || slab->type != PAGE_SLAB || slab->slab_cache != s))
		kmem_bad_object(s, obj, "is not allocated memory");
	if (unlikely(!is_object(s, slab, obj)))
		kmem_bad_object(s, obj, "is not the start of an object");
}

int slub_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	int wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (likely(known_slab(s, objs[i])))
			continue;
		if (unlikely(kmem_other_cache(s, objs[i])))
			wrong++;
		else
			check_object(s, virt_to_slab(objs[i]), objs[i]);
	}
	return wrong;
}
