// SPDX-License-Identifier: MIT
/*
 * kmem/hand.c - a slot of a CPU's table, taken out of it for a slow path
 *
 *	table of the CPU	  hand of this thread	     table, perhaps
 *	  cursor[7] --- take --->   cursor[7]		     of another CPU
 *	  spare[7]  --- take --->   spare[7]   refill, ..
 *	  MISSING, NULL		    cursor[7]  --- give --->   cursor[7]
 *				    spare[7]   --- give --->   spare[7]
 *
 * The backend works on a hand as it does on the table of a thread, so both
 * modes of percpu= share all slow paths. A word is in the table or in a hand,
 * never in both: take and give are sections of one store (section.h). Where
 * another thread has filled the place meanwhile, or the table is hidden, the
 * objects go to the slabs.
 *
 * A hand is claimed by a thread for one call. There are as many as there were
 * slow paths at once, HANDS at most; a call without one is served by the slabs.
 * A hand keeps `retired` and `seen` of its slots: hints, which say most about
 * the CPU whose threads claim it first.
 *
 * Locking	a hand is claimed by compare and exchange of `thread`. A new one
 *		enters the list under kmem_owners_lock.
 * Invariants	HAND1  a hand that no thread has claimed holds nothing
 *					(unit.kmem.hand checks it)
 */
#include "kmem/barn.h"
#include "kmem/cpu_owner.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/room.h"
#include "kmem/section.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

#define HANDS 32U

static struct kmem_owner *hands[HANDS]; /* kmem_owners_lock; atomic */
static unsigned int nr_hands; /* kmem_owners_lock; atomic */

/* ---- claims -------------------------------------------------------------- */

static bool try_claim(struct kmem_owner *hand)
{
	void *none = NULL;

	if (READ_ONCE(hand->thread))
		return false;
	return __atomic_compare_exchange_n(&hand->thread, &none,
					   __builtin_thread_pointer(), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void let_go(struct kmem_owner *hand)
{
	smp_store_release(&hand->thread, (void *)NULL);
}

/* Makes a hand, claimed. Returns NULL if there are enough, or no memory. */
static struct kmem_owner *new_hand(void)
{
	struct kmem_owner *hand, *made = NULL;

	if (READ_ONCE(nr_hands) == HANDS)
		return NULL;
	hand = kmem_table_alloc();
	if (!hand)
		return NULL;
	hand->thread = __builtin_thread_pointer();
	spin_lock(&kmem_owners_lock);
	if (nr_hands < HANDS) {
		made = hand;
		WRITE_ONCE(hands[nr_hands], hand);
		smp_store_release(&nr_hands, nr_hands + 1);
		hand = NULL;
	}
	spin_unlock(&kmem_owners_lock);
	kmem_table_free(hand);
	return made;
}

/* Returns a hand for this thread: that of its CPU first, for its cache. */
static struct kmem_owner *claim_hand(void)
{
	unsigned int nr = smp_load_acquire(&nr_hands);
	unsigned int from = nr ? (unsigned int)os_cpu() % nr : 0;

	for (unsigned int i = 0; i < nr; i++) {
		struct kmem_owner *hand = READ_ONCE(hands[(from + i) % nr]);

		if (try_claim(hand))
			return hand;
	}
	return new_hand();
}

/* ---- moves --------------------------------------------------------------- */

static noinline uintptr_t take_word(struct section_word word, uintptr_t empty)
{
	return section_take(kmem_rseq, word, empty);
}

static noinline bool put_word(struct section_word word, uintptr_t empty,
			      uintptr_t value)
{
	return section_put(kmem_rseq, word, empty, value);
}

/* Returns true if no CPU has a far slot for the cache. */
static bool is_nowhere(const struct kmem_cache *s)
{
	return s->far && !READ_ONCE(s->by_cpu);
}

/* Returns the cursor of this CPU's slot, which has none from then on, or 0. */
static uintptr_t take_cursor(struct kmem_cache *s)
{
	uintptr_t cursor = 0;

	if (!is_nowhere(s))
		cursor = take_word(section_cursor(s), MISSING);
	if (!cursor && kmem_cpu_owner_make(s) && !is_nowhere(s))
		cursor = take_word(section_cursor(s), MISSING);
	return cursor;
}

struct kmem_owner *kmem_hand_take(struct kmem_cache *s)
{
	struct kmem_owner *hand;
	uintptr_t cursor;

	if (!kmem_has_slot(s))
		return NULL;
	hand = claim_hand();
	if (!hand)
		return NULL;
	cursor = kmem_owner_has_slot(hand, s) ? take_cursor(s) : 0;
	if (!cursor) {
		let_go(hand);
		return NULL;
	}
	*kmem_cursor(hand, s) = cursor;
	kmem_slot(hand, s)->spare = (struct slab_sheaf *)take_word(
		section_spare(s), 0);
	return hand;
}

void kmem_hand_give(struct kmem_owner *hand, struct kmem_cache *s)
{
	struct kmem_owner_slot *slot = kmem_slot(hand, s);
	uintptr_t *cursor = kmem_cursor(hand, s);

	if (*cursor != MISSING && put_word(section_cursor(s), MISSING, *cursor))
		*cursor = MISSING;
	if (slot->spare &&
	    put_word(section_spare(s), 0, (uintptr_t)slot->spare))
		slot->spare = NULL;
	if (unlikely(*cursor != MISSING || slot->spare))
		kmem_owner_flush_cache(hand, s);
	let_go(hand);
}

void kmem_hand_flush(struct kmem_cache *s)
{
	struct kmem_owner *hand = is_nowhere(s) ? NULL : kmem_hand_take(s);

	if (!hand)
		return;
	kmem_owner_flush_cache(hand, s);
	kmem_hand_give(hand, s);
}

/*
 * What the hands of lost threads had in motion is counted as in use and is on
 * no list.
 */
void kmem_hands_fork_child(void)
{
	for (unsigned int i = 0; i < nr_hands; i++) {
		struct kmem_owner *hand = hands[i];

		if (!hand->thread || kmem_owner_is_mine(hand))
			continue;
		kmem_threads_lost = true;
		kmem_table_clear(hand);
		let_go(hand);
	}
}
