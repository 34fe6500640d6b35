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
 *	some in use		to the tail of slabs_partial, so that these have
 *				the most time to be freed too
 *
 * When the node has more free objects than free_limit, slabs of the tail of
 * slabs_free go back to the page allocator.
 *
 * Locking	list_lock (rank LOCK_LIST); pages are freed after it is released
 * Invariants	SLAB1-SLAB3 of internal.h
 * Source	Linux v6.1 mm/slab.c, free_block() (docs/kernel.md S5)
 */
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

/* What of a cache is needed to find an object's slab and number. */
struct object_key {
	const struct kmem_cache *s;
	unsigned long head; /* mask of the pfn of a head page */
	unsigned int index; /* of its frames */
	unsigned int size, num;
	struct reciprocal_value each;
};

static inline struct object_key object_key_of(const struct kmem_cache *s)
{
	return (struct object_key){
		.s = s,
		.head = ~((1UL << s->gfporder) - 1),
		.index = s->class ? s->class : INDEX_OTHER + s->gfporder,
		.size = s->size,
		.num = s->num,
		.each = s->reciprocal_buffer_size,
	};
}

/*
 * Returns the number of the object that starts at obj. A result of key->num or
 * more means that none does.
 */
static inline unsigned int __number_of(const struct object_key *key,
				       const struct slab_desc *slab,
				       const void *obj)
{
	u32 offset = (u32)((const char *)obj - (const char *)slab->s_mem);
	u32 index = reciprocal_divide(offset, key->each);

	return likely(index * key->size == offset) ? index : key->num;
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

struct slab_desc *checked_desc(struct kmem_cache *s, const void *obj,
			       unsigned int *index)
{
	struct slab_desc *slab = own_slab(s, obj);

	if (unlikely(!slab))
		kmem_bad_object(s, obj, "is not allocated memory");
	*index = number_of(s, slab, obj);
	if (unlikely(*index >= s->num))
		kmem_bad_object(s, obj, "is not the start of an object");
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

/*
 * Returns true if the object with this number is free already. Without a
 * free_map the freelist is searched in debug builds only.
 */
static inline bool is_free_already(const struct kmem_cache *s,
				   const struct slab_desc *slab,
				   unsigned int index)
{
	if (unlikely(!slab->active))
		return true;
	if (likely(s->num <= FREE_MAP_BITS))
		return slab->free_map >> index & 1;
	return IS_ENABLED(KM_DEBUG) && slab_index_is_free(s, slab, index);
}

static inline void slab_put_obj(struct kmem_cache *s, struct slab_desc *slab,
				unsigned int index)
{
	if (unlikely(is_free_already(s, slab, index)))
		kmem_double_free(s, index_to_obj(s, slab, index));
	if (s->num <= FREE_MAP_BITS)
		slab->free_map |= BIT(index);
	/*
	 * All objects were in use, also the one that held the freelist. The
	 * object that comes back holds it from here on.
	 */
	if (!slab->freelist)
		slab->freelist = index_to_obj(s, slab, index);
	slab->freelist[--slab->active] = (freelist_idx_t)index;
}

/*
 * Moves a slab that got objects back to the list, or the place, it belongs to
 * now.
 */
static inline void relist_desc(struct kmem_cache_node *n,
			       struct slab_desc *slab)
{
	list_del(&slab->slab_list);
	if (slab->active) {
		list_add_tail(&slab->slab_list, &n->slabs_partial);
	} else {
		list_add(&slab->slab_list, &n->slabs_free);
		n->free_slabs++;
	}
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
	return slab->active < s->num &&
	       memchr(slab->freelist + slab->active, (int)index,
		      s->num - slab->active);
}

void __slab_put(struct kmem_cache *s, struct slab_desc *slab,
		unsigned int index, struct list_head *list)
{
	struct kmem_cache_node *n = desc_node(slab);

	spin_lock(&n->list_lock);
	slab_put_obj(s, slab, index);
	relist_desc(n, slab);
	WRITE_ONCE(n->free_objects, n->free_objects + 1);
	kmem_count_sub(&s->in_use, 1);
	trim_free(s, n, list);
	spin_unlock(&n->list_lock);
}

/* Checked objects: their slabs and numbers. */
struct checked {
	struct slab_desc *slab[FLUSH_BATCH];
	freelist_idx_t index[FLUSH_BATCH];
};

/*
 * Frees the objects from `from` on whose slabs are of this node. Returns the
 * index of the first object of another node, or nr.
 */
static unsigned int free_block(struct kmem_cache *s, struct kmem_cache_node *n,
			       const struct checked *p, unsigned int from,
			       unsigned int nr)
{
	unsigned int i = from;
	LIST_HEAD(list);

	spin_lock(&n->list_lock);
	while (i < nr && desc_node(p->slab[i]) == n) {
		struct slab_desc *slab = p->slab[i];

		do
			slab_put_obj(s, slab, p->index[i]);
		while (++i < nr && p->slab[i] == slab);
		relist_desc(n, slab);
	}
	WRITE_ONCE(n->free_objects, n->free_objects + i - from);
	kmem_count_sub(&s->in_use, i - from);
	trim_free(s, n, &list);
	spin_unlock(&n->list_lock);
	slabs_destroy(s, &list);
	return i;
}

/* Returns true if obj was an object of another cache; it was freed there. */
static bool gone_to_owner(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *other = kmem_other_cache(s, obj);

	if (!other)
		return false;
	kmem_free_to_other(s, other, obj);
	return true;
}

/* Prefetches what a free will write. Another thread may change it meanwhile. */
static __racy inline void prefetch_list(const struct slab_desc *slab)
{
	const freelist_idx_t *list = READ_ONCE(slab->freelist);

	__builtin_prefetch(list + READ_ONCE(slab->active), 1);
}

static void flush_batch(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const struct object_key key = object_key_of(
		s); /* not read for each object */
	unsigned int mine = 0;
	struct checked p;

	for (unsigned int i = 0; i < nr; i++) {
		struct slab_desc *slab = __own_slab(&key, objs[i]);
		unsigned int index = slab ? __number_of(&key, slab, objs[i]) :
					    0;

		if (unlikely(!slab || index >= key.num)) {
			if (!slab && gone_to_owner(s, objs[i]))
				continue;
			checked_desc(s, objs[i], &index); /* aborts */
		}
		prefetch_list(slab);
		p.slab[mine] = slab;
		p.index[mine++] = (freelist_idx_t)index;
	}
	for (unsigned int i = 0; i < mine;)
		i = free_block(s, desc_node(p.slab[i]), &p, i, mine);
}

void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i += FLUSH_BATCH)
		flush_batch(s, objs + i, min(nr - i, FLUSH_BATCH));
}
