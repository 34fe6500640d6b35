// SPDX-License-Identifier: MIT
/*
 * kmem/sheaf.c - a cursor misses: sheaves are exchanged
 *
 * This is for a backend with spares and barns (SLUB). SLAB has functions of its
 * own for the same two events.
 *
 *	alloc, main empty	spare full     -> swap main and spare
 *				barn has full  -> exchange main for that
 *				else           -> fill main from the slabs
 *	free, main full		spare empty    -> swap main and spare
 *				no spare       -> main becomes the spare
 *				spare full     -> it goes to the barn, or, if
 *						  that is full, to the slabs
 *
 * A thread keeps up to two sheaves of each cache. So a program whose number of
 * objects varies around the end of a sheaf does not need the barn at every
 * call. But each object in a sheaf may keep a whole slab from being empty. So
 * if the only thread has retired three full sheaves and requested none, it
 * keeps half a main only.
 *
 * A cache without a slot, or a thread without a table, is served object by
 * object from the slabs.
 *
 * Locking	none here: only their owner uses main and spare. A sheaf leaves
 *		its place before it enters another (release stores). So a child
 *		forked in between loses objects but never sees a sheaf twice.
 * Invariants	SHEAF1-SHEAF3 of kmem.h
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md V3, V4)
 */
#include <errno.h>

#include "buddy/buddy.h"
#include "core/start.h"
#include "core/tick.h"
#include "kmem/debug.h"
#include "kmem/internal.h"
#include "kmem/sheaf.h"
#include "kmem/stat.h"

#define POLL_EVERY 8 /* in a burst of misses, one poll for so many */
#define DRAIN_AFTER 3 /* full sheaves retired, none requested */

const void *const kmem_missing[SHEAF_WORDS] __aligned(SHEAF_SIZE) = { NULL };

static void spare_set(struct kmem_owner_slot *slot, struct slab_sheaf *sheaf)
{
	smp_store_release(&slot->spare, sheaf);
}

static void flush_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (!sheaf->count)
		return;
	kmem_account(&s->flushes, &s->flushed, sheaf->count);
	kmem_stat_n(s, SHEAF_FLUSH, sheaf->count);
	s->ops->flush(s, sheaf_objects(sheaf), sheaf->count);
	sheaf->count = 0;
}

/* Fills an empty sheaf from the slabs. */
static void fill_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf,
		       gfp_t gfp)
{
	/* This need not succeed: a single object is tried for harder. */
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	sheaf->count = s->ops->refill(s, gfp & ~__GFP_NOFAIL, NUMA_NO_NODE,
				      sheaf_objects(sheaf), sheaf->capacity);
	kmem_account(&s->refills, &s->refilled, sheaf->count);
	kmem_stat_n(s, SHEAF_REFILL, sheaf->count);
}

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

/*
 * The slot had no main while slabs were searched. If that led to reclaim, a
 * shrinker may have freed an object of this cache, which gave the slot a main.
 * That main goes to the slabs.
 */
void kmem_main_replace(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *sheaf)
{
	struct slab_sheaf *other = main_take(owner, s);

	if (unlikely(other)) {
		flush_sheaf(s, other);
		barn_put_empty(s, other);
	}
	main_set(owner, s, sheaf);
}

