// SPDX-License-Identifier: MIT
/*
 * slub/debug_validate.c - checks objects outside of allocation and free
 *
 * Validation walks all slabs of a cache and checks all of their objects, free
 * or in use. So it also finds damage to objects that have not been allocated or
 * freed since the damage was done.
 *
 * Locking	s->debug_lock, and list_lock for the walk over the slabs
 * Invariants	checks SLUBDBG1-SLUBDBG3 of debug.h
 * Source	Linux v6.12 mm/slub.c, validate_slab_cache() as a model
 */
#include <errno.h>
#include <string.h>

#include "slub/debug.h"

void slub_mark_free(const struct slab_check *c, u64 map[SLUB_MAP_WORDS])
{
	unsigned int left = c->slab->state.counters.objects;
	char *first = slab_object(c->s, c->slab, 0);
	char *fp = c->slab->state.freelist;

	memset(map, 0, SLUB_MAP_WORDS * sizeof(map[0]));
	for (; fp && left && is_slab_object(c->s, c->slab, fp); left--) {
		unsigned long n = (unsigned long)(fp - first) / c->s->size;

		map[n / 64] |= 1UL << n % 64;
		fp = get_freepointer(c->s, c->slab, fp);
	}
}

static void validate_slab(const struct slab_check *c)
{
	u64 map[SLUB_MAP_WORDS];

	if (c->slab->state.counters.frozen || debug_check_slab(c))
		return;
	on_freelist(c, NULL);
	slub_mark_free(c, map);
	for (unsigned int i = 0; i < c->slab->state.counters.objects; i++) {
		bool is_free = map[i / 64] >> i % 64 & 1;

		if (debug_check_object(c, slab_object(c->s, c->slab, i),
				       is_free ? SLUB_RED_INACTIVE :
						 SLUB_RED_ACTIVE))
			break;
	}
}

static void slub_validate_list(struct slab_check *c, struct list_head *list)
{
	list_for_each_entry(c->slab, list, list)
		validate_slab(c);
}

/*
 * Moves slabs between partial and full after the checks. A free list that was
 * cut or emptied can leave a slab on the wrong one.
 */
static void sort_lists(struct kmem_cache_node *n)
{
	struct slab *slab, *next;

	spin_lock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &n->partial, list) {
		if (slab->state.freelist)
			continue;
		remove_partial(n, slab);
		list_add(&slab->list, &n->full);
	}
	list_for_each_entry_safe(slab, next, &n->full, list) {
		if (!slab->state.freelist)
			continue;
		list_del(&slab->list);
		add_partial(n, slab);
	}
	spin_unlock(&n->list_lock);
}

unsigned long slub_validate(struct kmem_cache *s, const struct slab_caller *who)
{
	struct slab_check c = { .s = s, .who = who };
	struct kmem_cache_node *n;
	unsigned long before;
	int nid;

	spin_lock(&s->debug_lock);
	before = s->debug_errors;
	for_each_kmem_cache_node(s, nid, n) {
		slub_validate_list(&c, &n->partial);
		slub_validate_list(&c, &n->full);
		sort_lists(n);
	}
	before = s->debug_errors - before;
	spin_unlock(&s->debug_lock);
	return before;
}

size_t slub_debug_size(struct kmem_cache *s, const void *obj)
{
	return get_orig_size(s, obj);
}

/*
 * Bytes that the object loses become red zone; bytes that it gains become
 * poison.
 */
static void resize_object(const struct kmem_cache *s, char *obj,
			  unsigned int size)
{
	unsigned int old = get_orig_size(s, obj);

	set_orig_size(s, obj, size);
	if (slub_holds_poison(s) && size > old)
		memset(obj + old, POISON_FREE, size - old);
	if (s->flags & SLAB_RED_ZONE)
		memset(obj + get_orig_size(s, obj), SLUB_RED_ACTIVE,
		       s->inuse - get_orig_size(s, obj));
}

int slub_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      const struct slab_caller *who)
{
	bool checks = s->flags & SLAB_CONSISTENCY_CHECKS;
	struct slab_check c = { s, virt_to_slab(obj), who };
	int ret = 0;

	if (size > s->object_size || !is_slab_object(s, c.slab, obj))
		return -EINVAL;
	spin_lock(&s->debug_lock);
	if (checks && on_freelist(&c, obj)) {
		object_err(&c, obj, "Object already free");
		ret = -ENOENT;
	} else if (checks && debug_check_object(&c, obj, SLUB_RED_ACTIVE)) {
		ret = -EINVAL;
	} else {
		resize_object(s, obj, (unsigned int)size);
	}
	spin_unlock(&s->debug_lock);
	return ret;
}

void slub_debug_check(struct kmem_cache *s)
{
	unsigned int errors = 0, *counter = slab_kunit_errors;
	struct slab_caller no_caller = { .nr = 0 };

	slab_kunit_errors = &errors;
	BUG_ON(slub_validate(s, &no_caller));
	slab_kunit_errors = counter;
}
