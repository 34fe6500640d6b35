// SPDX-License-Identifier: MIT
/*
 * zone/show.c - the texts "buddyinfo", "extfrag/unusable_index" and
 * "extfrag/extfrag_index": a row for each zone, a column for each order
 *
 *	Node 0, zone   Normal      2      1      0 ...     free blocks
 *	Node 0, zone   Normal 0.000 0.004 0.008 ...        part of no use
 *	Node 0, zone   Normal -1.000 -1.000  0.942 ...     why it would fail
 *
 * Locking	zone->lock while the counts of one zone are copied
 * Source	the texts of Linux v6.12 mm/vmstat.c (docs/kernel.md I2, I8)
 */
#include "compaction/compact.h"
#include "zone/show.h"

static void row_head(struct seq_file *m, const struct zone *zone)
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
		row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
			seq_printf(m, "%6lu ", nr[order]);
		seq_putc(m, '\n');
	}
	return 0;
}
proc_file("buddyinfo", buddyinfo_show, NULL);

int unusable_show(struct seq_file *m, const char *path)
{
	struct zone *zone;

	(void)path;
	for_each_zone(zone) {
		if (!populated_zone(zone))
			continue;
		row_head(m, zone);
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
		row_head(m, zone);
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			int index = fragmentation_index(zone, order);

			seq_printf(m, "%2d.%03d ", index / 1000, index % 1000);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
proc_file("extfrag/extfrag_index", extfrag_show, NULL);
