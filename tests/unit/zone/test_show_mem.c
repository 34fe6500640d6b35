// SPDX-License-Identifier: MIT
/*
 * test_show_mem.c - "Mem-Info" byte for byte, as a text and as a report
 */
#include "support/start.h"
#include "support/text.h"
#include "zone/pageblock.h"
#include "zone/show.h"

static struct page *heads[TEST_BLOCKS];

static const char mem_info[] =
	"Mem-Info:\n"
	"active_anon:0 inactive_anon:0 isolated_anon:0\n"
	" active_file:0 inactive_file:0 isolated_file:0\n"
	" unevictable:0 dirty:6 writeback:0\n"
	" slab_reclaimable:345 slab_unreclaimable:67\n"
	" mapped:0 shmem:0 pagetables:0\n"
	" sec_pagetables:0 bounce:0\n"
	" kernel_misc_reclaimable:0\n"
	" free:1550 free_pcp:5 free_cma:0\n"
	"Node 0 active_anon:0kB inactive_anon:0kB active_file:0kB "
	"inactive_file:0kB unevictable:0kB isolated(anon):0kB "
	"isolated(file):0kB mapped:0kB dirty:24kB writeback:0kB shmem:0kB "
	"shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:0kB writeback_tmp:0kB "
	"kernel_stack:0kB pagetables:0kB sec_pagetables:0kB "
	"all_unreclaimable? no\n"
	"Node 0 Normal free:6200kB boost:28kB min:428kB low:828kB high:1228kB "
	"reserved_highatomic:8192KB free_highatomic:16KB active_anon:0kB "
	"inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB "
	"writepending:48kB present:65536kB managed:65524kB mlocked:0kB "
	"bounce:0kB free_pcp:20kB local_pcp:20kB free_cma:0kB\n"
	"lowmem_reserve[]: 0 11 22 33 44\n"
	"Node 0 Normal: 2*4kB (UM) 2*8kB (ME) 1*16kB (H) 0*32kB 0*64kB 0*128kB "
	"0*256kB 0*512kB 0*1024kB 1*2048kB (M) 1*4096kB (M) = 6184kB\n"
	"0 total pagecache pages\n"
	"16384 pages RAM\n"
	"0 pages HighMem/MovableOnly\n"
	"3 pages reserved\n"
	"9 pages apart\n";

static void start_numbers(void)
{
	struct zone *zone = start_owned_zone("", heads);

	nr_cpu_ids = 1;
	for (unsigned int i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = 100 * (i + 1);
	zone->watermark_boost = 7;
	zone->managed_pages -= 3;
	zone->nr_reserved_highatomic = 2048;
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = i * 11;
	zone->pageset[0].count = 5;
	mod_zone_page_state(zone, NR_ZONE_WRITE_PENDING, 12);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_RECLAIMABLE, 345);
	mod_node_page_state(NODE_DATA(0), NR_SLAB_UNRECLAIMABLE, 67);
	mod_node_page_state(NODE_DATA(0), NR_FILE_DIRTY, 6);
	set_pageblock_migratetype(1024, MIGRATE_UNMOVABLE);
	set_pageblock_migratetype(2048, MIGRATE_RECLAIMABLE);
	set_pageblock_migratetype(3072, MIGRATE_HIGHATOMIC);
	give_frames(zone, 0, 1);
	give_frames(zone, 512, 512);
	give_frames(zone, 1024, 1);
	give_frames(zone, 2048, 2);
	give_frames(zone, 3072, 4);
	give_frames(zone, 4096, 2);
	give_frames(zone, 15 * 1024, 1024);
	REQUIRE(!arena_charge(9));
	zone->free_pages += 4; /* only the sum over the lists is 1546 */
}

/* Known numbers and free blocks of all types. Expect the kernel's text. */
static void child_text(void *arg)
{
	(void)arg;
	start_numbers();
	require_text(read_text("Mem-Info", meminfo_show), mem_info);
}

/* The same as a report. Expect the same bytes on stderr, whole. */
static void child_report(void *arg)
{
	(void)arg;
	start_numbers();
	show_mem();
}

static void test_report(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_report, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, mem_info);
}

/* Several nodes and zones. Expect lines for those that have memory, and the
 * pages of Movable among those that kernel data may not use. */
static void child_zones(void *arg)
{
	const char *text;

	(void)arg;
	start_zone("numa=fake=2 movablecore=32M");
	REQUIRE(alloc_pages_node(1, QUIET | __GFP_THISNODE, 0));
	REQUIRE(alloc_pages_node(
		1, GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC | __GFP_THISNODE, 0));
	text = read_text("Mem-Info", meminfo_show);
	REQUIRE(!strstr(text, "Node 0"));
	REQUIRE(strstr(text, "\nNode 1 active_anon:"));
	REQUIRE(strstr(text, "\nNode 1 Normal free:"));
	REQUIRE(strstr(text, "\nNode 1 Movable free:"));
	REQUIRE(strstr(text, "\nNode 1 Movable: "));
	REQUIRE(count_phrase(text, "lowmem_reserve[]:") == 2);
	REQUIRE(!strstr(text, "\n0 pages HighMem/MovableOnly\n"));
}

/* Reclaim gave a node up. Expect both texts to say so. */
static void child_hopeless(void *arg)
{
	(void)arg;
	start_zone("");
	REQUIRE(alloc_pages(QUIET, 0));
	NODE_DATA(0)->kswapd_failures = MAX_RECLAIM_RETRIES - 1;
	REQUIRE(strstr(read_text("Mem-Info", meminfo_show),
		       "all_unreclaimable? no\n"));
	NODE_DATA(0)->kswapd_failures = MAX_RECLAIM_RETRIES;
	REQUIRE(strstr(read_text("Mem-Info", meminfo_show),
		       "all_unreclaimable? yes\n"));
	REQUIRE(strstr(read_text("zoneinfo", zoneinfo_show),
		       "\n  node_unreclaimable:  1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_text),
		cmocka_unit_test(test_report),
		child_test(child_zones),
		child_test(child_hopeless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
