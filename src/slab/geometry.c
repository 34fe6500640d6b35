// SPDX-License-Identifier: MIT
/*
 * slab/geometry.c - size, order, colours and limits of a cache
 *
 * A slab has an array of the numbers of its free objects. Places for it are
 * tried in this order:
 *
 *	FREELIST_OBJ	|obj|obj|obj|obj|left|	   in the last free object: the
 *						   array must fit, and nothing
 *						   else may be kept in the
 *						   object
 *	FREELIST_OFF	|obj|obj|obj|obj|left|  -> an object of a kmalloc cache,
 *						   of at most half the size, if
 *						   `left` is too small; or of
 *						   the cache slab_freelist
 *	FREELIST_ON	|obj|obj|obj|left|list|
 *
 * `left` is used for colours: the first object of slab i lies (i % colours) *
 * colour_off bytes into the slab. So the first objects of all slabs do not
 * compete for the same lines of the CPU's caches.
 *
 * The order is the lowest at which `left` is at most 1/16 of the slab, or less
 * if the cache says so. If none up to the limit has so little, twice as much is
 * tried, up to a half. A cache
 * may ask for a number of objects too, as far as each can have a number.
 *
 * Locking	none; only the caller knows the cache yet
 * Source	Linux v6.1 mm/slab.c
 *		(docs/kernel.md S2, S7-S10); the order is found as on
 *		SLUB: docs/divergence.md H
 */
#include <errno.h>
#include <limits.h>

#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/merge.h"
#include "kmem/order.h"
#include "zone/page_debug.h"
#include "kmem/kmalloc.h"
#include "slab/debug.h"

/*
 * The largest order that a slab may have in order to waste less;
 * slab_max_order= sets another. The kernel has 1, or 0 up to 32 MiB.
 */
#define SLAB_MAX_ORDER PAGE_ALLOC_COSTLY_ORDER

/* Bytes of a freelist in a cache for them, of SLAB_OBJ_MAX_NUM numbers. */
#define PACKED_LIST 256U

/* Returns the largest order that a slab of the cache may have to waste less. */
static unsigned long max_order_of(const struct kmem_cache *s)
{
	if (slab_max_order >= 0)
		return (unsigned long)slab_max_order;
	return s->max_order ? s->max_order : SLAB_MAX_ORDER;
}

/*
 * Returns how many objects fit into a slab. Stores the bytes left over in
 * *left.
 */
static unsigned int cache_estimate(unsigned int order, size_t size,
				   enum freelist_place place, size_t *left)
{
	size_t bytes = PAGE_SIZE << order;
	size_t each = size +
		      (place == FREELIST_ON ? sizeof(freelist_idx_t) : 0);

	*left = bytes % each;
	return (unsigned int)(bytes / each);
}

/* Returns the cache of the freelists that packs_lists() means, or NULL. */
static struct kmem_cache *packed_lists(void)
{
	static const struct kmem_cache_boot boot = { .align = CACHELINE };
	static struct kmem_cache lists;

	return kmem_cache_init(&lists, "slab_freelist", PACKED_LIST, &boot) ?
		       NULL :
		       &lists;
}

/*
 * Returns true if slabs of so many objects have their freelists side by side in
 * a cache for that. All would lie at the same place of a page else, and compete
 * for a few lines of the CPU's caches.
 */
static inline bool packs_lists(const struct kmem_cache *s, unsigned int num)
{
	return s->min_objects && num > FREE_MAP_BITS &&
	       !(s->flags & SLAB_RECLAIM_ACCOUNT);
}

/*
 * Returns a cache for arrays of num numbers: that one, or a kmalloc cache, or
 * NULL if none is small enough to be worth it.
 */
static struct kmem_cache *find_freelist_cache(const struct kmem_cache *s,
					      unsigned int num)
{
	struct kmem_cache *fc;

	if (packs_lists(s, num))
		return packed_lists();
	fc = kmalloc_slab(num * sizeof(freelist_idx_t));

	if (!fc || fc->freelist_place == FREELIST_OFF || fc->size > s->size / 2)
		return NULL;
	return fc;
}

