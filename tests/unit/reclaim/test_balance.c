// SPDX-License-Identifier: MIT
/*
 * test_balance.c - whether a node has enough free memory (docs/kernel.md K1)
 *
 * The node is the test's own. No zone of it can grow unless a test lets it.
 */
#include "reclaim/internal.h"
#include "support/start.h"

#define HIGH 300UL

static pg_data_t node;

/* A zone with this type and so many free pages of 10000, in one block. */
static struct zone *make(unsigned int type, unsigned long free_pages)
{
	static struct page heads[MAX_NR_ZONES];
	struct zone *zone = &node.node_zones[type];

	*zone = (struct zone){ .zone_id = (u8)type,
			       .zone_pgdat = &node,
			       .spanned_pages = 10000,
			       .managed_pages = 10000,
			       .free_pages = free_pages,
			       .grow_pfn = ~0UL,
			       ._watermark = { 100, 200, HIGH } };
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&zone->free_area[o].free_list[mt]);
	list_add(&heads[type].lru,
		 &zone->free_area[3].free_list[MIGRATE_MOVABLE]);
	zone->free_area[3].nr_free = 1;
	return zone;
}

static int setup(void **state)
{
	(void)state;
	memset(&node, 0, sizeof(node));
	return 0;
}

/* Free pages around the high mark. Expect the node to be balanced above it. */
static void test_mark(void **state)
{
	struct zone *zone = make(ZONE_NORMAL, HIGH);

	(void)state;
	assert_false(pgdat_balanced(&node, 0, ZONE_NORMAL));
	zone->free_pages = HIGH + 1;
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
	zone->watermark_boost = 5; /* a raised mark is the mark */
	assert_false(pgdat_balanced(&node, 0, ZONE_NORMAL));
}

/* A request for more than the largest free block, of order 3. Expect the node
 * not to be balanced for it, whatever it has. */
static void test_order(void **state)
{
	(void)state;
	make(ZONE_NORMAL, 5000);
	assert_true(pgdat_balanced(&node, 3, ZONE_NORMAL));
	assert_false(pgdat_balanced(&node, 4, ZONE_NORMAL));
}

/* Two zones of which one has enough. Expect the node to be balanced for
 * requests that may use that one, and not for others. */
static void test_zones(void **state)
{
	struct zone *low = make(ZONE_DMA32, 10), *high = make(ZONE_NORMAL, 500);

	(void)state;
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
	assert_false(pgdat_balanced(&node, 0, ZONE_DMA32));
	low->free_pages = 500;
	high->free_pages = 10;
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
	assert_true(pgdat_balanced(&node, 0, ZONE_DMA32));
}

/* A zone without pages yet that can grow, and one that cannot. Expect both to
 * be balanced: the first makes memory, and nothing can be reclaimed in the
 * other. */
static void test_no_pages(void **state)
{
	struct zone *zone = make(ZONE_NORMAL, 0);

	(void)state;
	zone->managed_pages = 0;
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
	zone->spanned_pages = 0;
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
	zone = make(ZONE_NORMAL, 0);
	assert_false(pgdat_balanced(&node, 0, ZONE_NORMAL));
	zone->deferred_end = zone->deferred_pfn + 1024; /* online already */
	assert_true(pgdat_balanced(&node, 0, ZONE_NORMAL));
}

/* Boosts of some zones. Expect the sum of those up to the one that is asked
 * about, each noted by its type. */
static void test_boosts(void **state)
{
	unsigned long boosts[MAX_NR_ZONES] = { 0 };

	(void)state;
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		make(type, 0)->watermark_boost = 1UL << type;
	assert_int_equal(pgdat_boost(&node, ZONE_DMA32, boosts),
			 (1UL << (ZONE_DMA32 + 1)) - 1);
	assert_int_equal(boosts[ZONE_DMA32], 1UL << ZONE_DMA32);
	assert_int_equal(boosts[ZONE_DMA32 + 1], 0);
	assert_int_equal(pgdat_boost(&node, MAX_NR_ZONES - 1, boosts),
			 (1UL << MAX_NR_ZONES) - 1);
	assert_int_equal(boosts[MAX_NR_ZONES - 1], 1UL << (MAX_NR_ZONES - 1));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_mark),     TEST(test_order),	TEST(test_zones),
		TEST(test_no_pages), TEST(test_boosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
