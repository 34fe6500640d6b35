/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/memcg.h - groups that pay for pages (__GFP_ACCOUNT)
 *
 * Each thread may be in one group. Its requests with __GFP_ACCOUNT are charged
 * to that group in whole pages. A slab is charged as a whole to the group of
 * the thread whose request made it, if its cache has SLAB_ACCOUNT or serves
 * kmalloc() with __GFP_ACCOUNT. A request that would go beyond the limit fails,
 * unless it has __GFP_NOFAIL. Sizes are in bytes. All functions are
 * thread-safe. Source: Linux v6.12 mm/memcontrol.c as a model.
 */
#ifndef KMALLOC_MEMCG_H
#define KMALLOC_MEMCG_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct km_memcg;

/*
 * Returns a group that may use up to `limit` bytes, or NULL if there is no
 * memory.
 */
struct km_memcg *km_memcg_create(unsigned long long limit);
/*
 * Ends a group, which no other thread may be in any more; the calling thread
 * leaves it. Pages charged to it may be freed later. NULL: does nothing.
 */
void km_memcg_destroy(struct km_memcg *memcg);
/* Sets the limit. Returns 0, or -EBUSY if more is in use; the limit stays. */
int km_memcg_set_limit(struct km_memcg *memcg, unsigned long long limit);
/* Return the bytes charged now, and the most there ever were. */
unsigned long long km_memcg_usage(const struct km_memcg *memcg);
unsigned long long km_memcg_max_usage(const struct km_memcg *memcg);
/* Returns how many requests were refused. */
unsigned long km_memcg_failcnt(const struct km_memcg *memcg);

/* Returns the group of this thread, or NULL if it is in none. */
struct km_memcg *km_memcg_current(void);
/* Puts this thread into a group; NULL: none. Returns its former group. */
struct km_memcg *km_memcg_set_current(struct km_memcg *memcg);

/* Returns the group charged for the block that this page heads, or NULL. */
struct km_memcg *page_memcg(struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