/* What a slab of some order would be. */
struct slab_form {
	unsigned int num; /* objects; 0: this order will not do */
	size_t left; /* bytes left over */
	struct kmem_cache *fc; /* FREELIST_OFF: has the freelist */
};

static struct slab_form form_of_order(const struct kmem_cache *s,
				      unsigned int order,
				      enum freelist_place place)
{
	struct slab_form form = { .fc = NULL };

	form.num = cache_estimate(order, s->size, place, &form.left);
	if (place == FREELIST_OFF && packs_lists(s, form.num) &&
	    form.num <= PACKED_LIST && form.num > SLAB_OBJ_MAX_NUM) {
		form.left += (form.num - SLAB_OBJ_MAX_NUM) * s->size;
		form.num = SLAB_OBJ_MAX_NUM;
	}
	if (place != FREELIST_OFF || form.num > SLAB_OBJ_MAX_NUM)
		return form;
	form.fc = find_freelist_cache(s, form.num);
	if (!form.fc)
		form.num = 0;
	return form;
}

/*
 * Returns the order from which to look: one at which a slab has the objects
 * that the cache asks for, or as many as can have a number.
 */
static unsigned int lowest_order(const struct kmem_cache *s,
				 unsigned long max_order)
{
	unsigned int order = 0;

	if (s->flags & SLAB_RECLAIM_ACCOUNT)
		return 0;
	while (order < max_order &&
	       (PAGE_SIZE << order) / s->size < s->min_objects &&
	       (PAGE_SIZE << (order + 1)) / s->size <= PACKED_LIST)
		order++;
	return order;
}

/*
 * Returns a smaller number for less waste: 0 if the slab wastes 1/16 at most,
 * or as little as the cache says.
 */
static unsigned int waste_rank(const struct kmem_cache *s, size_t left,
			       unsigned int order)
{
	unsigned int fraction = s->max_waste ? s->max_waste : 16, rank = 0;

	while (left * (fraction >> rank) > PAGE_SIZE << order)
		rank++;
	return rank;
}

/*
 * Sets num, gfporder and freelist_cache; num is 0 if no order will do. Returns
 * the bytes left over.
 */
static size_t calculate_slab_order(struct kmem_cache *s,
				   enum freelist_place place)
{
	unsigned long max_order = max_order_of(s);
	unsigned int best = UINT_MAX;
	size_t left_over = 0;

	s->num = 0;
	s->freelist_cache = NULL;
	for (unsigned int order = lowest_order(s, max_order);
	     order <= MAX_PAGE_ORDER; order++) {
		struct slab_form form = form_of_order(s, order, place);
		unsigned int rank = waste_rank(s, form.left, order);

		if (form.num > SLAB_OBJ_MAX_NUM)
			break;
		if (form.num && rank < best) {
			best = rank;
			left_over = form.left;
			s->num = form.num;
			s->gfporder = (u8)order;
			s->freelist_cache = form.fc;
		}
		/*
		 * Slabs of a reclaimable cache stay small: they are freed more
		 * easily.
		 */
		if (s->num && (s->flags & SLAB_RECLAIM_ACCOUNT ||
			       order >= max_order || !best))
			break;
	}
	return left_over;
}

static bool set_objfreelist_slab_cache(struct kmem_cache *s)
{
	size_t left;

	if (s->ctor || want_init_on_free() ||
	    s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_DEBUG_FLAGS))
		return false;
	left = calculate_slab_order(s, FREELIST_OBJ);
	if (!s->num || s->num > FREE_MAP_BITS ||
	    s->num * sizeof(freelist_idx_t) > s->object_size)
		return false; /* bytes of objects in use need a place, too */
	s->colour = (unsigned int)(left / s->colour_off);
	return true;
}

