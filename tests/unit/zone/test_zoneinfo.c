// SPDX-License-Identifier: MIT
/*
 * test_zoneinfo.c - zoneinfo and vmstat byte for byte
 */
#include "zone/show.h"
#include "zone/surplus.h"
#include "zone/sysctl.h"
#include "support/start.h"
#include "support/text.h"

static struct page *heads[TEST_BLOCKS];

static void append(char *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsprintf(text + strlen(text), fmt, args);
	va_end(args);
}

/* An owned zone of 64 MiB with numbers that cannot be taken for others. */
static struct zone *start_numbers(void)
{
	struct zone *zone = start_owned_zone("", heads);
	unsigned long *reserve = zone->lowmem_reserve;

	nr_cpu_ids = 1; /* what the text shows must not depend on the machine */
	for (unsigned int i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = 100 * (i + 1);
	zone->watermark_boost = 7;
	zone->managed_pages -= 3; /* 64 MiB less three pages */
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		reserve[i] = i * 11;
	zone->pageset[0].high = 378;
	zone->pageset[0].batch = 63;
	zone->pageset[0].count = 5;
	give_frames(zone, 1024, 9);
	zone->turnover.returned = 21;
	zone->turnover.refaulted = 4;
	mod_zone_page_state(zone, NR_ZONE_WRITE_PENDING, 12);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_RECLAIMABLE, 345);
	return zone;
}

#define EMPTY_ZONE(name)          \
	"Node 0, zone " name "\n" \
	"  pages free     0\n"    \
	"        boost    0\n"    \
	"        min      0\n"    \
	"        low      0\n"    \
	"        high     0\n"    \
	"        promo    0\n"    \
	"        spanned  0\n"    \
	"        present  0\n"    \
	"        managed  0\n"    \
	"        cma      0\n"    \
	"        protection: (0, 0, 0, 0, 0)\n"

static const char normal_zone[] = "  pages free     9\n"
				  "        boost    7\n"
				  "        min      107\n"
				  "        low      207\n"
				  "        high     307\n"
				  "        promo    407\n"
				  "        spanned  16384\n"
				  "        present  16384\n"
				  "        managed  16381\n"
				  "        cma      0\n"
				  "        protection: (0, 11, 22, 33, 44)\n"
				  "      nr_free_pages 9\n"
				  "      nr_zone_inactive_anon 0\n"
				  "      nr_zone_active_anon 0\n"
				  "      nr_zone_inactive_file 0\n"
				  "      nr_zone_active_file 0\n"
				  "      nr_zone_unevictable 0\n"
				  "      nr_zone_write_pending 12\n"
				  "      nr_mlock     0\n"
				  "      nr_bounce    0\n"
				  "      nr_zspages   0\n"
				  "      nr_free_cma  0\n"
				  "      numa_hit     16\n"
				  "      numa_miss    0\n"
				  "      numa_foreign 0\n"
				  "      numa_interleave 0\n"
				  "      numa_local   16\n"
				  "      numa_other   0\n"
				  "  pagesets\n"
				  "    cpu: 0\n"
				  "              count: 5\n"
				  "              high:  378\n"
				  "              batch: 63\n"
				  "  vm stats threshold: 2\n"
				  "  node_unreclaimable:  0\n"
				  "  start_pfn:           0\n"
				  "  free_dirty:          9\n"
				  "  free_returned:       21\n"
				  "  free_refaulted:      4\n";

/* The names of I6, in the order of the kernel's file. */
static const char zone_names[] =
	"nr_free_pages nr_zone_inactive_anon nr_zone_active_anon "
	"nr_zone_inactive_file nr_zone_active_file nr_zone_unevictable "
	"nr_zone_write_pending nr_mlock nr_bounce nr_zspages nr_free_cma";
