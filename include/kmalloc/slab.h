/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/slab.h - object caches and kmalloc under kernel names
 *
 * Sizes are in bytes. Allocation functions return NULL on failure and never
 * set errno. Every function is thread-safe. Freeing a pointer that this
 * library did not hand out ends the program, with one line on stderr.
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
 * The flags of a cache. Their values are those before 6.9, when the kernel
 * began to count them by an enum.
 */
#define SLAB_CONSISTENCY_CHECKS 0x00000100u /* slab_debug F: check each step */
#define SLAB_RED_ZONE 0x00000400u /* Z: bytes around objects */
#define SLAB_POISON 0x00000800u /* P: free objects hold a pattern */
#define SLAB_KMALLOC 0x00001000u /* one of the kmalloc caches */
#define SLAB_HWCACHE_ALIGN 0x00002000u /* align to cache lines */
#define SLAB_CACHE_DMA 0x00004000u /* slabs from ZONE_DMA */
#define SLAB_CACHE_DMA32 0x00008000u /* slabs from ZONE_DMA32 */
#define SLAB_STORE_USER 0x00010000u /* U: record allocating, freeing calls */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* slabs go to reclaimable blocks */
#define SLAB_PANIC 0x00040000u /* abort if the cache cannot be made */
#define SLAB_TYPESAFE_BY_RCU 0x00080000u /* slabs outlive RCU readers */
#define SLAB_TRACE 0x00200000u /* T: print each allocation and free */
#define SLAB_NOLEAKTRACE 0x00800000u /* not for kmemleak; no sheaves */
#define SLAB_NO_MERGE 0x01000000u /* never merged with another cache */
#define SLAB_FAILSLAB 0x02000000u /* A: fault injection may choose it */
#define SLAB_ACCOUNT 0x04000000u /* slabs are charged to a group */
#define SLAB_NO_USER_FLAGS 0x10000000u /* slab_debug= does not apply */
#define SLAB_SKIP_KFENCE 0x20000000u /* never served by KFENCE */
#define SLAB_NO_OBJ_EXT 0x40000000u /* no sheaves, no extra data */

/*
 * libkmalloc's own: the backend of the cache. Without one, slab_alloc= decides.
 */
#define KM_SLAB_ON_SLAB 0x00000001u
#define KM_SLAB_ON_SLUB 0x00000002u

/* Arguments of a new cache; a field that is 0 or NULL is not used. */
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
 * Returns a cache of objects of `object_size` bytes (1 to 4 MiB). The name is
 * copied. args may be NULL. Caches share slabs if their objects differ in size
 * by less than 8 bytes and in nothing else that matters: the result may be an
 * existing cache, which has one more name.
 *
 * Returns NULL, and prints a line on stderr, if an argument is bad or there is
 * no memory; with SLAB_PANIC the program ends instead.
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

/*
 * In C, kmem_cache_create() also takes (name, size, args, flags); for C++ see
 * below.
 */
#ifndef __cplusplus
#define kmem_cache_create(name, size, args, ...)     \
	_Generic((args), struct kmem_cache_args *    \
		 : __kmem_cache_create_args, default \
		 : kmem_cache_create)((name), (size), (args), __VA_ARGS__)

/* Returns a cache for a struct, with its name and its alignment. */
#define KMEM_CACHE(__struct, __flags)                          \
	__kmem_cache_create_args(                              \
		#__struct, sizeof(struct __struct),            \
		&(struct kmem_cache_args){                     \
			.align = __alignof__(struct __struct), \
		},                                             \
		(__flags))
/* The same; user copies may touch one field. */
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
 * Ends a cache that is no longer in use; a merged cache loses one name.
 *
 * If objects are still in use, it warns in the kernel's words and names each.
 * The cache then serves no request any more. Its objects keep their memory and
 * may still be freed; after that a second call ends the cache.
 *
 * A pointer that is no cache is reported and nothing happens; NULL does
 * nothing. Not to be called from a callback of call_rcu() or inside
 * rcu_read_lock().
 */
