// SPDX-License-Identifier: MIT
/*
 * kmem/mempool.c - pools that keep elements in reserve
 *
 *	alloc	1  the allocator, without reclaim
 *		2  the reserve
 *		3  the allocator, with all that gfp allows
 *		4  wait for a free, five seconds at most; again from 1
 *	free	the reserve if it is not full, else the allocator
 *
 *	elements[]  | e | e | e |   |   |	min_nr = 5, curr_nr = 3
 *
 * A pool of 0 elements has one nevertheless, so that a thread that waits is
 * woken by the next free.
 *
 * One lock is enough for all pools. It is taken only when an allocator had
 * nothing, and at frees until the reserves are full again.
 *
 * Locking	mempool_lock (rank LOCK_MEMPOOL); nothing is allocated, freed or
 *		waited for under it
 * Invariants	MEMPOOL1  0 <= curr_nr <= max(min_nr, 1), except while a resize
 *		lowers curr_nr	(add_element() and remove_element() check it)
 * Source	Linux v6.12 mm/mempool.c (docs/kernel.md L11); the one of a pool
 *		of 0 is of 6.17
 */
#include <errno.h>
#include <string.h>

#include "diag/warn.h"
#include "kmem/kmem.h"
#include "kmem/mempool.h"
#include "sys/os.h"

spinlock_t mempool_lock = SPIN_LOCK_INIT(LOCK_MEMPOOL);
unsigned long mempool_wait_ms = 5000;

/* ---- the reserve; the lock is held --------------------------------------- */

/* Returns how many elements the reserve should hold. */
static int reserve_nr(const mempool_t *pool)
{
	return max(READ_ONCE(pool->min_nr), 1);
}

static void add_element(mempool_t *pool, void *element)
{
	lock_assert_held(&mempool_lock);
	BUG_ON(pool->curr_nr >= reserve_nr(pool));
	pool->elements[pool->curr_nr] = element;
	WRITE_ONCE(pool->curr_nr, pool->curr_nr + 1);
}

static void *remove_element(mempool_t *pool)
{
	lock_assert_held(&mempool_lock);
	BUG_ON(pool->curr_nr <= 0);
	WRITE_ONCE(pool->curr_nr, pool->curr_nr - 1);
	return pool->elements[pool->curr_nr];
}

/*
 * Returns an element of the reserve, or NULL and in *seen the value of
 * pool->wait to wait on.
 */
static void *take_reserved(mempool_t *pool, unsigned int *seen)
{
	void *element = NULL;

	spin_lock(&mempool_lock);
	*seen = READ_ONCE(pool->wait);
	if (pool->curr_nr)
		element = remove_element(pool);
	spin_unlock(&mempool_lock);
	if (element)
		mempool_check(pool, element);
	return element;
}

/* Puts an element into the reserve. Returns false if that is full. */
static bool put_reserved(mempool_t *pool, void *element)
{
	bool room;

	mempool_poison(pool, element);
	spin_lock(&mempool_lock);
	room = pool->curr_nr < reserve_nr(pool);
	if (room) {
		add_element(pool, element);
		WRITE_ONCE(pool->wait, pool->wait + 1);
	}
	spin_unlock(&mempool_lock);
	if (room)
		os_futex_wake(&pool->wait);
	else
		mempool_check(pool, element);
	return room;
}

/* ---- making and unmaking ------------------------------------------------- */

void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr) {
		void *element = pool->elements[--pool->curr_nr];

		mempool_check(pool, element);
		pool->free(element, pool->pool_data);
	}
	kfree(pool->elements);
	pool->elements = NULL;
}

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}

static int init_node(mempool_t *pool, int min_nr, gfp_t gfp, int node)
{
	pool->min_nr = min_nr;
	pool->elements = kmalloc_array_node((size_t)reserve_nr(pool),
					    sizeof(void *), gfp, node);
	if (!pool->elements)
		return -ENOMEM;
	while (pool->curr_nr < reserve_nr(pool)) {
		void *element = pool->alloc(gfp, pool->pool_data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		mempool_poison(pool, element);
		pool->elements[pool->curr_nr++] = element;
	}
	return 0;
}

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data)
{
	*pool = (mempool_t){
		.pool_data = pool_data,
		.alloc = alloc_fn,
		.free = free_fn,
	};
	if (WARN_ONCE(min_nr < 0, "mempool_init: %d elements, 0 is the least",
		      min_nr))
		return -EINVAL;
	return init_node(pool, min_nr, GFP_KERNEL, NUMA_NO_NODE);
}

