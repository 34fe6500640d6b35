// SPDX-License-Identifier: MIT
/*
 * test_show.c - buddyinfo and pagetypeinfo byte for byte
 */
#include <stdlib.h>

#include "support/start.h"
#include "support/text.h"
#include "zone/pageblock.h"
#include "zone/show.h"

static struct page *heads[TEST_BLOCKS];

/* The owned zone with these pieces free:
 *	pageblock 0, Movable		frames 0..6: blocks of 4, 2 and 1
 *	pageblock 2, Unmovable		frames 0..1 and 8..9: two of 2
 *	pageblock 4, Reclaimable	all 512
 *	block 15, Movable		all 1024
 */
static struct zone *start_pieces(void)
{
	struct zone *zone = start_owned_zone("", heads);

	set_pageblock_migratetype(1024, MIGRATE_UNMOVABLE);
	set_pageblock_migratetype(2048, MIGRATE_RECLAIMABLE);
	give_frames(zone, 0, 7);
	give_frames(zone, 1024, 2);
	give_frames(zone, 1032, 2);
	give_frames(zone, 2048, 512);
	give_frames(zone, 15 * 1024, 1024);
	return zone;
}

/* Free blocks of known orders. Expect the kernel's row with their numbers,
 * and rows for populated zones alone. */
static void child_buddyinfo(void *arg)
{
	(void)arg;
	start_pieces();
	require_text(read_text("buddyinfo", buddyinfo_show),
		     "Node 0, zone   Normal      1      3      1      0      0"
		     "      0      0      0      0      1      1 \n");
}

/* The same by type, and the types of the pageblocks. Expect the kernel's two
 * tables. */
static void child_pagetypeinfo(void *arg)
{
	(void)arg;
	start_pieces();
	require_text(
		read_text("pagetypeinfo", pagetypeinfo_show),
		"Page block order: 9\n"
		"Pages per block:  512\n"
		"\n"
		"Free pages count per migrate type at order       0      1"
		"      2      3      4      5      6      7      8      9     10"
		" \n"
		"Node    0, zone   Normal, type    Unmovable      0      2"
		"      0      0      0      0      0      0      0      0      0"
		" \n"
		"Node    0, zone   Normal, type      Movable      1      1"
		"      1      0      0      0      0      0      0      0      1"
		" \n"
		"Node    0, zone   Normal, type  Reclaimable      0      0"
		"      0      0      0      0      0      0      0      1      0"
		" \n"
		"Node    0, zone   Normal, type   HighAtomic      0      0"
		"      0      0      0      0      0      0      0      0      0"
		" \n"
		"Node    0, zone   Normal, type      Isolate      0      0"
		"      0      0      0      0      0      0      0      0      0"
		" \n"
		"\n"
		"Number of blocks type     Unmovable      Movable  Reclaimable"
		"   HighAtomic      Isolate \n"
		"Node 0, zone   Normal            1           30            1"
		"            0            0 \n");
}

/* Isolated and reserved pageblocks. Expect them and their free blocks under
 * their types. */
static void child_other_types(void *arg)
{
	struct zone *zone;
	const char *text;

	(void)arg;
	zone = start_owned_zone("", heads);
	set_pageblock_migratetype(0, MIGRATE_HIGHATOMIC);
	*pageblock_byte(1024) |= PB_ISOLATED;
	give_frames(zone, 0, 1);
	give_frames(zone, 1024, 4);
	text = read_text("pagetypeinfo", pagetypeinfo_show);
	REQUIRE(strstr(text, "type   HighAtomic      1      0      0 "));
	REQUIRE(strstr(text, "type      Isolate      0      0      1 "));
	REQUIRE(strstr(text, "Normal            0           30            0"
			     "            1            1 \n"));
}

/* A list of more than 100,000 blocks. Expect ">100000" for it. */
static void child_many(void *arg)
{
	static struct page pages[100001];
	struct zone *zone;
	struct list_head *list;
	const char *text;

	(void)arg;
	zone = start_owned_zone("", heads);
	list = &zone->free_area[0].free_list[MIGRATE_MOVABLE];
	for (size_t i = 0; i < 99999; i++)
		list_add(&pages[i].lru, list);
	text = read_text("pagetypeinfo", pagetypeinfo_show);
	REQUIRE(strstr(text, "type      Movable  99999      0 "));
	list_add(&pages[99999].lru, list);
	list_add(&pages[100000].lru, list);
	text = read_text("pagetypeinfo", pagetypeinfo_show);
	REQUIRE(strstr(text, "type      Movable >100000      0 "));
}

/* Several nodes. Expect all of pagetypeinfo for each that has memory, and a
 * row in the others. */
static void child_nodes(void *arg)
{
	const char *text;

	(void)arg;
	start_zone("numa=fake=3");
	REQUIRE(alloc_pages_node(0, QUIET | __GFP_THISNODE, 0));
	REQUIRE(alloc_pages_node(2, QUIET | __GFP_THISNODE, 0));
	text = read_text("pagetypeinfo", pagetypeinfo_show);
	REQUIRE(count_phrase(text, "Page block order: 9\n") == 2);
	REQUIRE(count_phrase(text, "\nNode    2, zone   Normal, type") == 5);
	REQUIRE(!strstr(text, "Node    1"));
	text = read_text("buddyinfo", buddyinfo_show);
	REQUIRE(!strncmp(text, "Node 0, zone   Normal ", 22));
	REQUIRE(strstr(text, " \nNode 2, zone   Normal "));
	REQUIRE(count_phrase(text, "\n") == 2);
}

/* The sum of blocks x pages of a row of buddyinfo. */
static unsigned long pages_in_buddyinfo(void)
{
	const char *at = read_text("buddyinfo", buddyinfo_show) +
			 strlen("Node 0, zone   Normal ");
	unsigned long pages = 0;

	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		char *end;

		pages += strtoul(at, &end, 10) << order;
		at = end;
	}
	return pages;
}

/* The sum of the rows of pagetypeinfo for each order must be buddyinfo's. */
static void compare_tables(void)
{
	unsigned long nr[NR_PAGE_ORDERS] = { 0 };
	const struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	const char *at = read_text("pagetypeinfo", pagetypeinfo_show);

	while ((at = strstr(at, ", type "))) {
		at += strlen(", type ") + 12;
		for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
			char *end;

			nr[order] += strtoul(at, &end, 10);
			at = end;
		}
	}
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		REQUIRE(nr[order] == zone->free_area[order].nr_free);
}

/* Random requests of all types and orders. Expect the texts to agree with
 * zone_stat() and with one another after each hundred. */
static void child_random(void *arg)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	static struct {
		struct page *page;
		unsigned int order;
	} held[512];
	uint64_t seed = 12345;
	struct zone_stat stat;
	struct zone *zone;

	(void)arg;
	zone = start_zone("");
	for (int i = 0; i < 20000; i++) {
		size_t n = test_below(&seed, ARRAY_SIZE(held));

		if (held[n].page) {
			__free_pages(held[n].page, held[n].order);
			held[n].page = NULL;
		} else {
			held[n].order = (unsigned int)test_below(&seed, 8);
			held[n].page = alloc_pages(
				QUIET | types[test_below(&seed, 3)],
				held[n].order);
		}
		if (i % 100)
			continue;
		zone_stat(zone, &stat);
		REQUIRE(pages_in_buddyinfo() == stat.free);
		compare_tables();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_buddyinfo),   child_test(child_pagetypeinfo),
		child_test(child_other_types), child_test(child_many),
		child_test(child_nodes),       child_test(child_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
