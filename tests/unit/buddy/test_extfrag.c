// SPDX-License-Identifier: MIT
/*
 * test_extfrag.c - the fragmentation indices of made-up zones (kernel-facts C7)
 */
#include "buddy/vmstat.h"
#include "support/child.h"

static struct zone zone;

/* free_area[0..] has so many blocks, the orders behind none. */
static void set_blocks(const unsigned long *blocks, unsigned int nr)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
		zone.free_area[order].nr_free = order < nr ? blocks[order] : 0;
}
#define SET(...)                                                    \
	set_blocks((const unsigned long[]){ __VA_ARGS__ },          \
		   sizeof((const unsigned long[]){ __VA_ARGS__ }) / \
			   sizeof(unsigned long))

/* Nothing is free. Expect lack of memory to be the reason for any failure,
 * and all of nothing to be unusable. */
static void test_empty(void **state)
{
	(void)state;
	SET(0);
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		assert_int_equal(fragmentation_index(&zone, order), 0);
		assert_int_equal(unusable_free_index(&zone, order), 1000);
		assert_int_equal(extfrag_for_order(&zone, order), 0);
	}
}

/* A block that is large enough. Expect -1000, whatever else there is. */
static void test_satisfiable(void **state)
{
	(void)state;
	SET(100, 50, 0, 1);
	for (unsigned int order = 0; order <= 3; order++)
		assert_int_equal(fragmentation_index(&zone, order), -1000);
	assert_int_not_equal(fragmentation_index(&zone, 4), -1000);
	assert_int_equal(fragmentation_index(&zone, MAX_PAGE_ORDER + 1), 0);
}

/* Much memory in pieces, and little of it. Expect the index of order 4 to be
 * 1000 - (1000 + free * 1000 / 16) / blocks in both. */
static void test_index(void **state)
{
	(void)state;
	SET(1000); /* (1000 + 62500) / 1000 = 63 */
	assert_int_equal(fragmentation_index(&zone, 4), 937);
	SET(3); /* (1000 + 187) / 3 = 395 */
	assert_int_equal(fragmentation_index(&zone, 4), 605);
	SET(0, 0, 0, 1); /* (1000 + 500) / 1 */
	assert_int_equal(fragmentation_index(&zone, 4), -500);
	SET(4, 2, 1, 1); /* (1000 + 20 * 1000 / 16) / 8 = 281 */
	assert_int_equal(fragmentation_index(&zone, 4), 719);
}

/* Blocks below and above the order. Expect the part of the free memory that
 * is in the lower ones, in thousandths and hundredths. */
static void test_unusable(void **state)
{
	(void)state;
	SET(4, 2, 1, 1); /* 20 pages, in orders 0..3: 4, 4, 4, 8 */
	assert_int_equal(unusable_free_index(&zone, 0), 0);
	assert_int_equal(unusable_free_index(&zone, 1), 200);
	assert_int_equal(unusable_free_index(&zone, 2), 400);
	assert_int_equal(unusable_free_index(&zone, 3), 600);
	assert_int_equal(unusable_free_index(&zone, 4), 1000);
	assert_int_equal(extfrag_for_order(&zone, 1), 20);
	assert_int_equal(extfrag_for_order(&zone, 3), 60);
	assert_int_equal(extfrag_for_order(&zone, 10), 100);
	SET(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1); /* 1 page of 1025 */
	assert_int_equal(unusable_free_index(&zone, 9), 0);
	SET(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1); /* 3 pages of 1027 */
	assert_int_equal(unusable_free_index(&zone, 9), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_satisfiable),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_unusable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
