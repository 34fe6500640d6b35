// SPDX-License-Identifier: MIT
/*
 * slab/flush.c - returns objects to their slabs
 *
 * First, without a lock, each pointer of a batch is checked to start an object
 * of the cache. Then, under the lock, the number of the object goes in front of
 * the free numbers of its slab (numbers.h):
 *
 *	. . . | 4  0  7		active = 3
 *	. . 2   4  0  7		object 2 came back: active = 2
 *
 *	the slab has now	and goes
 *	no object in use	to the head of slabs_free
 *	some, and had all	to the tail of slabs_partial, so that these have
 *				the most time to be freed too
 *	some, and had some	stays where it is on slabs_partial
 *
 * When the node has more free objects than free_limit, slabs of the tail of
 * slabs_free go back to the page allocator.
 *
 * Locking	list_lock (rank LOCK_LIST); pages are freed after it is released
 * Invariants	SLAB1-SLAB3 of internal.h
 * Source	Linux v6.1 mm/slab.c, free_block() (docs/kernel.md S5)
 */
#include <limits.h>

#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/inherited.h"
#include "slab/key.h"
#include "slab/numbers.h"

#define FLUSH_BATCH 64U

/*
 * Moves a slab that got objects back to the list it belongs to now. One of
 * slabs_partial with others in use stays in its place.
 */
static inline void relist_desc(struct kmem_cache_node *n,
			       struct slab_desc *slab, bool was_full)
{
	if (likely(slab->active && !was_full))
		return;
	list_del(&slab->slab_list);
	if (slab->active) {
		list_add_tail(&slab->slab_list, &n->slabs_partial);
	} else {
		list_add(&slab->slab_list, &n->slabs_free);
		n->free_slabs++;
	}
}

/* Makes objects of one slab free (numbers.h), and moves it to its list. */
static __always_inline unsigned int
put_and_relist(struct kmem_cache *s, struct kmem_cache_node *n,
	       struct slab_desc *const *beside, const freelist_idx_t *index,
	       bool mapped)
{
	struct slab_desc *slab = *beside;
	bool was_full = slab->active == s->num;
	unsigned int nr = mapped ? put_mapped(s, slab, beside, index) :
				   put_chained(s, slab, beside, index);

	relist_desc(n, slab, was_full);
	return nr;
}

/*
 * While the node has more free objects than free_limit, moves empty slabs to
 * `list` for the page allocator.
 */
static void trim_free(struct kmem_cache *s, struct kmem_cache_node *n,
		      struct list_head *list)
{
	while (n->free_objects > n->free_limit && n->free_slabs) {
		struct slab_desc *slab = list_last_entry(
			&n->slabs_free, struct slab_desc, slab_list);

		list_del(&slab->slab_list);
		list_add(&slab->slab_list, list);
		n->free_slabs--;
		n->total_slabs--;
		WRITE_ONCE(n->free_objects, n->free_objects - s->num);
	}
}

bool slab_index_is_free(const struct kmem_cache *s,
			const struct slab_desc *slab, unsigned int index)
{
	return number_is_free(s, slab, index);
}

void __slab_put(struct kmem_cache *s, struct slab_desc *slab,
		unsigned int index, struct list_head *list)
{
	struct kmem_cache_node *n = desc_node(slab);
	struct slab_desc *const one[] = { slab, NULL };
	freelist_idx_t number = (freelist_idx_t)index;

	spin_lock(&n->list_lock);
	put_and_relist(s, n, one, &number, has_map(s));
	WRITE_ONCE(n->free_objects, n->free_objects + 1);
	kmem_count_sub(&s->in_use, 1);
	trim_free(s, n, list);
	spin_unlock(&n->list_lock);
}

/* Checked objects: their slabs, with NULL behind the last, and numbers. */
struct checked {
	struct slab_desc *slab[FLUSH_BATCH + 1];
	freelist_idx_t index[FLUSH_BATCH];
};

/*
 * Frees the objects from `from` on whose slabs are of the node with this
 * number. Returns the index of the first object of another node, or how many
 * objects there are.
 */
static __always_inline unsigned int
put_checked(struct kmem_cache *s, struct kmem_cache_node *n,
	    const struct checked *p, unsigned int from, u8 node, bool mapped)
{
	unsigned int i = from;

	while (p->slab[i] && p->slab[i]->node_id == node)
		i += put_and_relist(s, n, p->slab + i, p->index + i, mapped);
	return i;
}

/* The same, with the node's lock and counters. */
static unsigned int free_block(struct kmem_cache *s, const struct checked *p,
			       unsigned int from)
{
	u8 node = p->slab[from]->node_id;
	struct kmem_cache_node *n = get_node(s, node);
	unsigned int i;
	LIST_HEAD(list);

	spin_lock(&n->list_lock);
	i = has_map(s) ? put_checked(s, n, p, from, node, true) :
			 put_checked(s, n, p, from, node, false);
	WRITE_ONCE(n->free_objects, n->free_objects + i - from);
	kmem_count_sub(&s->in_use, i - from);
	trim_free(s, n, &list);
	spin_unlock(&n->list_lock);
	slabs_destroy(s, &list);
	return i;
}

/* Frees obj, which is in no slab of s, to the cache that it is an object of. */
static void send_to_owner(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *other = kmem_other_cache(s, obj);

	if (unlikely(!other))
		no_object(s, obj);
	kmem_free_to_other(s, other, obj);
}

/*
 * Prefetches what a free of obj will write: the freelist, which obj will hold
 * if there is none. Another thread may change it meanwhile.
 */
static __racy inline void prefetch_list(const struct slab_desc *slab,
					const void *obj)
{
	const freelist_idx_t *list = READ_ONCE(slab->freelist);

	__builtin_prefetch((list ?: (const freelist_idx_t *)obj) +
				   READ_ONCE(slab->active),
			   1);
}

static void flush_batch(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(
		s); /* not read for each object */
	unsigned long last = ULONG_MAX; /* the pfn of the last object's slab */
	struct slab_desc *slab = NULL;
	unsigned int mine = 0;
	struct checked p;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned long pfn = virt_to_pfn(objs[i]) & key.head;
		unsigned int index;

		if (pfn != last) {
			last = pfn;
			slab = key_slab(&key, objs[i]);
			if (likely(slab))
				prefetch_list(slab, objs[i]);
		}
		if (unlikely(!slab)) {
			send_to_owner(s, objs[i]);
			continue;
		}
		index = key_number(&key, slab, objs[i]);
		if (unlikely(index >= key.num))
			bad_start(s, objs[i]);
		p.slab[mine] = slab;
		p.index[mine++] = (freelist_idx_t)index;
	}
	p.slab[mine] = NULL;
	for (unsigned int i = 0; i < mine;)
		i = free_block(s, &p, i);
}

void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	nr = kmem_inherited_free(s, objs, nr);
	for (unsigned int i = 0; i < nr; i += FLUSH_BATCH)
		flush_batch(s, objs + i, min(nr - i, FLUSH_BATCH));
}
