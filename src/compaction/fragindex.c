// SPDX-License-Identifier: MIT
/*
 * compaction/fragindex.c - how fragmented is the free memory of a zone?
 *
 *	256 pages free, as 256 single pages; a request of order 3
 *	  fragmentation_index	1000 - (1000 + 256 * 1000 / 8) / 256 = 872
 *	  unusable_free_index	(256 - 0) * 1000 / 256 = 1000
 *
 * The first index says why a request would fail: towards 0 there is too little
 * free memory, towards 1000 it is in too many pieces. The second says how much
 * of the free memory is of no use to the request.
 *
 * Locking	none: counts of blocks are read relaxed, one after the other
 * Source	Linux v6.12 mm/vmstat.c and mm/compaction.c
 *		(docs/kernel.md C7, C8)
 */
#include "compaction/internal.h"
#include "diag/warn.h"

struct contig_page_info {
	unsigned long free_pages;
	unsigned long free_blocks_total;
	unsigned long free_blocks_suitable; /* at least of the wanted order */
};

static void fill_contig_page_info(struct zone *zone, unsigned int suitable,
				  struct contig_page_info *info)
{
	*info = (struct contig_page_info){ 0 };
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long blocks = READ_ONCE(
			zone->free_area[order].nr_free);

		info->free_blocks_total += blocks;
		info->free_pages += blocks << order;
		if (order >= suitable)
			info->free_blocks_suitable += blocks
						      << (order - suitable);
	}
}

int fragmentation_index(struct zone *zone, unsigned int order)
{
	unsigned long requested = 1UL << order;
	struct contig_page_info info;

	if (WARN_ONCE(
		    order > MAX_PAGE_ORDER,
		    "fragmentation_index: order %u is too large, the largest is %d",
		    order, MAX_PAGE_ORDER))
		return 0;
	fill_contig_page_info(zone, order, &info);
	if (!info.free_blocks_total)
		return 0;
	if (info.free_blocks_suitable)
		return -1000;
	return 1000 - (int)((1000 + info.free_pages * 1000 / requested) /
			    info.free_blocks_total);
}

int unusable_free_index(struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_pages)
		return 1000;
	return (int)((info.free_pages - (info.free_blocks_suitable << order)) *
		     1000 / info.free_pages);
}

unsigned int extfrag_for_order(struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_pages)
		return 0;
	return (unsigned int)((info.free_pages -
			       (info.free_blocks_suitable << order)) *
			      100 / info.free_pages);
}

static unsigned long node_present_pages(const struct pglist_data *pgdat)
{
	unsigned long sum = 0;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		sum += READ_ONCE(pgdat->node_zones[type].present_pages);
	return sum;
}

unsigned int fragmentation_score_zone(struct zone *zone)
{
	return extfrag_for_order(zone, PAGEBLOCK_ORDER);
}

unsigned int fragmentation_score_node(struct pglist_data *pgdat)
{
	unsigned long present = node_present_pages(pgdat), score = 0;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct zone *zone = &pgdat->node_zones[type];

		if (populated_zone(zone))
			score += READ_ONCE(zone->present_pages) *
				 fragmentation_score_zone(zone) / (present + 1);
	}
	return (unsigned int)score;
}

/* ---- when to compact ahead of need --------------------------------------- */

unsigned long sysctl_compaction_proactiveness = 20;

unsigned int fragmentation_score_low_wmark(void)
{
	unsigned long p = READ_ONCE(sysctl_compaction_proactiveness);

	return (unsigned int)max(100 - min(p, 100UL), 5UL);
}

unsigned int fragmentation_score_high_wmark(void)
{
	return min(fragmentation_score_low_wmark() + 10, 100U);
}
