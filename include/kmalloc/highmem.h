/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/highmem.h - one page of HighMem at an address, for a while
 *
 * Pages of other zones have an address of their own, which is what these return.
 * There are 512 places for the rest: who wants one more waits until another is
 * given up. A page that is mapped already has one place for all its users. Any
 * thread may call them that holds no place itself where it may have to wait for
 * more than 512 in all. Source: Linux v6.12 mm/highmem.c.
 */
#ifndef KMALLOC_HIGHMEM_H
#define KMALLOC_HIGHMEM_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The page's address until kunmap(page); NULL: the OS has no mapping left. */
void *kmap(struct page *page);
void kunmap(const struct page *page);
/* The same, given up by address: any within the page. */
void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);
/* The page that kmap() gave this address, or that has it anyway; NULL: none. */
struct page *kmap_to_page(const void *addr);

#define kmap_atomic(page) kmap_local_page(page)
#define kunmap_atomic(addr) kunmap_local(addr)

/* Bytes [offset, offset + len) of a page, offset + len <= 4096. */
void memcpy_from_page(char *to, struct page *page, size_t offset, size_t len);
void memcpy_to_page(struct page *page, size_t offset, const char *from,
		    size_t len);
void clear_highpage(struct page *page);
void copy_highpage(struct page *to, struct page *from);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
