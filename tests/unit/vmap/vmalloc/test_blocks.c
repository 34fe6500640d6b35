// SPDX-License-Identifier: MIT
/*
 * test_blocks.c - frames for areas, in blocks as large as can be
 */
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN)
#define HUGE (1U << PAGEBLOCK_ORDER)
#define MOST (64UL << 20 >> PAGE_SHIFT) /* more than HighMem has */

static struct page *pages[2 * MOST];

static unsigned long used(void)
{
	return vm_frames_used(true) + vm_frames_used(false);
}

/* Numbers around powers of two. Expect blocks of falling orders, the largest
 * that fit, each at its head; as many frames in use; and all of them back. */
static void child_sizes(void *arg)
{
	static const unsigned int sizes[] = {
		1, 2, 3, 7, 8, 511, 512, 513, 1537
	};
	unsigned long before;

	(void)arg;
	vm_start("", "");
	vm_free_blocks(pages, vm_area_alloc_pages(HIGH, NUMA_NO_NODE, 600,
						  pages, BLOCKS_EASY));
	before = used();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int nr = sizes[i], got, most = PAGEBLOCK_ORDER;

		got = vm_area_alloc_pages(HIGH, NUMA_NO_NODE, nr, pages,
					  BLOCKS_EASY);
		REQUIRE(got == nr);
		REQUIRE(used() == before + nr);
		for (unsigned int n = 0; n < nr; n += 1U << most) {
			most = min(most, ilog2(nr - n));
			REQUIRE(pages[n]->order == most);
			for (unsigned int k = 1; k < 1U << most; k++)
				REQUIRE(pages[n + k] == pages[n] + k);
		}
		vm_free_blocks(pages, nr);
		REQUIRE(used() == before);
	}
}

/* More frames than there are. Expect those that there are, each once, and their
 * number; nothing is left behind when they are freed. */
static void child_short(void *arg)
{
	unsigned long before;
	unsigned int got;

	(void)arg;
	vm_start("mem=32M", "");
	before = used();
	got = vm_area_alloc_pages(HIGH | __GFP_NORETRY, NUMA_NO_NODE, MOST,
				  pages, BLOCKS_EASY);
	REQUIRE(got > HUGE && got < MOST);
	REQUIRE(used() == before + got);
	for (unsigned int n = 0; n < got; n++) {
		REQUIRE(pages[n]);
		REQUIRE(!n || pages[n] != pages[n - 1]);
	}
	vm_free_blocks(pages, got);
	REQUIRE(used() == before);
}

/* Huge blocks alone: as many as make up the number, and fewer pages than one
 * has. Expect blocks of 2 MiB and no page beside them. */
static void child_huge(void *arg)
{
	unsigned long before;

	(void)arg;
	vm_start("", "");
	before = used();
	REQUIRE(!vm_area_alloc_pages(HIGH, NUMA_NO_NODE, HUGE - 1, pages,
				     BLOCKS_HUGE));
	REQUIRE(used() == before);
	REQUIRE(vm_area_alloc_pages(HIGH, NUMA_NO_NODE, 2 * HUGE, pages,
				    BLOCKS_HUGE) == 2 * HUGE);
	REQUIRE(pages[0]->order == PAGEBLOCK_ORDER);
	REQUIRE(pages[HUGE]->order == PAGEBLOCK_ORDER);
	vm_free_blocks(pages, 2 * HUGE);
	REQUIRE(used() == before);
}

/* Frames of HighMem are there, none beside another, and large blocks of
 * Normal. Expect those of HighMem: a frame of Normal must be moved into the
 * file; but a large block if it is worth an effort. */
static void child_rather_highmem(void *arg)
{
	static struct page *hogs[2 * MOST];
	unsigned long nr = 0, before;
	unsigned int got;

	(void)arg;
	vm_start("", "");
	while ((hogs[nr] = alloc_pages(HIGH | __GFP_MEMALLOC, 0)))
		nr++;
	while (nr--)
		if (!PageHighMem(hogs[nr]) || page_to_pfn(hogs[nr]) % 2)
			__free_page(hogs[nr]);
	before = used();
	got = vm_area_alloc_pages(HIGH, NUMA_NO_NODE, 64, pages, BLOCKS_EASY);
	REQUIRE(got == 64);
	for (unsigned int n = 0; n < got; n++)
		REQUIRE(PageHighMem(pages[n]));
	REQUIRE(used() == before + got);
	vm_free_blocks(pages, got);
	REQUIRE(used() == before);
	got = vm_area_alloc_pages(HIGH, NUMA_NO_NODE, 64, pages, BLOCKS_HARD);
	REQUIRE(got == 64 && pages[0]->order > 0);
	REQUIRE(!PageHighMem(pages[0]));
	vm_free_blocks(pages, got);
	REQUIRE(used() == before);
}

/* Pages of vmalloc() counted, with more of them lazy than there are, as between
 * two reads. Expect the difference, and 0. */
static void child_count(void *arg)
{
	unsigned long before;

	(void)arg;
	vm_start("", "");
	before = vmalloc_nr_pages();
	vmalloc_count(10);
	REQUIRE(vmalloc_nr_pages() == before + 10);
	vmalloc_count(-10);
	vfree(vmalloc(8 * PAGE_SIZE));
	REQUIRE(vm_lazy_pages() >= 8);
	REQUIRE(vmalloc_nr_pages() == before);
	vmalloc_count(-4);
	REQUIRE(vmalloc_nr_pages() == 0);
	vmalloc_count(4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_sizes), child_test(child_short),
		child_test(child_huge),	 child_test(child_rather_highmem),
		child_test(child_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
