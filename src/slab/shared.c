// SPDX-License-Identifier: MIT
/*
 * slab/shared.c - the arrays that the owners of a node share
 *
 *	owner A, full                slots of CPU 1            owner B, empty
 *	  |oldest|newest| --.         .-> [A2|60]
 *	  A1: the oldest     `-swap-> |   [A1|60] <-swap- main: it gets A1 and
 *	  spare: the newest,  <-------'   [  |  ]         leaves its own, empty
 *	  its main from now on            ...
 *
 * A word of a slot is the address of an array, with the number of its objects
 * in the bits that the address has not. Whole arrays change hands: one compare
 * and exchange of that word, no lock, and no slab is touched. An owner that
 * gives an array with objects gets the empty one that lay there, and the other
 * way round.
 *
 * Each CPU has slots of its own, as many as `shared` says, so that objects
 * return to the CPU whose cache they lie in. An owner takes from the slots of
 * other CPUs if its own have no objects. The table of slots is made at the
 * first flush that could use it, and stays until the cache is destroyed.
 *
 * Objects in a slot are marked (stored.c), so that one which is freed again
 * meanwhile is known as it leaves its array.
 *
 *	rows	bit r is set if row r may have objects. A taker that finds none
 *		clears the bit, then looks once more. A giver sets it after the
 *		exchange. So a bit is never clear for long with objects there.
 *
 * Locking	none. An array belongs to its slot, or to the thread that took
 *		the word out of it, and no thread reads it before. So it does
 *		not matter if a word left a slot and came back between a load
 *		and the exchange.
 * Invariants	SLAB5 of internal.h
 * Source	Linux v6.1 mm/slab.c (docs/kernel.md S1, S4), where one array of
 *		a node is filled and emptied under its lock: docs/divergence.md
 *		H
 */
#include <errno.h>

#include "kmem/barn.h"
#include "slab/internal.h"
#include "zone/numa.h"

/* ---- the words of slots -------------------------------------------------- */

static inline uintptr_t slot_word(const struct array_cache *ac)
{
	return ac ? (uintptr_t)ac | ac->avail : 0;
}

struct array_cache *slot_array(uintptr_t word)
{
	return (struct array_cache *)(word & ~(SHEAF_SIZE - 1));
}

unsigned int slot_avail(uintptr_t word)
{
	return (unsigned int)(word & (SHEAF_SIZE - 1));
}

/*
 * Replaces the word `old` of a slot. Returns false if it is another by now.
 * What the giver wrote to the array is seen by the taker.
 */
