// SPDX-License-Identifier: MIT
/*
 * slab/shared.c - the array that the owners of a node share
 *
 *	owner A's array      shared (limit = shared * batchcount)   owner B's
 *	  full: oldest  ---> [ ..................|              ] --->  empty
 *
 * The shared array hands objects from thread to thread: pointers are copied
 * under the node's lock, and no slab is touched. The array is made at the first
 * flush that could use it, and again when the tunables have changed.
 *
 * Locking	list_lock (rank LOCK_LIST); it is not held while pages are
 *		allocated or freed
 * Invariants	SLAB5 of internal.h
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S1, S4)
 */
#include <string.h>

#include "request/request.h"
#include "slab/internal.h"

static unsigned long array_pages(unsigned int limit)
{
	size_t bytes = sizeof(struct array_cache) + limit * sizeof(void *);

	return DIV_ROUND_UP(bytes, PAGE_SIZE);
}

static struct array_cache *alloc_arraycache(struct kmem_cache *s,
					    unsigned int limit)
{
	struct page *page = alloc_page_run(GFP_NOWAIT | __GFP_NOWARN,
					   array_pages(limit));
	struct array_cache *ac;

	if (!page)
		return NULL;
	ac = page_to_virt(page);
	ac->batchcount = READ_ONCE(s->batchcount);
	ac->touched = 0;
	ac->cache = s;
	ac->limit = limit;
	ac->avail = 0;
	return ac;
}

/* Frees an empty array that no node has any more. */
static void free_arraycache(struct array_cache *ac)
{
	free_page_run(__virt_to_page(ac), array_pages(ac->limit));
}

unsigned int transfer_objects(void **to, struct array_cache *from,
			      unsigned int nr)
{
	nr = min(nr, from->avail);
	from->avail -= nr;
	memcpy(to, from->entry + from->avail, nr * sizeof(void *));
	return nr;
}

/*
 * Notes in the node how many objects still fit, for readers without the lock.
 */
void __shared_note(struct kmem_cache_node *n)
{
	const struct array_cache *shared = n->shared;

	WRITE_ONCE(n->shared_limit, shared ? shared->limit : 0);
	WRITE_ONCE(n->shared_room, shared ? shared->limit - shared->avail : 0);
}

/*
 * Replaces the node's array by `new`, which may be NULL. Returns the old one.
 */
static struct array_cache *exchange_shared(struct kmem_cache_node *n,
					   struct array_cache *new)
{
	struct array_cache *old;

	spin_lock(&n->list_lock);
	old = n->shared;
	WRITE_ONCE(n->shared, new); /* also read without the lock */
	__shared_note(n);
	spin_unlock(&n->list_lock);
	return old;
}

static void retire_array(struct kmem_cache *s, struct array_cache *ac)
{
	if (!ac)
		return;
	slab_flush(s, ac->entry, ac->avail);
	free_arraycache(ac);
}

/* Replaces an array that was made for other limits. */
static void remake_shared(struct kmem_cache *s, struct kmem_cache_node *n,
			  unsigned int limit)
{
	struct array_cache *new = NULL;

	if (limit) {
		new = alloc_arraycache(s, limit);
		if (!new)
			return;
	}
	retire_array(s, exchange_shared(n, new));
}

/*
 * Returns false if no object can go into the array, so that none need be
 * checked. Without the lock the array may be freed meanwhile: only the node is
 * read.
 */
static bool may_have_room(const struct kmem_cache_node *n, unsigned int limit)
{
	return READ_ONCE(n->shared_limit) != limit || READ_ONCE(n->shared_room);
}

unsigned int shared_put(struct kmem_cache *s, struct kmem_cache_node *n,
			void **objs, unsigned int nr)
{
	unsigned int limit = READ_ONCE(s->shared) * READ_ONCE(s->batchcount);
	struct array_cache *shared;
	unsigned int put = 0;

	if (!may_have_room(n, limit) || slab_verify(s, objs, nr))
		return 0;
	spin_lock(&n->list_lock);
	if (unlikely((n->shared ? n->shared->limit : 0) != limit)) {
		spin_unlock(&n->list_lock);
		remake_shared(s, n, limit);
		spin_lock(&n->list_lock);
	}
	shared = limit ? n->shared : NULL;
	if (shared) {
		put = min(nr, shared->limit - shared->avail);
		memcpy(shared->entry + shared->avail, objs,
		       put * sizeof(void *));
		shared->avail += put;
		__shared_note(n);
	}
	spin_unlock(&n->list_lock);
	return put;
}

void shared_drain(struct kmem_cache *s, struct kmem_cache_node *n,
		  unsigned int nr)
{
	void *objs[BATCHREFILL_LIMIT];

	while (nr) {
		struct array_cache *shared;
		unsigned int got = 0;

		spin_lock(&n->list_lock);
		shared = n->shared;
		if (shared) {
			got = min(min(nr, shared->avail), BATCHREFILL_LIMIT);
			memcpy(objs, shared->entry, got * sizeof(void *));
			shared->avail -= got;
			memmove(shared->entry, shared->entry + got,
				shared->avail * sizeof(void *));
			__shared_note(n);
		}
		spin_unlock(&n->list_lock);
		if (!got)
			return;
		slab_flush(s, objs, got);
		nr -= got;
	}
}

unsigned int shared_avail(struct kmem_cache_node *n)
{
	unsigned int avail;

	if (!READ_ONCE(n->shared))
		return 0;
	spin_lock(&n->list_lock);
	avail = n->shared ? n->shared->avail : 0;
	spin_unlock(&n->list_lock);
	return avail;
}

void shared_free(struct kmem_cache *s, struct kmem_cache_node *n)
{
	retire_array(s, exchange_shared(n, NULL));
}
