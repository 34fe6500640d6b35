// SPDX-License-Identifier: MIT
/*
 * zone/show_mem.c - "Mem-Info": the part of a report on memory
 *
 *	Mem-Info:
 *	active_anon:0 ... free:3840 free_pcp:63 free_cma:0	over all zones
 *	Node 0 active_anon:0kB ...				each node
 *	Node 0 Normal free:15360kB boost:0kB min:...		each zone
 *	lowmem_reserve[]: 0 0 0 0 0
 *	Node 0 Normal: 2*4kB (UM) 0*8kB ... = 15360kB		its free blocks
 *
 * A letter for each type that has free blocks of the order: Unmovable,
 * Movable, rEclaimable, Highatomic, Isolate.
 *
 * Locking	zone->lock while the counts of one zone are copied
 * Source	the text of Linux v6.12 mm/show_mem.c
 *		(docs/kernel.md I9), without the lines on huge pages and swap;
 *		"pages apart" is not the kernel's: large areas and tables
 */
#include "zone/numa.h"
#include "zone/show.h"

/* ---- all zones ----------------------------------------------------------- */

static unsigned long zone_pcp_pages(const struct zone *zone)
{
	unsigned long pages = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		pages += (unsigned long)READ_ONCE(zone->pageset[cpu].count);
	return pages;
}

static unsigned long all_pcp_pages(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_zone(zone)
		pages += zone_pcp_pages(zone);
	return pages;
}

static void show_totals(struct seq_file *m)
{
	seq_printf(m,
		   "active_anon:%lu inactive_anon:%lu isolated_anon:%lu\n"
		   " active_file:%lu inactive_file:%lu isolated_file:%lu\n"
		   " unevictable:%lu dirty:%lu writeback:%lu\n",
		   global_node_page_state(NR_ACTIVE_ANON),
		   global_node_page_state(NR_INACTIVE_ANON),
		   global_node_page_state(NR_ISOLATED_ANON),
		   global_node_page_state(NR_ACTIVE_FILE),
		   global_node_page_state(NR_INACTIVE_FILE),
		   global_node_page_state(NR_ISOLATED_FILE),
		   global_node_page_state(NR_UNEVICTABLE),
		   global_node_page_state(NR_FILE_DIRTY),
		   global_node_page_state(NR_WRITEBACK));
	seq_printf(m,
		   " slab_reclaimable:%lu slab_unreclaimable:%lu\n"
		   " mapped:%lu shmem:%lu pagetables:%lu\n"
		   " sec_pagetables:%lu bounce:%lu\n"
		   " kernel_misc_reclaimable:%lu\n"
		   " free:%lu free_pcp:%lu free_cma:%lu\n",
		   global_node_page_state(NR_SLAB_RECLAIMABLE),
		   global_node_page_state(NR_SLAB_UNRECLAIMABLE),
		   global_node_page_state(NR_FILE_MAPPED),
		   global_node_page_state(NR_SHMEM),
		   global_node_page_state(NR_PAGETABLE),
		   global_node_page_state(NR_SECONDARY_PAGETABLE),
		   global_zone_page_state(NR_BOUNCE),
		   global_node_page_state(NR_KERNEL_MISC_RECLAIMABLE),
		   global_zone_page_state(NR_FREE_PAGES), all_pcp_pages(),
		   global_zone_page_state(NR_FREE_CMA_PAGES));
}

/* ---- a node -------------------------------------------------------------- */

static void show_node(struct seq_file *m, const pg_data_t *pgdat)
{
	static const struct {
		const char *name;
		enum node_stat_item item;
	} items[] = {
		{ "active_anon", NR_ACTIVE_ANON },
		{ "inactive_anon", NR_INACTIVE_ANON },
		{ "active_file", NR_ACTIVE_FILE },
		{ "inactive_file", NR_INACTIVE_FILE },
		{ "unevictable", NR_UNEVICTABLE },
		{ "isolated(anon)", NR_ISOLATED_ANON },
		{ "isolated(file)", NR_ISOLATED_FILE },
		{ "mapped", NR_FILE_MAPPED },
		{ "dirty", NR_FILE_DIRTY },
		{ "writeback", NR_WRITEBACK },
		{ "shmem", NR_SHMEM },
		{ "shmem_thp", NR_SHMEM_THPS },
		{ "shmem_pmdmapped", NR_SHMEM_PMDMAPPED },
		{ "anon_thp", NR_ANON_THPS },
		{ "writeback_tmp", NR_WRITEBACK_TEMP },
	};
	bool hopeless;

	hopeless = READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES;
	seq_printf(m, "Node %d", pgdat->node_id);
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		seq_printf(m, " %s:%lukB", items[i].name,
			   PAGES_KB(node_page_state(pgdat, items[i].item)));
	seq_printf(m,
		   " kernel_stack:%lukB pagetables:%lukB"
		   " sec_pagetables:%lukB all_unreclaimable? %s\n",
		   node_page_state(pgdat, NR_KERNEL_STACK_KB),
		   PAGES_KB(node_page_state(pgdat, NR_PAGETABLE)),
		   PAGES_KB(node_page_state(pgdat, NR_SECONDARY_PAGETABLE)),
		   hopeless ? "yes" : "no");
}

/* ---- a zone -------------------------------------------------------------- */

