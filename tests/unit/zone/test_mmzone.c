// SPDX-License-Identifier: MIT
/*
 * test_mmzone.c - the zones one after the other, and by frame
 *
 * Layouts that a start makes are unit.zone.zones.
 */
#include "support/start.h"

#define NONE (struct zone *)NULL

/* A zone of this type that spans frames from start on. */
static struct zone *make(unsigned int nid, unsigned int type,
			 unsigned long start, unsigned long spanned)
{
	struct zone *zone = &node_data[nid].node_zones[type];

	zone->node_id = (u8)nid;
	zone->zone_id = (u8)type;
	zone->zone_start_pfn = start;
	zone->spanned_pages = spanned;
	return zone;
}

static int setup(void **state)
{
	(void)state;
	memset(node_data, 0, sizeof(node_data));
	nr_online_nodes = 1;
	return 0;
}

/* No zone has a frame. Expect none to be found. */
static void test_empty(void **state)
{
	(void)state;
	assert_ptr_equal(next_zone(NULL), NONE);
	assert_ptr_equal(pfn_to_zone(0), NONE);
}

/* Three nodes, of which one has no memory and two have gaps between their
 * zones. Expect each zone that spans frames once, in the order of nodes and
 * types. */
static void test_order(void **state)
{
	struct zone *a, *b, *c;

	(void)state;
	nr_online_nodes = 3;
	a = make(0, ZONE_NORMAL, 0, 1024);
	b = make(0, MAX_NR_ZONES - 1, 1024, 1024);
	make(1, ZONE_NORMAL, 0, 0);
	c = make(2, 0, 4096, 1);
	assert_ptr_equal(next_zone(NULL), a);
	assert_ptr_equal(next_zone(a), b);
	assert_ptr_equal(next_zone(b), c);
	assert_ptr_equal(next_zone(c), NONE);
}

/* A zone on a node that is not online. Expect it not to be found. */
static void test_offline_node(void **state)
{
	(void)state;
	make(1, ZONE_NORMAL, 0, 1024);
	assert_ptr_equal(next_zone(NULL), NONE);
	assert_ptr_equal(pfn_to_zone(5), NONE);
	nr_online_nodes = 2;
	assert_non_null(next_zone(NULL));
	assert_non_null(pfn_to_zone(5));
}

/* The first and the last frame of zones, frames in a gap between them, and
 * those beside all. Expect the zone, and none. */
static void test_by_frame(void **state)
{
	struct zone *low, *high;

	(void)state;
	low = make(0, ZONE_NORMAL, 100, 50);
	high = make(0, ZONE_MOVABLE, 200, 1);
	assert_ptr_equal(pfn_to_zone(99), NONE);
	assert_ptr_equal(pfn_to_zone(100), low);
	assert_ptr_equal(pfn_to_zone(149), low);
	assert_ptr_equal(pfn_to_zone(150), NONE);
	assert_ptr_equal(pfn_to_zone(199), NONE);
	assert_ptr_equal(pfn_to_zone(200), high);
	assert_ptr_equal(pfn_to_zone(201), NONE);
	assert_ptr_equal(pfn_to_zone(~0UL), NONE);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_order),
		TEST(test_offline_node),
		TEST(test_by_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
