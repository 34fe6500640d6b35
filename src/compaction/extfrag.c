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

int unusable_show(struct seq_file *m, const char *path)
{
	struct zone *zone;

	(void)path;
	for_each_zone(zone) {
		if (!populated_zone(zone))
			continue;
		zone_row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			int index = unusable_free_index(zone, order);

			seq_printf(m, "%d.%03d ", index / 1000, index % 1000);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
proc_file("extfrag/unusable_index", unusable_show, NULL);

int extfrag_show(struct seq_file *m, const char *path)
{
	struct zone *zone;

	(void)path;
	for_each_zone(zone) {
		if (!populated_zone(zone))
			continue;
		zone_row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			int index = fragmentation_index(zone, order);

			seq_printf(m, "%2d.%03d ", index / 1000, index % 1000);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
proc_file("extfrag/extfrag_index", extfrag_show, NULL);
