/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/mm.h - ranges of frames: allocating them, taking them on and offline
 *
 * A frame is 4096 bytes. Frames have numbers; frames that are neighbours in
 * memory have consecutive numbers. The functions are thread-safe and wait for
 * each other and for compaction. The caller must not hold a lock that a
 * function of movable_operations takes. Source: Linux v6.12 mm/page_alloc.c
 * and mm/memory_hotplug.c.
 */
#ifndef KMALLOC_MM_H
#define KMALLOC_MM_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct nodemask;

/* Returns the number of a page's frame. */
unsigned long km_page_to_pfn(const struct page *page);
/* Returns the page of a frame, or NULL if the frame is not online. */
struct page *km_pfn_to_page(unsigned long pfn);

typedef unsigned int acr_flags_t;
#define ACR_FLAGS_NONE 0

/*
 * Allocates frames [start, end) of one zone. Pages in use there are moved away
 * if they can be. Each frame becomes a page of its own, as of alloc_page(). It
 * is freed by free_contig_range() or alone. With __GFP_ZERO the bytes are 0;
 * __GFP_COMP is not allowed.
 *
 * Returns 0; -EBUSY if a page in use cannot be moved; -EINVAL if there is no
 * such range. On failure nothing is allocated or lost, but pages may have
 * moved.
 */
int alloc_contig_range(unsigned long start, unsigned long end,
		       acr_flags_t alloc_flags, gfp_t gfp);
void free_contig_range(unsigned long pfn, unsigned long nr_pages);
/*
 * Allocates nr_pages consecutive frames, aligned to nr_pages if that is a power
 * of two. They come from a node's zonelist (-1: this CPU's node) and the nodes
 * of a mask (NULL: all). Returns the first page, as alloc_contig_range() makes
 * them, or NULL.
 */
struct page *alloc_contig_pages(unsigned long nr_pages, gfp_t gfp, int nid,
				const struct nodemask *nodemask);

/*
 * Gives frames [pfn, pfn + nr) of one zone back to the OS, with their
 * addresses; only their numbers stay. pfn and nr are multiples of 1024. Pages
 * in use there are moved.
 *
 * Returns 0; -EBUSY if a page in use cannot be moved; -EINVAL if there is no
 * such range or not all of it is online; another -errno if the OS refused. On
 * failure all frames stay online.
 */
int km_offline_pages(unsigned long pfn, unsigned long nr);
/*
 * Brings frames that are all offline back online: they are free and zero.
 * Returns 0; -EEXIST if some are online, or another mapping lies there; -ENOMEM
 * if there is no memory or mem= forbids it; -EINVAL if there is no such range.
 * Growth also takes offlined frames, when there are no others.
 */
int km_online_pages(unsigned long pfn, unsigned long nr);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
