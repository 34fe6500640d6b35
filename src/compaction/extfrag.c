// SPDX-License-Identifier: MIT
/*
 * compaction/extfrag.c - the texts "extfrag/unusable_index" and
 * "extfrag/extfrag_index": a row for each zone, a column for each order
 *
 *	Node 0, zone   Normal 0.000 0.004 0.008 ...        part of no use
 *	Node 0, zone   Normal -1.000 -1.000  0.942 ...     why it would fail
 *
 * Locking	none: counts of blocks are read relaxed, one after the other
 * Source	the texts of Linux v6.12 mm/vmstat.c (docs/kernel.md I8)
 */
#include "compaction/internal.h"
#include "zone/show.h"

/* A row for each zone: its index for each order, in thousandths. */
static int show_index(struct seq_file *m, int width,
		      int (*index_of)(struct zone *zone, unsigned int order))
{
	struct zone *zone;

	for_each_zone(zone) {
		if (!populated_zone(zone))
			continue;
		zone_row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			int index = index_of(zone, order);

			seq_printf(m, "%*d.%03d ", width, index / 1000,
				   index % 1000);
		}
		seq_putc(m, '\n');
	}
	return 0;
}

int unusable_show(struct seq_file *m, const char *path)
{
	(void)path;
	return show_index(m, 1, unusable_free_index);
}
proc_file("extfrag/unusable_index", unusable_show, NULL);

int extfrag_show(struct seq_file *m, const char *path)
{
	(void)path;
	return show_index(m, 2, fragmentation_index);
}
proc_file("extfrag/extfrag_index", extfrag_show, NULL);
