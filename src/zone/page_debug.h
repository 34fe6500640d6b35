// SPDX-License-Identifier: MIT
/*
 * zone/page_debug.h - what happens to the bytes of pages that come and go
 *
 *	                free            free for a while        allocated
 *	init_on_free	zeroed
 *	init_on_alloc						zeroed
 *	page_poison	filled with aa				aa still there?
 *	debug_pagealloc	no access at all			access again
 *	page_owner						a record of it
 *
 * page_poison switches the first two off, as in the kernel. A frame that is
 * all zero passes its check: it was never used, or was given to the OS.
 *
 * Access is taken away by mprotect(), which costs a mapping for each run of
 * free frames. Once there are MAX_UNMAPPED runs, further blocks keep theirs.
 *
 * Locking	none may be held that forbids system calls. The frames are the
 *		caller's; the map of frames without access is atomic.
 * Invariants	PAGEDEBUG1  page_debugging is 0 if no parameter was given
 *		PAGEDEBUG2  a frame in use can be accessed
 *					(unit.zone.page_debug checks both)
 * Source	Linux v6.12 mm/page_poison.c, mm/debug_page_alloc.c and
 *		mm/mm_init.c as a model (docs/kernel.md B10, D8, D9)
 */
#ifndef KM_ZONE_PAGE_DEBUG_H
#define KM_ZONE_PAGE_DEBUG_H

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

/* Evaluates the parameters. Called once, before the first page. */
void page_debug_init(void);

/*
 * Prepares or ends the use of nr frames from pfn on. `page` heads their block,
 * or headed it.
 */
void __page_debug_alloc(const struct page *page, unsigned long pfn,
			unsigned long nr);
void __page_debug_free(const struct page *page, unsigned long pfn,
		       unsigned long nr);
/*
 * The same for frames that were not written to: their contents are as before.
 */
void __page_debug_return(const struct page *page, unsigned long pfn,
			 unsigned long nr);

/* ---- page_owner.c: records of blocks; PAGE_OWNER is set ------------------ */

/* Returns PAGE_OWNER if records are kept, else 0. */
u8 page_owner_init(void);
void __set_page_owner(const struct page *page, unsigned int order, gfp_t gfp);
/* Deletes the records of nr frames from pfn on. */
void __reset_page_owner(unsigned long pfn, unsigned long nr);
/* Each of the block's first nr pages has a record of its own from now on. */
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

/* Returns true if allocated memory is to be zeroed. */
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
