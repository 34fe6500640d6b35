// SPDX-License-Identifier: MIT
/*
 * test_ranges_model.c - a tree of ranges against one bit for each page
 */
#include <stdlib.h>

#include "support/child.h"
#include "vmap/large/large.h"

#define PAGES 300
#define BASE (1UL << 30)
#define OPERATIONS 60000

static u8 in_tree[PAGES];
static struct rb_root root;
static u64 seed = 0x2545f4914f6cdd1d;

static uintptr_t addr_of(unsigned long page)
{
	return BASE + (page << PAGE_SHIFT);
}

static void bury(struct vmap_area *dead)
{
	while (dead) {
		struct vmap_area *next = dead->next;

		free(dead);
		dead = next;
	}
}

/* The end of the run of pages with one value that begins at `page`. */
static unsigned long run_end(unsigned long page)
{
	unsigned long end = page;

	while (end < PAGES && in_tree[end] == in_tree[page])
		end++;
	return end;
}

/* The tree holds the maximal runs of the table (VMAP1-VMAP2). */
static void check(void)
{
	struct rb_node *node = rb_first(&root);

	range_check(&root);
	for (unsigned long page = 0, end; page < PAGES; page = end) {
		struct vmap_area *va;

		end = run_end(page);
		if (!in_tree[page])
			continue;
		assert_non_null(node);
		va = rb_entry(node, struct vmap_area, rb);
		assert_int_equal(va->va_start, addr_of(page));
		assert_int_equal(va->va_end, addr_of(end));
		node = rb_next(node);
	}
	assert_null(node);
}

/* Put a part of a random hole into the tree. */
static void op_insert(void)
{
	struct vmap_area *dead = NULL, *va;
	unsigned long page = test_below(&seed, PAGES), end;

	if (in_tree[page])
		return;
	end = page + test_below(&seed, run_end(page) - page) + 1;
	va = calloc(1, sizeof(*va));
	va->va_start = addr_of(page);
	va->va_end = addr_of(end);
	va->epoch = (u16)test_below(&seed, 100);
	memset(in_tree + page, 1, end - page);
	range_insert(&root, va, &dead);
	bury(dead);
}

/* The lowest run that holds the request. */
static bool oracle_find(unsigned long nr, unsigned long align, uintptr_t *at)
{
	for (unsigned long page = 0, end; page < PAGES; page = end) {
		end = run_end(page);
		if (!in_tree[page])
			continue;
		*at = ALIGN(addr_of(page), align << PAGE_SHIFT);
		if (*at + (nr << PAGE_SHIFT) <= addr_of(end))
			return true;
	}
	return false;
}

static void cut(struct vmap_area *va, uintptr_t at, unsigned long nr)
{
	struct vmap_area *dead = NULL, *spare = calloc(1, sizeof(*spare));
	bool both = at > va->va_start && at + (nr << PAGE_SHIFT) < va->va_end;

	memset(in_tree + ((at - BASE) >> PAGE_SHIFT), 0, nr);
	assert_int_equal(
		range_cut(&root, va, at, nr << PAGE_SHIFT, spare, &dead), both);
	if (!both)
		free(spare);
	bury(dead);
}

static void op_find(void)
{
	unsigned long nr = test_below(&seed, test_below(&seed, 60) + 1) + 1;
	unsigned long align = 1UL << test_below(&seed, 5);
	uintptr_t at = 0, want = 0;
	struct vmap_area *va = range_find(&root, nr << PAGE_SHIFT,
					  align << PAGE_SHIFT, &at);

	assert_int_equal(va != NULL, oracle_find(nr, align, &want));
	if (!va)
		return;
	assert_int_equal(at, want);
	assert_true(va->va_start <= at &&
		    at + (nr << PAGE_SHIFT) <= va->va_end);
	if (test_below(&seed, 2))
		cut(va, at, nr);
}

/* One of the four shapes out of the range around a random page. */
static void op_cut(void)
{
	unsigned long page = test_below(&seed, PAGES), nr, from, size;
	struct vmap_area *va = range_of(&root, addr_of(page) + 123);

	assert_int_equal(va != NULL, in_tree[page]);
	if (!va)
		return;
	size = va_size(va) >> PAGE_SHIFT;
	nr = test_below(&seed, size) + 1;
	switch (test_below(&seed, 4)) {
	case 0: /* full */
		nr = size;
		from = 0;
		break;
	case 1: /* left */
		from = 0;
		break;
	case 2: /* right */
		from = size - nr;
		break;
	default: /* none */
		from = test_below(&seed, size - nr + 1);
	}
	cut(va, va->va_start + (from << PAGE_SHIFT), nr);
}

static void op_lookup(void)
{
	unsigned long page = test_below(&seed, PAGES);
	struct vmap_area *va = range_at(&root, addr_of(page));
	bool starts = in_tree[page] && (!page || !in_tree[page - 1]);

	assert_int_equal(va != NULL, starts);
	assert_null(range_at(&root, addr_of(page) + 1));
	assert_null(range_of(&root, addr_of(PAGES)));
	assert_null(range_of(&root, BASE - 1));
}

/* Insertions, cuts and searches at random, dense and sparse. Expect the lowest
 * fit, the four shapes, merges with all neighbours, and VMAP1 to VMAP3. */
static void test_model(void **state)
{
	(void)state;
	for (unsigned long i = 0; i < OPERATIONS; i++) {
		unsigned long inserts = i / 3000 % 2 ? 3 : 7;
		unsigned long dice = test_below(&seed, 16);

		if (dice < inserts)
			op_insert();
		else if (dice < 10)
			op_cut();
		else if (dice < 14)
			op_find();
		else
			op_lookup();
		check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
