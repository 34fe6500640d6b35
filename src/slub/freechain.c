// SPDX-License-Identifier: MIT
/*
 * slub/freechain.c - a free list that was written to
 *
 *	free list	a -> b -> c -> d
 *			     `- a write after free: b leads nowhere
 *	malloc		one line, abort
 *	libkmalloc	the kernel's report; b is the end, and c and d count as
 *			in use from here on: they are not handed out again
 *
 * Locking	that of the list
 * Invariants	SLUB1 of slab.h holds after the cut, since inuse counts what is
 *		not on a list
 * Source	Linux v6.12 mm/slub.c, freelist_corrupted(), which is for caches
 *		with debugging there: docs/divergence.md E
 */
#include "diag/report.h"
#include "slub/debug.h"

void bad_freelist(struct kmem_cache *s, struct slab *slab, void *obj,
		  const void *next)
{
	const struct slab_caller no_caller = { .nr = 0 };
	const struct slab_check c = { s, slab, &no_caller };

	if (!kmem_freelist_mends)
		km_panic("kmalloc: a free list leads to %p: %p was written "
			 "after it was freed (%pE)\n",
			 next, obj, s->name);
	object_err(&c, obj, "Freechain corrupt");
	slab_fix(s, "Isolate corrupted freechain");
}