static inline bool slot_swap(uintptr_t *slot, uintptr_t old, uintptr_t new)
{
	return __atomic_compare_exchange_n(slot, &old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Returns the array of a word that was taken out of its slot, or NULL. */
static struct array_cache *taken_array(uintptr_t word)
{
	struct array_cache *ac = slot_array(word);

	if (ac)
		ac->avail = slot_avail(word);
	return ac;
}

/* ---- the table of slots -------------------------------------------------- */

static struct shared_arrays *alloc_shared(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf = sheaf_alloc(s);
	struct shared_arrays *shared = (struct shared_arrays *)sheaf;

	if (shared)
		memset(shared->slot, 0, sizeof(shared->slot));
	return shared;
}

static void free_shared(struct shared_arrays *shared)
{
	sheaf_free((struct slab_sheaf *)shared);
}

/* Returns the node's table, made if it has none. NULL: there is no memory. */
static struct shared_arrays *shared_table(struct kmem_cache *s,
					  struct kmem_cache_node *n)
{
	struct shared_arrays *had = smp_load_acquire(&n->shared), *shared;

	if (likely(had))
		return had;
	shared = alloc_shared(s);
	if (!shared ||
	    __atomic_compare_exchange_n(&n->shared, &had, shared, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return shared;
	free_shared(shared);
	return had;
}

static inline unsigned int row_here(void)
{
	return smp_cpu() % NR_BARNS;
}

/* ---- giving -------------------------------------------------------------- */

bool shared_has_room(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned int nr = READ_ONCE(s->shared);
	const struct shared_arrays *shared = smp_load_acquire(&n->shared);
	const uintptr_t *row;

	if (!shared)
		return nr;
	row = shared->slot[row_here()];
	for (unsigned int i = 0; i < nr; i++)
		if (!slot_avail(READ_ONCE(row[i])))
			return true;
	return false;
}

/* Notes that a row has objects. */
static inline void note_row(struct kmem_cache_node *n, unsigned int row)
{
	if (!(__atomic_load_n(&n->shared_rows, __ATOMIC_SEQ_CST) & BIT(row)))
		__atomic_or_fetch(&n->shared_rows, (u32)BIT(row),
				  __ATOMIC_SEQ_CST);
}

/* shared_give() for objects that are marked already. */
static int give_marked(struct kmem_cache *s, struct kmem_cache_node *n,
		       struct array_cache *ac, struct array_cache **empty)
{
	struct shared_arrays *shared = shared_table(s, n);
	unsigned int row = row_here(), nr = READ_ONCE(s->shared);

	for (unsigned int i = 0; shared && i < nr; i++) {
		uintptr_t *slot = &shared->slot[row][i];
		uintptr_t word = READ_ONCE(*slot);

		if (slot_avail(word) || !slot_swap(slot, word, slot_word(ac)))
			continue;
		note_row(n, row);
		*empty = taken_array(word);
		return 0;
	}
	return -E2BIG;
}

int shared_give(struct kmem_cache *s, struct kmem_cache_node *n,
		struct array_cache *ac, struct array_cache **empty)
{
	void **objs = sheaf_objects(ac_sheaf(ac));
	unsigned int nr = ac->avail;
	int ret = slab_mark_stored(s, objs, nr);

	if (unlikely(ret))
		return ret;
	ret = give_marked(s, n, ac, empty);
	if (unlikely(ret)) /* the array is still the caller's */
		slab_clear_stored(s, objs, nr);
	return ret;
}

/* ---- taking -------------------------------------------------------------- */

/*
 * Takes the array with objects that lies furthest behind in a row: givers begin
 * in front, so it is the newest. Returns NULL if there is none.
 */
static struct array_cache *row_take(uintptr_t *row, unsigned int nr,
				    struct array_cache *empty)
{
	while (nr-- > 0) {
		uintptr_t word = READ_ONCE(row[nr]);

		if (slot_avail(word) &&
		    slot_swap(&row[nr], word, slot_word(empty)))
			return taken_array(word);
	}
	return NULL;
}

/* The same for a row whose bit is set; clears that if no array has objects. */
static struct array_cache *noted_row_take(struct kmem_cache *s,
					  struct kmem_cache_node *n,
					  unsigned int row,
					  struct array_cache *empty)
{
	unsigned int nr = READ_ONCE(s->shared);
	uintptr_t *slots = smp_load_acquire(&n->shared)->slot[row];
	struct array_cache *ac = row_take(slots, nr, empty);

	if (ac)
		return ac;
	__atomic_and_fetch(&n->shared_rows, (u32)~BIT(row), __ATOMIC_SEQ_CST);
	ac = row_take(slots, nr, empty);
	if (ac)
		note_row(n, row);
	return ac;
}

/* shared_take(), but the objects stay marked. */
static struct array_cache *take_marked(struct kmem_cache *s,
				       struct kmem_cache_node *n,
				       struct array_cache *empty)
{
	unsigned int here;

	if (!READ_ONCE(n->shared_rows))
		return NULL; /* where this CPU's row is need not be known */
	here = row_here();
	for (unsigned int i = 0; i < NR_BARNS && READ_ONCE(n->shared_rows);
	     i++) {
		unsigned int row = (here + i) % NR_BARNS;
		struct array_cache *ac;

		if (!(READ_ONCE(n->shared_rows) & BIT(row)))
			continue;
		ac = noted_row_take(s, n, row, empty);
		if (!ac)
			continue;
		if (!READ_ONCE(n->shared_touched))
			WRITE_ONCE(n->shared_touched, 1);
		return ac;
	}
	return NULL;
}

struct array_cache *shared_take(struct kmem_cache *s, struct kmem_cache_node *n,
				struct array_cache *empty)
{
	struct array_cache *ac = take_marked(s, n, empty);

	if (ac)
		slab_clear_stored(s, sheaf_objects(ac_sheaf(ac)), ac->avail);
	return ac;
}

/*
 * Puts an array back that was taken with its marks; or what is left of it goes
 * to the slabs, if the slots are full meanwhile.
 */
static void shared_return(struct kmem_cache *s, struct kmem_cache_node *n,
			  struct array_cache *ac)
{
	struct array_cache *empty = ac;

	if (ac->avail && give_marked(s, n, ac, &empty)) {
		slab_clear_stored(s, sheaf_objects(ac_sheaf(ac)), ac->avail);
		slab_flush(s, sheaf_objects(ac_sheaf(ac)), ac->avail);
		ac->avail = 0;
	}
	if (empty)
		barn_put_empty(s, ac_sheaf(empty));
}

unsigned int shared_get(struct kmem_cache *s, struct kmem_cache_node *n,
			void **objs, unsigned int nr)
{
	struct array_cache *ac = take_marked(s, n, NULL);

	if (!ac)
		return 0;
	nr = min(nr, ac->avail);
	ac->avail -= nr;
	memcpy(objs, sheaf_objects(ac_sheaf(ac)) + ac->avail,
	       nr * sizeof(void *));
	slab_clear_stored(s, objs, nr);
	shared_return(s, n, ac);
	return nr;
}

/* ---- upkeep -------------------------------------------------------------- */

/*
 * Frees up to nr objects, the oldest, of the array in a slot. Returns how many.
 * An array without objects is freed.
 */
static unsigned int drain_slot(struct kmem_cache *s, struct kmem_cache_node *n,
			       uintptr_t *slot, unsigned int nr)
{
	uintptr_t word = READ_ONCE(*slot);
	struct array_cache *ac;

	if (!word || (slot_avail(word) && !nr) || !slot_swap(slot, word, 0))
		return 0;
	ac = taken_array(word);
	nr = min(nr, ac->avail);
	slab_clear_stored(s, sheaf_objects(ac_sheaf(ac)), nr);
	slab_flush(s, sheaf_objects(ac_sheaf(ac)), nr);
	ac_drop_oldest(ac, nr);
	if (ac->avail)
		shared_return(s, n, ac);
	else
		sheaf_free(ac_sheaf(ac));
	return nr;
}

void shared_drain(struct kmem_cache *s, struct kmem_cache_node *n,
		  unsigned int nr)
{
	struct shared_arrays *shared = smp_load_acquire(&n->shared);

	for (unsigned int row = 0; shared && row < NR_BARNS; row++)
		for (unsigned int i = 0; i < SHARED_MAX; i++)
			nr -= drain_slot(s, n, &shared->slot[row][i], nr);
}

void shared_end(struct kmem_cache_node *n)
{
	if (n->shared)
		free_shared(n->shared);
	n->shared = NULL;
}

unsigned int shared_avail(struct kmem_cache_node *n)
{
	const struct shared_arrays *shared = smp_load_acquire(&n->shared);
	unsigned int avail = 0;

	for (unsigned int row = 0; shared && row < NR_BARNS; row++)
		for (unsigned int i = 0; i < SHARED_MAX; i++)
			avail += slot_avail(READ_ONCE(shared->slot[row][i]));
	return avail;
}
