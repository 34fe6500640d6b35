// SPDX-License-Identifier: MIT
/*
 * kmem/name.c - memory for the names of caches
 *
 * Short names are objects of name_cache, longer ones have pages of their own.
 * A block may have room in front of the name, for a struct that it belongs to.
 *
 * Locking	none; memory is allocated, so no lock is held
 */
#include <string.h>

#include "kmem/internal.h"
#include "kmem/marks.h"
#include "request/request.h"

static void *long_name_alloc(size_t size)
{
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page = alloc_page_run(GFP_KERNEL, nr);

	if (!page)
		return NULL;
	kmem_marks_clear(page_to_pfn(page), nr);
	return page_to_virt(page);
}

void *kmem_name_alloc(const char *name, size_t before)
{
	size_t len = strlen(name) + 1, size = before + len;
	char *block = size <= NAME_CACHE_SIZE ?
			      kmem_cache_alloc(&name_cache, GFP_KERNEL) :
			      long_name_alloc(size);

	if (block)
		memcpy(block + before, name, len);
	return block;
}

void kmem_name_free(void *block, const char *name, size_t before)
{
	size_t size = before + strlen(name) + 1;

	if (size <= NAME_CACHE_SIZE)
		kmem_cache_free(&name_cache, block);
	else
		free_page_run(__virt_to_page(block),
			      PAGE_ALIGN(size) >> PAGE_SHIFT);
}