static const char node_names[] =
	"nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file "
	"nr_unevictable nr_slab_reclaimable nr_slab_unreclaimable "
	"nr_isolated_anon nr_isolated_file workingset_nodes "
	"workingset_refault_anon workingset_refault_file "
	"workingset_activate_anon workingset_activate_file "
	"workingset_restore_anon workingset_restore_file "
	"workingset_nodereclaim nr_anon_pages nr_mapped nr_file_pages nr_dirty "
	"nr_writeback nr_writeback_temp nr_shmem nr_shmem_hugepages "
	"nr_shmem_pmdmapped nr_file_hugepages nr_file_pmdmapped "
	"nr_anon_transparent_hugepages nr_vmscan_write "
	"nr_vmscan_immediate_reclaim nr_dirtied nr_written "
	"nr_throttled_written nr_kernel_misc_reclaimable nr_foll_pin_acquired "
	"nr_foll_pin_released nr_kernel_stack nr_page_table_pages "
	"nr_sec_page_table_pages nr_iommu_pages nr_swapcached pgdemote_kswapd "
	"pgdemote_direct pgdemote_khugepaged";
static const char event_names[] =
	"pgpgin pgpgout pswpin pswpout pgalloc_dma pgalloc_dma32 "
	"pgalloc_normal pgalloc_high pgalloc_movable allocstall_dma "
	"allocstall_dma32 allocstall_normal allocstall_high "
	"allocstall_movable pgskip_dma pgskip_dma32 pgskip_normal pgskip_high "
	"pgskip_movable pgfree pgactivate pgdeactivate pglazyfree pgfault "
	"pgmajfault pglazyfreed pgrefill pgreuse pgsteal_kswapd "
	"pgsteal_direct pgsteal_khugepaged pgscan_kswapd pgscan_direct "
	"pgscan_khugepaged pgscan_direct_throttle pgscan_anon pgscan_file "
	"pgsteal_anon pgsteal_file zone_reclaim_success zone_reclaim_failed "
	"pginodesteal slabs_scanned kswapd_inodesteal "
	"kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly "
	"pageoutrun pgrotated drop_pagecache drop_slab oom_kill "
	"pgmigrate_success pgmigrate_fail compact_migrate_scanned "
	"compact_free_scanned compact_isolated compact_stall compact_fail "
	"compact_success compact_daemon_wake compact_daemon_migrate_scanned "
	"compact_daemon_free_scanned htlb_buddy_alloc_success "
	"htlb_buddy_alloc_fail cma_alloc_success cma_alloc_fail";

/* Add a line "NAME VALUE" for each name, the value from a function. */
static unsigned int append_lines(char *text, const char *names,
				 unsigned long (*value)(unsigned int index))
{
	char copy[4096], *save = NULL;
	unsigned int index = 0;

	strcpy(copy, names);
	for (char *name = strtok_r(copy, " ", &save); name;
	     name = strtok_r(NULL, " ", &save), index++)
		append(text, "%s %lu\n", name, value(index));
	return index;
}

static unsigned long node_value(unsigned int index)
{
	return index == NR_SLAB_RECLAIMABLE ? 345 : 0;
}

/* A zone with known numbers among empty ones. Expect the kernel's text: the
 * states of the node with the first zone that has frames, sizes of all. */
static void child_zoneinfo(void *arg)
{
	static char expected[TEXT_MAX];
	char lines[4096] = "", *save = NULL;

	(void)arg;
	start_numbers();
	append(expected, "%s%s", EMPTY_ZONE("     DMA"),
	       EMPTY_ZONE("   DMA32"));
	append(expected, "Node 0, zone   Normal\n  per-node stats\n");
	REQUIRE(append_lines(lines, node_names, node_value) ==
		NR_VM_NODE_STAT_ITEMS);
	for (char *name = strtok_r(lines, " \n", &save); name;
	     name = strtok_r(NULL, " \n", &save))
		append(expected, "      %-12s %s\n", name,
		       strtok_r(NULL, " \n", &save));
	append(expected, "%s%s%s", normal_zone, EMPTY_ZONE(" HighMem"),
	       EMPTY_ZONE(" Movable"));
	require_text(read_text("zoneinfo", zoneinfo_show), expected);
}

