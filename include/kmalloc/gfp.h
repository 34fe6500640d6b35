/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/gfp.h - page allocation: flags and functions under kernel names
 *
 * Flags have the values of Linux 6.12. Sizes are in pages of KM_PAGE_SIZE:
 * order n means 2^n of them, physically (here: virtually) contiguous and
 * aligned to their own size; the largest order is KM_MAX_PAGE_ORDER.
 *
 * Every function is thread-safe and may be called between fork handlers. A
 * function that fails returns NULL or 0 and does not set errno. Source: Linux
 * v6.12 mm/page_alloc.c.
 */
#ifndef KMALLOC_GFP_H
#define KMALLOC_GFP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define KM_PAGE_SIZE 4096ul /* on every machine */

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
/*
 * 6.12 has these for hardware and checkers. They are accepted, without effect.
 */
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
/*
 * A GFP_ATOMIC request does not wait; but no call is for signal handlers:
 * docs/gfp.md.
 */
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

#define NUMA_NO_NODE (-1) /* no node in particular: the nearest */

struct page;

/* Returns 2^order pages, or NULL. With __GFP_ZERO their bytes are 0. */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
/* The same, near a node; -1 (NUMA_NO_NODE) means the node of this CPU. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
/*
 * The same, only from the nodes of a mask: bit n of *nodes is node n; NULL
 * means all. Returns NULL if none of them has memory for it. Linux 5.13 renamed
 * this __alloc_pages().
 */
struct page *__alloc_pages_nodemask(gfp_t gfp, unsigned int order, int nid,
				    const unsigned long *nodes);
#define alloc_page(gfp) alloc_pages(gfp, 0)
/*
 * Allocates single pages into the NULL slots of an array; other slots stay.
 * Returns how many slots hold a page now. That is at least one more than before
 * if alloc_page() would succeed, and all of them if memory is plenty.
 */
unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr,
			       struct page **array);
unsigned long alloc_pages_bulk_node(gfp_t gfp, int nid, unsigned long nr,
				    struct page **array);
#define alloc_pages_bulk_array(gfp, nr, array) alloc_pages_bulk(gfp, nr, array)

/*
 * Frees a block of alloc_pages(), with the same order. If another reference to
 * it exists the block lives on; without __GFP_COMP only its first page does. If
 * page is no such block, it is reported on stderr in the kernel's words ("BUG:
 * Bad page state") and nothing is freed.
 */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages(page, 0)
/*
 * Frees one page. If cold is not 0, its bytes are in no CPU cache. Other pages
 * are then handed out before it, except to requests with __GFP_COLD.
 */
void free_hot_cold_page(struct page *page, int cold);

/*
 * Add or drop one reference to a block, given its first page, or any page of a
 * __GFP_COMP block. The last put_page() frees the block. A page that is not in
 * use (free, foreign, NULL) causes a warning and stays as it is.
 */
void get_page(struct page *page);
void put_page(struct page *page);

/* Returns the first page of the __GFP_COMP block that a page is in. */
struct page *compound_head(struct page *page);
/* The same for an address; NULL if it is not memory of this library. */
struct page *virt_to_head_page(const void *addr);

/*
 * Allocate and free blocks by address. Return 0 on failure; free_pages(0,
 * order) does nothing.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define free_page(addr) free_pages(addr, 0)

/*
 * Returns `size` bytes, rounded up to pages instead of an order, or NULL; at
 * most 4 MiB. The unused tail of the block is freed at once. free_pages_exact()
 * takes the same size. The pages are single: each may be freed, and referred
 * to, by itself.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *addr, size_t size);

/*
 * Small pieces of pages, for many short-lived buffers of one user. A cache
 * holds one block of 32 KiB, or a page when memory is short, and hands out what
 * is left of it. A block is freed with its last piece.
 *
 * A cache starts zeroed and is not thread-safe; a piece may be freed by any
 * thread. A piece has at most 32 KiB, or a page when memory is short; a larger
 * request returns NULL.
 */
struct page_frag_cache {
	struct page *page; /* only the library uses these three fields */
	unsigned int offset; /* bytes handed out */
	unsigned int bias; /* references that belong to the cache */
};

/* Returns a piece of `size` bytes, or NULL. */
void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size, gfp_t gfp);
/* The same, at a multiple of `align`, a power of two. */
void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size,
			    gfp_t gfp, unsigned int align);
/* Frees a piece of any cache. */
void page_frag_free(void *addr);
/* Empties the cache; pieces in use stay valid. */
void page_frag_cache_drain(struct page_frag_cache *nc);

/*
 * Splits a block into 2^order single pages; each is then freed by itself. If
 * the block has another order, or __GFP_COMP, one warning is printed and
 * nothing changes.
 */
void split_page(struct page *page, unsigned int order);

/*
 * Returns a page's address. Returns NULL for NULL, and for a page of HighMem,
 * which has no address unless it is mapped.
 */
void *page_address(const struct page *page);
/*
 * Returns the page at addr, or NULL if addr is not online memory of this
 * library.
 */
struct page *virt_to_page(const void *addr);

/*
 * From a save to the restore that gets the value save returned, requests of
 * this thread may use all reserves and never reclaim. For code that runs to
 * free memory. Scopes nest.
 */
unsigned int memalloc_noreclaim_save(void);
void memalloc_noreclaim_restore(unsigned int flags);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
