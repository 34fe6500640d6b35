// SPDX-License-Identifier: MIT
/*
 * slub/flush.c - many objects at once, back to their slabs
 *
 * Neighbours in the batch that belong to one slab are chained first and then
 * freed with one exchange. Each is proven to be the start of an object of this
 * cache: this is where a wild pointer that passed the fast path is caught.
 *
 *	batch  [a3 a7 a2 b1 b4]
 *	       a: 2 -> 7 -> 3	  one exchange
 *	       b: 4 -> 1	  one exchange
 *
 *	the slab was		and is now		it goes
 *	frozen			frozen			nowhere: a cpu has it
 *	full			partly free		to this CPU's partial list
 *	partial			empty			to the buddy if the node has
 *							enough partial slabs
 *
 * Locking	none for most; list_lock where a slab changes lists
 * Invariants	S1, S2 of slab.h
 * Source	Linux v6.18 mm/slub.c, __slab_free() and
 *		build_detached_freelist() (docs/kernel.md U4, X1)
 */
#include "slub/internal.h"

#define BATCH 32U /* objects asked of the memory at a time */

/* A chain of free objects of one slab. */
struct detached {
	struct slab *slab;
	void *head, *tail;
	unsigned int nr;
};

/* What a free of `nr` objects makes of a slab. */
static struct slab_state state_after(struct kmem_cache *s,
				     const struct slab_state *old,
				     const struct detached *d)
{
	struct slab_state new = *old;

	if (unlikely(old->counters.inuse < d->nr || d->tail == old->freelist))
		kmem_double_free(s, d->tail);
	set_freepointer(s, d->tail, old->freelist);
	new.freelist = d->head;
	new.counters.inuse -= d->nr;
	return new;
}

static bool was_full(const struct slab_state *old)
{
	return old->counters.inuse == old->counters.objects;
}

/*
 * A slab on no CPU became empty, or stopped being full while this cache keeps
 * no cpu partial lists: under list_lock, which holds S2 together.
 */
static void free_listed(struct kmem_cache *s, struct detached *d)
{
	struct slab *slab = d->slab;
	struct kmem_cache_node *n = slab_node(slab);
	struct slab_state old, new;
	bool discard = false;

	spin_lock(&n->list_lock);
	old = slab_read(slab);
	do {
		new = state_after(s, &old, d);
	} while (!slab_exchange(slab, &old, new));
	if (!old.counters.frozen) {
		discard = !new.counters.inuse &&
			  n->nr_partial >= READ_ONCE(s->min_partial);
		if (was_full(&old) && !discard) {
			add_partial(n, slab);
			kmem_stat(s, FREE_ADD_PARTIAL);
		} else if (!was_full(&old) && discard) {
			remove_partial(n, slab);
			kmem_stat(s, FREE_REMOVE_PARTIAL);
		}
	}
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, slab);
}

static void slab_free(struct kmem_cache *s, struct detached *d)
{
	struct slab *slab = d->slab;
	struct slab_state old = slab_read(slab), new;

	for (;;) {
		new = state_after(s, &old, d);
		if (!old.counters.frozen) {
			if (!new.counters.inuse)
				goto listed;
			if (was_full(&old))
				new.counters.frozen = 1;
		}
		if (likely(slab_exchange(slab, &old, new)))
			break;
		kmem_stat(s, CMPXCHG_DOUBLE_FAIL);
	}
	if (old.counters.frozen)
		kmem_stat(s, FREE_FROZEN);
	else if (new.counters.frozen)
		put_cpu_partial(s, slab);
	return;
listed:
	free_listed(s, d);
}

/* The same where index and address are not enough. */
static noinline struct slab *find_object_slab(struct kmem_cache *s, void *obj)
{
	struct kmem_cache *owner = kmem_other_cache(s, obj);
	struct slab *slab = virt_to_slab(obj);

	if (unlikely(owner)) {
		kmem_free_to_owner(s, owner, obj);
		return NULL;
	}
	check_object(s, slab, obj);
	return slab;
}

/*
 * The slab of an object, proven; NULL if it was another cache's, and has gone
 * there. For slabs of the preferred order, which are nearly all, index and
 * address are enough, and no struct page is read.
 */
static inline struct slab *object_slab(struct kmem_cache *s, void *obj)
{
	struct slab *slab = known_slab(s, obj);

	return likely(slab) ? slab : find_object_slab(s, obj);
}

/*
 * Chain the objects at the front that lie side by side, each `step` bytes from
 * the one before: how many. That they do not leave the slab is proof enough.
 */
static unsigned int chain_neighbours(const struct kmem_cache *s, void **objs,
				     unsigned int nr, long step,
				     unsigned int room)
{
	void **const end = objs + min(nr, room + 1), **at = objs + 1;
	char *head = objs[0], *link = head + s->offset;

	while (at != end && *at == head + step) {
		link += step;
		*(void **)link = head;
		head += step;
		at++;
	}
	return (unsigned int)(at - objs);
}

