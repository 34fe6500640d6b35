/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/highmem.h - maps a page of HighMem at an address, for a while
 *
 * A page of another zone has an address of its own, and these functions return
 * it. Pages of HighMem are mapped in one of 512 places. When all are taken, a
 * caller waits until one is given up. A page that is mapped already has one
 * place for all its users. Functions are thread-safe. A program whose threads
 * together may want more than 512 places must not let a thread wait that holds
 * one. Source: Linux v6.12 mm/highmem.c.
 */
#ifndef KMALLOC_HIGHMEM_H
#define KMALLOC_HIGHMEM_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Returns the page's address, valid until kunmap(page), or NULL if the OS
 * refused the mapping.
 */
void *kmap(struct page *page);
void kunmap(const struct page *page);
/* The same; kunmap_local() takes any address within the page. */
void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);
/* Returns the page that is mapped at, or owns, an address, or NULL. */
struct page *kmap_to_page(const void *addr);

#define kmap_atomic(page) kmap_local_page(page)
#define kunmap_atomic(addr) kunmap_local(addr)

/* Copy bytes [offset, offset + len) of a page; offset + len is at most 4096. */
void memcpy_from_page(char *to, struct page *page, size_t offset, size_t len);
void memcpy_to_page(struct page *page, size_t offset, const char *from,
		    size_t len);
/* Fills a page with zeros. */
void clear_highpage(struct page *page);
/* Copies a whole page. */
void copy_highpage(struct page *to, struct page *from);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
