// SPDX-License-Identifier: MIT
/*
 * api/kvfree_rcu.c - kfree_rcu(): blocks of any kind, after a grace period
 *
 *	an object of a cache with sheaves	into the barn's sheaf for RCU
 *	with a head inside			the head is queued, and leads to
 *						the block
 *	without					a note that has a head; if there
 *						is no memory for it, wait here
 *
 * Tests	unit.api.rcu
 * Source	Linux v6.18 mm/slab_common.c, kvfree_call_rcu()
 *		(docs/kernel.md V5)
 */
#include <kmalloc/rcu.h>

#include "api/rcu.h"
#include "core/start.h"
#include "kmem/kmalloc.h"
#include "kmem/rcu.h"
#include "kmem/slab_ops.h"

/* Carries the head for a block that has none inside. */
struct note {
	struct rcu_head head;
	void *ptr;
};

static void free_noted(struct rcu_head *head)
{
	struct note *note = container_of(head, struct note, head);

	kvfree(note->ptr);
	kfree(note);
}

/* Frees the block of a head, which lies in its first page or its object. */
static void free_by_head(struct rcu_head *head)
{
	const struct page *slab = arena_contains(head) ?
					  virt_to_slab_page(head) :
					  NULL;
	uintptr_t start = (uintptr_t)head & ~(PAGE_SIZE - 1);

	if (slab) {
		struct kmem_cache *s = slab->slab_cache;

		kfree(s->ops->object_of(s, head));
	} else {
		kvfree((void *)start);
	}
}

/* Returns the cache of an object; NULL: a block of pages, or an area. */
static struct kmem_cache *cache_of(const void *ptr)
{
	struct page *page;

	return arena_contains(ptr) ? virt_to_cache(ptr, &page) : NULL;
}

static void free_without_head(void *ptr)
{
	struct note *note = kmalloc(sizeof(*note), GFP_NOWAIT);

	if (note) {
		note->ptr = ptr;
		km_call_rcu(&note->head, free_noted);
		return;
	}
	km_synchronize_rcu();
	kvfree(ptr);
}

void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	struct kmem_cache *s;

	if (ZERO_OR_NULL_PTR(ptr) || engine_need())
		return;
	s = cache_of(ptr);
	if (s && !km_rcu_ops.prepare() && __kfree_rcu_sheaf(s, ptr))
		return;
	if (head)
		km_call_rcu(head, free_by_head);
	else
		free_without_head(ptr);
}

void kvfree_rcu_barrier(void)
{
	km_rcu_ops.kvfree_barrier();
}
