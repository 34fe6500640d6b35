// SPDX-License-Identifier: MIT
/*
 * kmem/miss.c - a cursor misses: the slow paths of allocation and free
 *
 *	alloc	a far slot's cursor -> main, which the backend may have to fill
 *		first -> one object straight from a slab
 *	free	a far slot's cursor -> main, in which the backend may have to
 *		make room first -> one object straight to its slab
 *
 * A cache without a slot, a thread without a table, and the first calls of a
 * thread are served object by object from the slabs. So is a guarded cache, by
 * guard.c and direct.c.
 *
 * With percpu=rseq all calls come here but malloc() and free() that hit. They
 * try a section on the table of the CPU (section.h), before all else; then a
 * hand is the owner (hand.c).
 *
 * Locking	none here: only their owner uses main and spare
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V3, V4)
 */
#include "core/start.h"
#include "core/tick.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/direct.h"
#include "kmem/guard.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/miss.h"
#include "kmem/room.h"
#include "kmem/section.h"
#include "kmem/slab_ops.h"
#include "kmem/sparse.h"
#include "kmem/stat.h"
#include "kmem/thread.h"
#include "zone/surplus.h"

#define POLL_EVERY 8 /* in a burst of misses, one poll for so many */

/*
 * Returns one object straight from a slab, where the cache or the thread has no
 * sheaves.
 */
static void *alloc_direct(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *obj = NULL;

	kmem_account(&s->refills, &s->refilled, 1);
	kmem_stat(s, ALLOC_SLOWPATH);
	return s->ops->refill(s, gfp, node, &obj, 1) ? obj : NULL;
}

/* Returns how many objects main holds; the owner has a main. */
static unsigned int main_count(struct kmem_owner *owner,
			       const struct kmem_cache *s)
{
	uintptr_t cursor = *kmem_cursor(owner, s);

	return (unsigned int)((cursor - sheaf_bottom(cursor_sheaf(cursor))) /
			      sizeof(void *));
}

/* Returns how many more objects fit into main. */
static unsigned int main_room(struct kmem_owner *owner,
			      const struct kmem_cache *s)
{
	return (-*kmem_cursor(owner, s) & (SHEAF_SIZE - 1)) / sizeof(void *);
}

/*
 * Pops an object off main. Returns NULL if main is empty, or the object is not
 * of the requested node.
 */
static void *main_pop(struct kmem_owner *owner, struct kmem_cache *s, int node)
{
	uintptr_t *cursor = kmem_cursor(owner, s);
	void *obj = cursor_pop(cursor);

	if (!obj || node == NUMA_NO_NODE ||
	    page_to_nid(virt_to_slab_page(obj)) == (unsigned int)node)
		return obj;
	cursor_put(cursor, obj);
	return NULL;
}

static bool main_is_empty(struct kmem_owner *owner, const struct kmem_cache *s)
{
	return !((void **)*kmem_cursor(owner, s))[-1];
}

/*
 * Returns an object of the owner's main, which the backend may have to fill
 * first, or NULL.
 */
static void *__cache_alloc(struct kmem_owner *owner, struct kmem_cache *s,
			   gfp_t gfp, int node)
{
	/* Making the table, or a flush, may have filled the slot. */
	void *obj = main_pop(owner, s, node);

	if (!obj && main_is_empty(owner, s) &&
	    !s->ops->main_empty(owner, s, gfp)) {
		kmem_stat_n(s, ALLOC_FASTPATH, main_count(owner, s));
		obj = main_pop(owner, s, node);
	}
	return obj;
}

/* __cache_alloc() for the slot of this CPU, which a hand takes and gives. */
static void *alloc_by_hand(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct kmem_owner *hand = kmem_hand_take(s);
	void *obj;

	if (!hand)
		return NULL;
	obj = __cache_alloc(hand, s, gfp, node);
	kmem_hand_give(hand, s);
	return obj;
}

/*
 * Returns an object of the owner's main, or of a slab if main has none or
 * another node is requested.
 */
static void *__do_cache_alloc(struct kmem_owner *owner, struct kmem_cache *s,
			      gfp_t gfp, int node)
{
	void *obj = NULL;

	if (node != NUMA_NO_NODE && node != (int)numa_node_id())
		return alloc_direct(s, gfp, node);
	if (owner && kmem_owner_has_slot(owner, s)) {
		kmem_owner_serve(owner);
		if (!kmem_room_none(owner, s))
			obj = __cache_alloc(owner, s, gfp, node);
	} else if (kmem_rseq) {
		obj = alloc_by_hand(s, gfp, node);
	}
	return obj ? obj : alloc_direct(s, gfp, node);
}

