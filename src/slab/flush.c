// SPDX-License-Identifier: MIT
/*
 * slab/flush.c - returns objects to their slabs
 *
 * Under the node's lock each pointer of a batch is checked to start an object
 * of the cache. The number of the object goes in front of the free numbers of
 * its slab (numbers.h). What of the slab changes is kept in registers for as
 * long as its objects follow each other:
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
 * A pointer that starts no object of the cache ends the batch. What it is
 * instead is found out without the lock.
 *
 * When the node has more free objects than free_limit, slabs of the tail of
 * slabs_free go back to the page allocator.
 *
 * Locking	list_lock (rank LOCK_LIST); pages are freed after it is released
 * Invariants	SLAB1-SLAB3 of internal.h
 * Source	Linux v6.1 mm/slab.c, free_block() (docs/kernel.md S5)
 */
#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/inherited.h"
#include "kmem/stat.h"
#include "slab/key.h"
#include "slab/numbers.h"

#define FLUSH_BATCH 128U /* objects freed while the lock is held */

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

/* Where a batch goes, whose lock is held. */
struct flush_to {
	struct kmem_cache_node *n;
	u8 node;
	bool single; /* os_single_threaded() */
};

/* Puts a full slab where it belongs with the object of this number free. */
static noinline void leave_full(const struct kmem_cache *s,
				struct kmem_cache_node *n,
				struct slab_desc *slab, unsigned int index)
{
	put_first(s, slab, index);
	list_move_tail(&slab->slab_list, &n->slabs_partial);
}

static noinline void become_free(struct kmem_cache_node *n,
				 struct slab_desc *slab)
{
	list_del(&slab->slab_list);
	list_add(&slab->slab_list, &n->slabs_free);
	n->free_slabs++;
}

/*
 * Makes objects free: those in front that are the cache's, of the node.
 * Returns where the first other one is.
 */
static __always_inline void **put_some(const struct object_key *keys,
				       const struct flush_to *b, void **at,
				       void **const end, bool mapped)
{
	const struct object_key copy = *keys, *const key = &copy;
	const u8 node = b->node; /* a freelist's bytes could be any of these */
	const bool single = b->single;

	while (at != end) {
		const uintptr_t obj = (uintptr_t)*at;
		struct slab_desc *slab = key_slab(key, *at);
		unsigned int index;
		struct put p;

		if (unlikely(!slab || slab->node_id != node))
			break;
		index = key_number(key, slab, *at);
		if (unlikely(index >= key->num))
			break;
		if (unlikely(slab->active == key->num))
			leave_full(key->s, b->n, slab, index);
		p = put_begin(slab);
		do {
			put_index(key->s, slab, &p, index, mapped);
			if (++at == end || ((uintptr_t)*at ^ obj) & key->start)
				break;
			index = key_number(key, slab, *at);
		} while (likely(index < key->num));
		if (unlikely(!put_end(slab, &p, mapped, single)))
			become_free(b->n, slab);
	}
	return at;
}

static noinline void **put_mapped(const struct object_key *key,
				  const struct flush_to *b, void **objs,
				  void **end)
{
	return put_some(key, b, objs, end, true);
}

static noinline void **put_chained(const struct object_key *key,
				   const struct flush_to *b, void **objs,
				   void **end)
{
	return put_some(key, b, objs, end, false);
}

/* The same for the first object's node, with its lock and counters. */
static unsigned int free_block(struct kmem_cache *s,
			       const struct object_key *key, u8 node,
			       void **objs, unsigned int nr)
{
	struct kmem_cache_node *n = get_node(s, node);
	const struct flush_to b = { n, node, os_single_threaded() };
	LIST_HEAD(list);

	kmem_cache_lock(s, &n->list_lock);
	nr = (unsigned int)((has_map(s) ? put_mapped : put_chained)(
				    key, &b, objs, objs + nr) -
			    objs);
	WRITE_ONCE(n->free_objects, n->free_objects + nr);
	kmem_count_sub(&s->in_use, nr);
	trim_free(s, n, &list);
	spin_unlock(&n->list_lock);
	slabs_destroy(s, &list);
	return nr;
}

void __slab_put(struct kmem_cache *s, struct slab_desc *slab,
		unsigned int index, struct list_head *list)
{
	struct kmem_cache_node *n = desc_node(slab);
	const freelist_idx_t number = (freelist_idx_t)index;

	kmem_cache_lock(s, &n->list_lock);
	if (slab->active == s->num)
		leave_full(s, n, slab, index);
	put_numbers(s, slab, &number, 1);
	if (!slab->active)
		become_free(n, slab);
	WRITE_ONCE(n->free_objects, n->free_objects + 1);
	kmem_count_sub(&s->in_use, 1);
	trim_free(s, n, list);
	spin_unlock(&n->list_lock);
}

/* Frees obj, which is in no slab of s, to the cache that it is an object of. */
static void send_to_owner(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *other = kmem_other_cache(s, obj);

	if (unlikely(!other))
		no_object(s, obj);
	kmem_free_to_other(s, other, obj);
}

void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(s);
	unsigned int i = 0;

	nr = kmem_inherited_free(s, objs, nr);
	while (i < nr) {
		const struct slab_desc *slab = key_slab(&key, objs[i]);

		if (unlikely(!slab)) {
			send_to_owner(s, objs[i++]);
			continue;
		}
		if (unlikely(key_number(&key, slab, objs[i]) >= key.num))
			bad_start(s, objs[i]);
		i += free_block(s, &key, slab->node_id, objs + i,
				min(nr - i, FLUSH_BATCH));
	}
}
