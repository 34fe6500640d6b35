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

#include <stdbool.h>

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

/* What may be said of a new cache; what is 0 or NULL is not said. */
struct kmem_cache_args {
	unsigned int align; /* of objects: a power of two up to 4 MiB; 0: 8 */
	unsigned int useroffset; /* user copies may touch this part of an */
	unsigned int usersize; /* object: from offset on, so many bytes */
	unsigned int freeptr_offset; /* with SLAB_TYPESAFE_BY_RCU: where the */
	bool use_freeptr_offset; /* free pointer may lie; a multiple of 8 */
	void (*ctor)(void *obj); /* runs once per object, as its slab is made */
	unsigned int sheaf_capacity; /* objects a thread keeps; at most 123 */
};

/*
 * A cache of objects of `object_size` bytes (1 to 4 MiB). The name is copied.
 * Objects that differ in size by less than 8 bytes, and in nothing else that
 * matters, share one cache: what is returned may be a cache that is there
 * already, under one more name. args may be NULL.
 *
 * NULL, and a line on stderr, on bad arguments or lack of memory; with
 * SLAB_PANIC the program ends instead.
 */
struct kmem_cache *__kmem_cache_create_args(const char *name,
					    unsigned int object_size,
					    struct kmem_cache_args *args,
					    slab_flags_t flags);
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *));
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *));

/* kmem_cache_create() also takes (name, size, args, flags): in C++ below. */
#ifndef __cplusplus
#define kmem_cache_create(name, size, args, ...)     \
	_Generic((args), struct kmem_cache_args *    \
		 : __kmem_cache_create_args, default \
		 : kmem_cache_create)((name), (size), (args), __VA_ARGS__)

/* A cache for a struct, under its name and with its alignment. */
#define KMEM_CACHE(__struct, __flags)                          \
	__kmem_cache_create_args(                              \
		#__struct, sizeof(struct __struct),            \
		&(struct kmem_cache_args){                     \
			.align = __alignof__(struct __struct), \
		},                                             \
		(__flags))
/* The same, and user copies may touch one field of it. */
#define KMEM_CACHE_USERCOPY(__struct, __flags, __field)                      \
	__kmem_cache_create_args(                                            \
		#__struct, sizeof(struct __struct),                          \
		&(struct kmem_cache_args){                                   \
			.align = __alignof__(struct __struct),               \
			.useroffset = offsetof(struct __struct, __field),    \
			.usersize = sizeof(((struct __struct *)0)->__field), \
		},                                                           \
		(__flags))
#endif

/*
 * Nobody may use the cache any more; of a merged one a name goes. With objects
 * still in use it warns in the kernel's words and names each of them: nothing
 * comes from the cache any more, they keep their memory and may be freed, and
 * after that a second call ends the cache. What is no cache is named and left
 * alone; NULL is nothing. Not from a callback of call_rcu(), not inside
 * rcu_read_lock().
 */
void kmem_cache_destroy(struct kmem_cache *s);
/*
 * Give back what is not in use: this thread's objects, those between threads,
 * empty slabs. Other threads empty what they keep at their next slow path, of
 * whichever cache. 0 if no slab is left, 1 if some hold objects.
 */
int kmem_cache_shrink(struct kmem_cache *s);
unsigned int kmem_cache_size(const struct kmem_cache *s);
const char *kmem_cache_name(const struct kmem_cache *s);

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp);
/*
 * An object whose memory is on a node, if there is some; with __GFP_THISNODE
 * there or NULL. NUMA_NO_NODE, or a node without memory: as kmem_cache_alloc().
 */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node);
void kmem_cache_free(struct kmem_cache *s, void *obj); /* NULL: nothing */
/*
 * All or nothing: returns nr, or 0 with nothing allocated; objs[] may have been
 * written then.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **objs);
/*
 * s NULL: each object of its own cache, and blocks of kmalloc() of any size. No
 * entry may be NULL; the array may come back in another order.
 */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objs);
#define kfree_bulk(nr, objs) kmem_cache_free_bulk(NULL, (nr), (objs))

/* ---- sheaves: objects that are there for sure ----------------------------- */

/*
 * A sheaf with at least `size` objects of the cache, for the caller alone: so
 * many allocations from it cannot fail, and take no lock. NULL: no memory. Also
 * for more than a sheaf of the cache has; then it is one of its own.
 */
struct slab_sheaf;
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size);
/* At least `size` objects in it again: 0, or -ENOMEM and it is as it was. A
 * larger sheaf may take its place in *sheafp. */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheafp, unsigned int size);
/* One of its objects; NULL if it has none left. Freed by kmem_cache_free(). */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf);
/* Gives up the sheaf with what is in it. gfp: how hard to try to keep it. */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf);
unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf); /* objects */

/*
 * One line on stderr: the cache of the object that holds this address, where it
 * starts, how far into it this is; with slab_debug=U also who allocated and
 * freed it. false: the address is in no slab.
 */
bool kmem_dump_obj(void *object);

/* ---- kmalloc ------------------------------------------------------------- */