/*
 * Asks for a tick. In a burst of misses, several in one millisecond, the clock
 * is read only at one miss of POLL_EVERY.
 */
static void poll_tick(struct kmem_owner *owner)
{
	unsigned long now;

	if (owner && owner->unpolled) {
		owner->unpolled--;
		return;
	}
	now = tick_poll();
	if (owner && owner->polled_ms == now)
		owner->unpolled = POLL_EVERY - 1;
	else if (owner)
		owner->polled_ms = now;
}

/* Serves a request for which neither main nor a far slot had an object. */
static noinline void *alloc_missed(struct kmem_cache *s, gfp_t gfp, int node,
				   size_t orig_size, uintptr_t caller)
{
	struct kmem_owner *owner;

	if (unlikely(engine_need() || s->dead))
		return NULL;
	owner = kmem_owner_get();
	poll_tick(owner);
	surplus_poll();
	kmem_sparse_poll();
	if (unlikely(s->guard))
		return kmem_guard_alloc(s, gfp, node, orig_size, caller);
	return __do_cache_alloc(owner, s, gfp, node);
}

void *kmem_cache_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			    size_t orig_size, uintptr_t caller)
{
	void *obj = NULL;

	if (kmem_by_cpu() && node == NUMA_NO_NODE)
		obj = section_pop(kmem_rseq, section_cursor(s));
	else if (s->far && node == NUMA_NO_NODE)
		obj = cursor_pop(kmem_cursor(kmem_this_owner, s));
	if (likely(obj))
		return obj;
	return alloc_missed(s, gfp, node, orig_size, caller);
}

/*
 * Puts an object on the owner's main, in which the backend may have to make
 * room first. Returns 0, or 1 if there is none.
 */
static int __cache_free(struct kmem_owner *owner, struct kmem_cache *s,
			void *obj)
{
	int ret = cursor_put(kmem_cursor(owner, s), obj);

	if (ret && !kmem_room_none(owner, s) && !s->ops->main_full(owner, s)) {
		kmem_stat_n(s, FREE_FASTPATH, main_room(owner, s));
		ret = cursor_put(kmem_cursor(owner, s), obj);
	}
	return ret;
}

/* A push that finds the sheaf full compares obj with nothing. */
static void check_double_free(struct kmem_owner *owner, struct kmem_cache *s,
			      void *obj)
{
	if (unlikely(cursor_holds(*kmem_cursor(owner, s), obj)))
		kmem_double_free(s, obj);
}

/* __cache_free() for the slot of this CPU, which a hand takes and gives. */
static int free_by_hand(struct kmem_cache *s, void *obj)
{
	struct kmem_owner *hand = kmem_hand_take(s);
	int ret;

	if (!hand)
		return 1;
	check_double_free(hand, s, obj);
	ret = __cache_free(hand, s, obj);
	kmem_hand_give(hand, s);
	return ret;
}

/* Frees an object for which neither main nor a far slot had room. */
static noinline void free_missed(struct kmem_cache *s, void *obj,
				 uintptr_t caller)
{
	struct kmem_owner *owner = kmem_owner_get();

	if (owner)
		check_double_free(owner, s, obj);
	poll_tick(owner);
	if (unlikely(s->guard)) {
		kmem_guard_free(s, obj, caller);
		return;
	}
	if (owner && kmem_owner_has_slot(owner, s)) {
		kmem_owner_serve(owner);
		if (!__cache_free(owner, s, obj))
			goto out;
	} else if (kmem_rseq && !free_by_hand(s, obj)) {
		goto out;
	}
	kmem_cache_free_direct(s, &obj, 1);
out:
	kmem_sparse_check(s);
	surplus_poll();
}

void kmem_cache_free_slow(struct kmem_cache *s, void *obj, uintptr_t caller)
{
	if (kmem_by_cpu() && section_push(kmem_rseq, section_cursor(s), obj))
		return;
	if (!s->far || cursor_push(kmem_cursor(kmem_this_owner, s), obj))
		free_missed(s, obj, caller);
}
