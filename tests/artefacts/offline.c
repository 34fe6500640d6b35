// SPDX-License-Identifier: MIT
/*
 * offline.c - tells of a largest block that goes offline and comes back
 *
 * For lessons.py: kmalloc-view --steps runs it.
 */
#include <kmalloc/mm.h>

#include "lessons/lesson.h"

#define ORDER 10 /* of a largest block */
#define BLOCKS 8

int main(void)
{
	struct page *blocks[BLOCKS];
	unsigned long pfn;

	lesson("Frames that go offline");
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = needed(alloc_pages(GFP_KERNEL, ORDER));
	pfn = km_page_to_pfn(blocks[BLOCKS - 1]);
	hint("at %p", page_address(blocks[BLOCKS - 1]));
	__free_pages(blocks[BLOCKS - 1], ORDER);
	step("It is free.");
	if (km_offline_pages(pfn, 1UL << ORDER))
		return 1;
	step("It is offline.");
	step("It is offline still.");
	if (km_online_pages(pfn, 1UL << ORDER))
		return 1;
	step("It is back.");
	return 0;
}
