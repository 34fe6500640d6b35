/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/mempool.h - pools that keep some elements for when memory is short
 *
 * A pool has min_nr elements in reserve. mempool_alloc() asks the allocator
 * first, and takes from the reserve only when the allocator has nothing.
 * mempool_free() fills the reserve up first. So a program that frees each
 * element it takes never gets stuck, however short memory is.
 *
 * Sizes are in elements. Every function is thread-safe, but a pool must not be
 * in use while it is initialised, exited or destroyed. No function sets errno.
 * Source: Linux v6.12 mm/mempool.c.
 */
#ifndef KMALLOC_MEMPOOL_H
#define KMALLOC_MEMPOOL_H

#include <kmalloc/slab.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Returns a new element, or NULL. */
typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
/* Gives an element back to the allocator. */
typedef void(mempool_free_t)(void *element, void *pool_data);

/*
 * A pool. Only the library uses its fields; the program may place the struct.
 */
typedef struct mempool_s {
	int min_nr; /* elements that the reserve should hold */
	int curr_nr; /* elements that it holds */
	void **elements;
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	unsigned int wait; /* threads that wait sleep on it */
} mempool_t;

/*
 * Makes a pool and its min_nr elements at once. A pool of 0 elements has one
 * all the same, for threads that wait. Returns NULL or -ENOMEM if there is no
 * memory for all of them.
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data);
/* The same, with the pool itself in memory near a node. */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node);
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data);
/*
 * Ends a pool, to which every element that was taken has been freed. Does
 * nothing if pool is NULL or a pool of zeros.
 */
void mempool_destroy(mempool_t *pool);
void mempool_exit(mempool_t *pool);
/*
 * Sets the number of elements in reserve. Returns 0, or -ENOMEM and the pool is
 * as it was. If memory for all new elements is short, mempool_free() supplies
 * the missing ones later.
 */
int mempool_resize(mempool_t *pool, int new_min_nr);

/*
 * Returns an element. With __GFP_DIRECT_RECLAIM in gfp the call waits until
 * there is one and never fails. Without, it returns NULL if allocator and
 * reserve have none. __GFP_ZERO is not allowed, since elements in reserve may
 * have been used before.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
/* Returns an element of the reserve, or NULL. */
void *mempool_alloc_preallocated(mempool_t *pool);
/* Frees an element; does nothing if it is NULL. */
void mempool_free(void *element, mempool_t *pool);

/* Elements that are objects of a cache: pool_data is the kmem_cache. */
void *mempool_alloc_slab(gfp_t gfp, void *pool_data);
void mempool_free_slab(void *element, void *pool_data);
/* Blocks of kmalloc(): pool_data is their size. */
void *mempool_kmalloc(gfp_t gfp, void *pool_data);
void mempool_kfree(void *element, void *pool_data);
/* Blocks of pages, as struct page: pool_data is their order. */
void *mempool_alloc_pages(gfp_t gfp, void *pool_data);
void mempool_free_pages(void *element, void *pool_data);

#define mempool_init_slab_pool(pool, min_nr, cache)                           \
	mempool_init((pool), (min_nr), mempool_alloc_slab, mempool_free_slab, \
		     (void *)(cache))
#define mempool_create_slab_pool(min_nr, cache)                         \
	mempool_create((min_nr), mempool_alloc_slab, mempool_free_slab, \
		       (void *)(cache))
#define mempool_init_kmalloc_pool(pool, min_nr, size)                  \
	mempool_init((pool), (min_nr), mempool_kmalloc, mempool_kfree, \
		     (void *)(unsigned long)(size))
#define mempool_create_kmalloc_pool(min_nr, size)                \
	mempool_create((min_nr), mempool_kmalloc, mempool_kfree, \
		       (void *)(unsigned long)(size))
#define mempool_init_page_pool(pool, min_nr, order)         \
	mempool_init((pool), (min_nr), mempool_alloc_pages, \
		     mempool_free_pages, (void *)(unsigned long)(order))
#define mempool_create_page_pool(min_nr, order)                           \
	mempool_create((min_nr), mempool_alloc_pages, mempool_free_pages, \
		       (void *)(unsigned long)(order))

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