void kmem_cache_destroy(struct kmem_cache *s);
/*
 * Frees what is not in use: this thread's free objects, those in barns, empty
 * slabs. Other threads free what they keep at their next slow path, of any
 * cache. Returns 0 if no slab is left, or 1 if some hold objects.
 */
int kmem_cache_shrink(struct kmem_cache *s);
/* Returns the bytes of an object that a user may write. */
unsigned int kmem_cache_size(const struct kmem_cache *s);
/* Returns the name that the cache was created with first. */
const char *kmem_cache_name(const struct kmem_cache *s);

/* Returns an object, or NULL. */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
/* The same; the object's bytes are 0. */
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp);
/*
 * Returns an object whose memory is on a node if the node has some; with
 * __GFP_THISNODE, otherwise NULL. With NUMA_NO_NODE or a node without memory it
 * is kmem_cache_alloc().
 */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node);
/* Frees an object; does nothing if it is NULL. */
void kmem_cache_free(struct kmem_cache *s, void *obj);
/*
 * Allocates nr objects or none. Returns nr, or 0 if there is no memory; objs[]
 * may have been written then.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **objs);
/*
 * Frees nr objects. With s NULL each goes to its own cache, also blocks of
 * kmalloc() of any size. No entry may be NULL. The order of the array may
 * change.
 */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objs);
#define kfree_bulk(nr, objs) kmem_cache_free_bulk(NULL, (nr), (objs))

/* ---- sheaves: objects in reserve for one user ---------------------------- */

/*
 * Returns a sheaf with at least `size` objects, for the caller alone, or NULL
 * if there is no memory. That many allocations from it cannot fail, and take no
 * lock. `size` may be more than a sheaf of the cache holds.
 */
struct slab_sheaf;
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size);
/*
 * Fills a sheaf up to at least `size` objects. Returns 0, or -ENOMEM and the
 * sheaf is as it was. A larger sheaf may take its place in *sheafp.
 */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheafp, unsigned int size);
/*
 * Returns an object of the sheaf, or NULL if it is empty. kmem_cache_free()
 * frees it.
 */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf);
/*
 * Gives up a sheaf and its objects. To keep the sheaf for reuse it may be
 * filled up, with gfp.
 */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf);
/* Returns how many objects the sheaf holds. */
unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf);

/*
 * Prints one line on stderr about the object that holds an address: its cache,
 * its start, the offset of the address in it. With slab_debug=U also the calls
 * that allocated and freed it. Returns false if the address is in no slab.
 */
bool kmem_dump_obj(void *object);

/* ---- kmalloc ------------------------------------------------------------- */

/*
 * kmalloc(0) returns this: it is not NULL, must not be accessed, and may be
 * freed.
 */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)
#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE (KM_PAGE_SIZE << KM_MAX_PAGE_ORDER)

/*
 * kmalloc() returns at least `size` bytes, or NULL. Classes are 8 16 32 64 96
 * 128 192 256 512 1k 2k 4k 8k; larger sizes are pages of the next order, up to
 * KMALLOC_MAX_SIZE. Powers of two are aligned to their size, all others at
 * least to 8 bytes.
 *
 * gfp chooses the caches: with __GFP_DMA dma-kmalloc-, else with
 * __GFP_RECLAIMABLE kmalloc-rcl-, else with __GFP_ACCOUNT kmalloc-cg-, else
 * kmalloc-. With the boot parameter random_kmalloc_caches the last are sixteen
 * sets, chosen by the calling code address.
 */
void *kmalloc(size_t size, gfp_t gfp);
/* The same, on a node or near it; with NUMA_NO_NODE as kmalloc(). */
void *kmalloc_node(size_t size, gfp_t gfp, int node);
void *kzalloc(size_t size, gfp_t gfp);
void *kzalloc_node(size_t size, gfp_t gfp, int node);
void *kmalloc_array(size_t n, size_t size, gfp_t gfp); /* NULL on overflow */
void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node);
/*
 * For wrappers of kmalloc(): `caller` is the code address to record as the
 * caller.
 */
void *__kmalloc_node_track_caller(size_t size, gfp_t gfp, int node,
				  const void *caller);
#define kmalloc_node_track_caller(size, gfp, node)         \
	__kmalloc_node_track_caller((size), (gfp), (node), \
				    __builtin_return_address(0))