/* What kmalloc(0) returns: not NULL, not to be touched, may be freed. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)
#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE (4096ul << KM_MAX_PAGE_ORDER)

/*
 * Classes 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k; larger sizes are pages of
 * the next order, up to KMALLOC_MAX_SIZE. Powers of two are aligned to their
 * size, all others at least to 8 bytes.
 *
 * Which caches serve is said by gfp: __GFP_DMA those named dma-kmalloc-, else
 * __GFP_RECLAIMABLE kmalloc-rcl-, else __GFP_ACCOUNT kmalloc-cg-, else kmalloc-
 * or, with the boot parameter random_kmalloc_caches, one of sixteen sets chosen
 * by who called.
 */
void *kmalloc(size_t size, gfp_t gfp);
/* From the slabs of a node, or near it; NUMA_NO_NODE: as kmalloc(). */
void *kmalloc_node(size_t size, gfp_t gfp, int node);
void *kzalloc(size_t size, gfp_t gfp);
void *kzalloc_node(size_t size, gfp_t gfp, int node);
void *kmalloc_array(size_t n, size_t size, gfp_t gfp); /* NULL on overflow */
void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node);
/* For wrappers of kmalloc(): `caller` is who is meant to have called. */
void *__kmalloc_node_track_caller(size_t size, gfp_t gfp, int node,
				  const void *caller);
#define kmalloc_node_track_caller(size, gfp, node)         \
	__kmalloc_node_track_caller((size), (gfp), (node), \
				    __builtin_return_address(0))
#define kmalloc_track_caller(size, gfp) \
	kmalloc_node_track_caller((size), (gfp), NUMA_NO_NODE)

/*
 * NULL p: kmalloc. 0 bytes: frees, ZERO_SIZE_PTR. What fits stays where it is,
 * and with __GFP_ZERO the bytes behind the new size are zeroed. Failure: NULL,
 * and p is kept.
 */
void *krealloc(const void *p, size_t size, gfp_t gfp);
void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp);
/*
 * The same, and what is not at a multiple of `align` (a power of two), or not on
 * that node, moves. The new block is aligned as kmalloc() aligns its size.
 */
void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node);
#define krealloc_node(p, size, gfp, node) \
	krealloc_node_align((p), (size), 1, (gfp), (node))
void kfree(const void *p); /* NULL and ZERO_SIZE_PTR: nothing */
void kfree_sensitive(const void *p); /* zeroed before */
size_t ksize(const void *p); /* usable bytes; 0 for NULL, ZERO_SIZE_PTR */
size_t kmalloc_size_roundup(size_t size);

char *kstrdup(const char *s, gfp_t gfp); /* NULL s: NULL; so the next two */
char *kstrndup(const char *s, size_t max, gfp_t gfp); /* at most max bytes */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp); /* and a '\0' */
void *kmemdup(const void *p, size_t size, gfp_t gfp);
void *kmemdup_array(const void *p, size_t n, size_t size, gfp_t gfp);

/* ---- kvmalloc -------------------------------------------------------------- */

/*
 * kmalloc() if it can serve without trying hard, else, above 4096 bytes and if
 * gfp has __GFP_DIRECT_RECLAIM, an area of whole pages at consecutive addresses;
 * at most 2 GiB.
 */
void *kvmalloc(size_t size, gfp_t gfp);
void *kvmalloc_node(size_t size, gfp_t gfp, int node);
void *kvzalloc(size_t size, gfp_t gfp);
void *kvzalloc_node(size_t size, gfp_t gfp, int node);
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp); /* NULL on overflow */
void *kvcalloc(size_t n, size_t size, gfp_t gfp);
/*
 * Another size for what any of the above, or kmalloc(), returned; with
 * __GFP_ZERO the bytes behind the old contents are zero. Failure: NULL, and p is
 * kept. 0 bytes: freed, and what comes back may be freed again.
 */
void *kvrealloc(const void *p, size_t size, gfp_t gfp);
void *kvmemdup(const void *p, size_t size, gfp_t gfp);
/* Whichever of the two it is. What is neither is named and left alone. */
void kvfree(const void *p);
void kvfree_sensitive(const void *p, size_t len); /* len bytes zeroed before */

/* ---- buckets: kmalloc caches of one's own --------------------------------- */

#define KMALLOC_SHIFT_HIGH 13

/* One cache for each kmalloc class, by index; 0 is none. */
typedef struct kmem_cache *kmem_buckets[KMALLOC_SHIFT_HIGH + 1];

/*
 * Caches "name-8" to "name-8k", merged with no other. User copies may touch
 * [useroffset, useroffset + usersize) of an object, as far as it is so long.
 * NULL: no memory, or no name.
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *));
/* Nobody may use them any more; live objects: as kmem_cache_destroy(). */
void kmem_buckets_destroy(kmem_buckets *b);
/* As kmalloc(), from them; kfree() frees. Above 8 KiB: pages. */
void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp);
void *kmem_buckets_valloc(kmem_buckets *b, size_t size,
			  gfp_t gfp); /* kvmalloc */
void *kmem_buckets_alloc_track_caller(kmem_buckets *b, size_t size, gfp_t gfp);

#pragma GCC visibility pop
#ifdef __cplusplus
}

static inline struct kmem_cache *kmem_cache_create(const char *name,
						   unsigned int size,
						   struct kmem_cache_args *args,
						   slab_flags_t flags)
{
	return __kmem_cache_create_args(name, size, args, flags);
}
#endif
#endif
