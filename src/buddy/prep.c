// SPDX-License-Identifier: MIT
/*
 * buddy/prep.c - make a block that was free one that is in use
 *
 *	taken off the lists	type NONE, clean but for its flags
 *	  check_new_page	written to while it was free? never used again
 *	  prep_new_page		one reference, order, migratetype; __GFP_COMP:
 *				entered into the frame index; __GFP_ZERO
 *	in use			type ALLOCATED
 *
 * Locking	none: the caller alone has the block
 * Source	Linux v6.12 mm/page_alloc.c, prep_new_page() (docs/kernel.md
 *		B10)
 */
#include <string.h>

#include "buddy/buddy.h"
#include "zone/badpage.h"
#include "zone/gfp.h"
#include "zone/page_debug.h"
#include "zone/watermark.h"

/*
 * A HighMem page has no address to write zeros to: its part of the memfd is
 * punched out instead, and reads as zero.
 */
static void clear_pages(struct page *page, unsigned int order)
{
	if (PageReported(page))
		return;
	if (PageHighMem(page))
		arena_zero(page_to_pfn(page), 1UL << order);
	else
		memset(page_to_virt(page), 0, PAGE_SIZE << order);
}

/*
 * Returns true if the page is as a free page must be. Otherwise it was written
 * to while it was free: it is reported, and never used again.
 */
bool check_new_page(struct page *page)
{
	if (likely(page_is_clean(page) &&
		   !(READ_ONCE(page->flags) & PAGE_FLAGS_CHECK_AT_PREP)))
		return true;
	bad_page(page,
		 page_bad_reason(page, "PAGE_FLAGS_CHECK_AT_PREP flag(s) set",
				 PAGE_FLAGS_CHECK_AT_PREP));
	return false;
}

/*
 * Enters the block into the frame index as compound, so that any address inside
 * leads to its head.
 */
void prep_compound_page(struct page *page, unsigned int order)
{
	WRITE_ONCE(page->flags, page->flags | PG_HEAD);
	memset(arena_index + page_to_pfn(page), (int)(INDEX_OTHER + order),
	       1UL << order);
}

static noinline void prep_debug(struct page *page, unsigned int order,
				gfp_t gfp)
{
	__page_debug_alloc(page, page_to_pfn(page), 1UL << order);
	set_page_owner(page, order, gfp);
}

void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned int alloc_flags)
{
	page->_refcount = 1;
	WRITE_ONCE(page->order, (u8)order);
	WRITE_ONCE(page->migratetype, (u8)gfp_migratetype(gfp));
	if (gfp & __GFP_COMP)
		prep_compound_page(page, order);
	if (alloc_flags & ALLOC_NO_WATERMARKS)
		WRITE_ONCE(page->flags, page->flags | PG_PFMEMALLOC);
	/*
	 * The type is set last, because lockless readers (migration) check it
	 * before anything else.
	 */
	set_page_type(page, PAGE_ALLOCATED);
	if (unlikely(page_debugging))
		prep_debug(page, order, gfp);
	if (want_init_on_alloc(gfp))
		clear_pages(page, order);
}
