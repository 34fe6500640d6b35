// SPDX-License-Identifier: MIT
/*
 * zone/pagetypeinfo.c - the text "pagetypeinfo": free blocks by migratetype
 * and order, and pageblocks by migratetype
 *
 * There is no count for each list, so the lists are walked. After 100,000
 * blocks the number is ">100000".
 *
 * Locking	zone->lock for one list at a time: a zone may have very many
 *		free blocks, and other threads wait (docs/kernel.md X6)
 * Tests	unit.zone.show
 * Source	the text of Linux v6.12 mm/vmstat.c (docs/kernel.md I3);
 *		without the count of mixed blocks that page_owner brings
 */
#include "zone/pageblock.h"
#include "zone/show.h"

#define FREE_COUNT_MAX 100000UL

const char *const migratetype_names[MIGRATE_TYPES] = {
	[MIGRATE_UNMOVABLE] = "Unmovable",
	[MIGRATE_MOVABLE] = "Movable",
	[MIGRATE_RECLAIMABLE] = "Reclaimable",
	[MIGRATE_HIGHATOMIC] = "HighAtomic",
	[MIGRATE_ISOLATE] = "Isolate",
};

static unsigned long count_blocks(struct zone *zone, unsigned int order,
				  unsigned int mt)
{
	const struct page *page;
	unsigned long nr = 0;

	spin_lock(&zone->lock);
	list_for_each_entry(page, &zone->free_area[order].free_list[mt], lru)
		if (++nr == FREE_COUNT_MAX)
			break;
	spin_unlock(&zone->lock);
	return nr;
}

static void showfree_row(struct seq_file *m, struct zone *zone, unsigned int mt)
{
	seq_printf(m, "Node %4d, zone %8s, type %12s ", (int)zone_to_nid(zone),
		   zone->name, migratetype_names[mt]);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long nr = count_blocks(zone, order, mt);

		seq_printf(m, "%s%6lu ", nr == FREE_COUNT_MAX ? ">" : "", nr);
	}
	seq_putc(m, '\n');
}

static void pagetypeinfo_showfree(struct seq_file *m, pg_data_t *pgdat)
{
	seq_printf(m, "%-43s ", "Free pages count per migrate type at order");
	for (int order = 0; order < NR_PAGE_ORDERS; order++)
		seq_printf(m, "%6d ", order);
	seq_putc(m, '\n');
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			if (populated_zone(&pgdat->node_zones[z]))
				showfree_row(m, &pgdat->node_zones[z], mt);
}

static void showblockcount_row(struct seq_file *m, const struct zone *zone)
{
	unsigned long nr[MIGRATE_TYPES] = { 0 };
	unsigned long pfn = zone->zone_start_pfn;

	for (; pfn < zone_end_pfn(zone); pfn += PAGEBLOCK_PAGES)
		if (pfn_online(pfn))
			nr[get_pageblock_migratetype(pfn)]++;
	seq_printf(m, "Node %d, zone %8s ", (int)zone_to_nid(zone), zone->name);
	for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
		seq_printf(m, "%12lu ", nr[mt]);
	seq_putc(m, '\n');
}

static void pagetypeinfo_showblockcount(struct seq_file *m, pg_data_t *pgdat)
{
	seq_printf(m, "\n%-23s", "Number of blocks type ");
	for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
		seq_printf(m, "%12s ", migratetype_names[mt]);
	seq_putc(m, '\n');
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++)
		if (populated_zone(&pgdat->node_zones[z]))
			showblockcount_row(m, &pgdat->node_zones[z]);
}

static bool has_memory(const pg_data_t *pgdat)
{
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++)
		if (populated_zone(&pgdat->node_zones[z]))
			return true;
	return false;
}

/* Each of the tables, for each node that has memory. */
int pagetypeinfo_show(struct seq_file *m, const char *path)
{
	(void)path;
	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);

		if (!has_memory(pgdat))
			continue;
		seq_printf(m, "Page block order: %d\n", PAGEBLOCK_ORDER);
		seq_printf(m, "Pages per block:  %lu\n", PAGEBLOCK_PAGES);
		seq_putc(m, '\n');
		pagetypeinfo_showfree(m, pgdat);
		pagetypeinfo_showblockcount(m, pgdat);
	}
	return 0;
}
proc_file("pagetypeinfo", pagetypeinfo_show, NULL);