/* Zones of other sizes and CPUs. Expect the kernel's thresholds (W10), checked
 * against a machine with two CPUs. */
static void child_thresholds(void *arg)
{
	static const struct {
		unsigned long managed;
		unsigned int cpus, threshold;
	} rows[] = { { 3840, 2, 4 },
		     { 772915, 2, 24 },
		     { 264903, 2, 20 },
		     { 1UL << 24, 64, 125 },
		     { 1UL << 15, 1, 4 } };
	char line[64];
	struct zone *zone;

	(void)arg;
	zone = start_zone("");
	zone->present_pages = 1;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static struct per_cpu_pages pagesets[64];

		zone->managed_pages = rows[i].managed;
		zone->pageset = pagesets;
		nr_cpu_ids = rows[i].cpus;
		snprintf(line, sizeof(line), "\n  vm stats threshold: %u\n",
			 rows[i].threshold);
		REQUIRE(count_phrase(read_text("zoneinfo", zoneinfo_show),
				     line) == (int)rows[i].cpus);
	}
}

static unsigned long zone_value(unsigned int index)
{
	return index ? 100 + index : 9;
}

static unsigned long numa_value(unsigned int index)
{
	return index == NUMA_HIT || index == NUMA_LOCAL ? 16 : 0;
}

static unsigned long node_value_of_vmstat(unsigned int index)
{
	return 300 + index;
}

static unsigned long event_value(unsigned int index)
{
	if (index == PGALLOC_NORMAL)
		return 77 + 88;
	if (index == PGFREE)
		return 66 + 55;
	return index >= PGALLOC_DMA && index <= PGALLOC_MOVABLE ? 0 :
								  500 + index;
}

/* Each item with a number of its own. Expect the kernel's names in the
 * kernel's order, each with its number. */
static void child_vmstat(void *arg)
{
	static char expected[TEXT_MAX];
	struct zone *zone;

	(void)arg;
	zone = start_owned_zone("", heads);
	nr_cpu_ids = 1;
	give_frames(zone, 1024, 9);
	parse_args("page_reporting.dirty_bytes=512M");
	surplus_wanted = 1;
	surplus_poll();
	zone->turnover.returned = 20;
	zone->turnover.refaulted = 5;
	surplus_areas.turnover.returned = 6;
	surplus_areas.turnover.refaulted = 4;
	surplus_areas.lazy = 3;
	zone->allocated = 77;
	zone->pageset[0].allocated = 88;
	zone->freed = 66;
	zone->pageset[0].freed = 55;
	for (unsigned int i = 1; i < NR_VM_ZONE_STAT_ITEMS; i++)
		mod_zone_page_state(zone, i, (long)zone_value(i));
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		mod_node_page_state(NODE_DATA(0), i,
				    (long)node_value_of_vmstat(i));
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		if (i != PGFREE && (i < PGALLOC_DMA || i > PGALLOC_MOVABLE))
			count_vm_events(i, event_value(i));
	REQUIRE(do_sysctl("vm.dirty_bytes", NULL, 0, "40960") >= 0);
	append_lines(expected, zone_names, zone_value);
	append_lines(expected,
		     "numa_hit numa_miss numa_foreign numa_interleave "
		     "numa_local numa_other",
		     numa_value);
	append_lines(expected, node_names, node_value_of_vmstat);
	/* 16384 pages of 64 bytes are 256 */
	append(expected, "nr_dirty_threshold 10\n"
			 "nr_dirty_background_threshold 0\n"
			 "nr_memmap_pages 256\n"
			 "nr_memmap_boot_pages 0\n");
	REQUIRE(append_lines(expected, event_names, event_value) ==
		NR_VM_EVENT_ITEMS);
	append(expected,
	       "nr_unstable 0\nfree_dirty 12\nfree_dirty_bound 131072\n"
	       "free_returned 26\nfree_refaulted 9\n");
	require_text(read_text("vmstat", vmstat_show), expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_zoneinfo),
		child_test(child_thresholds),
		child_test(child_vmstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