static void show_zone(struct seq_file *m, const struct zone *zone)
{
	int local = READ_ONCE(zone->pageset[smp_cpu()].count);

	seq_printf(m,
		   "Node %d %s free:%lukB boost:%lukB min:%lukB low:%lukB"
		   " high:%lukB reserved_highatomic:%luKB"
		   " free_highatomic:%luKB",
		   (int)zone_to_nid(zone), zone->name,
		   PAGES_KB(zone_page_state(zone, NR_FREE_PAGES)),
		   PAGES_KB(READ_ONCE(zone->watermark_boost)),
		   PAGES_KB(min_wmark_pages(zone)),
		   PAGES_KB(low_wmark_pages(zone)),
		   PAGES_KB(high_wmark_pages(zone)),
		   PAGES_KB(READ_ONCE(zone->nr_reserved_highatomic)),
		   PAGES_KB(READ_ONCE(zone->nr_free_highatomic)));
	seq_printf(m,
		   " active_anon:%lukB inactive_anon:%lukB active_file:%lukB"
		   " inactive_file:%lukB unevictable:%lukB writepending:%lukB",
		   PAGES_KB(zone_page_state(zone, NR_ZONE_ACTIVE_ANON)),
		   PAGES_KB(zone_page_state(zone, NR_ZONE_INACTIVE_ANON)),
		   PAGES_KB(zone_page_state(zone, NR_ZONE_ACTIVE_FILE)),
		   PAGES_KB(zone_page_state(zone, NR_ZONE_INACTIVE_FILE)),
		   PAGES_KB(zone_page_state(zone, NR_ZONE_UNEVICTABLE)),
		   PAGES_KB(zone_page_state(zone, NR_ZONE_WRITE_PENDING)));
	seq_printf(m,
		   " present:%lukB managed:%lukB mlocked:%lukB bounce:%lukB"
		   " free_pcp:%lukB local_pcp:%ukB free_cma:%lukB\n",
		   PAGES_KB(READ_ONCE(zone->present_pages)),
		   PAGES_KB(zone_managed_pages(zone)),
		   PAGES_KB(zone_page_state(zone, NR_MLOCK)),
		   PAGES_KB(zone_page_state(zone, NR_BOUNCE)),
		   PAGES_KB(zone_pcp_pages(zone)),
		   PAGES_KB((unsigned int)local),
		   PAGES_KB(zone_page_state(zone, NR_FREE_CMA_PAGES)));
	seq_puts(m, "lowmem_reserve[]:");
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		seq_printf(m, " %ld", (long)READ_ONCE(zone->lowmem_reserve[i]));
	seq_putc(m, '\n');
}

struct free_blocks {
	unsigned long nr[NR_PAGE_ORDERS];
	u8 types[NR_PAGE_ORDERS]; /* a bit for each migratetype that has any */
};

static void copy_free_blocks(struct zone *zone, struct free_blocks *free)
{
	*free = (struct free_blocks){ 0 };
	spin_lock(&zone->lock);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];

		free->nr[order] = area->nr_free;
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			if (!list_empty(&area->free_list[mt]))
				free->types[order] |= (u8)(1U << mt);
	}
	spin_unlock(&zone->lock);
}

static void show_migration_types(struct seq_file *m, u8 types)
{
	static const char letters[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = 'U',   [MIGRATE_MOVABLE] = 'M',
		[MIGRATE_RECLAIMABLE] = 'E', [MIGRATE_HIGHATOMIC] = 'H',
		[MIGRATE_ISOLATE] = 'I',
	};

	seq_putc(m, '(');
	for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
		if (types >> mt & 1)
			seq_putc(m, letters[mt]);
	seq_puts(m, ") ");
}

static void show_free_blocks(struct seq_file *m, struct zone *zone)
{
	struct free_blocks free;
	unsigned long total = 0;

	copy_free_blocks(zone, &free);
	seq_printf(m, "Node %d %s: ", (int)zone_to_nid(zone), zone->name);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		total += free.nr[order] << order;
		seq_printf(m, "%lu*%lukB ", free.nr[order],
			   PAGES_KB(1UL) << order);
		if (free.nr[order])
			show_migration_types(m, free.types[order]);
	}
	seq_printf(m, "= %lukB\n", PAGES_KB(total));
}

static bool has_managed_pages(const pg_data_t *pgdat)
{
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++)
		if (zone_managed_pages(&pgdat->node_zones[z]))
			return true;
	return false;
}

/* ---- the whole ----------------------------------------------------------- */

static void show_ram(struct seq_file *m)
{
	unsigned long total = 0, reserved = 0, highmem = 0;
	struct zone *zone;

	for_each_zone(zone) {
		unsigned long present = READ_ONCE(zone->present_pages);
		unsigned long managed = zone_managed_pages(zone);

		total += present;
		reserved += present - min(managed, present);
		if (zone_idx(zone) == ZONE_HIGHMEM ||
		    zone_idx(zone) == ZONE_MOVABLE)
			highmem += present;
	}
	seq_printf(m, "%lu total pagecache pages\n",
		   global_node_page_state(NR_FILE_PAGES));
	seq_printf(m,
		   "%lu pages RAM\n"
		   "%lu pages HighMem/MovableOnly\n"
		   "%lu pages reserved\n"
		   "%lu pages apart\n",
		   total, highmem, reserved, arena_apart());
}

int meminfo_show(struct seq_file *m, const char *path)
{
	struct zone *zone;

	(void)path;
	seq_puts(m, "Mem-Info:\n");
	show_totals(m);
	for_each_online_node(nid)
		if (has_managed_pages(NODE_DATA(nid)))
			show_node(m, NODE_DATA(nid));
	for_each_zone(zone)
		if (populated_zone(zone))
			show_zone(m, zone);
	for_each_zone(zone)
		if (populated_zone(zone))
			show_free_blocks(m, zone);
	show_ram(m);
	return 0;
}
proc_file("Mem-Info", meminfo_show, NULL);

void show_mem(void)
{
	char buf[512];
	struct seq_file m = { .buf = buf, .size = sizeof(buf), .fd = 2 };

	meminfo_show(&m, "");
	seq_flush(&m);
}