/*
 * Chain the objects at the front that lie in one slab. Only the first is
 * looked up; that the others lie between the same two addresses and start an
 * object is proof enough.
 */
static void build_detached(const struct kmem_cache *s, struct slab *slab,
			   void **objs, unsigned int nr, struct detached *d)
{
	const uintptr_t start = (uintptr_t)slab_address(slab);
	const u32 objects = slab->state.counters.objects;
	const u64 bytes = (u64)objects * s->size;
	const u64 divisor = s->divisor; /* as in kmem_starts_object() */
	/* Hardened free pointers are not what they point to. */
	const long step = nr > 1 && !s->random ?
				  (char *)objs[1] - (char *)objs[0] :
				  0;
	const u32 index = (u32)((((uintptr_t)objs[0] - start) *
				 s->reciprocal_size) >>
				RECIPROCAL_SHIFT);
	void **at = objs + 1, **const end = objs + nr;

	if (step == (long)s->size)
		at = objs +
		     chain_neighbours(s, objs, nr, step, objects - 1 - index);
	else if (step == -(long)s->size)
		at = objs + chain_neighbours(s, objs, nr, step, index);
	for (; at != end; at++) {
		u64 offset = (uintptr_t)*at - start;

		if (offset >= bytes || offset * divisor >= divisor)
			break;
		set_freepointer(s, *at, at[-1]);
	}
	*d = (struct detached){ slab, at[-1], objs[0],
				(unsigned int)(at - objs) };
}

/*
 * Objects one by one, in a process with one thread, while each lies in a slab
 * that neither was full nor becomes empty, so that only its list of free objects
 * changes: how many. Those that begin in one slab are better off in a chain. What
 * is not in one slab does not wait for the object before, so the memory serves
 * many at a time.
 */
static unsigned int push_scattered(const struct kmem_cache *s, void **objs,
				   unsigned int nr)
{
	const uintptr_t base = arena_base,
			mask = (PAGE_SIZE << s->oo_order) - 1;
	const u64 bytes = s->oo_bytes, divisor = s->divisor;
	const unsigned int offset = s->offset, class = s->class;
	const u32 most = s->oo_objects - 2;
	/* Both as they would be for address 0: no subtraction in the loop. */
	const uintptr_t index = (uintptr_t)arena_index - (base >> PAGE_SHIFT);
	const uintptr_t page_bytes = PAGE_SIZE / sizeof(struct page);
	const uintptr_t pages = (uintptr_t)arena.vmemmap - base / page_bytes;
	void **at = objs, **const end = objs + nr;

	if (!class || s->random ||
	    (nr > 1 && !(((uintptr_t)at[0] ^ (uintptr_t)at[1]) & ~mask)))
		return 0;
	for (; at != end; at++) {
		const uintptr_t obj = (uintptr_t)*at, in = obj & mask;
		struct slab *slab = (struct slab *)(pages +
						    (obj & ~mask) / page_bytes);

		/* known_slab(), with all that it needs in registers */
		if (unlikely(
			    *(const u8 *)(index + (obj >> PAGE_SHIFT)) != class ||
			    in >= bytes || in * divisor >= divisor))
			break;
		if (slab->state.counters.inuse - 2 >= most ||
		    slab->state.freelist == *at)
			break;
		*(void **)(obj + offset) = slab->state.freelist;
		slab->state.freelist = (void *)obj;
		slab->state.counters.inuse--;
	}
	return (unsigned int)(at - objs);
}

/* Ask the memory for what the exchanges of a batch will need. */
static void prefetch_batch(const struct kmem_cache *s, void **objs,
			   unsigned int nr)
{
	const uintptr_t mask = ~((PAGE_SIZE << s->oo_order) - 1);
	uintptr_t last = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t at = (uintptr_t)objs[i] & mask;

		if (at == last)
			continue;
		last = at;
		__builtin_prefetch((char *)objs[i] + s->offset, 1);
		__builtin_prefetch(__virt_to_page((void *)at), 1);
	}
}

void slub_flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	const bool single = os_single_threaded();
	unsigned int fetched = 0, i = 0;
	struct detached d;
	struct slab *slab;

	stat_sub(&s->in_use, nr);
	while (i < nr) {
		if (single && likely(!s->random)) {
			i += push_scattered(s, objs + i, nr - i);
			if (i == nr)
				break;
		} else if (i >= fetched) {
			fetched = min(i + BATCH, nr);
			prefetch_batch(s, objs + i, fetched - i);
		}
		slab = object_slab(s, objs[i]);
		if (unlikely(!slab)) {
			stat_add(&s->in_use, 1); /* it never was one of ours */
			i++;
			continue;
		}
		build_detached(s, slab, objs + i, nr - i, &d);
		slab_free(s, &d);
		i += d.nr;
	}
}
