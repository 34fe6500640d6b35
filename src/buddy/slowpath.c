// SPDX-License-Identifier: MIT
/*
 * buddy/slowpath.c - when no zone is above its low mark and none can grow
 *
 *	try at the min mark
 *	  |  give back what the per-CPU lists hold, try again
 *	  v
 *	NULL
 *
 * Locking	none held
 * Source	Linux v6.12 mm/page_alloc.c, __alloc_pages_slowpath()
 *		(kernel-facts A2-A7)
 */
#include "buddy/internal.h"
#include "core/task.h"

unsigned int memalloc_noreclaim_save(void)
{
	return task_flags_save(PF_MEMALLOC);
}

void memalloc_noreclaim_restore(unsigned int flags)
{
	task_flags_restore(flags, PF_MEMALLOC);
}

/* Who may go below all marks: it asks to, or is giving up memory itself. */
static unsigned int __gfp_pfmemalloc_flags(gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if ((gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC))
		return ALLOC_NO_WATERMARKS;
	return 0;
}

static unsigned int gfp_to_alloc_flags(gfp_t gfp, unsigned int order)
{
	unsigned int flags = WMARK_MIN | ALLOC_CPUSET;

	flags |= gfp & (ALLOC_MIN_RESERVE | ALLOC_KSWAPD);
	if (!(gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (order && (flags & ALLOC_MIN_RESERVE))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (flags & ALLOC_MIN_RESERVE)
			flags &= ~ALLOC_CPUSET;
	}
	flags |= __gfp_pfmemalloc_flags(gfp);
	if (gfp & __GFP_COLD)
		flags |= ALLOC_COLD;
	return flags;
}

struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order,
				    struct alloc_context *ac)
{
	unsigned int alloc_flags = gfp_to_alloc_flags(gfp, order);
	struct page *page;
	struct zone *zone;

	page = get_page_from_freelist(gfp, order, alloc_flags, ac);
	if (page || !gfpflags_allow_blocking(gfp) ||
	    (current->flags & PF_MEMALLOC))
		return page;
	/* docs/locking.md: reclaim takes locks of all layers. */
	VM_BUG_ON((lock_held & ~LOCK_GATES) && !lock_is_fork_owner());
	for_each_zone(zone)
		drain_all_pages(zone);
	return get_page_from_freelist(gfp, order, alloc_flags, ac);
}
