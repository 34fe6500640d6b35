/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/memcg.h - groups that pay for pages (__GFP_ACCOUNT)
 *
 * Each thread may be in one group. What it asks for with __GFP_ACCOUNT is
 * charged to that group in whole pages: blocks of pages, and slabs of caches
 * made with SLAB_ACCOUNT or of kmalloc() with __GFP_ACCOUNT, which are charged
 * as a whole to the thread that had them made. A request that would go beyond
 * the limit fails, unless it has __GFP_NOFAIL. Sizes are in bytes. All
 * functions are thread-safe. Source: Linux v6.12 mm/memcontrol.c as a model.
 */
#ifndef KMALLOC_MEMCG_H
#define KMALLOC_MEMCG_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct km_memcg;

/* A group that may use up to `limit` bytes, or NULL: no memory. */
struct km_memcg *km_memcg_create(unsigned long long limit);
/*
 * End it; this thread leaves it, and no other one may be in it any more. Pages
 * that are charged to it may be freed later.
 */
void km_memcg_destroy(struct km_memcg *memcg); /* NULL: nothing */
/* 0, or -EBUSY: more than that is in use, and the limit stays. */
int km_memcg_set_limit(struct km_memcg *memcg, unsigned long long limit);
unsigned long long km_memcg_usage(const struct km_memcg *memcg);
unsigned long long km_memcg_max_usage(const struct km_memcg *memcg);
/* How many requests were refused. */
unsigned long km_memcg_failcnt(const struct km_memcg *memcg);

/* The group of this thread, NULL if it is in none, and to change it. */
struct km_memcg *km_memcg_current(void);
struct km_memcg *km_memcg_set_current(struct km_memcg *memcg); /* the old one */

/* Who pays for the block that this page heads; NULL: nobody. */
struct km_memcg *page_memcg(struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
