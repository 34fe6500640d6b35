// SPDX-License-Identifier: MIT
/*
 * test_pages.c - pages inside slabs in use go to the OS
 */
#include "fixture.h"
#include "sys/os.h"
#include "support/resident.h"

/* A cache of larger slabs, as malloc has them. */
static void open_large(unsigned int size, enum freelist_place place)
{
	fixture_open(size, 0, NULL);
	f.s->min_objects = 16;
	if (place == FREELIST_ON)
		f.s->flags |= SLAB_NOLEAKTRACE | SLAB_TYPESAFE_BY_RCU;
	assert_int_equal(slab_set_geometry(f.s), 0);
	f.s->flags &= ~(SLAB_NOLEAKTRACE | SLAB_TYPESAFE_BY_RCU);
	f.per_slab = f.s->num;
	assert_int_equal(f.s->freelist_place, place);
	assert_true(f.s->gfporder >= 1);
}

static int setup(void **state)
{
	(void)state;
	open_large(1024, FREELIST_OBJ);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

static unsigned int pages_of(const struct slab_desc *slab)
{
	return 1U << slab->order;
}

static unsigned int resident_pages(const struct slab_desc *slab)
{
	return (unsigned int)resident_in(desc_address(slab), pages_of(slab));
}

static int by_address(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return x < y ? -1 : x > y;
}

/* As take_full_slabs(), each slab's objects in the order of addresses. */
static void take_in_order(unsigned int nr)
{
	take_full_slabs(nr);
	for (size_t i = 0; i < nr; i++)
		qsort(f.objs + i * f.per_slab, f.per_slab, sizeof(void *),
		      by_address);
}

/* Touches objects, all of which are in use. */
static void fill(size_t from, unsigned int nr)
{
	for (size_t i = from; i < from + nr; i++)
		memset(f.objs[i], (int)i + 1, f.s->size);
}

/* Returns the pages that only free objects touch, and no freelist. */
static unsigned int naive_idle(const struct slab_desc *slab, const bool *used)
{
	unsigned int idle = (1U << pages_of(slab)) - 1;
	unsigned long base = (unsigned long)desc_address(slab);

	for (unsigned int i = 0; i < f.per_slab; i++)
		for (unsigned long k = 0; used[i] && k < f.s->size; k++)
			idle &= ~(1U << ((unsigned long)f.objs[i] + k - base) /
						PAGE_SIZE);
	if (f.s->freelist_place != FREELIST_OFF)
		for (unsigned long k = 0; k < f.s->num; k++)
			idle &= ~(1U << ((unsigned long)slab->freelist + k -
					 base) / PAGE_SIZE);
	return idle;
}

static unsigned int pages_in(unsigned int pages)
{
	return (unsigned int)__builtin_popcount(pages);
}

/* Takes all objects of the one slab that are not used. */
static void take_rest(const bool *used)
{
	unsigned int nr = 0, free = 0;

	for (unsigned int i = 0; i < f.per_slab; i++)
		free += !used[i];
	take(1000, free);
	for (unsigned int i = 0; i < f.per_slab; i++)
		if (!used[i])
			f.objs[i] = f.objs[1000 + nr++];
	for (unsigned int i = 0; i < f.per_slab; i++) {
		assert_ptr_equal(slab_of(i), slab_of(0));
		for (unsigned int k = 0; k < i; k++)
			assert_ptr_not_equal(f.objs[i], f.objs[k]);
	}
}

/* Some objects of a full slab are freed; pages go. */
static void random_round(uint64_t *seed, unsigned int keep)
{
	struct slab_desc *slab = slab_of(0);
	bool used[MAX_OBJECTS], any = false;
	unsigned int idle, one = (unsigned int)test_rand(seed) % f.per_slab;
	unsigned long pages;

	fill(0, f.per_slab);
	for (unsigned int i = 0; i < f.per_slab; i++) {
		used[i] = i == one || test_rand(seed) % 16 < keep;
		if (!used[i])
			give(i, 1);
		any |= !used[i];
	}
	if (!any)
		return;
	pages = slab_give_pages(f.s, SHRINK_ALL);
	slab_check(f.s);
	idle = naive_idle(slab, used);
	assert_true(pages <= pages_in(idle));
	/* one page may have to stay for the freelist, or two */
	assert_true(pages + 2 >= pages_in(idle) || f.s->size > PAGE_SIZE);
	if (f.s->freelist_place != FREELIST_OBJ)
		assert_int_equal(pages, pages_in(idle));
	if (pages)
		assert_true(resident_pages(slab) <= pages_of(slab) - pages + 1);
	for (unsigned int i = 0; i < f.per_slab; i++)
		for (unsigned int k = 0; used[i] && k < f.s->size; k++)
			assert_int_equal(((u8 *)f.objs[i])[k], (u8)(i + 1));
	take_rest(used);
	slab_check(f.s);
}

/* Objects that lie on two pages, or three; any of them in use; the freelist in
 * an object, on the slab, and elsewhere. Expect the pages without objects in
 * use to go, but for one that the freelist may need, objects in use to keep
 * their bytes, and all others to be handed out again, each once. */
static void test_random(void **state)
{
	static const unsigned int sizes[] = { 1024, 1536, 704, 3000,
					      5008, 272,  2040 };
	static const enum freelist_place places[] = { FREELIST_OBJ,
						      FREELIST_ON };
	uint64_t seed = 5;

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		fixture_close();
		open_large(sizes[i / 2], places[i % 2]);
		take_full_slabs(1);
		for (unsigned int round = 0; round < 40; round++)
			random_round(&seed, round % 8);
		give(0, f.per_slab);
	}
}

/* One object is in use, and which are free on its page is known. Expect these
 * to be handed out before those on pages that went. */
