// SPDX-License-Identifier: MIT
/*
 * zone/show.c - the text "buddyinfo": a row for each zone, a column for each
 * order
 *
 *	Node 0, zone   Normal      2      1      0 ...     free blocks
 *
 * Locking	zone->lock while the counts of one zone are copied
 * Source	the texts of Linux v6.12 mm/vmstat.c (docs/kernel.md I2)
 */
#include "zone/show.h"

void zone_row_head(struct seq_file *m, const struct zone *zone)
{
	seq_printf(m, "Node %d, zone %8s ", (int)zone_to_nid(zone), zone->name);
}

/* The counts are copied at once, so that a row shows one moment. */
static void copy_nr_free(struct zone *zone, unsigned long nr[NR_PAGE_ORDERS])
{
	spin_lock(&zone->lock);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		nr[order] = zone->free_area[order].nr_free;
	spin_unlock(&zone->lock);
}

int buddyinfo_show(struct seq_file *m, const char *path)
{
	unsigned long nr[NR_PAGE_ORDERS];
	struct zone *zone;

	(void)path;
	for_each_zone(zone) {
		if (!populated_zone(zone))
			continue;
		copy_nr_free(zone, nr);
		zone_row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
			seq_printf(m, "%6lu ", nr[order]);
		seq_putc(m, '\n');
	}
	return 0;
}
proc_file("buddyinfo", buddyinfo_show, NULL);
