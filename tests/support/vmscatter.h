/* SPDX-License-Identifier: MIT */
/*
 * tests/support/vmscatter.h - an area of vmalloc space that compaction will
 * move
 *
 *	HighMem	|a.a.a.a.a...............|.x.x.x.x.x.x.x.x.x.x.x|
 *		  a: the area's frames		x: others in use
 *
 * Its frames lie at the low end of the zone with free ones between them, and at
 * the high end every second frame is free, for them to move to.
 */
#ifndef TEST_VMSCATTER_H
#define TEST_VMSCATTER_H

#include "compaction/compaction.h"
#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define HOG_FRAMES (32UL << 20 >> PAGE_SHIFT)
#define LOW_FRAMES 2048UL

static struct page *hogs[HOG_FRAMES]; /* by number */

/* One CPU, 16 MiB of Normal and as much of HighMem: soon used up. */
static inline void scatter_start(const char *how, const char *backend)
{
	pin_to_first_cpu();
	parse_args("arena=32M highmem=16M");
	vm_boot(how, backend);
}

static inline char *area_of(unsigned long size, gfp_t gfp, pgprot_t prot)
{
	return __vmalloc_node_range(size, 1, VMALLOC_START, VMALLOC_END, gfp,
				    prot, 0, NUMA_NO_NODE, NULL);
}

/* All there is, and what the marks keep too. */
static inline void hog_all(void)
{
	const gfp_t gfp = HIGH | __GFP_MOVABLE | __GFP_MEMALLOC |
			  __GFP_NORETRY | __GFP_NOWARN;
	struct page *page;

	while ((page = alloc_page(gfp)))
		hogs[page_to_pfn(page)] = page;
}

static inline void free_hogs(unsigned long start, unsigned long end,
			     unsigned long step)
{
	for (unsigned long pfn = start; pfn < end; pfn += step) {
		if (hogs[pfn])
			__free_page(hogs[pfn]);
		hogs[pfn] = NULL;
	}
}

/*
 * The area, of zeros; the frames at the high end are hogs until moves_of(). Its
 * first `block` frames, a power of two, are the lowest of the zone.
 */
static inline char *scattered_behind(unsigned long block, unsigned long nr,
				     pgprot_t prot)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_HIGHMEM];
	unsigned long start = zone->zone_start_pfn;
	char *p;

	hog_all();
	free_hogs(0, start, 1);
	free_hogs(start, start + block, 1);
	free_hogs(start + block, start + LOW_FRAMES, 2);
	p = area_of(nr * PAGE_SIZE, HIGH | __GFP_ZERO, prot);
	REQUIRE(p);
	free_hogs(start, start + LOW_FRAMES, 1);
	free_hogs(start + LOW_FRAMES, HOG_FRAMES, 2);
	drain_all_pages(zone);
	return p;
}

static inline char *scattered_area(unsigned long nr, pgprot_t prot)
{
	return scattered_behind(0, nr, prot);
}

/* Compaction moves pages of the area: how many. */
static inline unsigned long moves_of(const char *p)
{
	static struct page *had[LOW_FRAMES];
	const struct vm_struct *vm = find_vm_area(p);
	unsigned long moved = 0;

	memcpy(had, vm->pages, vm->nr_pages * sizeof(*had));
	compact_nodes();
	for (unsigned int n = 0; n < vm->nr_pages; n++)
		moved += vm->pages[n] != had[n];
	free_hogs(0, HOG_FRAMES, 1);
	return moved;
}

#endif
