// SPDX-License-Identifier: MIT
/*
 * test_ranges.c - trees of ranges: the drawings of ranges.c, one by one
 */
#include "support/child.h"
#include "vmap/large/large.h"

#define P(n) ((uintptr_t)(n) << PAGE_SHIFT)

static struct rb_root root;
static struct vmap_area areas[16];
static struct vmap_area *dead;

static int reset(void **state)
{
	(void)state;
	memset(areas, 0, sizeof(areas));
	root.node = NULL;
	dead = NULL;
	return 0;
}

static void put(int i, unsigned long from, unsigned long to)
{
	areas[i].va_start = P(from);
	areas[i].va_end = P(to);
	range_insert(&root, &areas[i], &dead);
	range_check(&root);
}

static int nr_dead(void)
{
	int nr = 0;

	for (const struct vmap_area *va = dead; va; va = va->next)
		nr++;
	return nr;
}

/* The tree holds [from, to) as one range; 0 if it does not. */
static int has(unsigned long from, unsigned long to)
{
	const struct vmap_area *va = range_at(&root, P(from));

	return va && va->va_end == P(to);
}

/* Ranges that touch the left, the right, both and neither neighbour. Expect
 * one range where they touch, and the structs left over to be dead. */
static void test_merge(void **state)
{
	(void)state;
	put(0, 10, 20);
	put(1, 30, 40);
	assert_true(has(10, 20) && has(30, 40) && !nr_dead());
	put(2, 20, 22); /* left */
	assert_true(has(10, 22) && nr_dead() == 1);
	put(3, 28, 30); /* right */
	assert_true(has(28, 40) && nr_dead() == 2);
	put(4, 22, 28); /* both */
	assert_true(has(10, 40) && nr_dead() == 4);
	put(5, 50, 51); /* neither */
	assert_true(has(10, 40) && has(50, 51) && nr_dead() == 4);
}

/* Ranges freed at different ticks that merge. Expect the age of the last where
 * they are of one size, even when the count of ticks wraps, else of the
 * larger. */
static void test_epoch(void **state)
{
	(void)state;
	areas[0].epoch = 5;
	put(0, 0, 1);
	areas[1].epoch = 9;
	put(1, 2, 3);
	areas[2].epoch = 7;
	put(2, 1, 2);
	assert_int_equal(range_at(&root, 0)->epoch, 9);
	areas[3].epoch = 20;
	put(3, 3, 5);
	assert_int_equal(range_at(&root, 0)->epoch, 9);
	areas[4].epoch = 30;
	put(4, 5, 15);
	assert_int_equal(range_at(&root, 0)->epoch, 30);
	areas[5].epoch = 65535;
	put(5, 20, 21);
	areas[6].epoch = 1;
	put(6, 21, 22);
	assert_int_equal(range_at(&root, P(20))->epoch, 1);
}

/* The four shapes of the drawing. Expect what they leave, and the spare to be
 * used by the last alone. */
static void test_cuts(void **state)
{
	struct vmap_area *spare = &areas[9];

	(void)state;
	put(0, 0, 10);
	put(1, 20, 30);
	put(2, 40, 50);
	put(3, 60, 70);
	assert_false(range_cut(&root, &areas[0], P(0), P(10), spare, &dead));
	assert_true(!range_at(&root, P(0)) && dead == &areas[0]);
	assert_false(range_cut(&root, &areas[1], P(20), P(4), spare, &dead));
	assert_true(has(24, 30));
	assert_false(range_cut(&root, &areas[2], P(47), P(3), spare, &dead));
	assert_true(has(40, 47));
	areas[3].epoch = 3;
	assert_true(range_cut(&root, &areas[3], P(62), P(5), spare, &dead));
	assert_true(has(60, 62) && has(67, 70) && spare->epoch == 3);
	range_check(&root);
	assert_int_equal(nr_dead(), 1);
}

/* The tree of the drawing, 30 wanted, and other sizes. Expect the lowest range
 * that holds them. */