static bool set_off_slab_cache(struct kmem_cache *s)
{
	size_t left;

	if (s->flags & SLAB_NOLEAKTRACE)
		return false;
	left = calculate_slab_order(s, FREELIST_OFF);
	if (!s->num || (left >= s->num * sizeof(freelist_idx_t) &&
			!packs_lists(s, s->num)))
		return false;
	s->colour = (unsigned int)(left / s->colour_off);
	return true;
}

static bool set_on_slab_cache(struct kmem_cache *s)
{
	size_t left = calculate_slab_order(s, FREELIST_ON);

	if (!s->num)
		return false;
	s->colour = (unsigned int)(left / s->colour_off);
	return true;
}

static bool place_freelist(struct kmem_cache *s)
{
	if (set_objfreelist_slab_cache(s))
		s->freelist_place = FREELIST_OBJ;
	else if (set_off_slab_cache(s))
		s->freelist_place = FREELIST_OFF;
	else if (set_on_slab_cache(s))
		s->freelist_place = FREELIST_ON;
	else
		return false;
	s->freelist_size = s->num * (unsigned int)sizeof(freelist_idx_t);
	return true;
}

/* Sets how many objects an owner's array and the shared array hold. */
static void enable_cpucache(struct kmem_cache *s)
{
	unsigned int wanted = min(s->sheaf_capacity, (u32)SHEAF_MAX_CAPACITY);

	if (s->size > 131072)
		s->limit = 1;
	else if (s->size > PAGE_SIZE)
		s->limit = 8;
	else if (s->size > 1024)
		s->limit = 24;
	else
		s->limit = s->size > 256 ? 54 : 120;
	s->limit = max(s->limit, wanted);
	s->batchcount = (s->limit + 1) / 2;
	s->shared = s->size <= PAGE_SIZE && nr_cpu_ids > 1 ? 8 : 0;
}

unsigned int slab_free_limit(const struct kmem_cache *s)
{
	return (1 + nr_cpu_ids) * s->batchcount + s->num;
}

static void setup_nodes(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		INIT_LIST_HEAD(&n->slabs_partial);
		INIT_LIST_HEAD(&n->slabs_full);
		INIT_LIST_HEAD(&n->slabs_free);
		n->free_limit = slab_free_limit(s);
	}
}

/* Sets the size of an object with what its debug flags add (slab/debug.h). */
static void calculate_size(struct kmem_cache *s)
{
	unsigned int size = max(s->inuse, SLAB_OBJ_MIN_SIZE);

	s->red_left_pad = 0;
	if (s->flags & SLAB_RED_ZONE) {
		s->red_left_pad = ALIGN(8U, s->align);
		size += s->red_left_pad + 8;
	}
	if (s->flags & SLAB_STORE_USER)
		size += (unsigned int)sizeof(void *);
	s->size = ALIGN(size, s->align);
	s->reciprocal_buffer_size = reciprocal_value(s->size);
}

/* Sets what kmem_starts_object() uses to recognise an object by its address. */
static void calculate_divisor(struct kmem_cache *s)
{
	s->divisor = UINT64_MAX / s->size + 1;
	s->oo_bytes = s->num * s->size;
	if (s->colour > 1 || s->red_left_pad)
		s->oo_bytes = 0; /* objects may start later */
}

int slab_set_geometry(struct kmem_cache *s)
{
	bool fits;

	s->align = calculate_alignment(s->flags, s->align, s->object_size);
	s->inuse = ALIGN(s->object_size, (unsigned int)sizeof(void *));
	s->colour_off = max((unsigned int)CACHELINE, s->align);
	calculate_size(s);
	fits = place_freelist(s);
	if (!fits && s->flags & DEBUG_METADATA_FLAGS) {
		s->flags &= ~DEBUG_METADATA_FLAGS;
		calculate_size(s);
		fits = place_freelist(s);
	}
	if (!fits)
		return -EINVAL;
	if (s->class) /* free() finds the starts of objects by address */
		s->colour = 0;
	calculate_divisor(s);
	s->min_order = s->gfporder;
	enable_cpucache(s);
	setup_nodes(s);
	return 0;
}
