// SPDX-License-Identifier: MIT
/*
 * slab/flush.c - objects back into their slabs
 *
 * First, without a lock, each pointer of a batch is proven to start an object
 * of the cache. Then, under the lock, its number goes in front of the free
 * ones of its slab:
 *
 *	. . . | 4  0  7		active = 3
 *	. . 2   4  0  7		object 2 came back: active = 2
 *
 *	the slab has now	and goes
 *	no object in use	to the head of slabs_free
 *	any			to the tail of slabs_partial, so that its others
 *				have the most time to come back too
 *
 * When the node has more free objects than free_limit, slabs of the tail of
 * slabs_free go back to the page allocator.
 *
 * Locking	list_lock (rank LOCK_LIST); pages go back after it
 * Invariants	L1-L3 of internal.h
 * Source	Linux v6.1 mm/slab.c, free_block() (kernel-facts S5)
 */
#include <string.h>

#include "slab/internal.h"

#define FLUSH_BATCH 64U
/* Up to so many numbers are searched for one that is free already. */
#define SEARCHED 64U

/*
 * Do index and address alone prove that an object of s starts here? They can
 * where all slabs begin with an object; no struct page is read then.
 */
static bool known_object(const struct kmem_cache *s, const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);
	u32 offset = (uintptr_t)obj & ((PAGE_SIZE << s->gfporder) - 1);
	u32 index = reciprocal_divide(offset, s->reciprocal_buffer_size);

	return s->class && !s->colour && pfn < arena_nr_frames &&
	       arena_index[pfn] == s->class && index < s->num &&
	       index * s->size == offset;
}

struct slab *object_slab(struct kmem_cache *s, const void *obj,
			 unsigned int *index)
{
	struct slab *slab = virt_to_slab(obj);

	if (unlikely(!slab || slab->type != PAGE_SLAB || slab->slab_cache != s))
		kmem_bad_object(s, obj, "is not allocated memory");
	*index = obj_to_index(s, slab, obj);
	if (unlikely(*index >= s->num || index_to_obj(s, slab, *index) != obj))
		kmem_bad_object(s, obj, "is not the start of an object");
	return slab;
}

int slab_verify(struct kmem_cache *s, void **objs, unsigned int nr)
{
	unsigned int index;
	int wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (known_object(s, objs[i]))
			continue;
		if (unlikely(kmem_other_cache(s, objs[i])))
			wrong++;
		else
			object_slab(s, objs[i], &index);
	}
	return wrong;
}

/* Is this number among the free ones? Looked for where that is cheap. */
static bool is_free_already(const struct kmem_cache *s, const struct slab *slab,
			    unsigned int index)
{
	unsigned int nr = s->num - slab->active;

	if (!slab->active)
		return true;
	if (!nr || (s->num > SEARCHED && !IS_ENABLED(KM_DEBUG)))
		return false;
	return memchr(slab->freelist + slab->active, (int)index, nr);
}

static void slab_put_obj(struct kmem_cache *s, struct slab *slab,
			 unsigned int index)
{
	void *obj = index_to_obj(s, slab, index);

	if (unlikely(is_free_already(s, slab, index)))
		kmem_double_free(s, obj);
	/* All were in use, the place of the array too: this is its place now. */
	if (!slab->freelist)
		slab->freelist = obj;
	slab->freelist[--slab->active] = (freelist_idx_t)index;
}

/* A slab that got objects back changes lists. */
static void relist(struct kmem_cache_node *n, struct slab *slab)
{
	list_del(&slab->slab_list);
	if (slab->active) {
		list_add_tail(&slab->slab_list, &n->slabs_partial);
	} else {
		list_add(&slab->slab_list, &n->slabs_free);
		n->free_slabs++;
	}
}

/* More free objects than wanted: slabs for the page allocator, in `list`. */
static void trim_free(struct kmem_cache *s, struct kmem_cache_node *n,
		      struct list_head *list)
{
	while (n->free_objects > n->free_limit && n->free_slabs) {
		struct slab *slab = list_last_entry(&n->slabs_free, struct slab,
						    slab_list);

		list_del(&slab->slab_list);
		list_add(&slab->slab_list, list);
		n->free_slabs--;
		WRITE_ONCE(n->free_objects, n->free_objects - s->num);
	}
}

/* Proven objects: their slabs and numbers. */
struct proven {
	struct slab *slab[FLUSH_BATCH];
	freelist_idx_t index[FLUSH_BATCH];
};

/* Those of proven objects from `from` on that are of this node: the next. */
static unsigned int free_block(struct kmem_cache *s, struct kmem_cache_node *n,
			       const struct proven *p, unsigned int from,
			       unsigned int nr)
{
	unsigned int i = from;
	LIST_HEAD(list);

	spin_lock(&n->list_lock);
	while (i < nr && slab_node(p->slab[i]) == n) {
		struct slab *slab = p->slab[i];

		do
			slab_put_obj(s, slab, p->index[i]);
		while (++i < nr && p->slab[i] == slab);
		relist(n, slab);
	}
	WRITE_ONCE(n->free_objects, n->free_objects + i - from);
	trim_free(s, n, &list);
	spin_unlock(&n->list_lock);
	slabs_destroy(s, &list);
	return i;
}

/* Was it an object of another cache? It is there now. */
static bool gone_to_owner(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *owner = kmem_other_cache(s, obj);

	if (!owner)
		return false;
	stat_add(&s->in_use, 1); /* it never was one of ours */
	kmem_free_to_owner(s, owner, obj);
	return true;
}

static void flush_batch(struct kmem_cache *s, void **objs, unsigned int nr)
{
	unsigned int mine = 0;
	struct proven p;

	for (unsigned int i = 0; i < nr; i++) {
		const struct slab *slab = virt_to_slab(objs[i]);
		unsigned int index;

		if (unlikely(!slab || slab->slab_cache != s) &&
		    gone_to_owner(s, objs[i]))
			continue;
		p.slab[mine] = object_slab(s, objs[i], &index);
		p.index[mine++] = (freelist_idx_t)index;
	}
	for (unsigned int i = 0; i < mine;)
		i = free_block(s, slab_node(p.slab[i]), &p, i, mine);
}

void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	stat_sub(&s->in_use, nr);
	for (unsigned int i = 0; i < nr; i += FLUSH_BATCH)
		flush_batch(s, objs + i, min(nr - i, FLUSH_BATCH));
}
