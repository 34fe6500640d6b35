// SPDX-License-Identifier: MIT
/*
 * pages.c ORDER COUNT - allocates and frees a block so many times
 */
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

int main(int argc, char **argv)
{
	unsigned int order = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;
	long count = argc > 2 ? atol(argv[2]) : 1;

	while (count--) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		if (!page)
			return 1;
		__free_pages(page, order);
	}
	return 0;
}
