// SPDX-License-Identifier: MIT
/*
 * kmem/kmalloc.c - kmalloc() and kfree(), for programs that link libkmalloc
 *
 *	kmalloc-8 16 32 64 96 128 192 256 512 1k 2k 4k 8k    frame index 1..13
 *	larger		a block of pages of the next order   frame index 0
 *
 * Each type of kmalloc.h has thirteen caches. The caches of a type have
 * consecutive frame indexes, so that kfree() finds the cache without struct
 * page:
 *
 *	1..13 normal   14..26 rcl   27..39 cg   40..234 rnd-01 .. rnd-15
 *
 * Only the caches for DMA, which need not be fast, have no frame index.
 *
 * Source	Linux v6.12 mm/slab_common.c and mm/slub.c
 *		(docs/kernel.md L1-L4)
 */
#include <errno.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/report.h"
#include "diag/warn.h"
#include "kmem/alloc.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/failslab.h"
#include "kmem/internal.h"
#include "kmem/kmalloc.h"
#include "sys/os.h"
#include "zone/vmstat.h"

#define KMALLOC_NOT_NORMAL_BITS (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

const struct kmalloc_info kmalloc_info[NR_KMALLOC] = {
	{ 0, NULL },	{ 8, "8" },	{ 16, "16" },	{ 32, "32" },
	{ 64, "64" },	{ 96, "96" },	{ 128, "128" }, { 192, "192" },
	{ 256, "256" }, { 512, "512" }, { 1024, "1k" }, { 2048, "2k" },
	{ 4096, "4k" }, /* no page */
	{ 8192, "8k" },
};

#define NR_CLASSES_OF_TYPE (NR_KMALLOC - 1)

struct kmem_cache kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC];
static char kmalloc_names[NR_KMALLOC_TYPES][NR_KMALLOC]
			 [24]; /* constant after init */
static u8 random_caches; /* boot parameter */
static u64 random_kmalloc_seed; /* constant after init */

/* The class of a size up to 192 bytes, by (size - 1) / 8. */
static const u8 small_index[192 / 8] = {
	1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7,
};

static int set_random_caches(const char *value)
{
	unsigned long on;

	if (*value && param_number(value, 0, 1, &on))
		return -EINVAL;
	random_caches = !*value || on;
	return 0;
}
boot_param("random_kmalloc_caches", set_random_caches,
	   "0 or 1; alone it means 1");

/* ---- making them --------------------------------------------------------- */

static const char *type_prefix(unsigned int type)
{
	switch (type) {
	case KMALLOC_NORMAL:
		return "kmalloc-";
	case KMALLOC_RECLAIM:
		return "kmalloc-rcl-";
	case KMALLOC_CGROUP:
		return "kmalloc-cg-";
	case KMALLOC_DMA:
		return "dma-kmalloc-";
	default:
		return NULL;
	}
}

static slab_flags_t type_flags(unsigned int type)
{
	switch (type) {
	case KMALLOC_RECLAIM:
		return SLAB_KMALLOC | SLAB_RECLAIM_ACCOUNT;
	case KMALLOC_CGROUP:
		return SLAB_KMALLOC | SLAB_ACCOUNT;
	case KMALLOC_DMA:
		return SLAB_KMALLOC | SLAB_CACHE_DMA;
	default:
		return SLAB_KMALLOC;
	}
}

/*
 * Returns the frame index of a type's first class, or 0 if the type has none.
 */
static unsigned int type_class(unsigned int type)
{
	switch (type) {
	case KMALLOC_NORMAL:
		return 1;
	case KMALLOC_RECLAIM:
		return 1 + NR_CLASSES_OF_TYPE;
	case KMALLOC_CGROUP:
		return 1 + 2 * NR_CLASSES_OF_TYPE;
	case KMALLOC_DMA:
		return 0;
	default:
		return 1 + (2 + type) * NR_CLASSES_OF_TYPE;
	}
}

_Static_assert(1 + (3 + RANDOM_KMALLOC_CACHES_NR) * NR_CLASSES_OF_TYPE <=
		       NR_CLASSES,
	       "a frame index for each class");

static int new_kmalloc_cache(unsigned int type, unsigned int index)
{
	const struct kmalloc_info *info = &kmalloc_info[index];
	unsigned int class = type_class(type);
	const struct kmem_cache_boot boot = {
		.align = info->size & -info->size,
		.class = class ? class + index - 1 : 0,
		.flags = type_flags(type),
		.usersize = info->size,
	};
	const char *prefix = type_prefix(type);
	char *name = kmalloc_names[type][index];

	if (prefix)
		km_snprintf(name, sizeof(kmalloc_names[0][0]), "%s%s", prefix,
			    info->name);
	else
		km_snprintf(name, sizeof(kmalloc_names[0][0]),
			    "kmalloc-rnd-%02u-%s", type, info->name);
	return kmem_cache_init(&kmalloc_caches[type][index], name, info->size,
			       &boot);
}

int kmalloc_init(void)
{
	for (unsigned int type = 0; type < NR_KMALLOC_TYPES; type++) {
		if (!type_prefix(type) && !random_caches)
			continue;
		for (unsigned int index = 1; index < NR_KMALLOC; index++)
			if (new_kmalloc_cache(type, index))
				return -ENOMEM;
	}
	failslab_default_gfp_wait(1);
	if (random_caches)
		random_kmalloc_seed = os_random();
	slab_state = UP;
	kmem_start_sheaves();
	return 0;
}

/* ---- choosing one -------------------------------------------------------- */

/* Returns the kernel's hash of a word in `bits` bits. */
static u64 hash_64(u64 value, unsigned int bits)
{
	return (value * 0x61c8864680b583ebULL) >> (64 - bits);
}

