// SPDX-License-Identifier: MIT
/*
 * zone/zoneinfo.c - the text "zoneinfo": all counters and limits of each zone
 *
 * Of zones without frames only the sizes are shown. The states of a node are
 * shown with the first of its zones that has frames.
 *
 * The last three lines of a zone are ours: surplus.h.
 *
 * Locking	none: each number is read by itself
 * Source	the text of Linux v6.12 mm/vmstat.c (docs/kernel.md I4)
 */
#include "zone/show.h"
#include "zone/watermark.h"

static bool is_zone_first_populated(const struct zone *zone)
{
	const struct zone *first = NODE_DATA(zone_to_nid(zone))->node_zones;

	for (; first < zone; first++)
		if (populated_zone(first))
			return false;
	return populated_zone(zone);
}

static void show_node_stats(struct seq_file *m, const pg_data_t *pgdat)
{
	seq_puts(m, "\n  per-node stats");
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		seq_printf(m, "\n      %-12s %lu", node_stat_name(i),
			   node_page_state(pgdat, i));
}

static void show_sizes(struct seq_file *m, const struct zone *zone)
{
	seq_printf(m,
		   "\n  pages free     %lu"
		   "\n        boost    %lu"
		   "\n        min      %lu"
		   "\n        low      %lu"
		   "\n        high     %lu"
		   "\n        promo    %lu",
		   zone_page_state(zone, NR_FREE_PAGES),
		   READ_ONCE(zone->watermark_boost), min_wmark_pages(zone),
		   low_wmark_pages(zone), high_wmark_pages(zone),
		   wmark_pages(zone, WMARK_PROMO));
	seq_printf(m,
		   "\n        spanned  %lu"
		   "\n        present  %lu"
		   "\n        managed  %lu"
		   "\n        cma      %lu",
		   zone->spanned_pages, READ_ONCE(zone->present_pages),
		   zone_managed_pages(zone), 0UL);
	seq_printf(m, "\n        protection: (%ld",
		   (long)READ_ONCE(zone->lowmem_reserve[0]));
	for (unsigned int i = 1; i < MAX_NR_ZONES; i++)
		seq_printf(m, ", %ld",
			   (long)READ_ONCE(zone->lowmem_reserve[i]));
	seq_putc(m, ')');
}

static void show_zone_stats(struct seq_file *m, const struct zone *zone)
{
	for (unsigned int i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
		seq_printf(m, "\n      %-12s %lu", zone_stat_name(i),
			   zone_page_state(zone, i));
	for (unsigned int i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++)
		seq_printf(m, "\n      %-12s %lu", numa_stat_name(i),
			   zone_numa_event_state(zone, i));
}

static void show_pagesets(struct seq_file *m, const struct zone *zone)
{
	seq_puts(m, "\n  pagesets");
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct per_cpu_pages *pcp = &zone->pageset[cpu];

		seq_printf(m,
			   "\n    cpu: %i"
			   "\n              count: %i"
			   "\n              high:  %i"
			   "\n              batch: %i",
			   (int)cpu, READ_ONCE(pcp->count),
			   READ_ONCE(pcp->high), READ_ONCE(pcp->batch));
		seq_printf(m, "\n  vm stats threshold: %d",
			   (int)calculate_normal_threshold(zone));
	}
}

static void zoneinfo_show_print(struct seq_file *m, const struct zone *zone)
{
	const pg_data_t *pgdat = NODE_DATA(zone_to_nid(zone));

	seq_printf(m, "Node %d, zone %8s", pgdat->node_id, zone->name);
	if (is_zone_first_populated(zone))
		show_node_stats(m, pgdat);
	show_sizes(m, zone);
	if (!populated_zone(zone)) {
		seq_putc(m, '\n');
		return;
	}
	show_zone_stats(m, zone);
	show_pagesets(m, zone);
	seq_printf(m,
		   "\n  node_unreclaimable:  %u"
		   "\n  start_pfn:           %lu"
		   "\n  free_dirty:          %lu"
		   "\n  free_returned:       %lu"
		   "\n  free_refaulted:      %lu\n",
		   READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES,
		   zone->zone_start_pfn, READ_ONCE(zone->unreported),
		   READ_ONCE(zone->turnover.returned),
		   READ_ONCE(zone->turnover.refaulted));
}

int zoneinfo_show(struct seq_file *m, const char *path)
{
	(void)path;
	for_each_online_node(nid)
		for (unsigned int z = 0; z < MAX_NR_ZONES; z++)
			zoneinfo_show_print(m, &NODE_DATA(nid)->node_zones[z]);
	return 0;
}
proc_file("zoneinfo", zoneinfo_show, NULL);