#define kmalloc_track_caller(size, gfp) \
	kmalloc_node_track_caller((size), (gfp), NUMA_NO_NODE)

/*
 * Changes the size of a block and returns it, moved if it must. With p NULL it
 * is kmalloc(). With size 0 it frees p and returns ZERO_SIZE_PTR. With
 * __GFP_ZERO new bytes are zero, and in a block that stays, also the bytes
 * behind a smaller size. Returns NULL on failure, and p stays valid.
 */
void *krealloc(const void *p, size_t size, gfp_t gfp);
void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp);
/*
 * The same. A block that is not at a multiple of `align` (a power of two), or
 * not on the node, moves. The new block is aligned as kmalloc() aligns its
 * size.
 */
void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node);
#define krealloc_node(p, size, gfp, node) \
	krealloc_node_align((p), (size), 1, (gfp), (node))
void kfree(const void *p); /* NULL, ZERO_SIZE_PTR: does nothing */
void kfree_sensitive(const void *p); /* kfree(), zeroes it before */
size_t ksize(const void *p); /* usable bytes; 0 for NULL, ZERO_SIZE_PTR */
/* Returns the bytes that a kmalloc() of this size gives. */
size_t kmalloc_size_roundup(size_t size);

/* Returns a copy of a string, or NULL if s is NULL or there is no memory. */
char *kstrdup(const char *s, gfp_t gfp);
/* The same, of at most max bytes of it. */
char *kstrndup(const char *s, size_t max, gfp_t gfp);
/* The same, of len bytes and a '\0' behind them. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
/* Returns a copy of size bytes, or NULL. */
void *kmemdup(const void *p, size_t size, gfp_t gfp);
/* Returns a copy of n elements, or NULL, also if n * size overflows. */
void *kmemdup_array(const void *p, size_t n, size_t size, gfp_t gfp);

/* ---- kvmalloc ------------------------------------------------------------ */

/*
 * Returns memory of kmalloc() if that can serve without trying hard. Otherwise,
 * above 4096 bytes and if gfp has __GFP_DIRECT_RECLAIM, returns an area of
 * whole pages at consecutive addresses. At most 2 GiB.
 */
void *kvmalloc(size_t size, gfp_t gfp);
void *kvmalloc_node(size_t size, gfp_t gfp, int node);
void *kvzalloc(size_t size, gfp_t gfp);
void *kvzalloc_node(size_t size, gfp_t gfp, int node);
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp); /* NULL on overflow */
void *kvcalloc(size_t n, size_t size, gfp_t gfp);
/*
 * Changes the size of a block of kvmalloc() or kmalloc(). With __GFP_ZERO the
 * bytes behind the old contents are zero. With size 0 it frees p; the result
 * may be freed again. Returns NULL on failure, and p stays valid.
 */
void *kvrealloc(const void *p, size_t size, gfp_t gfp);
/* Returns a copy of size bytes, or NULL. */
void *kvmemdup(const void *p, size_t size, gfp_t gfp);
/*
 * Frees a block of kvmalloc() or kmalloc(). Anything else is reported and left
 * alone.
 */
void kvfree(const void *p);
void kvfree_sensitive(const void *p, size_t len); /* zeroes len bytes first */

/* ---- buckets: kmalloc caches for one user -------------------------------- */

#define KMALLOC_SHIFT_HIGH 13

/* One cache for each kmalloc class, by index; index 0 is not used. */
typedef struct kmem_cache *kmem_buckets[KMALLOC_SHIFT_HIGH + 1];

/*
 * Returns caches "name-8" to "name-8k", which are never merged with others, or
 * NULL if there is no memory or no name. User copies may touch [useroffset,
 * useroffset + usersize) of an object, as far as the object reaches.
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *));
/* Ends the caches, which must not be in use; as kmem_cache_destroy(). */
void kmem_buckets_destroy(kmem_buckets *b);
/*
 * As kmalloc(), but from these caches; above 8 KiB from pages. kfree() frees.
 */
void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp);
/* As kvmalloc(), but from these caches first. */
void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp);
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
