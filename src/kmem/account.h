// SPDX-License-Identifier: MIT
/*
 * kmem/account.h - makes a block of pages a slab, and a plain block again
 */
#ifndef KM_KMEM_ACCOUNT_H
#define KM_KMEM_ACCOUNT_H

#include "kmem/kmem.h"

/* Add to and subtract from a counter that threads share; relaxed. */
static inline void kmem_count_add(unsigned long *counter, unsigned long nr)
{
	__atomic_add_fetch(counter, nr, __ATOMIC_RELAXED);
}

static inline void kmem_count_sub(unsigned long *counter, unsigned long nr)
{
	kmem_count_add(counter, -nr);
}

/*
 * Maps the marks of a block that is to be a slab of s. Returns 0 or -ENOMEM;
 * the block is as it was.
 */
int slab_page_cover(const struct kmem_cache *s, const struct page *page);
/* Makes a block, known to the caller alone, a slab of so many objects. */
void account_slab(struct kmem_cache *s, struct page *page,
		  unsigned long objects);
/*
 * Resets the slab fields of the head page, which makes it a plain allocated
 * block.
 */
void slab_page_restore(struct page *page);
/* Makes a slab a plain allocated block again, for kmem_free_slab(). */
void unaccount_slab(struct kmem_cache *s, struct page *page,
		    unsigned long objects);

#endif