/* The kernel's arguments: one more than this project's limit. */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node)
{
	mempool_t *pool;

	if (WARN_ONCE(min_nr < 0, "mempool_create: %d elements, 0 is the least",
		      min_nr))
		return NULL;
	pool = kzalloc_node(sizeof(*pool), gfp, node);
	if (!pool)
		return NULL;
	pool->pool_data = pool_data;
	pool->alloc = alloc_fn;
	pool->free = free_fn;
	if (!init_node(pool, min_nr, gfp, node))
		return pool;
	kfree(pool);
	return NULL;
}

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data)
{
	return mempool_create_node(min_nr, alloc_fn, free_fn, pool_data,
				   GFP_KERNEL, NUMA_NO_NODE);
}

/* ---- another size -------------------------------------------------------- */

/* Frees the elements of the reserve beyond new_min_nr. */
static void shrink_reserve(mempool_t *pool, int new_min_nr)
{
	void *element;

	do {
		element = NULL;
		spin_lock(&mempool_lock);
		if (pool->curr_nr > new_min_nr)
			element = remove_element(pool);
		else
			pool->min_nr = new_min_nr;
		spin_unlock(&mempool_lock);
		if (element) {
			mempool_check(pool, element);
			pool->free(element, pool->pool_data);
		}
	} while (element);
}

/* Makes room for new_min_nr elements. Returns 0 or -ENOMEM. */
static int grow_reserve(mempool_t *pool, int new_min_nr)
{
	void **wider = kmalloc_array((size_t)new_min_nr, sizeof(*wider),
				     GFP_KERNEL);
	void **old = wider;

	if (!wider)
		return -ENOMEM;
	spin_lock(&mempool_lock);
	if (new_min_nr > pool->min_nr) {
		memcpy(wider, pool->elements,
		       (size_t)pool->curr_nr * sizeof(*wider));
		old = pool->elements;
		pool->elements = wider;
		pool->min_nr = new_min_nr;
	}
	spin_unlock(&mempool_lock);
	kfree(old);
	return 0;
}

int mempool_resize(mempool_t *pool, int new_min_nr)
{
	BUG_ON(new_min_nr <= 0);
	if (new_min_nr <= READ_ONCE(pool->min_nr)) {
		shrink_reserve(pool, new_min_nr);
		return 0;
	}
	if (grow_reserve(pool, new_min_nr))
		return -ENOMEM;
	while (READ_ONCE(pool->curr_nr) < new_min_nr) {
		void *element = pool->alloc(GFP_KERNEL, pool->pool_data);

		if (!element)
			break;
		if (!put_reserved(pool, element)) {
			pool->free(element, pool->pool_data);
			break;
		}
	}
	return 0;
}

/* ---- elements ------------------------------------------------------------ */

void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	gfp_t now;
	unsigned int seen;
	void *element;

	if (WARN_ONCE(
		    gfp & __GFP_ZERO,
		    "mempool_alloc: __GFP_ZERO (flags %#x), but elements keep what they hold",
		    gfp))
		gfp &= ~__GFP_ZERO;
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	now = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);
	for (;;) {
		element = pool->alloc(now, pool->pool_data);
		if (likely(element))
			return element;
		element = take_reserved(pool, &seen);
		if (element)
			return element;
		if (now != gfp) {
			now = gfp;
			continue;
		}
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			return NULL;
		os_futex_wait_ms(&pool->wait, seen, mempool_wait_ms);
	}
}

void *mempool_alloc_preallocated(mempool_t *pool)
{
	unsigned int seen;

	return take_reserved(pool, &seen);
}

void mempool_free(void *element, mempool_t *pool)
{
	if (unlikely(!element))
		return;
	if (unlikely(READ_ONCE(pool->curr_nr) < reserve_nr(pool)) &&
	    put_reserved(pool, element))
		return;
	pool->free(element, pool->pool_data);
}
