// SPDX-License-Identifier: MIT
/*
 * kmem/kmalloc.c - kmalloc() and its family, for programs that link us
 *
 *	kmalloc-8 16 32 64 96 128 192 256 512 1k 2k 4k 8k	frame index 1..13
 *	larger		a block of pages of the next order	frame index 0
 *
 * Source	Linux v6.18 mm/slab_common.c (kernel-facts L1-L8); the types
 *		of L3 belong to the SLAB and SLUB issue.
 */
#include <errno.h>
#include <string.h>

#include "buddy/buddy.h"
#include "kmem/kmem.h"
#include "kmem/kmalloc.h"

static const struct {
	unsigned int size;
	const char *name;
} kmalloc_info[] = {
	{ 0, NULL },
	{ 8, "kmalloc-8" },
	{ 16, "kmalloc-16" },
	{ 32, "kmalloc-32" },
	{ 64, "kmalloc-64" },
	{ 96, "kmalloc-96" },
	{ 128, "kmalloc-128" },
	{ 192, "kmalloc-192" },
	{ 256, "kmalloc-256" },
	{ 512, "kmalloc-512" },
	{ 1024, "kmalloc-1k" },
	{ 2048, "kmalloc-2k" },
	{ 4096, "kmalloc-4k" },
	{ 8192, "kmalloc-8k" },
};

#define NR_KMALLOC ARRAY_SIZE(kmalloc_info)

static struct kmem_cache kmalloc_caches[NR_KMALLOC];
/* By (size - 1) / 8 up to 192 bytes. */
static const u8 small_index[192 / 8] = {
	1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7,
};

int kmalloc_init(void)
{
	for (unsigned int i = 1; i < NR_KMALLOC; i++) {
		unsigned int size = kmalloc_info[i].size;
		const struct kmem_cache_boot boot = {
			.align = size & -size,
			.class = i,
		};

		if (kmem_cache_init(&kmalloc_caches[i], kmalloc_info[i].name,
				    size, &boot))
			return -ENOMEM;
	}
	slab_state = UP;
	return 0;
}

/* size in 1 .. KMALLOC_MAX_CACHE_SIZE */
static unsigned int kmalloc_index(size_t size)
{
	if (size <= 192)
		return small_index[(size - 1) / 8];
	return (unsigned int)fls64(size - 1); /* 256 is 8, in place 8 */
}

static void *kmalloc_large(size_t size, gfp_t gfp)
{
	struct page *page;

	if (size > KMALLOC_MAX_SIZE) {
		if (!(gfp & __GFP_NOWARN))
			WARN_ON_ONCE(size > KMALLOC_MAX_SIZE);
		return NULL;
	}
	page = alloc_pages(gfp | __GFP_COMP, get_order(size));
	return page ? page_to_virt(page) : NULL;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp);
	return kmem_cache_alloc(&kmalloc_caches[kmalloc_index(size)], gfp);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return kmalloc(bytes, gfp);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

/* The cache of an object, or NULL with *page set to its block of pages. */
static struct kmem_cache *virt_to_cache(const void *p, struct page **page)
{
	unsigned long pfn = virt_to_pfn(p);
	unsigned int index;

	*page = NULL;
	if (pfn >= arena_nr_frames)
		km_panic("kmalloc: kfree(): %p is not ours\n", p);
	index = arena_index[pfn];
	if (!index) {
		*page = virt_to_page(p);
		if (!*page || (*page)->type != PAGE_ALLOCATED ||
		    !((*page)->flags & PG_HEAD) || page_to_virt(*page) != p)
			km_panic("kmalloc: kfree(): %p is not allocated "
				 "memory\n",
				 p);
		return NULL;
	}
	if (index < INDEX_OTHER)
		return kmem_classes[index];
	pfn &= ~((1UL << (index - INDEX_OTHER)) - 1);
	return pfn_to_page(pfn)->slab_cache;
}

void kfree(const void *p)
{
	struct kmem_cache *s;
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(p)))
		return;
	s = virt_to_cache(p, &page);
	if (s)
		kmem_cache_free(s, (void *)(uintptr_t)p);
	else
		__free_pages(page, page->order);
}

size_t ksize(const void *p)
{
	struct kmem_cache *s;
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	s = virt_to_cache(p, &page);
	return s ? s->size : PAGE_SIZE << page->order;
}

void kfree_sensitive(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		explicit_bzero((void *)(uintptr_t)p, ksize(p));
	kfree(p);
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t have;
	void *q;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	have = ksize(p);
	if (have >= size)
		return (void *)(uintptr_t)p;
	q = kmalloc(size, gfp);
	if (q && have) {
		memcpy(q, p, have);
		kfree(p);
	}
	return q;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_info[kmalloc_index(size)].size;
	return PAGE_SIZE << get_order(size);
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *q = kmalloc(size, gfp);

	return q && size ? memcpy(q, p, size) : q;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}
