// SPDX-License-Identifier: MIT
/*
 * buddy.c - a lesson: blocks of pages split and merge
 *
 *	order	7	[               128                ]
 *		6	[      64       ][      64       ]
 *		4	[16][16][  32   ]
 */
#include <kmalloc/mm.h>

#include "lesson.h"

static struct page *block_of(unsigned int order)
{
	return needed(alloc_pages(GFP_KERNEL, order));
}

int main(void)
{
	struct page *first, *second, *third, *single, *movable;

	lesson("The buddy system: blocks split and merge");
	hint("tabs free");
	first = block_of(4);
	hint("at %p", page_address(first));
	step("alloc_pages(order 4): a block of 16 pages is wanted. The smallest "
	     "free block that will do is cut in halves until one has 16 pages. "
	     "Each upper half goes on the free list of its order: see one block "
	     "of 16, of 32, of 64 and so on.");
	second = block_of(4);
	step("alloc_pages(order 4) again: the other half, the buddy, was on the "
	     "list of order 4. No block is cut.");
	third = block_of(5);
	step("alloc_pages(order 5): the free block of 32 pages fits as it is.");
	__free_pages(first, 4);
	step("The first block of 16 is freed. Its buddy is in use, so it does "
	     "not merge: it goes on the list of order 4.");
	__free_pages(second, 4);
	step("The second block of 16 is freed. Both buddies are free, and are "
	     "one block of 32 now. Its buddy is the block of 32 in use, so it "
	     "stops there.");
	__free_pages(third, 5);
	step("The block of 32 is freed: 32 and 32 make 64, 64 and 64 make 128, "
	     "and so on, up to the largest block. One free has undone all "
	     "splits.");
	single = block_of(0);
	step("alloc_pages(order 0): a single page comes from the list of this "
	     "CPU, which took a batch of pages from the zone at once. The next "
	     "requests take no lock of the zone.");
	__free_pages(single, 0);
	step("The page is freed. It goes back on the CPU's list, not to the "
	     "zone: so its buddy stays alone for a while.");
	movable = needed(alloc_pages(GFP_HIGHUSER_MOVABLE & ~__GFP_HIGHMEM, 4));
	hint("at %p", page_address(movable));
	hint("colour type");
	step("A request for movable memory comes from a pageblock of that type, "
	     "so that what cannot move does not scatter over all memory. The "
	     "colours show the types of pageblocks now.");
	__free_pages(movable, 4);
	hint("at all");
	step("Both kinds, each in pageblocks of its own.");
	return 0;
}