static void test_order(void **state)
{
	const unsigned int each = (unsigned int)(PAGE_SIZE / f.s->size);
	struct slab_desc *slab;
	unsigned int nr;

	(void)state;
	take_in_order(1);
	slab = slab_of(0);
	nr = f.per_slab;
	fill(0, nr);
	give(0, nr - each - 1); /* a page and one object in use */
	give(nr - each, each - 1);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), pages_of(slab) - 2);
	assert_int_equal(resident_pages(slab), 2);
	take(100, 2 * each - 3);
	assert_int_equal(resident_pages(slab), 2);
	slab_check(f.s);
	fill(100, 2 * each - 3);
	assert_int_equal(resident_pages(slab), 2);
	give(100, 2 * each - 3);
	give(nr - each - 1, 1);
	give(nr - 1, 1);
}

/* A slab is looked at two times, then after one more free, and after it was
 * taken from. Expect the second look to give nothing, though a page of it is
 * touched again meanwhile. */
static void test_looked(void **state)
{
	struct slab_desc *slab;
	unsigned int nr;

	(void)state;
	take_in_order(1);
	slab = slab_of(0);
	nr = f.per_slab;
	fill(0, nr);
	give(1, nr - 2);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), pages_of(slab) - 2);
	memset(desc_address(slab) + PAGE_SIZE, 1, PAGE_SIZE);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), 0);
	assert_int_equal(resident_pages(slab), 3);
	give(nr - 1, 1);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), pages_of(slab) - 1);
	assert_int_equal(resident_pages(slab), 1);
	take(100, 1);
	assert_int_equal(slab->looked, 0);
	give(100, 1);
	give(0, 1);
}

/* Slabs of which a little more than half is in use, and half. Expect
 * an idle look to give pages of the second alone, and a full one of both. */
static void test_idle(void **state)
{
	const unsigned int half = f.per_slab / 2;
	struct slab_desc *more, *less;

	(void)state;
	take_in_order(2);
	more = slab_of(0);
	less = slab_of(f.per_slab);
	fill(0, 2 * f.per_slab);
	give(half + 1, f.per_slab - half - 1);
	give(f.per_slab + half, f.per_slab - half);
	slab_give_pages(f.s, SHRINK_IDLE);
	assert_int_equal(resident_pages(more), pages_of(more));
	assert_true(resident_pages(less) < pages_of(less));
	slab_give_pages(f.s, SHRINK_ALL);
	assert_true(resident_pages(more) < pages_of(more));
	give(0, half + 1);
	give(f.per_slab, half);
}

/* Sparse slabs, which were looked at, in front of fuller ones on the list.
 * Expect a look to put them behind, so that the others are used first. */
static void test_sparse_last(void **state)
{
	enum { SLABS = 6 };
	struct slab_desc *slab;
	unsigned int i = 0;

	(void)state;
	take_in_order(SLABS);
	for (size_t k = 0; k < SLABS; k++)
		give(k * f.per_slab, k % 2 ? 2 : f.per_slab - 1);
	slab_give_pages(f.s, SHRINK_ALL);
	slab_give_pages(f.s, SHRINK_ALL);
	slab_check(f.s);
	expect_slabs(SLABS, 0, 0);
	list_for_each_entry(slab, &f.n->slabs_partial, slab_list)
		assert_int_equal(slab->active,
				 i++ < SLABS / 2 ? f.per_slab - 2 : 1);
	for (size_t k = 0; k < SLABS; k++)
		give(k * f.per_slab + (k % 2 ? 2 : f.per_slab - 1),
		     k % 2 ? f.per_slab - 2 : 1);
}

/* More slabs than are looked at under one hold of the lock, of which every
 * fifth can give pages, and one that is empty. Expect these five. */
static void test_many(void **state)
{
	enum { SLABS = 150 };
	unsigned int pages;

	(void)state;
	f.n->free_limit = ~0U;
	take_in_order(SLABS + 1);
	pages = pages_of(slab_of(0));
	fill(0, (SLABS + 1) * f.per_slab);
	give(SLABS * f.per_slab, f.per_slab);
	for (size_t i = 0; i < SLABS; i++)
		give(i * f.per_slab, i % 5 ? 2 : f.per_slab - 1);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL),
			 SLABS / 5 * (pages - 1));
	expect_slabs(SLABS, 0, 1);
	slab_check(f.s);
	for (size_t i = 0; i < SLABS; i++)
		give(i * f.per_slab + (i % 5 ? 2 : f.per_slab - 1),
		     i % 5 ? f.per_slab - 2 : 1);
}

static void ctor_of_one(void *obj)
{
	memset(obj, 0x33, 1024);
}

/* Caches whose free objects keep their bytes, and an OS that refuses. Expect no
 * page to go. */
static void test_not_these(void **state)
{
	struct slab_desc *slab;

	(void)state;
	take_in_order(1);
	slab = slab_of(0);
	fill(0, f.per_slab);
	give(1, f.per_slab - 1);
	f.s->flags |= SLAB_TYPESAFE_BY_RCU;
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), 0);
	f.s->flags &= ~SLAB_TYPESAFE_BY_RCU;
	f.s->ctor = ctor_of_one;
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), 0);
	f.s->ctor = NULL;
	os_fail_calls(1, 1000000);
	assert_int_equal(slab_give_pages(f.s, SHRINK_ALL), 0);
	os_fail_calls(0, 0);
	assert_int_equal(resident_pages(slab), pages_of(slab));
	give(0, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_random),	TEST(test_order), TEST(test_looked),
		TEST(test_sparse_last), TEST(test_idle),  TEST(test_many),
		TEST(test_not_these),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
