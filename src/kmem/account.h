// SPDX-License-Identifier: MIT
/*
 * kmem/account.h - makes a block of pages a slab, and a plain block again
 */
#ifndef KM_KMEM_ACCOUNT_H
#define KM_KMEM_ACCOUNT_H

#include "kmem/kmem.h"

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
