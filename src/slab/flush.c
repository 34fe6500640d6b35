// SPDX-License-Identifier: MIT
/*
 * slab/flush.c - returns objects to their slabs
 *
 * First, without a lock, each pointer of a batch is checked to start an object
 * of the cache. Then, under the lock, the number of the object goes in front of
 * the free numbers of its slab:
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
#include <string.h>

#include "kmem/account.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "slab/internal.h"

#define FLUSH_BATCH 64U

/*
 * Returns true if frame index and address alone show that an object of s starts
 * at obj. They can where every slab begins with an object. Reads no struct
 * page.
 */
static inline bool known_object(const struct kmem_cache *s, const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);

	return s->class && pfn < arena_bound() &&
	       arena_index[pfn] == s->class && kmem_starts_object(s, obj);
}

__extension__ typedef unsigned __int128 u128;

/* What of a cache is needed to find an object's slab and number. */
struct object_key {
	const struct kmem_cache *s;
	unsigned long head; /* mask of the pfn of a head page */
	unsigned int index; /* of its frames */
	unsigned int num;
	u64 divisor;
};

static inline struct object_key object_key_of(const struct kmem_cache *s)
{
	return (struct object_key){
		.s = s,
		.head = ~((1UL << s->gfporder) - 1),
		.index = s->class ? s->class : INDEX_OTHER + s->gfporder,
		.num = s->num,
		.divisor = s->divisor,
	};
}

/*
 * Returns the number of the object that starts at obj. A result of key->num or
 * more means that none does. One product has both: its upper half is the
 * quotient, and its lower half is below the divisor if nothing is left over
 * (kmem_starts_object()).
 */
static inline unsigned int __number_of(const struct object_key *key,
				       const struct slab_desc *slab,
				       const void *obj)
{
	u32 offset = (u32)((const char *)obj - (const char *)slab->s_mem);
	u128 product = (u128)key->divisor * offset;

	if (unlikely((u64)product >= key->divisor))
		return key->num;
	return (unsigned int)(product >> 64);
}

static inline unsigned int number_of(const struct kmem_cache *s,
				     const struct slab_desc *slab,
				     const void *obj)
{
	const struct object_key key = object_key_of(s);

	return __number_of(&key, slab, obj);
}

/* Returns the slab of the key's cache that holds an address, or NULL. */
static inline struct slab_desc *__own_slab(const struct object_key *key,
					   const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);
	struct slab_desc *slab;

	if (unlikely(pfn >= arena_bound() || arena_index[pfn] != key->index))
		return NULL;
	slab = (struct slab_desc *)pfn_to_page(pfn & key->head);
	if (unlikely(slab->slab_cache != key->s || slab->type != PAGE_SLAB))
		return NULL;
	return slab;
}

static inline struct slab_desc *own_slab(const struct kmem_cache *s,
					 const void *obj)
{
	const struct object_key key = object_key_of(s);

	return __own_slab(&key, obj);
}

struct slab_desc *desc_of_object(struct kmem_cache *s, const void *obj)
{
	struct slab_desc *slab = own_slab(s, obj);

	return slab && number_of(s, slab, obj) < s->num ? slab : NULL;
}

static __attribute__((noreturn)) void no_object(const struct kmem_cache *s,
						const void *obj)
{
	kmem_bad_object(s, obj, "is not allocated memory");
}

static __attribute__((noreturn)) void bad_start(const struct kmem_cache *s,
						const void *obj)
{
	kmem_bad_object(s, obj, "is not the start of an object");
}

struct slab_desc *checked_desc(struct kmem_cache *s, const void *obj,
			       unsigned int *index)
{
	struct slab_desc *slab = own_slab(s, obj);

	if (unlikely(!slab))
		no_object(s, obj);
	*index = number_of(s, slab, obj);
	if (unlikely(*index >= s->num))
		bad_start(s, obj);
	return slab;
}

int slab_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	unsigned int index;
	int wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (likely(known_object(s, objs[i])))
			continue;
		if (unlikely(!own_slab(s, objs[i]) &&
			     kmem_other_cache(s, objs[i])))
			wrong++;
		else
			checked_desc(s, objs[i], &index);
	}
	return wrong;
}

/* Returns true if the freelist `list` has this number behind `active`. */
static inline bool has_number(const freelist_idx_t *list, unsigned int active,
			      unsigned int num, unsigned int index)
{
	return active < num && memchr(list + active, (int)index, num - active);
}

/*
 * Makes objects of one slab free: the number at `index`, and those behind it
 * for as long as the slab beside the next is the same. Returns how many.
 * `mapped` says whether free_map has a bit for each object. Without it the
 * freelist is searched for an object that is free already in debug builds only.
 */
static __always_inline unsigned int
slab_put_objs(struct kmem_cache *s, struct slab_desc *slab,
	      struct slab_desc *const *beside, const freelist_idx_t *index,
	      bool mapped)
{
	const unsigned int num = s->num;
	unsigned int active = slab->active, i = 0;
	freelist_idx_t *list = slab->freelist;
	u64 map = slab->free_map;

	/*
	 * All objects were in use, also the one that held the freelist. The
	 * object that comes back holds it from here on.
	 */
	if (unlikely(!list))
		slab->freelist = list = index_to_obj(s, slab, *index);
	do {
		unsigned int nr = index[i];

		if (unlikely(!active) || (mapped && unlikely(map >> nr & 1)) ||
		    (IS_ENABLED(KM_DEBUG) && !mapped &&
		     has_number(list, active, num, nr)))
			kmem_double_free(s, index_to_obj(s, slab, nr));
		if (mapped)
			map |= BIT(nr);
		list[--active] = (freelist_idx_t)nr;
	} while (beside[++i] == slab);
	slab->active = (u8)active;
	slab->free_map = map;
	return i;
}

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

/* slab_put_objs(), and moves the slab to its list. */
static __always_inline unsigned int
put_and_relist(struct kmem_cache *s, struct kmem_cache_node *n,
	       struct slab_desc *const *beside, const freelist_idx_t *index,
	       bool mapped)
{
	struct slab_desc *slab = *beside;
	bool was_full = slab->active == s->num;
	unsigned int nr = slab_put_objs(s, slab, beside, index, mapped);

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
	return has_number(slab->freelist, slab->active, s->num, index);
}

void __slab_put(struct kmem_cache *s, struct slab_desc *slab,
		unsigned int index, struct list_head *list)
{
	struct kmem_cache_node *n = desc_node(slab);
	struct slab_desc *const one[] = { slab, NULL };
	freelist_idx_t number = (freelist_idx_t)index;

	spin_lock(&n->list_lock);
	put_and_relist(s, n, one, &number, s->num <= FREE_MAP_BITS);
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
	i = s->num <= FREE_MAP_BITS ? put_checked(s, n, p, from, node, true) :
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
			slab = __own_slab(&key, objs[i]);
			if (likely(slab))
				prefetch_list(slab, objs[i]);
		}
		if (unlikely(!slab)) {
			send_to_owner(s, objs[i]);
			continue;
		}
		index = __number_of(&key, slab, objs[i]);
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
	for (unsigned int i = 0; i < nr; i += FLUSH_BATCH)
		flush_batch(s, objs + i, min(nr - i, FLUSH_BATCH));
}
