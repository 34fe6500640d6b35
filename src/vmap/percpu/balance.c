// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/balance.c - the balancer: spare chunks and pages of percpu memory
 *
 *	1  wholly free chunks but one go
 *	2  more than HIGH empty populated pages: they go, those of the emptiest
 *	   chunk first, from its end
 *	3  fewer than HIGH: more are populated, in the fullest chunk first; if
 *	   no chunk has room, a chunk is made
 *
 *	empty	0	 LOW=2	   HIGH=4
 *		|---------|---------|---------------------->
 *		 runs after an	     runs after a free that left a quarter of
 *		 allocation	     a chunk such pages, and at a tick
 *
 * There is no worker. Allocations that may wait, and frees, run the balancer
 * when it is due, after their own work. A tick runs it after allocations that
 * may not wait.
 *
 * Locking	none held by the caller. pcpu_alloc_mutex over 1 to 3, pcpu_lock
 *		inside for each look at chunks; chunks come and go outside
 * Invariants	between LOW and HIGH pages are empty and populated when it ends,
 *		if no thread allocates meanwhile and there is memory
 * Tests	unit.vmap.percpu.chunk; model.vmap.percpu.percpu_model
 * Source	Linux v6.12 mm/percpu.c, pcpu_balance_workfn()
 *		(docs/kernel.md Y9)
 */
#include <errno.h>

#include "core/tick.h"
#include "kmem/kmem.h"
#include "vmap/percpu/internal.h"

/* Moves all wholly free chunks but the first to `dead`. */
static void balance_free(struct list_head *dead)
{
	struct list_head *list = &pcpu.slots[PCPU_FREE_SLOT];

	spin_lock(&pcpu_lock);
	while (pcpu_free_chunks_surplus()) {
		struct pcpu_chunk *chunk = list_last_entry(
			list, struct pcpu_chunk, list);

		pcpu_chunk_remove(chunk);
		list_add(&chunk->list, dead);
	}
	spin_unlock(&pcpu_lock);
}

/* ---- pages --------------------------------------------------------------- */

static bool gives_page(const struct pcpu_chunk *chunk)
{
	return chunk->nr_empty_pop_pages;
}

static bool takes_page(const struct pcpu_chunk *chunk)
{
	return chunk->nr_populated < PCPU_UNIT_PAGES;
}

/* Returns the first chunk of a slot for which does() is true; pcpu_lock. */
static struct pcpu_chunk *first_in_slot(unsigned int slot,
					bool (*does)(const struct pcpu_chunk *))
{
	struct pcpu_chunk *chunk;

	list_for_each_entry(chunk, &pcpu.slots[slot], list)
		if (does(chunk))
			return chunk;
	return NULL;
}

/*
 * Returns the emptiest chunk with an empty populated page; *page is the last.
 */
static struct pcpu_chunk *find_surplus(unsigned int *page)
{
	struct pcpu_chunk *chunk = NULL;

	spin_lock(&pcpu_lock);
	for (unsigned int slot = PCPU_FREE_SLOT;
	     slot >= pcpu_size_to_slot(OS_PAGE_SIZE) && !chunk; slot--)
		if (pcpu.nr_empty_pop_pages > PCPU_EMPTY_POP_PAGES_HIGH)
			chunk = first_in_slot(slot, gives_page);
	*page = PCPU_UNIT_PAGES - 1;
	while (chunk && (!test_bit(*page, chunk->populated) ||
			 !pcpu_page_empty(chunk, *page)))
		--*page;
	spin_unlock(&pcpu_lock);
	return chunk;
}

static void reclaim_populated(void)
{
	struct pcpu_chunk *chunk;
	unsigned int page;
	int ret = 0;

	/* -EBUSY: it is not empty any more, so there is less of a surplus. */
	while ((!ret || ret == -EBUSY) && (chunk = find_surplus(&page)))
		ret = pcpu_depopulate_page(chunk, page);
}

/* Returns the fullest chunk with an unpopulated page; *page is the first. */
static struct pcpu_chunk *find_missing(unsigned int *page)
{
	struct pcpu_chunk *chunk = NULL;

	spin_lock(&pcpu_lock);
	for (unsigned int slot = pcpu_size_to_slot(OS_PAGE_SIZE);
	     slot <= PCPU_FREE_SLOT && !chunk; slot++)
		chunk = first_in_slot(slot, takes_page);
	if (chunk)
		*page = find_next_zero_bit(chunk->populated, PCPU_UNIT_PAGES,
					   0);
	spin_unlock(&pcpu_lock);
	return chunk;
}

static bool pages_below(unsigned int mark)
{
	return READ_ONCE(pcpu.nr_chunks) &&
	       READ_ONCE(pcpu.nr_empty_pop_pages) < mark;
}

static void balance_populated(void)
{
	struct pcpu_chunk *chunk;
	unsigned int page;

	while (pages_below(PCPU_EMPTY_POP_PAGES_HIGH) &&
	       (chunk = find_missing(&page)))
		pcpu_populate_chunk(chunk, page, page + 1);
}

/* ---- the work ------------------------------------------------------------ */

static void balance_once(struct list_head *dead)
{
	spin_lock(&pcpu_alloc_mutex);
	WRITE_ONCE(pcpu.balance_due, 0);
	balance_free(dead);
	reclaim_populated();
	balance_populated();
	spin_unlock(&pcpu_alloc_mutex);
}

void pcpu_balance(void)
{
	struct pcpu_chunk *chunk, *next;
	LIST_HEAD(dead);

	balance_once(&dead);
	/* still below: no chunk has room for more */
	if (pages_below(PCPU_EMPTY_POP_PAGES_HIGH)) {
		chunk = pcpu_create_chunk(GFP_KERNEL | __GFP_NORETRY |
					  __GFP_NOWARN);
		if (chunk) {
			spin_lock(&pcpu_lock);
			pcpu_chunk_add(chunk);
			spin_unlock(&pcpu_lock);
			balance_once(&dead);
		}
	}
	list_for_each_entry_safe(chunk, next, &dead, list)
		pcpu_destroy_chunk(chunk);
}

static void percpu_tick(unsigned int flags)
{
	(void)flags;
	if (READ_ONCE(pcpu.balance_due) ||
	    pages_below(PCPU_EMPTY_POP_PAGES_LOW) ||
	    READ_ONCE(pcpu.nr_empty_pop_pages) > PCPU_EMPTY_POP_PAGES_HIGH)
		pcpu_balance();
}

static const struct tick percpu_ticks = { .fn = percpu_tick };

void pcpu_balance_init(void)
{
	tick_register(&percpu_ticks);
}
