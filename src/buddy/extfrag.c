// SPDX-License-Identifier: MIT
/*
 * buddy/extfrag.c - is free memory in pieces? The indices of fragmentation
 *
 *	free blocks of order	0   1   2   3	request of order 2:
 *	how many		7   2   1   1	2 blocks of order 2 suit
 *					   (the one of order 3 is two of them)
 *
 * Locking	none: the counts of one zone at about one moment
 * Source	Linux v6.12 mm/vmstat.c (kernel-facts C7, C8, I8)
 */
#include "buddy/vmstat.h"

struct contig_page_info {
	unsigned long free_pages;
	unsigned long free_blocks_total;
	unsigned long free_blocks_suitable; /* of the order that is asked for */
};

static void fill_contig_page_info(const struct zone *zone,
				  unsigned int suitable_order,
				  struct contig_page_info *info)
{
	*info = (struct contig_page_info){ 0 };
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long blocks = READ_ONCE(
			zone->free_area[order].nr_free);

		info->free_blocks_total += blocks;
		info->free_pages += blocks << order;
		if (order >= suitable_order)
			info->free_blocks_suitable +=
				blocks << (order - suitable_order);
	}
}

static unsigned long unusable_pages(const struct contig_page_info *info,
				    unsigned int order)
{
	return info->free_pages - (info->free_blocks_suitable << order);
}

int fragmentation_index(struct zone *zone, unsigned int order)
{
	unsigned long requested = 1UL << order;
	struct contig_page_info info;

	if (order > MAX_PAGE_ORDER)
		return 0;
	fill_contig_page_info(zone, order, &info);
	if (!info.free_blocks_total)
		return 0;
	if (info.free_blocks_suitable)
		return -1000;
	return 1000 - (int)((1000 + info.free_pages * 1000 / requested) /
			    info.free_blocks_total);
}

/* Where nothing is free, nothing of it is of use. */
int unusable_free_index(struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_pages)
		return 1000;
	return (int)(unusable_pages(&info, order) * 1000 / info.free_pages);
}

unsigned int extfrag_for_order(struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_pages)
		return 0;
	return (unsigned int)(unusable_pages(&info, order) * 100 /
			      info.free_pages);
}