int sheaf_main_empty(struct kmem_owner *owner, struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct slab_sheaf *main = main_take(owner, s), *full;

	slot->retired = 0;
	if (main)
		sheaf_restore(s, main);
	if (slot->spare && slot->spare->count) {
		full = slot->spare;
		spare_set(slot, main);
		main_set(owner, s, full);
		return 0;
	}
	full = barn_get_full(s, main);
	if (full) {
		main_set(owner, s, full);
		return 0;
	}
	if (!main)
		main = sheaf_get(s);
	if (!main)
		return -ENOMEM;
	fill_sheaf(s, main, gfp);
	kmem_main_replace(owner, s, main);
	return main->count ? 0 : -ENOMEM;
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
	cursor_push(cursor, obj);
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

/*
 * Returns an object of the owner's main, or of a slab if main has none or
 * another node is requested.
 */
static void *__do_cache_alloc(struct kmem_owner *owner, struct kmem_cache *s,
			      gfp_t gfp, int node)
{
	void *obj = NULL;

	if (owner && kmem_owner_has_slot(owner, s) &&
	    (node == NUMA_NO_NODE || node == (int)numa_node_id())) {
		kmem_owner_serve(owner);
		obj = __cache_alloc(owner, s, gfp, node);
	}
	return obj ? obj : alloc_direct(s, gfp, node);
}

/*
 * Asks for a tick. In a burst of misses, several in one millisecond, the clock
 * is read only at one miss of POLL_EVERY.
 */
static void poll(struct kmem_owner *owner)
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
static noinline void *alloc_miss(struct kmem_cache *s, gfp_t gfp, int node,
				 size_t orig_size, uintptr_t caller)
{
	struct kmem_owner *owner;

	if (unlikely(engine_need() || s->dead))
		return NULL;
	owner = kmem_owner_get();
	poll(owner);
	if (unlikely(s->guard))
		return kmem_guard_alloc(s, gfp, node, orig_size, caller);
	return __do_cache_alloc(owner, s, gfp, node);
}

void *kmem_cache_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			    size_t orig_size, uintptr_t caller)
{
	if (s->far && node == NUMA_NO_NODE) {
		void *obj = cursor_pop(kmem_cursor(kmem_this_owner, s));

		if (likely(obj))
			return obj;
	}
	return alloc_miss(s, gfp, node, orig_size, caller);
}

/*
 * Returns true if this is the only owner and its last DRAIN_AFTER misses were
 * all frees.
 */
static bool drains(const struct kmem_owner_slot *slot)
{
	return slot->retired >= DRAIN_AFTER && kmem_owners_number() == 1;
}

/*
 * Puts a full spare into the barn, or flushes it. Returns an empty sheaf.
 * Objects are checked first, since a barn may keep them for long. An owner that
 * drains does not use the barn: no other thread would take the sheaf.
 */
static struct slab_sheaf *retire_full(struct kmem_cache *s,
				      struct slab_sheaf *full,
				      const struct kmem_owner_slot *slot)
{
	if (full->capacity == s->sheaf_capacity && !drains(slot) &&
	    barn_has_room(s)) {
		int wrong = s->ops->verify(s, sheaf_objects(full), full->count);

		if (!wrong && !barn_put_full(s, full))
			return sheaf_get(s);
	}
	flush_sheaf(s, full);
	return full;
}

/*
 * For an owner that drains: empties the spare. Its main has half the size. Each
 * object in them may pin a slab for no use.
 */
static void retire_spare(struct kmem_owner_slot *slot, struct kmem_cache *s)
{
	struct slab_sheaf *spare = slot->spare;

	spare_set(slot, NULL);
	spare_set(slot, retire_full(s, spare, slot));
}

/*
 * For an owner that goes on draining: flushes main and keeps half of it as
 * main.
 */
static void drain_main(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *main)
{
	flush_sheaf(s, main);
	sheaf_set_capacity(main, DIV_ROUND_UP(s->sheaf_capacity, 2U));
	kmem_main_replace(owner, s, main);
}

int sheaf_main_full(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct slab_sheaf *main = main_take(owner, s);
	struct slab_sheaf *spare = slot->spare, *empty = spare;

	if (main && spare && !spare->count && drains(slot)) {
		drain_main(owner, s, main);
		return 0;
	}
	if (main)
		spare_set(slot, main);
	if (main && spare && spare->count) {
		empty = retire_full(s, spare, slot);
		if (++slot->retired == DRAIN_AFTER && drains(slot))
			barn_shrink(s, SHRINK_ALL);
	} else if (!main || !spare) {
		empty = sheaf_get(s);
	}
	if (!empty)
		return -ENOMEM;
	if (drains(slot))
		sheaf_set_capacity(empty, DIV_ROUND_UP(s->sheaf_capacity, 2U));
	else
		sheaf_restore(s, empty);
	main_set(owner, s, empty);
	if (main && drains(slot))
		retire_spare(slot, s);
	return 0;
}

