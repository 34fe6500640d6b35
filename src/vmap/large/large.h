// SPDX-License-Identifier: MIT
/*
 * vmap/large/large.h - vmalloc space: address ranges, and large areas in them
 *
 *	vmalloc_start                                        vmalloc_end
 *	|### busy ###|~~ lazy ~~|######|.......... free ..............|
 *	   an area    freed, still      not mapped
 *	   in use     mapped; reused
 *	              at once
 *
 *	busy	a tree by address: what free(p) looks up
 *	lazy	freed ranges whose pages are still there; a new area is cut
 *		from these first, and they go back to the OS after a delay
 *	free	a tree that knows the largest range below each node
 *	held	mapped without access, for vmalloc()
 *	holes	another mapping was in the way
 *
 * Where nothing fits, an area is a mapping of its own (LARGE_AREA_DIRECT) that
 * only the busy tree knows.
 *
 * Locking	vm_space.lock (rank LOCK_VMAP); no system call under it
 * Invariants	VMAP1  ranges of all trees are disjoint, page aligned,
 *		    start < end
 *		VMAP2  no two ranges of the lazy tree touch; the same for free,
 *		    held and holes
 *		VMAP3  subtree_max = the largest range at or below a node
 *		VMAP4  lazy_bytes is the sum over the lazy tree
 *		VMAP5  what is in the free tree is not mapped by us
 *		(space_check() checks VMAP2-VMAP4, and VMAP1 in each tree;
 *		unit.vmap.large.purge VMAP5)
 * Source	Linux v6.12 mm/vmalloc.c
 *		(docs/kernel.md Y3, Y5). vmalloc() has its
 *		own areas in the same space: vmalloc/internal.h
 */
#ifndef KM_VMAP_LARGE_LARGE_H
#define KM_VMAP_LARGE_LARGE_H

#include "sys/os.h"
#include "vmap/large/ranges.h"

#define LARGE_AREA_DIRECT 0x01 /* a mapping of its own, not in vmalloc space */
#define LARGE_AREA_ZERO 0x02 /* just allocated: every byte is known to be 0 */
#define LARGE_AREA_GUARD 0x04 /* its last page is a guard */
#define LARGE_AREA_JOINED 0x08 /* just allocated: a part has no memory yet */

/* An area of malloc(). Freed, it becomes a lazy range, without its guard. */
struct large_area {
	struct vmap_area va; /* all of it */
};

static inline size_t guard_size(const struct vmap_area *va)
{
	return va->flags & LARGE_AREA_GUARD ? OS_PAGE_SIZE : 0;
}

/* Returns the bytes that the owner may use. */
static inline size_t large_size(const struct large_area *area)
{
	return va_size(&area->va) - guard_size(&area->va);
}

/* ---- guard.c ------------------------------------------------------------- */

/* From now on large areas have a guard page behind them, if the OS can. */
void large_guards_on(void);

/* ---- area.c -------------------------------------------------------------- */

/* Returns 0 or -ENOMEM; a later call goes on where this one failed. */
int large_init(void);
/* Returns an area, or NULL without memory. size > 0; align a power of two. */
struct large_area *large_area_alloc(size_t size, size_t align);
/*
 * Asks for huge pages, in a heap that is large enough, where a new area has no
 * memory yet: all of it will be written. An area that was asked for as zeros
 * is a table more often, of which few pages may be written.
 */
void large_area_mark(const struct large_area *area);
/* Unlinks the area that starts at addr from the busy tree; NULL: none does. */
struct large_area *large_area_unlink(const void *addr);
/* Frees an area that was unlinked. */
void large_area_free(struct large_area *area);
/*
 * Makes an unlinked area larger or smaller, and moves it if necessary. Contents
 * are kept. Returns 0, or -ENOMEM with the area unchanged.
 */
int large_area_resize(struct large_area *area, size_t size);
/* Links an area into the busy tree again, at its present place. */
void large_area_link(struct large_area *area);
/*
 * Returns 0 and a copy of the area at addr (without rb), or -ENOENT, also for
 * its guard.
 */
int large_area_find(const void *addr, struct large_area *copy);

/* ---- purge.c ------------------------------------------------------------- */

#define PURGE_ALL 0
#define PURGE_OLD 1 /* ranges freed two ticks ago or earlier */
/* Gives lazy ranges back to the OS. Returns the number of bytes. */
size_t large_purge(unsigned int flags);

/* ---- space.c ------------------------------------------------------------- */

struct large_area_stat {
	unsigned long areas, areas_ever; /* in use now; ever */
	size_t busy, lazy; /* bytes; busy: without guards */
};
void large_area_stat(struct large_area_stat *stat);
/* Checks VMAP1 to VMAP4 in each tree. */
void space_check(void);
/* Lock and unlock the space, in the thread that forks. */
void space_fork_take(void);
void space_fork_release(void);

#endif
