// SPDX-License-Identifier: MIT
/*
 * kmem/sparse.c - sparse slabs give pages back while the program runs
 *
 *	frames of slabs that were made	|////////////|///////////|////
 *	                                             ^ look      ^ look
 *	between two looks		a sixteenth of what all slabs have, and
 *					at least 32 MiB; nothing is done if all
 *					slabs are less than 16 MiB
 *
 * A program that makes slabs while others are almost empty has gone on to
 * other sizes: new slabs cost memory that lies idle elsewhere. So the pages on
 * which nothing is in use go back, of slabs that are half in use or less. A
 * cache of 8 MiB or more, of which a quarter is in use or less, is also
 * looked at when an eighth of its objects were freed. The rest is left to idle
 * ticks and malloc_trim().
 *
 * A slab is looked at again only if it has changed. So the work is in
 * proportion to what was freed.
 *
 * Locking	kmem_sparse_due lets one thread in
 * Source	none
 */
#include "core/task.h"
#include "kmem/shrink.h"
#include "kmem/sparse.h"
#include "zone/vmstat.h"

#define LEAST_BETWEEN (32UL << 20 >> PAGE_SHIFT)
#define PART 16U /* of all, between two looks */
#define LEAST_SLABS (16UL << 20 >> PAGE_SHIFT) /* less is not worth it */
#define LEAST_CACHE (8UL << 20) /* bytes; the same of one cache */
#define PART_FREED 8U /* of a cache, between two looks */

/* Returns true if this thread can give pages back where it is. */
static bool may_give_here(void)
{
	return !current->no_ticks && !(current->flags & PF_MEMALLOC);
}

void kmem_sparse_run(void)
{
	const unsigned long frames = global_node_page_state(
		NR_SLAB_UNRECLAIMABLE);

	if (!may_give_here() ||
	    !__atomic_exchange_n(&kmem_sparse_due, 0, __ATOMIC_ACQUIRE))
		return;
	if (frames >= LEAST_SLABS)
		kmem_give_pages(SHRINK_IDLE);
	WRITE_ONCE(kmem_next_look, READ_ONCE(kmem_frames_made) +
					   max(LEAST_BETWEEN, frames / PART));
}

void kmem_sparse_cache(struct kmem_cache *s)
{
	const unsigned long least = LEAST_CACHE / s->size;
	const struct kmem_cache_node *n;
	unsigned long total = 0;
	int nid;

	if (!may_give_here())
		return;
	for_each_kmem_cache_node(s, nid, n)
		total += READ_ONCE(n->total_objects);
	WRITE_ONCE(s->sparse_next,
		   READ_ONCE(s->flushed) + max(total, least) / PART_FREED);
	if (s->ops->give_pages && total >= least &&
	    4 * READ_ONCE(s->in_use) <= total)
		s->ops->give_pages(s, SHRINK_IDLE);
}
