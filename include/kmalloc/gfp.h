/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/gfp.h - page allocation: flags and functions under kernel names
 *
 * Flags have the values of Linux 6.12. Sizes are in pages of 4096 bytes:
 * order n means 2^n of them, physically (here: virtually) contiguous and
 * aligned to their own size; the largest order is KM_MAX_PAGE_ORDER.
 *
 * Every function is thread-safe and may be called between fork handlers.
 * Errors: NULL or 0, never errno. Source: Linux v6.12 mm/page_alloc.c.
 */
#ifndef KMALLOC_GFP_H
#define KMALLOC_GFP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef unsigned int gfp_t;

#define __GFP_DMA 0x01u
#define __GFP_HIGHMEM 0x02u
#define __GFP_DMA32 0x04u
#define __GFP_MOVABLE 0x08u
#define __GFP_RECLAIMABLE 0x10u
#define __GFP_HIGH 0x20u
#define __GFP_IO 0x40u
#define __GFP_FS 0x80u
#define __GFP_ZERO 0x100u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE 0x1000u
#define __GFP_NOWARN 0x2000u
#define __GFP_RETRY_MAYFAIL 0x4000u
#define __GFP_NOFAIL 0x8000u
#define __GFP_NORETRY 0x10000u
#define __GFP_MEMALLOC 0x20000u
#define __GFP_COMP 0x40000u
#define __GFP_NOMEMALLOC 0x80000u
#define __GFP_HARDWALL 0x100000u
#define __GFP_THISNODE 0x200000u
#define __GFP_ACCOUNT 0x400000u
/* 6.12 has these for hardware and checkers; accepted, without effect. */
#define __GFP_ZEROTAGS 0x800000u
#define __GFP_SKIP_ZERO 0x1000000u
#define __GFP_SKIP_KASAN 0x2000000u
#define __GFP_NOLOCKDEP 0x4000000u
#define __GFP_NO_OBJ_EXT 0x8000000u
/* Flags of older kernels that 6.12 no longer has, at bits it does not use. */
#define __GFP_COLD 0x10000000u
#define __GFP_NOTRACK 0x20000000u
#define __GFP_OTHER_NODE 0x40000000u
#define __GFP_NO_GROW 0x80000000u
#define __GFP_NOTRACK_FALSE_POSITIVE __GFP_NOTRACK
#define __GFP_REPEAT __GFP_RETRY_MAYFAIL
#define __GFP_ATOMIC __GFP_HIGH

#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
/* It does not wait; but no call is for signal handlers: docs/gfp.md. */
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO __GFP_RECLAIM
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_USER (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_TRANSHUGE_LIGHT                                      \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | \
	  __GFP_NOWARN) &                                        \
	 ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

#define KM_MAX_PAGE_ORDER 10

#define NUMA_NO_NODE (-1) /* of no node in particular: the nearest */

struct page;

/* 2^order pages, or NULL. __GFP_ZERO: their bytes are 0. */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
/* The same, near a node; -1 (NUMA_NO_NODE): the node of this CPU. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
/*
 * The same, from the nodes of a mask alone: bit n of *nodes is node n; NULL: all.
 * NULL if none of them has memory for it. Linux 5.13 renamed it __alloc_pages().
 */
struct page *__alloc_pages_nodemask(gfp_t gfp, unsigned int order, int nid,
				    const unsigned long *nodes);
#define alloc_page(gfp) alloc_pages(gfp, 0)
/*
 * Single pages into the NULL slots of an array; the others stay. Returns how
 * many slots hold a page now: at least one more than before if alloc_page()
 * would have given one, and all of them if memory is plenty.
 */
unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr,
			       struct page **array);
unsigned long alloc_pages_bulk_node(gfp_t gfp, int nid, unsigned long nr,
				    struct page **array);
#define alloc_pages_bulk_array(gfp, nr, array) alloc_pages_bulk(gfp, nr, array)

/*
 * Give back what alloc_pages() returned, with the same order. If somebody else
 * has a reference the block lives on; without __GFP_COMP only its first page
 * does. What is no such block is named on stderr in the kernel's words ("BUG:
 * Bad page state") and nothing is freed.
 */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages(page, 0)
/*
 * Give back one page. Cold (not 0): its bytes are in no cache, so others are
 * handed out before it, but to who asks with __GFP_COLD.
 */
void free_hot_cold_page(struct page *page, int cold);

/*
 * One reference more or less to a block, by its first page, or by any page of a
 * __GFP_COMP block; the last frees it. A page that is not in use (free, foreign,
 * NULL) is warned about, and stays as it is.
 */
void get_page(struct page *page);
void put_page(struct page *page);

/* The first page of the __GFP_COMP block that a page or address is in. */
struct page *compound_head(struct page *page);
struct page *virt_to_head_page(const void *addr); /* NULL: not ours */

/* The same, by address: 0 on failure; free_pages(0, order) does nothing. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define free_page(addr) free_pages(addr, 0)

/*
 * `size` bytes rounded up to pages, not to an order: the tail of the block
 * goes back at once. At most 4 MiB. free_pages_exact() takes the same size.
 * They are single pages: each may be freed, and referred to, by itself.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *addr, size_t size);

/*
 * Small pieces of pages, for many short-lived buffers of one user: a cache
 * holds one block (32 KiB, or a page when memory is short) and hands out what
 * is left of it. A block is freed when the last piece of it is. Caches start
 * zeroed and are not thread-safe; pieces may be freed anywhere. Pieces are at
 * most a page, or 32 KiB while blocks of that size are to be had: NULL then.
 */
struct page_frag_cache {
	struct page *page; /* of these three nothing is to be touched */
	unsigned int offset; /* bytes handed out */
	unsigned int bias; /* references that belong to the cache */
};

void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size, gfp_t gfp);
/* The address is a multiple of `align`, a power of two. */
void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size,
			    gfp_t gfp, unsigned int align);
void page_frag_free(void *addr);
/* Give up what the cache has left; pieces in use live on. */
void page_frag_cache_drain(struct page_frag_cache *nc);

/*
 * Make 2^order single pages of a block; each is then freed by itself. With
 * another order than the block has, or __GFP_COMP, one warning and no change.
 */
void split_page(struct page *page, unsigned int order);

/* NULL of NULL and of a page of HighMem, which has none until it is mapped. */
void *page_address(const struct page *page);
/* NULL if `addr` is not in memory that this library has online. */
struct page *virt_to_page(const void *addr);

/*
 * Until the matching restore, which takes what save returned, requests of this
 * thread may use all of the reserves and never reclaim: for code that runs to
 * give memory up. Scopes nest.
 */
unsigned int memalloc_noreclaim_save(void);
void memalloc_noreclaim_restore(unsigned int flags);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