bool kmem_is_remote(const void *obj)
{
	const struct page *slab = virt_to_slab_page(obj);

	return slab && page_to_nid(slab) != numa_node_id();
}

void kmem_cache_free_direct(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (unlikely(s->guard)) {
		for (unsigned int i = 0; i < nr; i++)
			kmem_guard_free(s, objs[i], _RET_IP_);
		return;
	}
	kmem_account(&s->flushes, &s->flushed, nr);
	kmem_stat_n(s, FREE_SLOWPATH, nr);
	s->ops->flush(s, objs, nr);
}

void kmem_cache_free_remote(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (s->guard || !s->ops->flush_remote) {
		kmem_cache_free_direct(s, objs, nr);
		return;
	}
	kmem_account(&s->flushes, &s->flushed, nr);
	kmem_stat_n(s, FREE_SLOWPATH, nr);
	s->ops->flush_remote(s, objs, nr);
}

/* Frees an object for which neither main nor a far slot had room. */
static noinline void free_miss(struct kmem_cache *s, void *obj,
			       uintptr_t caller)
{
	struct kmem_owner *owner = kmem_owner_get();

	/*
	 * A push that finds the sheaf full does not compare obj with the top
	 * object.
	 */
	if (owner && unlikely(((void **)*kmem_cursor(owner, s))[-1] == obj))
		kmem_double_free(s, obj);
	poll(owner);
	if (unlikely(s->guard)) {
		kmem_guard_free(s, obj, caller);
		return;
	}
	if (owner && kmem_owner_has_slot(owner, s)) {
		int ret;

		kmem_owner_serve(owner);
		ret = cursor_push(kmem_cursor(owner, s), obj);
		if (ret && !s->ops->main_full(owner, s)) {
			kmem_stat_n(s, FREE_FASTPATH, main_room(owner, s));
			ret = cursor_push(kmem_cursor(owner, s), obj);
		}
		if (!ret)
			return;
	}
	kmem_cache_free_direct(s, &obj, 1);
}

void kmem_cache_free_slow(struct kmem_cache *s, void *obj, uintptr_t caller)
{
	if (!s->far || cursor_push(kmem_cursor(kmem_this_owner, s), obj))
		free_miss(s, obj, caller);
}

void kmem_owner_flush_cache(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);
	struct slab_sheaf *sheaf = main_take(owner, s);

	if (!slot)
		return;
	slot->shrunk = READ_ONCE(s->shrinks);
	for (int i = 0; i < 2; i++) {
		if (sheaf) {
			flush_sheaf(s, sheaf);
			barn_put_empty(s, sheaf);
		}
		sheaf = slot->spare;
		spare_set(slot, NULL);
	}
	slot->seen = 0;
	slot->retired = 0;
}

/* Returns the cache whose sheaves are in a slot, or NULL if there are none. */
static struct kmem_cache *slot_cache(uintptr_t cursor,
				     const struct kmem_owner_slot *slot)
{
	struct slab_sheaf *sheaf = cursor_sheaf(cursor);

	if (!sheaf)
		sheaf = slot->spare;
	return sheaf ? sheaf->cache : NULL;
}

/* Calls fn for each cache of which an owner has sheaves. */
static void for_each_held(struct kmem_owner *owner,
			  void (*fn)(struct kmem_owner *owner,
				     struct kmem_cache *s))
{
	struct kmem_cache *s;

	for (unsigned int slot = 1; slot < kmem_nr_slots; slot++) {
		s = slot_cache(owner->cursor[slot], &owner->slot[slot]);
		if (s)
			fn(owner, s);
	}
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++) {
			s = slot_cache(far[i].cursor, &far[i].rest);
			if (s)
				fn(owner, s);
		}
	}
}

