// SPDX-License-Identifier: MIT
/*
 * zone/address.c - from an address to its page, and back
 *
 *	address --virt_to_page()--> page --compound_head()--> head of its block
 *	        <--page_address()--
 *
 * The frame index says which block of __GFP_COMP a frame is part of: of such a
 * block each frame's byte is INDEX_OTHER + order.
 *
 * Locking	none: the caller owns a reference to the block
 * Source	Linux v6.12 include/linux/mm.h, mm/highmem.c
 */
#include "zone/zone.h"

struct page *virt_to_page(const void *addr)
{
	unsigned long pfn = virt_to_pfn(addr);

	return pfn_online(pfn) ? pfn_to_page(pfn) : NULL;
}

struct page *compound_head(struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int index = READ_ONCE(arena_index[pfn]);

	if (index < INDEX_OTHER)
		return page;
	return pfn_to_page(pfn & ~((1UL << (index - INDEX_OTHER)) - 1));
}

struct page *virt_to_head_page(const void *addr)
{
	struct page *page = virt_to_page(addr);

	return page ? compound_head(page) : NULL;
}

static const struct frame_mapper *mapper; /* constant after init */

void frame_mapper_register(const struct frame_mapper *frames)
{
	mapper = frames;
}

int page_shared_freed(struct page *page, unsigned long nr)
{
	return mapper->freed(page, nr);
}

void *page_address(const struct page *page)
{
	if (!page)
		return NULL;
	if (likely(!PageHighMem(page)))
		return page_to_virt(page);
	return mapper ? mapper->address(page) : NULL;
}
