/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/mm.h - frames by number: ranges that are wanted, and that come and go
 *
 * A frame is 4096 bytes; frames have numbers, neighbours in memory (where they
 * have an address) following ones. All functions may be called by any thread
 * that holds no lock which a function of movable_operations takes; they wait for
 * each other and for compaction. Source: Linux v6.12 mm/page_alloc.c and
 * mm/memory_hotplug.c.
 */
#ifndef KMALLOC_MM_H
#define KMALLOC_MM_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct nodemask;

/* The frame of a page, and the page of a frame (NULL: it is not online). */
unsigned long km_page_to_pfn(const struct page *page);
struct page *km_pfn_to_page(unsigned long pfn);

typedef unsigned int acr_flags_t;
#define ACR_FLAGS_NONE 0

/*
 * Take frames [start, end) of one zone, whatever is in them: pages that can be
 * moved are. 0: each of them is a page of its own, as of alloc_page(), to be freed
 * by free_contig_range() or one by one; with __GFP_ZERO they are zeroed.
 * -EBUSY: something is in use that cannot be moved; -EINVAL: no such range;
 * nothing is lost or taken then, but pages may have moved. No __GFP_COMP.
 */
int alloc_contig_range(unsigned long start, unsigned long end,
		       acr_flags_t alloc_flags, gfp_t gfp);
void free_contig_range(unsigned long pfn, unsigned long nr_pages);
/*
 * Any nr_pages frames in a row, aligned to their number if that is a power of
 * two, from a node's zonelist; -1: this CPU's node; mask NULL: all nodes. The
 * first page, or NULL. As alloc_contig_range().
 */
struct page *alloc_contig_pages(unsigned long nr_pages, gfp_t gfp, int nid,
				const struct nodemask *nodemask);

/*
 * Give frames [pfn, pfn + nr) of one zone back to the OS, address space and all
 * but their numbers; both are multiples of 1024. 0: pages in there have moved.
 * -EBUSY: there are some that cannot; -EINVAL: not such a range, or not all of
 * it is online; other -errno: the OS refused. Then all is as it was.
 */
int km_offline_pages(unsigned long pfn, unsigned long nr);
/*
 * The reverse, for frames that are all offline: they are free and zero. 0;
 * -EEXIST: some are online, or somebody else has mapped something there;
 * -ENOMEM: no memory, or mem= forbids it; -EINVAL. Growth takes offlined frames
 * too, when there are no others.
 */
int km_online_pages(unsigned long pfn, unsigned long nr);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
