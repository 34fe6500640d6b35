// SPDX-License-Identifier: MIT
/*
 * request/internal.h - shared by the files that serve requests
 */
#ifndef KM_REQUEST_INTERNAL_H
#define KM_REQUEST_INTERNAL_H

#include "compaction/compaction.h"
#include "request/request.h"
#include "zone/watermark.h"

/* ---- alloc.c: no lock held ----------------------------------------------- */

/*
 * rmqueue() by its name until 4.9. Takes a block from the per-CPU lists or,
 * past them, from the zone. The block is not prepared yet. Returns NULL if
 * there is none.
 */
struct page *buffered_rmqueue(struct zone *zone, unsigned int order,
			      unsigned int mt, unsigned int alloc_flags);

void prepare_alloc_pages(gfp_t gfp, int nid, const nodemask_t *nodemask,
			 struct alloc_context *ac);
/*
 * Asks the zones of the list once, in order. Returns a prepared page or NULL.
 */
struct page *scan_zones(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
			const struct alloc_context *ac);

/* Returns a prepared page, or NULL if no zone of the list may give one. */
static inline struct page *
get_page_from_freelist(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
		       const struct alloc_context *ac)
{
	struct page *page = scan_zones(gfp, order, alloc_flags, ac);

	if (unlikely(!page) && (alloc_flags & ALLOC_NOFRAGMENT))
		page = scan_zones(gfp, order, alloc_flags & ~ALLOC_NOFRAGMENT,
				  ac);
	return page;
}

/* ---- slowpath.c, direct_compact.c: no lock held -------------------------- */

struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order,
				    struct alloc_context *ac);
/*
 * A step of the slow path. Returns a page, or NULL and the reason in *result.
 */
struct page *__alloc_pages_direct_compact(gfp_t gfp, unsigned int order,
					  unsigned int alloc_flags,
					  const struct alloc_context *ac,
					  enum compact_priority prio,
					  enum compact_result *result);
/*
 * Returns true if another round is worth it. May lower *prio (try harder);
 * counts *retries (docs/kernel.md A3).
 */
bool should_compact_retry(const struct alloc_context *ac, unsigned int order,
			  unsigned int alloc_flags, enum compact_result result,
			  enum compact_priority *prio, int *retries);

/* ---- contig.c: migrate_lock held ----------------------------------------- */

/*
 * get_new_page for callers that take any new place; `private` is the control.
 */
struct migration_target_control {
	int nid;
	gfp_t gfp_mask; /* mobility, __GFP_COMP: as the page */
};

struct page *alloc_migration_target(struct page *src, void *private);
void free_migration_target(struct page *dst, void *private);

/*
 * Moves all movable pages out of [start, end). Returns 0, -EBUSY after five
 * tries, or -ENOMEM. Other pages in the range are left alone.
 */
int migrate_range_away(unsigned long start, unsigned long end, gfp_t gfp);
void release_deferred_range(struct zone *zone, unsigned long start,
			    unsigned long end);

#endif