void __kmem_owner_flush(struct kmem_owner *owner)
{
	lock_assert_held(&kmem_owners_lock);
	for_each_held(owner, kmem_owner_flush_cache);
}

/*
 * Takes kmem_owners_lock, since the thread that destroys a cache may be reading
 * this owner's sheaves of it.
 */
void kmem_owner_flush(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__kmem_owner_flush(owner);
	spin_unlock(&kmem_owners_lock);
}

void sheaf_main_idle(struct kmem_owner *owner, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(owner, s);

	uintptr_t cursor = *kmem_cursor(owner, s);

	if (slot->seen == cursor)
		kmem_owner_flush_cache(owner, s);
	else
		slot->seen = cursor;
}

/* Serves one cache at a tick of its owner. */
static void serve_cache(struct kmem_owner *owner, struct kmem_cache *s)
{
	if (kmem_slot(owner, s)->shrunk != READ_ONCE(s->shrinks))
		kmem_owner_flush_cache(owner, s);
	else
		s->ops->main_idle(owner, s);
}

void kmem_owner_flush_idle(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	for_each_held(owner, serve_cache);
	spin_unlock(&kmem_owners_lock);
}

/*
 * The owner may use its sheaves meanwhile, and a spare may be reused. The words
 * read then are numbers of no meaning, but they are used for a statistic only.
 */
__racy unsigned long kmem_owner_count(struct kmem_owner *owner,
				      const struct kmem_cache *s)
{
	const struct kmem_owner_slot *slot = kmem_slot(owner, s);
	uintptr_t cursor = READ_ONCE(*kmem_cursor(owner, s));
	const struct slab_sheaf *spare = slot ? READ_ONCE(slot->spare) : NULL;
	const struct slab_sheaf *main = cursor_sheaf(cursor);
	unsigned long nr = spare ? READ_ONCE(spare->count) : 0;

	if (main) {
		u32 capacity = READ_ONCE(main->capacity);
		u32 room = (-cursor & (SHEAF_SIZE - 1)) / sizeof(void *);

		if (capacity <= SHEAF_MAX_CAPACITY && room <= capacity)
			nr += capacity - room;
	}
	return nr;
}

/* Checks SHEAF1 to SHEAF3 and FAR2 of a slot of the table, or of a far slot. */
static void check_slot(uintptr_t cursor, const struct kmem_owner_slot *slot,
		       unsigned int number, unsigned int far)
{
	const struct slab_sheaf *sheaf = cursor_sheaf(cursor);
	const struct slab_sheaf *spare = slot->spare;
	const struct kmem_cache *s = slot_cache(cursor, slot);

	BUG_ON(s && (s->slot != number || s->far != far));
	BUG_ON(spare && spare->count && spare->count != spare->capacity);
	if (!sheaf)
		return;
	BUG_ON(cursor < sheaf_bottom(sheaf));
	BUG_ON(((void **)sheaf_bottom(sheaf))[-1]);
	for (uintptr_t at = sheaf_bottom(sheaf); at < cursor; at += 8)
		BUG_ON(!*(void **)at);
}

void kmem_owner_check(const struct kmem_owner *owner)
{
	BUG_ON(owner->cursor[0] != MISSING || owner->slot[0].spare);
	for (unsigned int slot = 1; slot < kmem_nr_slots; slot++)
		check_slot(owner->cursor[slot], &owner->slot[slot], slot, 0);
	for (unsigned int nr = 0; nr < owner->nr_far; nr++) {
		const struct kmem_far_slot *far = owner->far[nr];

		for (unsigned int i = 0; far && i < FAR_PER_CHUNK; i++)
			check_slot(far[i].cursor, &far[i].rest, 0,
				   nr * (unsigned int)FAR_PER_CHUNK + i + 1);
	}
}