enum kmalloc_cache_type kmalloc_type(gfp_t gfp, const void *caller)
{
	if (likely(!(gfp & KMALLOC_NOT_NORMAL_BITS))) {
		u64 at = (uintptr_t)caller;

		if (likely(!random_caches))
			return KMALLOC_NORMAL;
		return KMALLOC_RANDOM_START +
		       (unsigned int)hash_64(
			       at ^ random_kmalloc_seed,
			       ilog2(RANDOM_KMALLOC_CACHES_NR + 1));
	}
	if (gfp & __GFP_DMA)
		return KMALLOC_DMA;
	return gfp & __GFP_RECLAIMABLE ? KMALLOC_RECLAIM : KMALLOC_CGROUP;
}

unsigned int kmalloc_index(size_t size)
{
	if (size <= 192)
		return small_index[(size - 1) / 8];
	return (unsigned int)fls64(size - 1); /* a size of 256 has index 8 */
}

struct kmem_cache *kmalloc_slab(size_t size)
{
	struct kmem_cache *s;

	if (!size || size > KMALLOC_MAX_CACHE_SIZE)
		return NULL;
	s = &kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(size)];
	return slab_state >= UP && s->num ? s : NULL;
}

/* Blocks too large for a cache count as slabs (docs/kernel.md L1). */
static void account_large(const struct page *page, long pages)
{
	mod_node_page_state(NODE_DATA(page_to_nid(page)), NR_SLAB_UNRECLAIMABLE,
			    pages);
}

static __cold void *kmalloc_large(size_t size, gfp_t gfp, int node)
{
	struct page *page;

	if (node < 0 || (unsigned int)node >= nr_online_nodes)
		node = NUMA_NO_NODE;

	if (size > KMALLOC_MAX_SIZE) {
		WARN_ONCE(!(gfp & __GFP_NOWARN),
			  "kmalloc: %zu bytes are too many, the most are %lu",
			  size, (unsigned long)KMALLOC_MAX_SIZE);
		return NULL;
	}
	page = alloc_pages_node(node, gfp | __GFP_COMP, get_order(size));
	if (!page)
		return NULL;
	account_large(page, 1L << page->order);
	return page_to_virt(page);
}

/* ---- the calls ----------------------------------------------------------- */

static __always_inline void *do_kmalloc(kmem_buckets *b, size_t size, gfp_t gfp,
					int node, const void *caller)
{
	struct kmem_cache *s;
	unsigned int index;

	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp, node);
	index = kmalloc_index(size);
	s = b ? (*b)[index] : &kmalloc_caches[kmalloc_type(gfp, caller)][index];
	if (likely(node == NUMA_NO_NODE))
		return slab_alloc(s, gfp, size, (uintptr_t)caller);
	return slab_alloc_node(s, gfp, node, size, (uintptr_t)caller);
}

void *__do_kmalloc_node(kmem_buckets *b, size_t size, gfp_t gfp, int node,
			const void *caller)
{
	return do_kmalloc(b, size, gfp, node, caller);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return do_kmalloc(NULL, size, gfp, NUMA_NO_NODE,
			  __builtin_return_address(0));
}

void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return do_kmalloc(NULL, size, gfp, node, __builtin_return_address(0));
}

void *__kmalloc_node_track_caller(size_t size, gfp_t gfp, int node,
				  const void *caller)
{
	return do_kmalloc(NULL, size, gfp, node, caller);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return do_kmalloc(NULL, size, gfp | __GFP_ZERO, NUMA_NO_NODE,
			  __builtin_return_address(0));
}

void *kzalloc_node(size_t size, gfp_t gfp, int node)
{
	return do_kmalloc(NULL, size, gfp | __GFP_ZERO, node,
			  __builtin_return_address(0));
}

static __always_inline void *do_array(size_t n, size_t size, gfp_t gfp,
				      int node, const void *caller)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return do_kmalloc(NULL, bytes, gfp, node, caller);
}

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return do_array(n, size, gfp, NUMA_NO_NODE,
			__builtin_return_address(0));
}

void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return do_array(n, size, gfp, node, __builtin_return_address(0));
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return do_array(n, size, gfp | __GFP_ZERO, NUMA_NO_NODE,
			__builtin_return_address(0));
}

void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return do_array(n, size, gfp | __GFP_ZERO, node,
			__builtin_return_address(0));
}

/* ---- freeing ------------------------------------------------------------- */

struct kmem_cache *virt_to_cache(const void *p, struct page **page)
{
	unsigned long pfn = virt_to_pfn(p);
	struct page *head;
	unsigned int index;

	*page = NULL;
	if (pfn >= arena_bound())
		km_panic("kmalloc: kfree(): %p is not ours\n", p);
	index = READ_ONCE(arena_index[pfn]);
	if (index && index < INDEX_OTHER)
		return kmem_classes[index];
	head = virt_to_head_page(p);
	if (head && head->type == PAGE_SLAB)
		return head->slab_cache;
	if (!head || head->type != PAGE_ALLOCATED || !(head->flags & PG_HEAD) ||
	    page_to_virt(head) != p)
		km_panic("kmalloc: kfree(): %p is not allocated memory\n", p);
	*page = head;
	return NULL;
}

void kfree(const void *p)
{
	struct kmem_cache *s;
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(p)))
		return;
	s = virt_to_cache(p, &page);
	if (s) {
		__kmem_cache_free(s, (void *)(uintptr_t)p, _RET_IP_);
	} else {
		account_large(page, -(1L << page->order));
		__free_pages(page, page->order);
	}
}
