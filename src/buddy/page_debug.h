// SPDX-License-Identifier: MIT
/*
 * buddy/page_debug.h - what happens to the bytes of pages that come and go
 *
 *	                free            free for a while        allocated
 *	init_on_free	zeroed
 *	init_on_alloc						zeroed
 *	page_poison	filled with aa				aa still there?
 *	debug_pagealloc	no access at all			access again
 *	page_owner						who has it: page_owner.c
 *
 * page_poison switches the first two off, as in the kernel. A frame that is
 * all zero is fine to it: it was never used, or the OS has had it back.
 *
 * Access is taken away by mprotect(), which costs a mapping for each stretch of
 * free memory; beyond MAX_UNMAPPED of them blocks keep theirs.
 *
 * Locking	none may be held that forbids system calls. Frames in hand are
 *		the caller's; the map of frames without access is atomic.
 * Invariants	W1  page_debugging is 0 if none of the parameters was given
 *		W2  a frame in use can be accessed
 * Source	Linux v6.12 mm/page_poison.c, mm/debug_page_alloc.c and
 *		mm/mm_init.c as a model (docs/kernel.md B10, D8, D9)
 */
#ifndef KM_BUDDY_PAGE_DEBUG_H
#define KM_BUDDY_PAGE_DEBUG_H

#include <kmalloc/gfp.h>

#include "arena/arena.h"

#define PAGE_INIT_ON_ALLOC 0x01
#define PAGE_INIT_ON_FREE 0x02
#define PAGE_POISONING 0x04
#define PAGE_UNMAPPING 0x08
#define PAGE_OWNER 0x10

#define PAGE_POISON 0xaa
#define MAX_UNMAPPED 8192

extern u8 page_debugging __hidden; /* PAGE_ flags; constant after init */

/* What the parameters come to; once, before the first page. */
void page_debug_init(void);

/* nr frames from pfn on, of the block that page heads or headed. */
void __page_debug_alloc(const struct page *page, unsigned long pfn,
			unsigned long nr);
void __page_debug_free(const struct page *page, unsigned long pfn,
		       unsigned long nr);
/* The same for frames that nobody wrote to: they hold what they held. */
void __page_debug_return(const struct page *page, unsigned long pfn,
			 unsigned long nr);

/* ---- page_owner.c: records of who has a block; PAGE_OWNER is set ------------- */

void page_owner_init(void);
void __set_page_owner(const struct page *page, unsigned int order, gfp_t gfp);
/* nr frames from pfn on are nobody's. */
void __reset_page_owner(unsigned long pfn, unsigned long nr);
/* Each of the block's first nr pages is one by itself from now on. */
void __split_page_owner(const struct page *page, unsigned long nr);

static inline void set_page_owner(const struct page *page, unsigned int order,
				  gfp_t gfp)
{
	if (unlikely(page_debugging & PAGE_OWNER))
		__set_page_owner(page, order, gfp);
}

static inline void split_page_owner(const struct page *page, unsigned long nr)
{
	if (unlikely(page_debugging & PAGE_OWNER))
		__split_page_owner(page, nr);
}

static inline void page_debug_alloc(const struct page *page, unsigned long pfn,
				    unsigned long nr)
{
	if (unlikely(page_debugging))
		__page_debug_alloc(page, pfn, nr);
}

static inline void page_debug_free(const struct page *page, unsigned long pfn,
				   unsigned long nr)
{
	if (unlikely(page_debugging))
		__page_debug_free(page, pfn, nr);
}

static inline void page_debug_return(const struct page *page, unsigned long pfn,
				     unsigned long nr)
{
	if (unlikely(page_debugging))
		__page_debug_return(page, pfn, nr);
}

/* Is memory that is handed out to be zeroed? */
static inline bool want_init_on_alloc(gfp_t gfp)
{
	const u8 both = PAGE_INIT_ON_ALLOC | PAGE_INIT_ON_FREE;

	return (gfp & __GFP_ZERO) ||
	       unlikely((page_debugging & both) == PAGE_INIT_ON_ALLOC);
}

static inline bool want_init_on_free(void)
{
	return unlikely(page_debugging & PAGE_INIT_ON_FREE);
}

#endif
