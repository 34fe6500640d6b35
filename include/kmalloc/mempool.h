/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/mempool.h - pools that keep some elements for when memory is short
 *
 * A pool has min_nr elements in reserve. mempool_alloc() asks the allocator
 * first, and takes from the reserve only when that has nothing; mempool_free()
 * fills the reserve up first. So whoever frees what it takes gets on, however
 * short memory is.
 *
 * Sizes are in elements. Every function is thread-safe but for init, exit,
 * create and destroy of one pool at once. Nothing sets errno. Source: Linux
 * v6.12 mm/mempool.c.
 */
#ifndef KMALLOC_MEMPOOL_H
#define KMALLOC_MEMPOOL_H

#include <kmalloc/slab.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Make an element, or NULL; give one back. */
typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

/* A pool; its fields are for mempool.c, its memory may be anybody's. */
typedef struct mempool_s {
	int min_nr; /* elements that are to be there */
	int curr_nr; /* elements that are */
	void **elements;
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	unsigned int wait; /* what those who wait for an element watch */
} mempool_t;

/*
 * A pool of min_nr elements, which are made at once; of 0 it has one all the same,
 * to have something to wait for. NULL or -ENOMEM: there was no memory for all.
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data);
/* The same with the pool itself near a node. */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node);
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data);
/* Every element that was taken has to be back. NULL, or a pool of zeros: nothing */
void mempool_destroy(mempool_t *pool);
void mempool_exit(mempool_t *pool);
/* 0; -ENOMEM: as it was. Elements that are missing then come by mempool_free() */
int mempool_resize(mempool_t *pool, int new_min_nr);

/*
 * An element. With __GFP_DIRECT_RECLAIM in gfp it waits until there is one, and
 * never fails; without, NULL if allocator and reserve have none. __GFP_ZERO is
 * not allowed: what is in the reserve was used before.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
void *mempool_alloc_preallocated(mempool_t *pool); /* the reserve alone */
void mempool_free(void *element, mempool_t *pool); /* NULL: nothing */

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
