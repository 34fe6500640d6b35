/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/slab.h - object caches and kmalloc under kernel names
 *
 * Sizes are in bytes. Allocation functions return NULL on failure and never
 * set errno. Every function is thread-safe. Freeing a pointer that this
 * library did not hand out ends the program with one line that says so.
 *
 * Source: Linux v6.18 mm/slub.c and mm/slab_common.c for behaviour.
 */
#ifndef KMALLOC_SLAB_H
#define KMALLOC_SLAB_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef unsigned int slab_flags_t;
struct kmem_cache;

/*
 * The flags of a cache, with the values they had until the kernel counted them
 * by an enum (6.9).
 */
#define SLAB_CONSISTENCY_CHECKS 0x00000100u /* slab_debug F: check each step */
#define SLAB_RED_ZONE 0x00000400u /* Z: bytes around objects */
#define SLAB_POISON 0x00000800u /* P: free objects hold a pattern */
#define SLAB_KMALLOC 0x00001000u /* one of the kmalloc caches */
#define SLAB_HWCACHE_ALIGN 0x00002000u /* align to cache lines */
#define SLAB_CACHE_DMA 0x00004000u /* slabs from ZONE_DMA */
#define SLAB_CACHE_DMA32 0x00008000u /* slabs from ZONE_DMA32 */
#define SLAB_STORE_USER 0x00010000u /* U: who allocated and freed it */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* slabs go to reclaimable blocks */
#define SLAB_PANIC 0x00040000u /* abort if the cache cannot be made */
#define SLAB_TYPESAFE_BY_RCU 0x00080000u /* slabs outlive RCU readers */
#define SLAB_TRACE 0x00200000u /* T: print each allocation and free */
#define SLAB_NOLEAKTRACE 0x00800000u /* not for kmemleak; no sheaves */
#define SLAB_NO_MERGE 0x01000000u /* never one cache with another */
#define SLAB_FAILSLAB 0x02000000u /* A: fault injection may choose it */
#define SLAB_ACCOUNT 0x04000000u /* slabs are charged to a group */
#define SLAB_NO_USER_FLAGS 0x10000000u /* slab_debug= leaves it alone */
#define SLAB_SKIP_KFENCE 0x20000000u /* never served by KFENCE */
#define SLAB_NO_OBJ_EXT 0x40000000u /* no sheaves, no extra data */

/* libkmalloc's own: on which allocator, else what slab_alloc= says. */
#define KM_SLAB_ON_SLAB 0x00000001u
#define KM_SLAB_ON_SLUB 0x00000002u

/*
 * A cache of objects of `size` bytes (1 to 4 MiB) at multiples of `align` (0:
 * 8; else a power of two up to 4096). `ctor` runs once per object when its
 * slab is made. `name` must live as long as the cache. NULL on bad arguments
 * or lack of memory.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *));
/*
 * Nobody may use the cache any more. With live objects it warns in the
 * kernel's words and keeps the cache, so that nothing is freed under a user.
 */
void kmem_cache_destroy(struct kmem_cache *s);
/* Give empty slabs back: 0 if none is left, 1 if some hold objects. */
int kmem_cache_shrink(struct kmem_cache *s);
unsigned int kmem_cache_size(const struct kmem_cache *s);
const char *kmem_cache_name(const struct kmem_cache *s);

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *s, void *obj); /* NULL: nothing */
/* All or nothing: returns nr, or 0 with nothing allocated. */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **objs);
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objs);

/* What kmalloc(0) returns: not NULL, not to be touched, may be freed. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)
#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE (4096ul << KM_MAX_PAGE_ORDER)

/*
 * Classes 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k; larger sizes are pages of
 * the next order, up to KMALLOC_MAX_SIZE. Powers of two are aligned to their
 * size, all others at least to 8 bytes.
 */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kmalloc_array(size_t n, size_t size, gfp_t gfp); /* NULL on overflow */
void *kcalloc(size_t n, size_t size, gfp_t gfp);
/* NULL p: kmalloc. 0 bytes: frees, ZERO_SIZE_PTR. Failure keeps p. */
void *krealloc(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p); /* NULL and ZERO_SIZE_PTR: nothing */
void kfree_sensitive(const void *p); /* zeroed before */
size_t ksize(const void *p); /* usable bytes; 0 for NULL, ZERO_SIZE_PTR */
size_t kmalloc_size_roundup(size_t size);
char *kstrdup(const char *s, gfp_t gfp);
void *kmemdup(const void *p, size_t size, gfp_t gfp);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