static void test_find(void **state)
{
	uintptr_t at;

	(void)state;
	put(0, 0, 20);
	put(1, 40, 90);
	put(2, 120, 200);
	assert_ptr_equal(range_find(&root, P(30), PAGE_SIZE, &at), &areas[1]);
	assert_int_equal(at, P(40));
	assert_ptr_equal(range_find(&root, P(20), PAGE_SIZE, &at), &areas[0]);
	assert_ptr_equal(range_find(&root, P(51), PAGE_SIZE, &at), &areas[2]);
	assert_ptr_equal(range_find(&root, P(80), PAGE_SIZE, &at), &areas[2]);
	assert_null(range_find(&root, P(81), PAGE_SIZE, &at));
	assert_null(range_find_from(&root, P(1), 1UL << 63, P(1), &at));
	assert_null(range_find(&root, SIZE_MAX & ~(PAGE_SIZE - 1), P(16), &at));
	assert_ptr_equal(range_find(&root, P(10), P(64), &at), &areas[0]);
	assert_int_equal(at, 0);
	assert_ptr_equal(range_find(&root, P(70), P(64), &at), &areas[2]);
	assert_int_equal(at, P(128));
	assert_ptr_equal(range_find_from(&root, P(10), P(1), P(85), &at),
			 &areas[2]);
	assert_int_equal(at, P(120));
	assert_ptr_equal(range_find_from(&root, P(10), P(1), P(15), &at),
			 &areas[1]);
	assert_ptr_equal(range_find_from(&root, P(5), P(1), P(15), &at),
			 &areas[0]);
	assert_int_equal(at, P(15));
	assert_null(range_find_from(&root, P(10), P(1), P(191), &at));
}

/* No range, then several. Expect none, then one of the largest. */
static void test_largest(void **state)
{
	(void)state;
	assert_null(range_largest(&root));
	for (int i = 0; i < 8; i++) {
		unsigned long from = (unsigned long)i * 30;

		put(i, from, from + 1 + (unsigned long)(i * 5) % 8);
	}
	assert_int_equal(va_size(range_largest(&root)), P(8));
}

/* Addresses at the edges of a range. Expect start and inside to be of it. */
static void test_lookup(void **state)
{
	(void)state;
	assert_null(range_of(&root, P(1)));
	put(0, 10, 20);
	assert_ptr_equal(range_of(&root, P(10)), &areas[0]);
	assert_ptr_equal(range_of(&root, P(20) - 1), &areas[0]);
	assert_null(range_of(&root, P(20)));
	assert_null(range_of(&root, P(10) - 1));
	assert_ptr_equal(range_at(&root, P(10)), &areas[0]);
	assert_null(range_at(&root, P(11)));
}

/* What each case does to a tree of two ranges. */
static void harm(void *arg)
{
	reset(NULL);
	put(0, 10, 20);
	put(1, 30, 40);
	dprintf(2, "harm now\n");
	switch ((long)arg) {
	case 0: /* empty */
		areas[0].va_end = areas[0].va_start;
		break;
	case 1: /* not whole pages */
		areas[0].va_end -= 8;
		break;
	case 2: /* they overlap */
		areas[0].va_end = P(35);
		break;
	case 3: /* they touch */
		areas[0].va_end = P(30);
		break;
	default: /* a wrong summary */
		areas[0].subtree_max += PAGE_SIZE;
	}
	range_check(&root);
}

/* VMAP1-VMAP3 broken by hand, one after the other. Expect a BUG each time. */
static void test_check_sees(void **state)
{
	(void)state;
	for (long i = 0; i < 5; i++)
		if (!child_aborts(harm, (void *)i, "harm now\nkmalloc: BUG: "))
			fail_msg("case %ld was not seen", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_merge, reset),
		cmocka_unit_test_setup(test_epoch, reset),
		cmocka_unit_test_setup(test_cuts, reset),
		cmocka_unit_test_setup(test_find, reset),
		cmocka_unit_test_setup(test_largest, reset),
		cmocka_unit_test_setup(test_lookup, reset),
		cmocka_unit_test(test_check_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
