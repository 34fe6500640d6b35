// SPDX-License-Identifier: MIT
/*
 * request/direct_compact.c - a request that compacts, and takes the block
 *
 *	try_to_compact_pages	compaction: zone by zone until one has a block
 *	  captured		it became free during the run: on no list
 *	  not captured		get_page_from_freelist, like any request
 *
 * Locking	none held; migrate_lock during the run
 * Source	Linux v6.12 mm/page_alloc.c, __alloc_pages_direct_compact(),
 *		should_compact_retry() (docs/kernel.md A3, B11)
 */
#include "request/internal.h"
#include "zone/vmstat.h"

static struct page *prep_captured(struct page *page, unsigned int order,
				  gfp_t gfp, unsigned int alloc_flags)
{
	if (!check_new_page(page))
		return NULL;
	prep_new_page(page, order, gfp, alloc_flags);
	return page;
}

struct page *__alloc_pages_direct_compact(gfp_t gfp, unsigned int order,
					  unsigned int alloc_flags,
					  const struct alloc_context *ac,
					  enum compact_priority prio,
					  enum compact_result *result)
{
	struct page *page = NULL;
	struct zone *zone;

	if (!order)
		return NULL;
	*result = try_to_compact_pages(gfp, order, alloc_flags, ac, prio,
				       &page);
	if (*result == COMPACT_SKIPPED)
		return NULL;
	count_vm_event(COMPACTSTALL);
	if (page)
		page = prep_captured(page, order, gfp, alloc_flags);
	if (!page)
		page = get_page_from_freelist(gfp, order, alloc_flags, ac);
	if (!page) {
		count_vm_event(COMPACTFAIL);
		return NULL;
	}
	zone = page_zone(page);
	WRITE_ONCE(zone->compact_blockskip_flush, false);
	compaction_defer_reset(zone, (int)order, true);
	count_vm_event(COMPACTSUCCESS);
	return page;
}

#define MAX_COMPACT_RETRIES 16

bool should_compact_retry(const struct alloc_context *ac, unsigned int order,
			  unsigned int alloc_flags, enum compact_result result,
			  enum compact_priority *prio, int *retries)
{
	bool costly = order > PAGE_ALLOC_COSTLY_ORDER;
	enum compact_priority least = costly ? MIN_COMPACT_COSTLY_PRIORITY :
					       MIN_COMPACT_PRIORITY;
	int most = costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;

	if (!order)
		return false;
	if (result == COMPACT_SKIPPED)
		return compaction_zonelist_suitable(ac, order, alloc_flags);
	/*
	 * compaction made a block but another thread took it: try a few times
	 * more
	 */
	if (result == COMPACT_SUCCESS && ++*retries <= most)
		return true;
	if (*prio > least) {
		--*prio;
		*retries = 0;
		return true;
	}
	return false;
}
